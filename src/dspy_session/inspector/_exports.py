"""What an export would hold, and the export itself: to a variable of the notebook, or a file."""

from __future__ import annotations

import builtins
import keyword
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .._branch import Branch
from .._record import Record
from ..errors import ArgumentError, ConflictError
from ._desk import Desk
from ._messages import history_length
from ._protocol import ExportArgs, Exported, ExportPreview, Filter
from ._rows import positions_of
from ._text import as_text, one_line, safe

SAMPLE_ROWS = 5

_VARIABLES = {"examples": "examples", "dataframe": "turns_df"}
_FILES = {
    "jsonl": "turns.jsonl",
    "openai": "turns-openai.jsonl",
    "openai-preference": "preferences-openai.jsonl",
    "trl": "preferences-trl.jsonl",
    "sharegpt": "turns-sharegpt.jsonl",
    "csv": "turns.csv",
    "parquet": "turns.parquet",
}
_OF_EDITS = ("openai-preference", "trl")
_TABLES = ("dataframe", "csv", "parquet")


def kept_turns(desk: Desk, branch: Branch, args: ExportArgs) -> list[int]:
    """Return the positions of the turns to export.

    Excluded turns are left out unless the filter asks for them. A strict trajectory ends at the
    first turn that the filter leaves out, as later turns may build on it. Preference formats hold
    the edited turns only: a pair is what was recorded and what it was changed to.
    """
    wanted: Filter = {"excluded": False, **args.get("filter", {})}
    found: Sequence[int] = desk.positions(branch, wanted)
    if args.get("strict_trajectory"):
        found = _unbroken(branch, found, wanted)
    if args["format"] in _OF_EDITS:
        found = [one for one in found if branch.log[one].id in branch.edits]
    return list(found)


def _unbroken(branch: Branch, found: Sequence[int], wanted: Filter) -> list[int]:
    passed = set(found)
    end = len(branch.log)
    for position in positions_of(branch):
        # An exclusion is a person's choice about one turn and says nothing about later ones.
        skipped = wanted["excluded"] is False and branch.mark(branch.log[position]).excluded  # pyright: ignore[reportTypedDictNotRequiredAccess]
        if position not in passed and not skipped:
            end = position
            break
    return [one for one in found if one < end]


# --- preview -------------------------------------------------------------------------------------


def preview_export(desk: Desk, args: ExportArgs) -> ExportPreview:
    """Return what an export would hold; writes nothing."""
    branch = desk.branch(args["branch"])
    kept = kept_turns(desk, branch, args)
    sample = _sample(desk, branch, kept[:SAMPLE_ROWS], args["format"])
    return ExportPreview(
        rows=len(kept),
        columns=list(dict.fromkeys(name for row in sample for name in row)),
        sample=sample,
        duplicates=_duplicates(branch, kept),
        mismatched=_mismatched(branch, kept),
        excluded=len(positions_of(branch)) - len(kept),
        python=python_of(branch, args),
    )


def _sample(desk: Desk, branch: Branch, kept: list[int], kind: str) -> list[dict[str, str]]:
    if kind in _TABLES and kept:
        table = desk.source.on(branch.key).dataframe(kept)
        found: list[Mapping[str, Any]] = table.to_dict("records")
    else:
        found = [_shape(kind)(branch, one) for one in kept]
    return [{safe(str(name)): one_line(value) for name, value in one.items()} for one in found]


def _shape(kind: str) -> Callable[[Branch, int], Mapping[str, Any]]:
    if kind in _OF_EDITS:
        return _as_preference
    return _as_fields if kind in ("examples", "jsonl") else _as_chat


def _as_fields(branch: Branch, position: int) -> Mapping[str, Any]:
    record = branch.log[position]
    return {**record.inputs, "history": _past(branch, position), **branch.outputs(record)}


def _as_chat(branch: Branch, position: int) -> Mapping[str, Any]:
    record = branch.log[position]
    told = _joined(branch.outputs(record))
    return {"history": _past(branch, position), "user": _joined(record.inputs), "assistant": told}


def _as_preference(branch: Branch, position: int) -> Mapping[str, Any]:
    record = branch.log[position]
    return {
        "history": _past(branch, position),
        "prompt": _joined(record.inputs),
        "chosen": _joined(branch.outputs(record)),
        "rejected": _joined(record.outputs),
    }


def _past(branch: Branch, position: int) -> str:
    return f"{history_length(branch, branch.log[position], position)} messages"


def _joined(fields: Mapping[str, Any]) -> str:
    if len(fields) == 1:
        return as_text(next(iter(fields.values())))
    return "; ".join(f"{name}: {as_text(value)}" for name, value in fields.items())


def _duplicates(branch: Branch, kept: Sequence[int]) -> int:
    """Count the turns whose inputs and history equal those of an earlier one."""
    alike: dict[tuple[str, int], list[int]] = {}
    for position in kept:
        record = branch.log[position]
        # Histories are compared only where all else agrees: each may be as long as the branch.
        key = _joined(record.inputs), history_length(branch, record, position)
        alike.setdefault(key, []).append(position)
    return sum(_repeats(branch, group) for group in alike.values() if len(group) > 1)


def _repeats(branch: Branch, group: Sequence[int]) -> int:
    histories: list[Any] = []
    for position in group:
        seen = branch.messages_seen(branch.log[position], position)
        if seen not in histories:
            histories.append(seen)
    return len(group) - len(histories)


def _mismatched(branch: Branch, kept: Sequence[int]) -> int:
    def fields(record: Record) -> tuple[set[str], set[str]]:
        return set(record.inputs), set(branch.outputs(record))

    first = fields(branch.log[kept[0]]) if kept else None
    return sum(fields(branch.log[position]) != first for position in kept)


def python_of(branch: Branch, args: ExportArgs) -> str:
    """Return the Python that makes the same export."""
    given: dict[str, Any] = dict(args.get("filter", {}))
    if args.get("strict_trajectory"):
        given["strict_trajectory"] = True
    target = args.get("target") or _FILES.get(args["format"])
    words = [repr(args["format"])]
    if args["format"] in _FILES:
        words.append(repr(target))
    words += [f"{name}={value!r}" for name, value in given.items() if value is not None]
    call = f"session.branches[{branch.name!r}].inspect().export({', '.join(words)})"
    if args["format"] in _VARIABLES:
        call = f"{args.get('target') or _VARIABLES[args['format']]} = {call}"
    return safe(call)


# --- the export itself ---------------------------------------------------------------------------


def export(desk: Desk, args: ExportArgs) -> Exported:
    """Export to a variable of the notebook or to a file, as the format says."""
    kind = args["format"]
    if kind in _FILES:
        path, rows = export_to_file(desk, args)
        return Exported(rows=rows, target=safe(str(path)), message=f"{_count(rows)} in {path}")
    name = args.get("target") or _VARIABLES[kind]
    namespace = notebook_namespace()
    if namespace is None:
        msg = "there is no notebook to set a variable in; call inspector.export from Python instead"
        raise ArgumentError(msg)
    check_variable(namespace, name, kind)
    values = values_of(desk, args)
    refuse_other_type(namespace, name, values)
    namespace[name] = values
    return Exported(rows=len(values), target=name, message=f"{_count(len(values))} in {name}")


def values_of(desk: Desk, args: ExportArgs) -> Any:
    """Return the turns as a list of examples or a DataFrame."""
    branch = desk.branch(args["branch"])
    kept = kept_turns(desk, branch, args)
    session = desk.source.on(branch.key)
    return session.examples(kept) if args["format"] == "examples" else session.dataframe(kept)


def export_to_file(desk: Desk, args: ExportArgs) -> tuple[Path, int]:
    """Write the turns to a file; return its path, and how many there are.

    Raises:
        ArgumentError: The folder is not there, or there is nothing to write.
        ConflictError: A file is there that no export of this conversation wrote.
    """
    branch = desk.branch(args["branch"])
    path = _checked_path(desk, args.get("target") or _FILES[args["format"]])
    kept = kept_turns(desk, branch, args)
    if not kept:
        why = "no turn passes the filter"
        if args["format"] in _OF_EDITS:
            why = "no turn that passes the filter was edited, and only edits make preference pairs"
        msg = f"there is nothing to write: {why}"
        raise ArgumentError(msg)
    desk.source.on(branch.key).write(path, kept, args["format"])
    desk.written.add(path.resolve())
    return path, len(kept)


def _checked_path(desk: Desk, target: str) -> Path:
    if "\0" in target or not target.strip():
        msg = f"{target!r:.80} is no file name"
        raise ArgumentError(msg)
    path = Path(target).expanduser()
    if not path.parent.is_dir():
        msg = f"there is no folder {str(path.parent)!r}; make it first, or choose another path"
        raise ArgumentError(msg)
    if path.is_dir():
        msg = f"{target!r} is a folder; give the path of a file"
        raise ArgumentError(msg)
    if path.exists() and path.resolve() not in desk.written:
        msg = f"there is a file {target!r} already, which this inspector did not write; "
        raise ConflictError(f"{msg}choose another name, or delete that file first")
    return path


def notebook_namespace() -> dict[str, Any] | None:
    """Return the variables of the notebook, or None outside one."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return None if shell is None else shell.user_ns


def check_variable(namespace: Mapping[str, Any], name: str, kind: str) -> None:
    """Refuse a name that is no variable's, or that holds something else.

    Raises:
        ArgumentError: It is no identifier, a keyword or a builtin.
        ConflictError: There is a variable of that name and of another type.
    """
    if not name.isidentifier() or keyword.iskeyword(name) or hasattr(builtins, name):
        msg = f"{name!r:.80} cannot be a variable's name here; choose one such as {_VARIABLES[kind]}"
        raise ArgumentError(msg)
    if kind == "examples" and name in namespace:
        refuse_other_type(namespace, name, [])


def refuse_other_type(namespace: Mapping[str, Any], name: str, values: Any) -> None:
    """Refuse to put a value in the place of one of another type."""
    if name in namespace and type(namespace[name]) is not type(values):
        there, new = type(namespace[name]).__name__, type(values).__name__
        msg = (
            f"there is a variable {name} already, a {there} and no {new}; "
            f"choose another name, or delete it first"
        )
        raise ConflictError(msg)


def _count(rows: int) -> str:
    return f"{rows:,} turn{'' if rows == 1 else 's'}"
