"""The expanded turn: its fields in full, what it cost, and the calls nested in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

from ..._tree.branch import Branch
from ..._tree.record import NO_NODES, Record
from ...errors import FieldNotFoundError, TurnNotFoundError
from .._protocol.messages import TEXT_CHARS
from .._protocol.shapes import CallDetail, FieldDetail, ScoreDetail, Text, TurnDetail, Usage
from .fields import field_specs
from .messages import history_length, text_field
from .rows import nested_calls
from .text import as_text, cut, safe, units

OutputsOf = Callable[[Record], Mapping[str, Any]]
"""Output name to annotation, of a nested call."""


def turn_detail(branch: Branch, position: int, outputs_of: OutputsOf = lambda _: {}) -> TurnDetail:
    """Return everything about one turn except its history and prompts."""
    record = branch.record(position)
    mark = branch.mark(record)
    seen = history_length(branch, record, position)
    return TurnDetail(
        turn_id=record.id,
        index=position,
        version=mark.version,
        inputs=_inputs(record),
        outputs=_outputs(branch, record),
        scores=_scores(branch, record),
        label=None if mark.label is None else safe(mark.label),
        note=None if mark.note is None else safe(mark.note),
        usage=usage(record),
        history_seen=seen,
        history_now=seen,
        prompts=len(record.telling_requests()),
        calls=[_call(branch, position, one, outputs_of(one)) for one in nested_calls(record)],
        python=f"{python_of(branch)}[{position - branch.log.first}]",
        stale_because=branch.stale_because(record, position),
        parameters=_parameters(record),
    )


def python_of(branch: Branch) -> str:
    """Return Python that opens a branch's list of turns from the session."""
    return f"session.branches[{safe(branch.name)!r}].turns"


def call_in(record: Record, call_id: str | None, position: int) -> Record:
    """Return a turn itself, or the call nested in it that has an id.

    Raises:
        TurnNotFoundError: The turn has no such call.
    """
    if call_id is None:
        return record
    for call in nested_calls(record):
        if call.id == call_id:
            return call
    msg = f"turn {position} has no nested call with id {call_id!r}"
    raise TurnNotFoundError(msg)


def text_range(
    branch: Branch,
    record: Record,
    place: tuple[Literal["inputs", "outputs"], str],
    part: Literal["value", "original"],
    wanted: range,
) -> Text:
    """Return a range of a long value; ``place`` is the side and the field.

    Raises:
        FieldNotFoundError: The turn or call has no such field.
    """
    side, name = place
    fields = record.inputs if side == "inputs" else branch.outputs(record)
    if name not in fields:
        there = ", ".join(repr(field) for field in fields) or "none"
        msg = f"no field {name!r} among the {side}; there are {there}"
        raise FieldNotFoundError(msg)
    was = side == "outputs" and part == "original"
    text = _recorded(record, name) if was else as_text(fields[name])
    start = max(wanted.start, 0)
    stop = max(start, min(wanted.stop, start + TEXT_CHARS))
    return Text(text=cut(text, start, stop), length=units(text))


def usage(record: Record) -> Usage:
    """Return what a turn or call cost, the calls nested in it included."""
    requests = record.all_requests()
    models = dict.fromkeys(request.model for request in requests if request.model)
    return Usage(
        model=safe(", ".join(models)) or None,
        prompt_tokens=_total([request.prompt_tokens for request in requests]),
        completion_tokens=_total([request.completion_tokens for request in requests]),
        cost=_total([request.cost for request in requests]),
        latency_s=record.latency_s,
        cached=bool(requests) and all(request.cached for request in requests),
        created_at=record.created_at.isoformat(),
    )


def _total(values: list[Any]) -> Any:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return sum(known) if known else None


def _inputs(record: Record) -> list[FieldDetail]:
    return [text_field(name, as_text(value), None) for name, value in record.inputs.items()]


def _outputs(branch: Branch, record: Record) -> list[FieldDetail]:
    edited = branch.edits.get(record.id) or {}
    return [
        text_field(name, as_text(value), _recorded(record, name) if name in edited else None)
        for name, value in branch.outputs(record).items()
    ]


def _recorded(record: Record, name: str) -> str:
    return as_text(record.outputs[name]) if name in record.outputs else ""


def _scores(branch: Branch, record: Record) -> list[ScoreDetail]:
    mark = branch.mark(record)
    # The one that counts comes first.
    names = sorted(mark.scores, key=lambda name: name != mark.latest)
    return [
        ScoreDetail(
            name=safe(name),
            value=mark.scores[name].value,
            feedback=None if (told := mark.scores[name].feedback) is None else safe(told),
        )
        for name in names
    ]


def _parameters(record: Record) -> dict[str, str]:
    found = {} if record.source == "call" else {"source": safe(record.source)}
    if record.window.given is not None:
        found["history"] = "given by the caller"
    return found


def _call(branch: Branch, position: int, call: Record, declared: Mapping[str, Any]) -> CallDetail:
    root = branch.log[position]
    before = root.before or NO_NODES
    node = before.get(call.node)
    return CallDetail(
        call_id=call.id,
        node=safe(call.node),
        inputs=_inputs(call),
        outputs=_outputs(branch, call),
        history_turns=history_length(branch, call, position),
        memory=safe(node.memory) if node is not None and node.memory else None,
        scores=_scores(branch, call),
        usage=usage(call),
        prompts=len(call.requests),
        version=branch.mark(call).version,
        specs=field_specs({**{n: _kind(v) for n, v in call.outputs.items()}, **declared}),
    )


def _kind(value: Any) -> Any:
    """The type of a value whose field nothing declares."""
    return Any if value is None else type(value)
