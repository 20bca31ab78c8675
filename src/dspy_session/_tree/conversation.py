"""A conversation: the named branches of one tree, and the only place where they change."""

from __future__ import annotations

import dataclasses
import threading
import uuid
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Protocol

from ..errors import (
    ArgumentError,
    ArgumentTypeError,
    BranchNotFoundError,
    ConflictError,
    NameTakenError,
)
from .branch import Branch
from .lock import CallLock
from .record import now
from .running import RunningCall
from .values import Fields

Branches = Mapping[str, Branch]
Change = Mapping[str, "Branch | None"]
"""Branch key to its new value; None takes the branch away."""

UNDO_DEPTH = 200
"""How many actions can be taken back. Each costs a few hundred bytes: values share their past."""


@dataclasses.dataclass(frozen=True, slots=True)
class Action:
    """One change that can be taken back: the touched branches before and after."""

    label: str
    before: Change
    after: Change

    def followed_by(self, other: Action) -> Action:
        """Return both actions as one."""
        return Action(self.label, {**other.before, **self.before}, {**self.after, **other.after})


class Journal(Protocol):
    """Writes changes down before they are seen."""

    def write(self, before: Branches, change: Change, made: int) -> None:
        """Write a change; when this raises, the conversation stays as it is.

        Args:
            before: All branches before the change.
            change: The change.
            made: How many branches were ever made.
        """
        ...


class Conversation:
    """Named branches over one tree of turns, with undo and redo of every change.

    All methods are safe to call from any thread. Every change is atomic: others see the
    conversation before it or after it. Listeners are told after a change, on the thread that made
    it, and must return quickly.
    """

    def __init__(self, branch: Branch | None = None) -> None:
        root = branch or Branch()
        self.journal: Journal | None = None
        """Where changes are written before anyone sees them."""
        self.id = uuid.uuid4().hex
        self.revision = 0
        self._branches: dict[str, Branch] = {root.key: root}
        self._undo: deque[Action] = deque(maxlen=UNDO_DEPTH)
        self._redo: list[Action] = []
        self._running: list[RunningCall] = []
        self._made = 1 + root.order
        self._prepare()

    def _prepare(self) -> None:
        self._lock = threading.RLock()
        # Held by one change at a time, also while a journal writes, when others may go on reading.
        self._changing = threading.RLock()
        self._call_locks: dict[str, CallLock] = {}
        self._listeners: list[Callable[[], None]] = []
        self.watched = False
        """Whether somebody looks on: models are then asked to answer word by word."""

    # --- reading ---------------------------------------------------------------------------

    @property
    def branches(self) -> list[Branch]:
        """All branches, in the order in which they were made."""
        with self._lock:
            return sorted(self._branches.values(), key=lambda branch: branch.order)

    def __getitem__(self, key: str) -> Branch:
        branch = self._branches.get(key)
        if branch is None:
            msg = f"the branch with key {key!r} was pruned or undone; Undo or Redo brings it back"
            raise BranchNotFoundError(msg)
        return branch

    def __contains__(self, key: object) -> bool:
        return key in self._branches

    def named(self, name: str) -> Branch:
        """Return the branch of that name."""
        for branch in self.branches:
            if branch.name == name:
                return branch
        known = ", ".join(repr(branch.name) for branch in self.branches)
        msg = f"no branch {name!r}; there are {known}"
        raise BranchNotFoundError(msg)

    @property
    def running(self) -> list[RunningCall]:
        """The calls being made now."""
        with self._lock:
            return list(self._running)

    @property
    def undo_label(self) -> str | None:
        """What undo would take back, in words."""
        with self._lock:
            return self._undo[-1].label if self._undo else None

    @property
    def redo_label(self) -> str | None:
        """What redo would do again, in words."""
        with self._lock:
            return self._redo[-1].label if self._redo else None

    # --- changing --------------------------------------------------------------------------

    def change(
        self, label: str, make: Callable[[Branches], Change], *, joins: bool = False
    ) -> Change:
        """Apply a change made from the present branches, all at once, and remember it for undo.

        With ``joins``, it is taken back together with the change before it, where that has the
        same label: many steps of one action.
        """
        with self._changing:
            after = {
                key: branch
                for key, branch in make(self._branches).items()
                if branch is not self._branches.get(key)
            }
            if not after:
                return after
            self._write(after)
            before = {key: self._branches.get(key) for key in after}
            action = Action(label, before, after)
            # In this order an interrupt leaves at worst an action that takes back nothing.
            if joins and self._undo and self._undo[-1].label == label:
                action = self._undo.pop().followed_by(action)
            if any(action.before[key] is not branch for key, branch in action.after.items()):
                self._undo.append(action)
            self._redo.clear()
            self._put(after)
        self.tell()
        return after

    def update(self, key: str, label: str, make: Callable[[Branch], Branch]) -> Branch:
        """Change one branch; return its new value."""
        self.change(label, lambda _: {key: make(self[key])})
        return self[key]

    def undo(self) -> str:
        """Take the last change back; return what it was, in words."""
        return self._step(self._undo, self._redo, back=True)

    def redo(self) -> str:
        """Do the change again that was taken back last; return what it was, in words."""
        return self._step(self._redo, self._undo, back=False)

    def _step(
        self,
        source: deque[Action] | list[Action],
        other: deque[Action] | list[Action],
        *,
        back: bool,
    ) -> str:
        with self._changing:
            if not source:
                msg = f"nothing to {'undo' if back else 'redo'}"
                raise ConflictError(msg)
            action = source[-1]
            target = action.before if back else action.after
            self._refuse_while_running(target)
            self._write(target)
            source.pop()
            self._put(target)
            other.append(action)
        self.tell()
        return action.label

    def _refuse_while_running(self, target: Change) -> None:
        for call in self.running:
            if call.beside:
                continue
            branch = self._branches.get(call.branch)
            new = target.get(call.branch, branch)
            if branch is not None and (new is None or new.log is not branch.log):
                msg = f"a call is running on branch {branch.name!r}; wait for it or stop it first"
                raise ConflictError(msg)

    def _write(self, change: Change) -> None:
        if self.journal is not None:
            self.journal.write(self._branches, change, self._made)

    def restore(self, branches: Iterable[Branch], made: int) -> None:
        """Put other branches in place of all there are, as they are stored; nothing is written."""
        with self._changing, self._lock:
            self._branches = {branch.key: branch for branch in branches}
            self._made = max(made, 1 + max(branch.order for branch in self._branches.values()))
            self._undo.clear()
            self._redo.clear()
            self.revision += 1
        self.tell()

    def _put(self, change: Change) -> None:
        with self._lock:
            present = {**self._branches, **change}
            self._branches = {key: branch for key, branch in present.items() if branch is not None}
            self.revision += 1

    def changing(self) -> AbstractContextManager[Any]:
        """Let nobody else change the conversation for the body of ``with``."""
        return self._changing

    # --- branches --------------------------------------------------------------------------

    def fork(self, key: str, length: int, name: str | None, *, kind: str = "fork") -> Branch:
        """Make a new branch from another one's first ``length`` turns."""
        with self._changing:
            branch = self[key]
            number, chosen = self.reserve(name, kind=kind)
            new = branch.forked(length, chosen, number)
            self.change(f"fork {chosen!r} of {branch.name!r}", lambda _: {new.key: new})
            return new

    def reserve(self, name: str | None, *, kind: str) -> tuple[int, str]:
        """Return a number and a name for a branch that is to be added once it is finished."""
        with self._changing:
            number = self._made
            self._made += 1
            return number, self._free_name(kind) if name is None else self._checked_name(name)

    def rename(self, key: str, name: str) -> Branch:
        """Give a branch another name."""
        with self._changing:
            branch = self[key]
            if name == branch.name:
                return branch
            chosen = self._checked_name(name)
            label = f"rename {branch.name!r} to {chosen!r}"
            return self.update(key, label, lambda old: dataclasses.replace(old, name=chosen))

    def prune(self, key: str) -> None:
        """Take a branch away; its forks stay, as they hold their own turns."""
        with self._changing:
            branch = self[key]
            if len(self._branches) == 1:
                msg = f"{branch.name!r} is the only branch; reset it instead of pruning it"
                raise ArgumentError(msg)
            change: dict[str, Branch | None] = {key: None}
            self._refuse_while_running(change)
            for other in self._branches.values():
                if other.parent == key:
                    shared = min(other.forked_at, branch.forked_at)
                    change[other.key] = dataclasses.replace(
                        other, parent=branch.parent, forked_at=shared
                    )
            self.change(f"prune {branch.name!r}", lambda _: change)

    def _free_name(self, kind: str) -> str:
        taken = {branch.name for branch in self._branches.values()}
        number = 1
        while f"{kind}-{number}" in taken:
            number += 1
        return f"{kind}-{number}"

    def _checked_name(self, name: Any) -> str:
        if not isinstance(name, str):
            msg = f"a branch name is a str, got {type(name).__name__}"
            raise ArgumentTypeError(msg)
        if not name.strip() or len(name) > 200 or any(ord(char) < 32 for char in name):
            msg = f"a branch name has 1 to 200 characters, none of them control, got {name!r:.80}"
            raise ArgumentError(msg)
        if any(branch.name == name for branch in self._branches.values()):
            msg = f"there is a branch {name!r} already; choose another name or rename that one"
            raise NameTakenError(msg)
        return name

    def call_lock(self, key: str) -> CallLock:
        """The lock that orders the calls on one branch."""
        with self._changing:
            return self._call_locks.setdefault(key, CallLock())

    # --- running calls and listeners -------------------------------------------------------

    @contextmanager
    def calling(
        self, key: str, inputs: Fields, *, again: int | None = None
    ) -> Generator[RunningCall, None, None]:
        """Say that a call runs on a branch for as long as the context lasts.

        With ``again``, it is that turn's that is asked again: its answer goes to another branch.
        """
        index = len(self[key].log) if again is None else again
        call = RunningCall(key, index, inputs, now(), self, beside=again is not None)
        try:
            with self._lock:
                self._running.append(call)
            self.tell()
            yield call
        finally:
            with self._lock:
                if call in self._running:
                    self._running.remove(call)
            self.tell()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after every change; return a function that ends it."""
        with self._lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._lock, suppress(ValueError):
                self._listeners.remove(listener)

        return stop

    def tell(self) -> None:
        """Tell the listeners that something changed."""
        for listener in list(self._listeners):
            listener()

    # --- copies ----------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["_lock"], state["_changing"], state["_listeners"], state["_call_locks"]
        del state["watched"]
        state["_running"], state["journal"] = [], None  # a copy goes its own way from here
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prepare()

    def __deepcopy__(self, memo: dict[int, Any]) -> Conversation:
        # Branches are immutable: the copy shares them and goes its own way from here.
        with self._changing, self._lock:
            copied = Conversation.__new__(Conversation)
            copied.__setstate__(self.__getstate__())
            copied.id = uuid.uuid4().hex
            copied._branches = dict(self._branches)
            copied._undo, copied._redo = self._undo.copy(), list(self._redo)
            copied._running = []
        return copied
