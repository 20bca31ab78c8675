"""What an export would hold, before it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..._tree.branch import Branch
from ..._tree.record import Record
from .._desk import Desk
from .._protocol.messages import ExportArgs, ExportPreview
from .._view.messages import history_length
from .._view.rows import positions_of
from .._view.text import as_text, one_line, safe
from .exports import OF_EDITS, kept_turns, python_of

SAMPLE_ROWS = 5

_TABLES = ("dataframe", "csv", "parquet")


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
    if kind in OF_EDITS:
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
    # As texts: arrays among the values do not say plainly whether they are equal.
    histories = {
        as_text(branch.messages_seen(branch.log[position], position)) for position in group
    }
    return len(group) - len(histories)


def _mismatched(branch: Branch, kept: Sequence[int]) -> int:
    def fields(record: Record) -> tuple[set[str], set[str]]:
        return set(record.inputs), set(branch.outputs(record))

    first = fields(branch.log[kept[0]]) if kept else None
    return sum(fields(branch.log[position]) != first for position in kept)
