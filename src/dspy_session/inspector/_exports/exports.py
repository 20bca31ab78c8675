"""Exports: which turns, and whereto: a variable of the notebook, or a file."""

from __future__ import annotations

import builtins
import keyword
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..._tree.branch import Branch
from ...errors import ArgumentError, ConflictError
from .._desk import Desk
from .._protocol.messages import ExportArgs, Exported
from .._protocol.shapes import Filter
from .._view.rows import positions_of
from .._view.text import safe

VARIABLES = {"examples": "examples", "dataframe": "turns_df"}
FILES = {
    "jsonl": "turns.jsonl",
    "openai": "turns-openai.jsonl",
    "openai-preference": "preferences-openai.jsonl",
    "trl": "preferences-trl.jsonl",
    "sharegpt": "turns-sharegpt.jsonl",
    "csv": "turns.csv",
    "parquet": "turns.parquet",
}
OF_EDITS = ("openai-preference", "trl")


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
    if args["format"] in OF_EDITS:
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


def export(desk: Desk, args: ExportArgs) -> Exported:
    """Export to a variable of the notebook or to a file, as the format says."""
    kind = args["format"]
    if "node" in args:
        checked_node(desk, args["node"], kind)
    written = python_of(desk.branch(args["branch"]), args)
    if kind in FILES:
        path, rows = export_to_file(desk, args)
        desk.log.remark(written)
        return Exported(rows=rows, target=safe(str(path)), message=f"{_count(rows)} in {path}")
    name, values = export_to_variable(desk, args)
    desk.log.remark(written)
    what = "example" if "node" in args else "turn"
    return Exported(rows=len(values), target=name, message=f"{_count(len(values), what)} in {name}")


def export_to_variable(desk: Desk, args: ExportArgs) -> tuple[str, Any]:
    """Set a variable of the notebook; return its name and value.

    Raises:
        ArgumentError: There is no notebook, or the name is no variable's.
        ConflictError: There is a variable of that name and of another type.
    """
    name = args.get("target") or variable_of(args)
    namespace = notebook_namespace()
    if namespace is None:
        msg = "there is no notebook to set a variable in; without a target the export is returned"
        raise ArgumentError(msg)
    check_variable(name, args["format"])
    values = values_of(desk, args)
    refuse_other_type(namespace, name, values)
    namespace[name] = values
    return name, values


def values_of(desk: Desk, args: ExportArgs) -> Any:
    """Return the turns as a list of examples or a DataFrame."""
    branch = desk.branch(args["branch"])
    kept = kept_turns(desk, branch, args)
    session = desk.source.on(branch.key)
    if args["format"] == "examples":
        return session.examples(kept, args.get("node"))
    return session.dataframe(kept)


def checked_node(desk: Desk, node: str, kind: str) -> str:
    """Return a node's path.

    Raises:
        ArgumentError: The format holds turns only, or there is no such node.
    """
    if kind != "examples":
        msg = f"a node's calls are exported as 'examples', not as {kind!r}"
        raise ArgumentError(msg)
    known = desk.source.policies()
    if node not in known and not any(node in desk.calls.of(b) for b in desk.conversation.branches):
        there = ", ".join(map(repr, known)) or "none"
        msg = f"the program has no node {node!r}; there are {there}"
        raise ArgumentError(msg)
    return node


def variable_of(args: ExportArgs) -> str:
    """Return the variable that an export sets when no other is named."""
    name, node = VARIABLES[args["format"]], args.get("node")
    return name if node is None else f"{re.sub(r'[^0-9A-Za-z]+', '_', node).strip('_')}_{name}"


def export_to_file(desk: Desk, args: ExportArgs) -> tuple[Path, int]:
    """Write the turns to a file; return its path, and how many there are.

    Raises:
        ArgumentError: The folder is not there, or there is nothing to write.
        ConflictError: A file is there that no export of this conversation wrote.
    """
    branch = desk.branch(args["branch"])
    path = checked_path(desk, args.get("target") or FILES[args["format"]])
    kept = kept_turns(desk, branch, args)
    if not kept:
        why = "no turn passes the filter"
        if args["format"] in OF_EDITS:
            why = "no turn that passes the filter was edited, and only edits make preference pairs"
        msg = f"there is nothing to write: {why}"
        raise ArgumentError(msg)
    desk.source.on(branch.key).write(path, kept, args["format"])
    desk.written.add(path.resolve())
    return path, len(kept)


def checked_path(desk: Desk, target: str) -> Path:
    """Return the path to write to.

    Raises:
        ArgumentError: The folder is not there, or the path is no file's.
        ConflictError: A file is there that no export of this conversation wrote.
    """
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


def check_variable(name: str, kind: str) -> None:
    """Refuse what is no variable's name.

    Raises:
        ArgumentError: It is no identifier, a keyword or a builtin.
    """
    if not name.isidentifier() or keyword.iskeyword(name) or hasattr(builtins, name):
        msg = f"{name!r:.80} cannot be a variable's name here; choose one such as {VARIABLES[kind]}"
        raise ArgumentError(msg)


def refuse_other_type(namespace: Mapping[str, Any], name: str, values: Any) -> None:
    """Refuse to put a value in the place of one of another type."""
    if name in namespace and type(namespace[name]) is not type(values):
        there, new = type(namespace[name]).__name__, type(values).__name__
        msg = (
            f"there is a variable {name} already, a {there} and no {new}; "
            f"choose another name, or delete it first"
        )
        raise ConflictError(msg)


def _count(rows: int, what: str = "turn") -> str:
    return f"{rows:,} {what}{'' if rows == 1 else 's'}"


def python_of(branch: Branch, args: ExportArgs) -> str:
    """Return the Python that makes the same export."""
    given: dict[str, Any] = dict(args.get("filter", {}))
    if args.get("strict_trajectory"):
        given["strict_trajectory"] = True
    target = args.get("target") or FILES.get(args["format"])
    words = [repr(args["format"])]
    if args["format"] in FILES:
        words.append(repr(target))
    if "node" in args:
        given["node"] = args["node"]
    words += [f"{name}={value!r}" for name, value in given.items() if value is not None]
    call = f"session.branches[{branch.name!r}].inspect().export({', '.join(words)})"
    if args["format"] in VARIABLES:
        call = f"{args.get('target') or variable_of(args)} = {call}"
    return safe(call)
