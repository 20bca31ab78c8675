"""Move on the tree: undo, redo, fork, edit, re-run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from ._calls.call import Call, Order
from ._calls.history import snapshot
from ._calls.notify import notify, settle
from ._calls.streams import told
from ._calls.window import plan_window
from ._core import SessionCore
from ._state import added_record
from ._tree.amend import UNSET, annotate, edit_outputs, give_score, revert_outputs
from ._tree.amendments import HAND
from ._tree.branch import Branch
from ._tree.record import Record
from ._tree.running import RunningCall
from ._tree.values import thawed
from ._turns import Turn
from .errors import (
    ArgumentError,
    ArgumentTypeError,
    ConflictError,
    FieldNotFoundError,
    TurnNotFoundError,
)

if TYPE_CHECKING:
    from ._session import Session


class Branching(SessionCore):
    """The part of a session that moves on the tree of turns."""

    @property
    def name(self) -> str:
        """Name of the branch this session talks on."""
        return self._branch.name

    @property
    def branches(self) -> dict[str, Session]:
        """Every branch of the conversation by name, this one among them, oldest first.

        Each value is a session on that branch with the same program.
        """
        return {branch.name: self._on_branch(branch.key) for branch in self._conversation.branches}

    def add_turn(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Turn:
        """Add a turn that no model made, e.g. a gold example; later calls see it.

        Raises:
            ArgumentTypeError: Inputs or outputs are no mapping from field names to values.
        """
        for name, fields in (("inputs", inputs), ("outputs", outputs)):
            if not isinstance(fields, Mapping) or not all(isinstance(key, str) for key in fields):
                msg = f"{name} is a dict of field names to values, got {fields!r:.80}"
                raise ArgumentTypeError(msg)

        def add(branch: Branch) -> Branch:
            window = plan_window(branch, self._settings, self._program.serving_model)
            record = added_record(branch, inputs, outputs, window)
            return branch.appended(record, keep=self._settings.max_stored_turns)

        label = f"turn {len(self._branch.log)}"
        branch = self._conversation.update(self._key, label, add)
        return Turn(branch, len(branch.log) - 1)

    def pop_turn(self) -> Turn | None:
        """Take the newest turn off the branch and return it; None when there is none."""
        removed = self.undo()
        return removed[0] if removed else None

    def undo(self, steps: int = 1) -> list[Turn]:
        """Take the newest turns off the branch; :meth:`redo` puts them back.

        Nested nodes go back to where they stood. A call under way ends first.

        Returns:
            The removed turns, newest first; fewer than ``steps`` when the branch has no more.
        """
        count = _steps(steps)
        with self._between_calls():
            before = self._branch
            length = max(before.log.first, len(before.log) - count)
            label = f"undo of {len(before.log) - length} turns"
            self._conversation.update(self._key, label, lambda branch: branch.cut(length))
        return [Turn(before, index) for index in range(len(before.log) - 1, length - 1, -1)]

    def redo(self, steps: int = 1) -> list[Turn]:
        """Put back turns that :meth:`undo` took off, as long as no other turn took their place.

        Returns:
            The turns that are back, oldest first.
        """
        count = _steps(steps)
        with self._between_calls():
            length = len(self._branch.log)
            branch = self._conversation.update(
                self._key, f"redo of {count} turns", lambda old: old.advanced(length + count)
            )
        return [Turn(branch, index) for index in range(length, len(branch.log))]

    def reset(self) -> None:
        """Empty the branch, and the ledgers and memories of nested nodes; keep the seed history."""
        with self._between_calls():
            self._conversation.update(
                self._key, "reset", lambda branch: branch.emptied(branch.seed)
            )

    def fork(self, at: int | None = None, name: str | None = None) -> Session:
        """Return an independent session on a new branch; no turn is copied.

        Args:
            at: How many turns the new branch keeps: it begins to differ at this index. None: all.
            name: The branch's name; one is chosen when it is None.

        Raises:
            TurnNotFoundError: ``at`` is not a turn of this branch.
            NameTakenError: There is a branch of that name.
        """
        branch = self._branch
        length = len(branch.log) if at is None else self._position(at, end=True)
        forked = self._conversation.fork(branch.key, length, name)
        return self._copy_on(self._conversation, forked.key)

    def edit_turn(  # noqa: PLR0913  # one keyword for each thing a person may add
        self,
        index: int,
        *,
        outputs: Mapping[str, Any] | None = None,
        label: str | None = UNSET,  # type: ignore[assignment]
        note: str | None = UNSET,  # type: ignore[assignment]
        excluded: bool = UNSET,  # type: ignore[assignment]
        score: float | None = UNSET,  # type: ignore[assignment]
        inputs: None = None,
    ) -> Turn:
        """Amend a turn. The recording stays; later calls read the amended outputs.

        Args:
            index: The turn, 0 = oldest; negative counts from the end.
            outputs: Output fields to replace; one equal to the recorded value takes its edit back.
            label: A word for the turn; None clears it.
            note: A remark; None clears it.
            excluded: Whether to keep the turn out of examples and exports.
            score: A score by hand; None takes it away.
            inputs: Not editable: ``rerun(index, inputs=…)`` asks again on a new branch.

        Raises:
            TurnNotFoundError: There is no such turn.
            FieldNotFoundError: The turn has no such output.
        """
        if inputs is not None:
            msg = f"inputs are not edited in place; use rerun({index}, inputs={inputs!r})"
            raise ArgumentError(msg)
        if outputs is not None and not isinstance(outputs, Mapping):
            msg = f"outputs is a dict of field names to values, got {type(outputs).__name__}"
            raise ArgumentTypeError(msg)
        position = self._position(index)
        known = self._program.output_fields(None)

        def amend(branch: Branch) -> Branch:
            record = branch.record(position)
            if outputs:
                branch = edit_outputs(branch, position, record, outputs, known)
            branch = annotate(branch, record, label=label, note=note, excluded=excluded)
            if score is not UNSET:  # type: ignore[comparison-overlap]
                branch = give_score(branch, record, score, name=HAND)
            return branch

        branch = self._conversation.update(self._key, f"edit of turn {position}", amend)
        return Turn(branch, position)

    def revert_turn(self, index: int, *fields: str) -> Turn:
        """Take edits back: of the named output fields, or of all when none is named.

        Raises:
            TurnNotFoundError: There is no such turn.
            FieldNotFoundError: The turn has no such output.
        """
        position = self._position(index)

        def revert(branch: Branch) -> Branch:
            record = branch.record(position)
            edited = branch.edits.get(record.id) or {}
            for name in fields:
                if name not in record.outputs and name not in edited:
                    msg = f"turn {position} has no output field {name!r} to revert"
                    raise FieldNotFoundError(msg)
            named = fields or tuple(edited)
            return revert_outputs(branch, position, record, named)

        branch = self._conversation.update(self._key, f"revert of turn {position}", revert)
        return Turn(branch, position)

    def rerun(
        self, index: int, *, inputs: Mapping[str, Any] | None = None, name: str | None = None
    ) -> Session:
        """Ask the same again with a fresh rollout, on a new branch that ends with the new turn.

        Args:
            index: The turn to run again.
            inputs: Input fields to replace.
            name: The new branch's name; one is chosen when it is None.

        Returns:
            A session on the new branch.

        Raises:
            TurnNotFoundError: There is no such turn.
            ConflictError: The program is asynchronous only, and an event loop runs here.
            Exception: What the program raised; then there is no new branch.
        """
        call, start, commit = self._again(index, inputs, name)
        with self._told_again(call, start) as running, call.open(running):
            result = call.run_anyhow()
        session, turn = self._stored(lambda: commit(call.record(start, result)))
        settle(notify(self._settings.on_turn, session, turn))
        return session

    async def arerun(
        self, index: int, *, inputs: Mapping[str, Any] | None = None, name: str | None = None
    ) -> Session:
        """The same as :meth:`rerun`, awaited."""
        call, start, commit = self._again(index, inputs, name)
        with self._told_again(call, start) as running, call.open(running):
            result = await call.arun()
        session, turn = await self._astored(lambda: commit(call.record(start, result)))
        left = notify(self._settings.on_turn, session, turn)
        if left is not None:
            await left
        return session

    def _told_again(self, call: Call, start: Branch) -> AbstractContextManager[RunningCall]:
        # The new branch is not there yet: the row stands on the one where the turn is asked again.
        position = len(start.log)
        return told(self._conversation, self._key, call.order.inputs, again=position)

    def _again(
        self, index: int, inputs: Mapping[str, Any] | None, name: str | None
    ) -> tuple[Call, Branch, Callable[[Branch], tuple[Session, Turn]]]:
        """Prepare a re-run: the call, the branch nobody sees yet, and what makes it seen."""
        position = self._position(index)
        branch, conversation = self._branch, self._conversation
        record = branch.record(position)
        asked = {**thawed(record.inputs), **(inputs or {})}  # copies: the program may change them
        self._program.check(asked)
        number, chosen = conversation.reserve(name, kind="rerun")
        start = branch.forked(position, chosen, number)
        # A provider's cache answers an equal request, unless it is a new rollout.
        rollout = {"rollout_id": number, "temperature": 1.0}
        given = record.window.given  # a turn that was handed its history is handed it again
        history = None
        if given is not None:
            history = snapshot([thawed(message) for message in given], branch.nodes_seen(record))
        settings = dataclasses.replace(self._settings, history_policy="use_if_provided")
        order = Order(asked, history, "rerun", rollout)

        def commit(finished: Branch) -> tuple[Session, Turn]:
            conversation.change(f"rerun of turn {position}", lambda _: {finished.key: finished})
            turn = Turn(finished, len(finished.log) - 1)
            return self._copy_on(conversation, finished.key), turn

        return Call(self._program, settings, order, start), start, commit

    def fork_alternative(self, index: int, number: int = 0, *, name: str | None = None) -> Session:
        """Branch off with another of a turn's completions as its answer; no model is asked.

        Args:
            index: A turn for which the model gave several completions (``n``).
            number: Which of ``turn.alternatives``.
            name: The new branch's name; one is chosen when it is None.

        Returns:
            A session on the new branch, which ends with that turn.

        Raises:
            TurnNotFoundError: There is no such turn, or it has no such alternative.
        """
        position = self._position(index)
        branch, conversation = self._branch, self._conversation
        record = branch.record(position)
        known = len(record.alternatives)
        if type(number) is not int or not 0 <= number < known:
            msg = f"turn {position} has {known} alternatives; there is no number {number!r}"
            raise TurnNotFoundError(msg)
        order, chosen = conversation.reserve(name, kind="alternative")
        forked = branch.forked(position, chosen, order).appended(record.answered_with(number))
        conversation.change(f"alternative of turn {position}", lambda _: {forked.key: forked})
        return self._copy_on(conversation, forked.key)

    def rename(self, name: str) -> None:
        """Give the branch another name.

        Raises:
            NameTakenError: There is a branch of that name.
        """
        self._conversation.rename(self._key, name)

    def star(self, starred: bool = True) -> None:  # noqa: FBT001, FBT002  # reads as a switch
        """Mark the branch, or take the mark away."""
        self._conversation.update(
            self._key, "star", lambda branch: dataclasses.replace(branch, starred=starred)
        )

    def prune(self, name: str) -> None:
        """Take another branch out of the conversation; its forks stay.

        Raises:
            BranchNotFoundError: There is no such branch.
            ArgumentError: It is the branch this session talks on.
        """
        key = self._conversation.named(name).key
        if key == self._key:
            msg = f"{name!r} is the branch this session talks on; prune it from another session"
            raise ArgumentError(msg)
        self._conversation.prune(key)

    @contextmanager
    def _between_calls(self) -> Generator[None, None, None]:
        """Run the body while no call is under way on the branch; one that is ends first."""
        if self._under_way():
            msg = (
                f"this code runs in the middle of a call on branch {self.name!r}; "
                f"move on the branch when the call has ended, e.g. from on_turn"
            )
            raise ConflictError(msg)
        with self._conversation.call_lock(self._key).held():
            yield

    def _position(self, index: int, *, end: bool = False) -> int:
        """Return an index as a checked position; ``end`` allows the one after the last."""
        if isinstance(index, bool) or not isinstance(index, int):
            msg = f"a turn's index is an int, got {type(index).__name__}"
            raise ArgumentTypeError(msg)
        branch = self._branch
        if end and index == len(branch.log):
            return index
        branch.record(index)
        return index + len(branch.log) if index < 0 else index

    def _record_at(self, index: int) -> Record:
        return self._branch.log[self._position(index)]

    def _copy_on(self, conversation: Any, key: str) -> Session:
        raise NotImplementedError


def _steps(steps: object) -> int:
    if isinstance(steps, bool) or not isinstance(steps, int):
        msg = f"steps is an int, got {type(steps).__name__}"
        raise ArgumentTypeError(msg)
    if steps < 0:
        msg = f"steps is at least 0, got {steps}"
        raise ArgumentError(msg)
    return steps
