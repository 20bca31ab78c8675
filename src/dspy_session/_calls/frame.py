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
from .._tree.record import ROOT, Node, Nodes, Record, Request, Window
from .._tree.running import RunningCall
from .._tree.values import Fields, recordable
from .._tree.window import MessageKey, window_keys, window_messages
from .history import SnapshotHistory
from .memory import NodePolicy
from .policy import Settings
from .signatures import Signature
from .standing import Standing

# DSPy's own thread pools carry settings overrides to their workers, but not context variables.
FRAME_KEY = "_dspy_session_frame"

RUNNING_KEY = "_dspy_session_running"
"""The call of a predictor that runs, in DSPy's settings; inside it, its adapter may ask."""

NODE = "_dspy_session_node"
"""On a nested predictor, module or session: its path; copies made by optimizers keep it."""

MEMORY_FIELD = "memory"
"""The input in which a predictor reads its node's memory, when it has one of that name."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The past as one predictor sees it."""

    window: Window
    log: Log[Record]
    """What the window counts in: the calls of ``whose``."""
    messages: list[dict[str, Any]]
    whose: str = ROOT
    """Path of the node whose calls are seen; ``self``: the program's, the conversation."""

    @classmethod
    def of(cls, window: Window, log: Log[Record], whose: str = ROOT) -> Seen:
        """Look through a window at a log."""
        return cls(window, log, window_messages(window, log, window.edits), whose)

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
    """One call of a session, from planning to commit; or of a module nested in it."""

    branch: Branch
    """The branch as it was when the call began."""
    seen: Seen
    """What the call sees of the conversation."""
    nodes: Nodes
    """Where nested nodes stood when the call began, ledgers as far back as it looks."""
    standing: Standing
    """Where they stand now; one for a call and the calls of modules nested in it."""
    settings: Settings
    node_paths: Mapping[int, str]
    """``id(part)`` to path, for predictors and other nodes that are part of the program."""
    speaker: str | None
    """Path of the predictor whose signature is the program's own, if there is one."""
    config: Mapping[str, Any]
    """LM settings laid over every predictor's own, e.g. a rollout id."""
    session_ids: frozenset[str]
    """Branches whose calls are under way, so that a call within a call does not wait for itself."""
    node: str = ROOT
    """Whose call it is."""
    prefix: str = ""
    """What stands before the paths in ``node_paths``: those of a session inside a program."""
    around: Frame | None = None
    """The call in which this one is nested."""
    calls: list[Record] = dataclasses.field(default_factory=list)
    requests: list[Request] = dataclasses.field(default_factory=list)
    notes: list[Notes] = dataclasses.field(default_factory=list[Notes])
    events: list[Fields] = dataclasses.field(default_factory=list[Fields])
    """What the program itself noted, for the turn's record."""
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)
    running: RunningCall | None = None
    """The program's call as those see it who look on; None: it is not shown."""
    ended: bool = False
    """True after the call; tasks that it left behind run outside it."""

    # --- who is who --------------------------------------------------------------------------

    def path_of(self, part: Any) -> str:
        """Return the path of a predictor, module or session; a copy bears that of its original."""
        path = self.node_paths.get(id(part)) or part.__dict__.get(NODE, "?")
        if not self.prefix:
            return path
        return self.node if path == ROOT else f"{self.prefix}{path}"

    def policy_of(self, part: Any) -> NodePolicy:
        """Return what a predictor, module or session remembers."""
        return self.standing.policies.of(self.path_of(part))

    @property
    def root(self) -> Frame:
        """The call of the program itself."""
        return self if self.around is None else self.around.root

    def shown(self, path: str) -> Branch:
        """Return a node's own calls as a branch: those it sees when it is called now."""
        ledger = self._sight(path)
        standing = self.standing.now()
        return dataclasses.replace(self.branch, log=ledger, seed=None, nodes=standing, ahead=None)

    def _sight(self, path: str) -> Log[Record]:
        """A node's ledger as it stands now, back to where the call looks."""
        first = self.nodes.get(path, Node()).open.first
        return self.standing.node(path).ledger.reaching_back_to(first)

    # --- what a nested call sees -------------------------------------------------------------

    def seen_by(self, path: str, signature: Signature) -> Seen:
        """Return what one predictor sees: the conversation, or its own ledger.

        The predictor that speaks for the program sees the conversation. Others see what their
        policy says; without one, the conversation when every turn of it renders without a gap in
        their signature, with something that they were asked, or else their own earlier turns.
        """
        if self.is_shared(path):
            return self.root.seen
        policy, messages = self.standing.policies.of(path), self.seen.messages
        speaks = self._speaks(path)
        if speaks or policy.isolation == "automatic":
            if speaks or renders(messages, signature):
                return self.seen
            return self._own(path, self.nodes.get(path, Node()).open)
        ledger = self._sight(path)
        return self._own(path, ledger if policy.keeps else ledger.reaching_back_to(len(ledger)))

    def is_shared(self, path: str) -> bool:
        """Whether a node reads the program's conversation; who speaks for that does anyway."""
        shared = self.standing.policies.of(path).isolation == "shared"
        return shared and not (self.around is None and self._speaks(path))

    def _speaks(self, path: str) -> bool:
        return path == self.speaker and path not in self.standing.policies.named

    def _own(self, path: str, ledger: Log[Record], **window: Any) -> Seen:
        fields = self.seen.window.fields.outputs_only()
        if self.standing.remembers(path):
            fields = dataclasses.replace(fields, exclude=fields.exclude | {MEMORY_FIELD})
        edits = self.branch.edits
        seen = Window(start=ledger.first, stop=len(ledger), fields=fields, edits=edits, **window)
        return Seen.of(seen, ledger, path)

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

    def seen_with(self, notes: Notes, path: str, signature: Signature) -> Seen:
        """Return what a predictor with notes sees: what was noted in earlier turns, then those."""
        window = self.seen.window
        before = window.seed if window.given is None else window.given
        fits = tuple(m for m in before if not m.keys().isdisjoint(signature.output_fields))
        own = tuple(recordable(message)[0] for message in notes.history.messages)
        return self._own(path, self.nodes.get(path, Node()).open, seed=fits, own=own)

    # --- what a nested call leaves -----------------------------------------------------------

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

    def newest_prompt(self, path: str) -> Log[dict[str, Any]]:
        """The prompt that the node sent last: the next one most often begins like it."""
        nodes = self.branch.nodes
        log = nodes[path].ledger if path in nodes else Log[Record]()
        newest = (self.branch.log if path == ROOT else log).last
        return newest.requests[-1].prompt if newest is not None and newest.requests else Log()

    def leave(self, record: Record) -> None:
        """Record a nested call that has ended."""
        with self.lock:
            self.calls.append(record)
        self.standing.add(record)

    def leave_events(self, events: Sequence[Fields]) -> None:
        """Record what the program noted while it worked."""
        with self.lock:
            self.events.extend(recordable(event)[0] for event in events)

    def leave_requests(self, requests: Sequence[Request]) -> None:
        """Record LM requests that belong to the program itself."""
        with self.lock:
            self.requests.extend(requests)

    def leave_all(self) -> None:
        """Hand what was done in a nested call that failed to the call around it."""
        if self.around is not None:
            with self.around.lock:
                self.around.calls.extend(self.finished())
            self.around.leave_requests(self.requests)


def legible(messages: Sequence[Mapping[str, Any]], signature: Signature) -> bool:
    """Whether every message holds all output fields of a signature, so that none reads ``None``."""
    needed = tuple(signature.output_fields)
    return all(
        name in message and message[name] is not None for message in messages for name in needed
    )


def renders(messages: Sequence[Mapping[str, Any]], signature: Signature) -> bool:
    """Whether messages can stand as turns of a signature: legible, and each with a question.

    Without anything that it was asked, its answers would stand alone.
    """
    fields = signature.input_fields
    asked = all(not message.keys().isdisjoint(fields) for message in messages)
    return asked and legible(messages, signature)


@contextmanager
def in_words(names: Mapping[str, str]) -> Generator[None, None, None]:
    """Run the body with the conversation's fields called by other names, for who reads it there.

    Args:
        names: Field of the conversation to its name in the body. A history that the caller gave
            keeps its own names.
    """
    frame = current_frame()
    if frame is None or frame.seen.window.given is not None:
        yield
        return
    window = frame.seen.window
    changed = tuple((own, other) for own, other in names.items() if own != other)
    fields = dataclasses.replace(window.fields, names=changed)
    seen = Seen.of(dataclasses.replace(window, fields=fields), frame.seen.log, frame.seen.whose)
    with entered(dataclasses.replace(frame, seen=seen)):
        yield


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
