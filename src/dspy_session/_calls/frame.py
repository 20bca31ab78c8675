"""The running call: what nested predictors see of it, and what they leave in it."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dspy

from .._tree.branch import Branch
from .._tree.log import Log
from .._tree.record import ROOT, Nodes, Record, Request, Window
from .._tree.values import recordable, thawed
from .._tree.window import MessageKey, window_keys, window_messages
from .history import SnapshotHistory
from .signatures import Signature

# DSPy's own thread pools carry settings overrides to their workers, but not context variables.
FRAME_KEY = "_dspy_session_frame"


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The past as one predictor sees it."""

    window: Window
    log: Log[Record]
    """What the window counts in: the conversation, or the predictor's own ledger."""
    messages: list[dict[str, Any]]

    @classmethod
    def of(cls, window: Window, log: Log[Record]) -> Seen:
        """Look through a window at a log."""
        return cls(window, log, window_messages(window, log, window.edits))

    def keys(self) -> list[MessageKey]:
        """What each message was made of; see :func:`window_keys`."""
        return window_keys(self.window, self.log)


@dataclasses.dataclass(slots=True, eq=False)
class Notes:
    """A history that the program began empty in this call and adds to as it goes, as agents do."""

    history: dspy.History
    holder: str | None = None
    """Id of the last recorded call that was handed it."""


@dataclasses.dataclass(slots=True, eq=False)
class Frame:
    """One call of a session, from planning to commit."""

    branch: Branch
    """The branch as it was when the call began."""
    seen: Seen
    """What the call sees of the conversation."""
    nodes: Nodes
    """Where nested nodes stand as this call sees them, ledgers as far back as it looks."""
    node_paths: Mapping[int, str]
    """``id(predictor)`` to path, for predictors that are part of the program."""
    speaker: str | None
    """Path of the predictor whose signature is the program's own, if there is one."""
    config: Mapping[str, Any]
    """LM settings laid over every predictor's own, e.g. a rollout id."""
    session_ids: frozenset[str]
    """Branches whose calls are under way, so that a call within a call does not wait for itself."""
    calls: list[Record] = dataclasses.field(default_factory=list)
    requests: list[Request] = dataclasses.field(default_factory=list)
    notes: list[Notes] = dataclasses.field(default_factory=list[Notes])
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)
    ended: bool = False
    """True after the call; tasks that it left behind run outside it."""

    def seen_by(self, node: str, signature: Signature) -> Seen:
        """Return what one predictor sees: the conversation, or its own ledger.

        It sees the conversation when it is the predictor that speaks for the program, or when every
        turn of it renders without a gap in its signature, with something that it was asked.
        """
        messages = self.seen.messages
        if node == self.speaker or (legible(messages, signature) and _asked(messages, signature)):
            return self.seen
        return self._own(node)

    def _own(self, node: str, **window: Any) -> Seen:
        ledger: Log[Record] = self.nodes[node].ledger if node in self.nodes else Log()
        seen = Window(
            start=ledger.first,
            stop=len(ledger),
            fields=self.seen.window.fields.outputs_only(),
            edits=self.branch.edits,
            **window,
        )
        return Seen.of(seen, ledger)

    def notes_in(self, history: dspy.History) -> Notes | None:
        """Return the notes that a program hands to a predictor as its history, if they are notes.

        Any other history means what it says, and nothing is put before it. One that we handed out
        is none, nor is one that was not empty when it was first seen.
        """
        with self.lock:
            known = next((one for one in self.notes if one.history is history), None)
            if known is None and not history.messages and not isinstance(history, SnapshotHistory):
                known = Notes(history)
                self.notes.append(known)
        return known

    def seen_with(self, notes: Notes, node: str, signature: Signature) -> Seen:
        """Return what a predictor with notes sees: what was noted in earlier turns, then those."""
        window = self.seen.window
        before = window.seed if window.given is None else window.given
        fits = tuple(m for m in before if not m.keys().isdisjoint(signature.output_fields))
        own = tuple(recordable(message)[0] for message in notes.history.messages)
        return self._own(node, seed=fits, own=own)

    def finished(self) -> tuple[Record, ...]:
        """Return the nested calls, each with the notes it was the last to be handed."""
        events = {
            one.holder: tuple(recordable(message)[0] for message in one.history.messages)
            for one in self.notes
        }
        return tuple(
            dataclasses.replace(call, events=events[call.id]) if events.get(call.id) else call
            for call in self.calls
        )

    def newest_prompt(self, node: str) -> Log[dict[str, Any]]:
        """The prompt that the node sent last: the next one most often begins like it."""
        nodes = self.branch.nodes
        log = nodes[node].ledger if node in nodes else Log[Record]()
        newest = (self.branch.log if node == ROOT else log).last
        return newest.requests[-1].prompt if newest is not None and newest.requests else Log()

    def leave(self, record: Record) -> None:
        """Record a nested call that has ended."""
        with self.lock:
            self.calls.append(record)

    def leave_requests(self, requests: Sequence[Request]) -> None:
        """Record LM requests that belong to the program itself."""
        with self.lock:
            self.requests.extend(requests)


def legible(messages: Sequence[Mapping[str, Any]], signature: Signature) -> bool:
    """Whether every message holds all output fields of a signature, so that none reads ``None``."""
    needed = tuple(signature.output_fields)
    return all(
        name in message and message[name] is not None for message in messages for name in needed
    )


def _asked(messages: Sequence[Mapping[str, Any]], signature: Signature) -> bool:
    """Whether every message holds an input of a signature; else its answers would stand alone."""
    return all(not message.keys().isdisjoint(signature.input_fields) for message in messages)


def current_frame() -> Frame | None:
    """Return the frame of the call that this code runs in, or None outside a call."""
    frame: Frame | None = dspy.settings.get(FRAME_KEY)
    return None if frame is None or frame.ended else frame


@contextmanager
def entered(frame: Frame | None) -> Generator[None, None, None]:
    """Run the body inside a frame, or explicitly outside any."""
    with dspy.context(**{FRAME_KEY: frame}):
        yield


def carry_frame(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function`` bound to the running call, for threads that DSPy does not start itself.

    DSPy's own pools carry the call along; a plain ``threading.Thread`` or executor does not, and
    a wrapped predictor called there behaves as if it had never been wrapped.

    Example:
        >>> # inside forward():
        >>> # executor.submit(carry_frame(self.planner), question=question)
    """
    overrides = dict(dspy.settings.config)

    def carried(*args: Any, **kwargs: Any) -> Any:
        with dspy.context(**overrides):
            return function(*args, **kwargs)

    return carried


def get_current_history() -> dspy.History:
    """Return the history that the running call sees; empty outside a call.

    For code inside ``forward``, tools and template adapters. The messages are copies.
    """
    frame = current_frame()
    messages = [] if frame is None else [thawed(message) for message in frame.seen.messages]
    return dspy.History(messages=messages)
