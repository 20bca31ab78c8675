"""Turns as files for training, for evaluation and for people."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from .._files.atomic import write_atomically
from .._files.tagged_json import encode
from .._tree.branch import Branch
from .._tree.conversation import Conversation
from .._tree.record import Record
from .._turns import Turn
from ..errors import ArgumentError, EncodeError, MissingExtraError
from ._chat import branch_messages, exchange_at, preference_at
from ._chat import value_text as value_text
from ._groups import grpo_groups
from ._table import dataframe

__all__ = ["FORMATS", "dataframe", "grpo_groups", "preferences", "write"]


class Exportable(Protocol):
    """What a session offers to exports."""

    @property
    def history_field(self) -> str:
        """Name of the input that carries the history."""
        ...

    @property
    def _branch(self) -> Branch: ...

    @property
    def _conversation(self) -> Conversation: ...

    def _examples(self, indices: Iterable[int]) -> list[Any]: ...


def write(
    path: str | os.PathLike[str],
    session: Exportable,
    indices: Sequence[int],
    format: str | None = None,  # the term
) -> None:
    """Write turns to a file; the old file stays whole until the new one is.

    Args:
        path: The file.
        session: Where the turns are.
        indices: Positions of the turns.
        format: One of ``FORMATS``; None: what the suffix says.

    Raises:
        ArgumentError: The format is unknown, or the suffix does not say one.
        EncodeError: A value cannot be written; the message names its place.
        MissingExtraError: The format needs a package that is not installed.
    """
    write_atomically(path, FORMATS[_chosen(path, format)](session, list(indices)))


def preferences(branch: Branch, indices: Sequence[int]) -> list[dict[str, Any]]:
    """Return edited turns as dicts of ``prompt``, ``chosen`` and ``rejected`` messages."""
    pairs = (preference_at(branch, index) for index in indices)
    return [pair for pair in pairs if pair is not None]


def _chosen(path: str | os.PathLike[str], name: str | None) -> str:
    suffix = Path(path).suffix.lower()
    chosen = _SUFFIXES.get(suffix) if name is None else name
    if chosen in FORMATS:
        return chosen
    known = ", ".join(map(repr, FORMATS))
    if chosen == "html":
        msg = f"a page holds the whole conversation: session.export(path); here are {known}"
    elif name is None:
        msg = f"the suffix {suffix!r} names no format; give format=… as one of {known}"
    else:
        msg = f"there is no format {name!r}; the formats are {known}"
    raise ArgumentError(msg)


# --- lines of JSON ---------------------------------------------------------------------------


def _lines(rows: Iterable[Any]) -> bytes:
    try:
        text = "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
        return text.encode("utf-8")
    except (UnicodeEncodeError, ValueError) as problem:
        msg = f"a message cannot be written as JSON: {problem}; format='jsonl' can write it"
        raise EncodeError(msg) from None


def _jsonl(session: Exportable, indices: list[int]) -> bytes:
    return _lines(_turn_line(Turn(session._branch, index)) for index in indices)  # pyright: ignore[reportPrivateUsage]


def _turn_line(turn: Turn) -> dict[str, Any]:
    branch, record = turn._branch, turn._record  # pyright: ignore[reportPrivateUsage]
    at = (f"turn {turn.index}",)
    line: dict[str, Any] = {
        "branch": branch.name,
        "turn": turn.index,
        "turn_id": turn.id,
        "inputs": dict(record.inputs),
        "outputs": dict(branch.outputs(record)),
        "recorded": dict(record.outputs) if turn.edited else None,
        "history_ids": _seen_ids(branch, record, turn.index),
        "score": turn.score,
        "scores": turn.scores or None,
        "feedback": turn.feedback or None,
        "label": turn.label,
        "note": turn.note,
        "stale": turn.stale,
        "created_at": turn.created_at.isoformat(),
        "model": turn.model,
        "prompt_tokens": turn.prompt_tokens,
        "completion_tokens": turn.completion_tokens,
        "cost": turn.cost,
        "latency_s": turn.latency_s,
        "source": turn.source,
    }
    return encode({name: value for name, value in line.items() if value is not None}, at=at)


def _seen_ids(branch: Branch, record: Record, index: int) -> list[str] | None:
    """First and last turn of the history; None when it was none of the branch's own."""
    window = record.window
    if window.given is not None or window.stop <= window.start:
        return None
    log = branch.node_log(record, index).reaching_back_to(window.start)
    seen = log.between(window.start, window.stop)
    return [seen[0].id, seen[-1].id] if seen else None


def _example_lines(session: Exportable, indices: list[int]) -> bytes:
    return _lines(_example_line(e, session.history_field) for e in session._examples(indices))  # pyright: ignore[reportPrivateUsage]


def _example_line(example: Any, history_field: str) -> dict[str, Any]:
    fields = dict(example.items())
    history: Any = fields.get(history_field)
    if hasattr(history, "messages"):
        fields[history_field] = {"messages": history.messages}
    inputs = [name for name in fields if name in example.inputs()]
    return {"fields": encode(fields, at=("the example",)), "input_keys": encode(inputs)}


# --- chats -------------------------------------------------------------------------------------


def _openai(session: Exportable, indices: list[int]) -> bytes:
    return _lines(_openai_rows(session._branch, indices))  # pyright: ignore[reportPrivateUsage]


def _openai_rows(branch: Branch, indices: list[int]) -> Iterator[dict[str, Any]]:
    for index in indices:
        exchange = exchange_at(branch, index)
        yield {"messages": [*exchange.prompt, {"role": "assistant", "content": exchange.final}]}


def _openai_preference(session: Exportable, indices: list[int]) -> bytes:
    return _lines(
        {
            "input": {"messages": pair["prompt"]},
            "preferred_output": pair["chosen"],
            "non_preferred_output": pair["rejected"],
        }
        for pair in preferences(session._branch, indices)  # pyright: ignore[reportPrivateUsage]
    )


def _trl(session: Exportable, indices: list[int]) -> bytes:
    return _lines(preferences(session._branch, indices))  # pyright: ignore[reportPrivateUsage]


def _grpo(session: Exportable, indices: list[int]) -> bytes:
    branches = session._conversation.branches  # pyright: ignore[reportPrivateUsage]
    return _lines(grpo_groups(session._branch, branches, indices))  # pyright: ignore[reportPrivateUsage]


_SPEAKERS = {"user": "human", "assistant": "gpt"}


def _sharegpt(session: Exportable, indices: list[int]) -> bytes:
    messages = branch_messages(session._branch, indices)  # pyright: ignore[reportPrivateUsage]
    said = [
        {"from": _SPEAKERS.get(m["role"], m["role"]), "value": value_text(m.get("content"))}
        for m in messages
    ]
    return _lines([{"conversations": said}] if said else [])


# --- tables ------------------------------------------------------------------------------------

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def _csv(session: Exportable, indices: list[int]) -> bytes:
    frame = dataframe([session._branch], indices)  # pyright: ignore[reportPrivateUsage]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_neutral(name) for name in frame.columns])
    for row in frame.itertuples(index=False, name=None):
        writer.writerow([_cell(value) for value in row])
    return text.getvalue().encode("utf-8", errors="backslashreplace")


def _cell(value: Any) -> Any:
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, float):
        return "" if value != value else repr(value)  # only NaN does
    if isinstance(value, (bool, int)):
        return value
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return _neutral(value_text(value))


def _neutral(text: str) -> str:
    """Text that a spreadsheet shows and never runs."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _parquet(session: Exportable, indices: list[int]) -> bytes:
    try:
        import pyarrow  # noqa: F401  # pyright: ignore  # an optional extra
    except ImportError:
        msg = "Parquet needs pyarrow: pip install 'dspy-session[parquet]'"
        raise MissingExtraError(msg) from None
    frame = dataframe([session._branch], indices)  # pyright: ignore[reportPrivateUsage]
    for name in frame.columns:
        if frame[name].dtype == object:
            frame[name] = _storable(name, list(frame[name]))
    return frame.to_parquet(None, index=False, engine="pyarrow")


def _storable(name: str, values: list[Any]) -> Any:
    """A column that Parquet can hold: of one simple kind as it is, else as JSON text."""
    kinds = {type(value) for value in values if value is not None}
    for kind, stored in ((str, "str"), (bool, "boolean"), (int, "Int64"), (float, "Float64")):
        if kinds <= {kind} and _fits(values, kind):
            return pd.Series(values, dtype=stored if kinds else "str")
    texts = [None if v is None else json.dumps(encode(v, at=(name,))) for v in values]
    return pd.Series(texts, dtype="str")


def _fits(values: list[Any], kind: type) -> bool:
    if kind is int:
        return all(value is None or -(2**63) <= value < 2**63 for value in values)
    return kind is not str or all(
        value is None or value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value)
        for value in values
    )


FORMATS: dict[str, Callable[[Exportable, list[int]], bytes]] = {
    "jsonl": _jsonl,
    "examples": _example_lines,
    "openai": _openai,
    "openai-preference": _openai_preference,
    "trl": _trl,
    "grpo": _grpo,
    "sharegpt": _sharegpt,
    "csv": _csv,
    "parquet": _parquet,
}
"""Name of each format to what writes it.

``jsonl``
    One turn a line: ``turn_id``, ``inputs``, ``outputs`` (as edited), ``recorded`` (where
    edited), scores, label, note, tokens, cost … in tagged JSON, which is plain JSON for plain
    values. ``history_ids`` names the first and the last turn of the history the model saw.
``examples``
    One ``dspy.Example`` a line: ``{"fields": {…}, "input_keys": […]}``; the history field holds
    ``{"messages": […]}``.
``openai``
    Chat fine-tuning: ``{"messages": […]}``, the prompt as sent, the answer as edited.
``openai-preference``
    ``{"input": {"messages": […]}, "preferred_output": […], "non_preferred_output": […]}``, one
    line for each edited turn.
``trl``
    ``{"prompt": […], "chosen": […], "rejected": […]}``, one line for each edited turn.
``grpo``
    ``{"batch_id": null, "group": [{"messages": […], "completion": {…}, "reward": …}, …]}``, one
    line for each turn whose siblings answered the same prompt and have scores.
``sharegpt``
    One line: ``{"conversations": [{"from": "human", "value": …}, …]}``.
``csv``
    The table of :func:`dataframe`; data as JSON; cells that a spreadsheet would run as formulas
    begin with an apostrophe.
``parquet``
    The same table; columns of mixed kinds as JSON text.
"""

_SUFFIXES = {".jsonl": "jsonl", ".csv": "csv", ".parquet": "parquet", ".html": "html"}
