"""Regression tests for conversations: ask everything again, and compare."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args

import dspy

from ._calls.call import Call, Order
from ._calls.history import snapshot
from ._calls.notify import notify, settle
from ._calls.program import copied
from ._calls.streams import CallStoppedError, told
from ._calls.walk import predictors
from ._core import SessionCore
from ._progress import Progress, checked_progress, watching
from ._state import SessionState
from ._trainsets import Trainsets
from ._tree.branch import Branch
from ._tree.record import Record
from ._tree.running import Cancel
from ._tree.values import thawed
from ._turns import Turn
from .compare import Comparison
from .errors import ArgumentError, ArgumentTypeError, ReplayError

if TYPE_CHECKING:
    from ._session import Session

_log = logging.getLogger("dspy_session")

OnError = Literal["stop", "continue"]


class Replaying(Trainsets):
    """The part of a session that replays conversations and sets branches beside each other."""

    def compare(self, other: SessionCore | str) -> Comparison:
        """Return this branch (left) and another (right) beside each other, aligned by depth.

        Args:
            other: A session, of this conversation or of another one, or a branch's name.

        Returns:
            One row a depth: both turns, word diffs of every field, and what changed in scores,
            tokens, cost and latency. Printing it shows what differs.

        Raises:
            BranchNotFoundError: There is no branch of that name.
        """
        if isinstance(other, str):
            return Comparison(self._branch, self._conversation.named(other))
        if not isinstance(other, SessionCore):
            msg = f"compare takes a session or a branch's name, got {type(other).__name__}"
            raise ArgumentTypeError(msg)
        return Comparison(self._branch, other._branch)

    def replay(  # noqa: PLR0913  # each says one thing about the replay
        self,
        module: dspy.Module | None = None,
        name: str | None = None,
        *,
        lm: dspy.BaseLM | None = None,
        at: int | None = None,
        on_error: OnError = "stop",
        progress: Progress = False,
        cancel: Cancel | None = None,
    ) -> Session:
        """Ask every input again, on a new branch, with fresh rollouts.

        The turns are asked one after the other; each sees the new branch's own history. A turn
        that was handed its history is handed the same again. The branch can be watched while it
        grows, and one undo takes all of it back.

        Args:
            module: The program to ask, e.g. an optimized one; None: this session's. It is copied
                as ``copy_mode`` says.
            name: The new branch's name; one is chosen when it is None.
            lm: The model for every predictor of the program, which is copied then.
            at: How many turns to keep as they are; None: none, or those that were trimmed.
            on_error: ``"stop"`` ends the replay at the first turn that fails. ``"continue"``
                records it without an answer, flagged and excluded, so that the branches stay
                aligned, and goes on.
            progress: True for a progress bar, or a function of (done, total).
            cancel: Stops the replay before the next turn once it is set, e.g. a
                ``threading.Event``.

        Returns:
            A session on the new branch with the program that was asked.

        Raises:
            ReplayError: A turn failed and ``on_error`` is ``"stop"``. The turns before it stay on
                the branch; the error's ``session`` is there.
            KeyboardInterrupt: It was interrupted; the turns that are done stay likewise.
        """
        run = self._replay(module, name, lm, at, on_error)
        with run.steps(progress, cancel) as steps:
            for position in steps:
                with run.lock.held(), run.taking(position) as taken:
                    taken.result = taken.call.run_anyhow()
                settle(run.notify(taken))
        return run.session

    async def areplay(  # noqa: PLR0913  # as replay
        self,
        module: dspy.Module | None = None,
        name: str | None = None,
        *,
        lm: dspy.BaseLM | None = None,
        at: int | None = None,
        on_error: OnError = "stop",
        progress: Progress = False,
        cancel: Cancel | None = None,
    ) -> Session:
        """The same as :meth:`replay`, awaited; cancelling the task keeps the turns done."""
        run = self._replay(module, name, lm, at, on_error)
        with run.steps(progress, cancel) as steps:
            for position in steps:
                async with run.lock.aheld():
                    with run.taking(position) as taken:
                        taken.result = await taken.call.arun()
                left = run.notify(taken)
                if left is not None:
                    await left
        return run.session

    def _replay(
        self,
        module: dspy.Module | None,
        name: str | None,
        lm: dspy.BaseLM | None,
        at: int | None,
        on_error: OnError,
    ) -> _Replay:
        if on_error not in get_args(OnError):
            msg = f"on_error is 'stop' or 'continue', got {on_error!r}"
            raise ArgumentError(msg)
        source, conversation = self._branch, self._conversation
        start = source.log.first if at is None else self._position(at, end=True)
        program = self._program_for_replay(module, lm)
        number, chosen = conversation.reserve(name, kind="replay")
        branch = source.forked(start, chosen, number)
        session = self._sibling(program, SessionState._of(conversation, branch.key))
        for position in range(start, len(source.log)):
            session._program.check(source.log[position].inputs)
        return _Replay(source, branch, session, on_error)

    def _program_for_replay(self, module: Any, lm: Any) -> dspy.Module:
        """Return the program to ask: a copy, unless the session shares its program."""
        if lm is not None and not isinstance(lm, dspy.BaseLM):
            msg = f"lm is a dspy.LM, got {type(lm).__name__}"
            raise ArgumentTypeError(msg)
        if isinstance(module, Replaying):
            module = module.module
        if module is not None and not isinstance(module, dspy.Module):
            msg = f"replay takes a dspy.Module or a session, got {type(module).__name__}"
            raise ArgumentTypeError(msg)
        mode = self._settings.copy_mode
        program = copied(module or self.module, mode if lm is None else "deep")
        if lm is not None:
            for _, predictor in predictors(program):
                predictor.lm = lm
        return program

    def _sibling(
        self, module: dspy.Module, state: SessionState, *, memory: bool | None = None
    ) -> Session:
        raise NotImplementedError


@dataclasses.dataclass(slots=True, eq=False)
class _Taken:
    """One turn of a replay, while it is asked."""

    call: Call
    result: Any = None
    turn: Turn | None = None


class _Replay:
    """A replay under way: the turns to ask again, and the branch they go to."""

    def __init__(self, source: Branch, start: Branch, session: Session, on_error: OnError) -> None:
        self.source, self.start, self.session, self.on_error = source, start, session, on_error
        self.key = start.key
        self.conversation = session._conversation
        self.lock = self.conversation.call_lock(self.key)
        self.label = f"replay of {source.name!r} as {start.name!r}"
        self.broken_off = False
        """Whether it was stopped in the middle of a turn, which is then not recorded."""
        # A provider's cache answers an equal request, unless it is a new rollout.
        self.rollout = {"rollout_id": start.order, "temperature": 1.0}
        self.settings = dataclasses.replace(
            session._settings, history_policy="use_if_provided", memory=True
        )

    @contextmanager
    def steps(
        self, progress: Progress, cancel: Cancel | None
    ) -> Generator[Generator[int, None, None], None, None]:
        """Show the branch and give the positions to ask again, for as long as nothing stops it."""
        checked_progress(progress)
        self._put(lambda: self.start)
        wanted = range(len(self.start.log), len(self.source.log))

        def positions() -> Generator[int, None, None]:
            for position in wanted:
                if cancel is not None and cancel.is_set():
                    return
                yield position
                if self.broken_off:
                    return
                tick()

        try:
            with watching(progress, len(wanted), self.label) as tick:
                yield positions()
        except BaseException:
            if self._made_none():
                self._put(lambda: None)
            raise

    @contextmanager
    def taking(self, position: int) -> Generator[_Taken, None, None]:
        """Ask one turn again in the body; record it after that."""
        order = self._order(self.source.log[position])
        with told(self.conversation, self.key, order.inputs) as running:
            branch = self.conversation[self.key]
            taken = _Taken(Call(self.session._program, self.settings, order, branch))
            try:
                with taken.call.open(running):
                    yield taken
            except CallStoppedError:
                self.broken_off = True
            except Exception as error:
                if self.on_error == "stop":
                    raise self._stopped(position, error) from error
                _log.warning("%s: turn %d failed: %s", self.label, position, error)
                failure = partial(taken.call.record_failure, error=error)
                self._put(lambda: failure(self.conversation[self.key]))
            else:
                self._put(lambda: taken.call.record(self.conversation[self.key], taken.result))
                taken.turn = self.session.turns[-1]

    def notify(self, taken: _Taken) -> Any:
        """Tell ``on_turn`` of an answered turn; return what is left to await, or None."""
        if taken.turn is None:
            return None
        return notify(self.settings.on_turn, self.session, taken.turn)

    def _order(self, record: Record) -> Order:
        given = record.window.given
        history = None
        if given is not None:
            messages = [thawed(message) for message in given]
            history = snapshot(messages, self.source.nodes_seen(record))
        return Order(thawed(record.inputs), history, "replay", self.rollout)

    def _put(self, make: Callable[[], Branch | None]) -> None:
        self.conversation.change(self.label, lambda _: {self.key: make()}, joins=True)

    def _made_none(self) -> bool:
        there = self.key in self.conversation
        return there and len(self.conversation[self.key].log) == len(self.start.log)

    def _stopped(self, position: int, error: Exception) -> ReplayError:
        session, kept = self.session, f"branch {self.start.name!r} holds the turns before it"
        if self._made_none():
            session, kept = None, "there is no new branch"
        msg = (
            f"{self.label} stopped at turn {position} of {len(self.source.log)}: "
            f"{type(error).__name__}: {error}; {kept}"
        )
        return ReplayError(msg, index=position, session=session)
