"""The lines that ``export(format="jsonl")`` wrote, as the conversation they came from."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .._files.tagged_json import decode
from ..errors import FileFormatError
from ._conversation import ImportedConversation, ImportedTurn, Problem

_READ = frozenset(
    {"branch", "turn", "turn_id", "inputs", "outputs", "recorded", "scores", "feedback", "score"}
    | {"label", "note", "created_at", "source", "stale", "history_ids"}
)


def is_turn_line(row: Any) -> bool:
    """Whether a row is one of ours."""
    return isinstance(row, Mapping) and {"turn_id", "inputs", "outputs"} <= row.keys()


def turn_lines(
    rows: Iterable[tuple[str, Any]],
) -> Iterator[ImportedConversation | Problem]:
    """Yield one conversation a branch, and the lines that are damaged."""
    groups: dict[str, list[tuple[str, ImportedTurn, dict[str, Any]]]] = {}
    for where, row in rows:
        if isinstance(row, Problem):
            yield row
            continue
        try:
            turn, left = _turn(row)
        except (FileFormatError, KeyError, TypeError, ValueError, AttributeError) as problem:
            yield Problem(where, f"this is no turn that was exported: {problem}")
            continue
        groups.setdefault(str(row.get("branch", "")), []).append((where, turn, left))
    for branch, found in groups.items():
        told = [{"turn": at, **left} for at, (_, _, left) in enumerate(found) if left]
        yield ImportedConversation(
            tuple(turn for _, turn, _ in found),
            where=found[0][0],
            id=branch or None,
            metadata={"turns": told} if told else {},
        )


def _turn(row: Mapping[str, Any]) -> tuple[ImportedTurn, dict[str, Any]]:
    inputs, final = decode(row["inputs"], {}), decode(row["outputs"], {})
    recorded = decode(row["recorded"], {}) if "recorded" in row else final
    scores, feedback = decode(row.get("scores", {}), {}), decode(row.get("feedback", {}), {})
    newest = row.get("score")
    turn = ImportedTurn(
        dict(inputs),
        dict(recorded),
        edits={n: v for n, v in final.items() if n not in recorded or recorded[n] != v},
        # The score that counts was given last.
        scores={
            name: (float(value), feedback.get(name))
            for name, value in sorted(scores.items(), key=lambda one: one[1] == newest)
        },
        label=row.get("label"),
        note=row.get("note"),
        created_at=datetime.datetime.fromisoformat(row["created_at"]),
    )
    return turn, {name: value for name, value in row.items() if name not in _READ}
