"""Calls and conversations as plain text, for models and people to read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pydantic

from .._tree.amendments import Edits
from .._tree.record import Record
from .._tree.values import Fields


def ledger_text(calls: Iterable[tuple[int, Fields, Fields]]) -> str:
    """Return calls, each its position, inputs and outputs, as a list in YAML's form.

    The fields stand as JSON, so that every call takes three lines.
    """
    return "\n".join(
        f"- turn: {position}\n  inputs: {_json(inputs)}\n  outputs: {_json(outputs)}"
        for position, inputs, outputs in calls
    )


def records_text(first: int, records: Sequence[Record], edits: Edits) -> str:
    """Return recorded calls as :func:`ledger_text`, with their outputs as edited."""
    return ledger_text(
        (position, record.inputs, {**record.outputs, **(edits.get(record.id) or {})})
        for position, record in enumerate(records, start=first)
    )


def transcript(messages: Iterable[Mapping[str, Any]]) -> str:
    """Return history messages as text: a line for each field, a blank line between turns."""
    return "\n\n".join(
        "\n".join(f"{name}: {_plain(value)}" for name, value in message.items())
        for message in messages
    )


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_readable)


def _readable(value: Any) -> Any:
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump(mode="json", fallback=str)
    return list(value) if isinstance(value, (set, frozenset)) else str(value)
