"""One call of a predictor inside a session: what it is shown, and what is recorded of it."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import dspy
from dspy.signatures.signature import ensure_signature

from .._tree.record import Record, new_id, now
from .._tree.values import recordable
from ..errors import ArgumentError
from .adapter import session_adapter
from .capture import Recorder
from .format import recorded_history
from .frame import MEMORY_FIELD, RUNNING_KEY, Frame, Notes, renders
from .signatures import (
    TRANSCRIPT_FIELD,
    Signature,
    history_field,
    quick,
    with_history,
    with_transcript,
    without,
)
from .transcript import transcript

FIELD = "_dspy_session_field"
"""On a predictor: the history field that was added to its signature, or None."""


class NodeCall:
    """One call of a predictor inside a session: its arguments, then its record."""

    def __init__(self, frame: Frame, predictor: Any, kwargs: dict[str, Any]) -> None:
        self.frame, self.predictor = frame, predictor
        self.path = frame.path_of(predictor)
        self.started = time.perf_counter()
        self.created_at = now()
        signature: Any = ensure_signature(kwargs.get("signature", predictor.signature))
        self.kwargs = dict(kwargs)
        name = history_field(signature)
        if name is None:
            name = predictor.__dict__.get(FIELD) or "history"
            signature = self.kwargs["signature"] = with_history(signature, name)
        self.signature = without(signature, name)
        self.seen = frame.seen_by(self.path, self.signature)
        self.window = self.seen.window
        self.notes: Notes | None = None
        self.settings = {"adapter": session_adapter(), RUNNING_KEY: self}
        given = self.kwargs.get(name)
        if given is not None:
            self._take(given, name)
        elif frame.is_shared(self.path) and not self._renders():
            self._show_transcript(name)
        else:
            filled = _without_gaps(self.seen.messages, self.signature)
            self.kwargs[name] = recorded_history(filled, self.seen.keys())
            if not self._is_faked:
                self.kwargs["signature"] = quick(signature, name)
        remembers = frame.standing.remembers(self.path)
        if remembers and MEMORY_FIELD in self.signature.input_fields:
            self.kwargs.setdefault(MEMORY_FIELD, frame.standing.memory(self.path))
        if frame.config:
            self.kwargs["config"] = {**frame.config, **self.kwargs.get("config", {})}

    @property
    def _is_faked(self) -> bool:
        """Whether a test double's own ``forward`` runs, which may not take a signature."""
        return "forward" in self.predictor.__dict__

    def _take(self, given: dspy.History, name: str) -> None:
        """Take a history that the program handed over: notes of its own, or what it says."""
        self.notes = self.frame.notes_in(given)
        if self.notes is not None:
            self.seen = self.frame.seen_with(self.notes, self.path, self.signature)
            self.window = self.seen.window
            self.kwargs[name] = recorded_history(self.seen.messages, self.seen.keys())
        else:
            messages = tuple(recordable(message)[0] for message in given.messages)
            self.window = dataclasses.replace(self.window, given=messages)

    def _renders(self) -> bool:
        """Whether the whole conversation can stand in the prompt as turns of this predictor."""
        if TRANSCRIPT_FIELD in self.signature.fields and not self._is_faked:
            return False
        return self._is_faked or renders(self.seen.messages, self.signature)

    def _show_transcript(self, name: str) -> None:
        check_showable(self.path, self.signature)
        self.kwargs.pop(name, None)
        self.kwargs["signature"] = with_transcript(self.signature)
        self.kwargs.setdefault(TRANSCRIPT_FIELD, transcript(self.seen.messages))

    def ended(self, recorder: Recorder, result: Any) -> None:
        requests = recorder.requests(self.frame.newest_prompt(self.path))
        if self.path == self.frame.node:
            self.frame.leave_requests(requests)
            return
        fields = self.signature.input_fields
        given = {n: v for n, v in self.kwargs.items() if n in fields and not _are_tools(v)}
        inputs, flags = recordable(given)
        outputs, more_flags = recordable(dict(result.items()) if _is_mapping(result) else {})
        record = Record(
            id=new_id(),
            node=self.path,
            inputs=inputs,
            outputs=outputs,
            window=self.window,
            created_at=self.created_at,
            latency_s=time.perf_counter() - self.started,
            requests=requests,
            saw=None if self.seen.whose == self.path else self.seen.whose,
            flags=(*flags, *more_flags),
            alternatives=tuple(recordable(one)[0] for one in other_completions(result)),
        )
        if self.notes is not None:
            self.notes.holder = record.id
        self.frame.leave(record)

    def failed(self, recorder: Recorder) -> None:
        """Keep what was paid for: a program may catch the error and go on."""
        self.frame.leave_requests(recorder.requests(self.frame.newest_prompt(self.path)))


def check_showable(path: str, signature: Signature) -> None:
    """Refuse a shared predictor that a conversation cannot be shown to as text.

    Raises:
        ArgumentError: An output has the name of the input for it.
    """
    if TRANSCRIPT_FIELD in signature.output_fields:
        msg = (
            f"{path!r} is shared, and where the turns of the conversation cannot stand in its "
            f"prompt they are shown as text in an input {TRANSCRIPT_FIELD!r}; it has an output of "
            f"that name: rename it, or make the node isolated"
        )
        raise ArgumentError(msg)


def _are_tools(value: Any) -> bool:
    """Whether an input is what a program works with: code, which the prompt shows well enough."""
    if isinstance(value, list) and value:
        return all(isinstance(item, dspy.Tool) for item in value)  # pyright: ignore[reportUnknownArgumentType]
    return isinstance(value, dspy.Tool)


def _is_mapping(result: Any) -> bool:
    return isinstance(result, (dict, dspy.Prediction))


def other_completions(result: Any) -> list[dict[str, Any]]:
    """Return a prediction's completions but the first, which is the prediction itself."""
    completions = result.completions if isinstance(result, dspy.Prediction) else None
    if completions is None:
        return []
    columns: dict[str, list[Any]] = dict(completions.items())
    rows = zip(*columns.values(), strict=False)  # a program may have made them by hand, unevenly
    return [dict(zip(columns, row, strict=True)) for row in rows][1:]


def _without_gaps(messages: list[dict[str, Any]], signature: Signature) -> list[dict[str, Any]]:
    """Fill fields that a turn does not have, which adapters would render as a literal ``None``."""
    outputs = signature.output_fields.keys()
    if all(message.keys() >= outputs for message in messages):
        return messages
    return [{**message, **{n: "" for n in outputs if n not in message}} for message in messages]
