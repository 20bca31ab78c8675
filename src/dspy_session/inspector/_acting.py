"""The acting half of the inspector's Python methods: each does what a click does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._tree.amendments import HAND
from ..errors import ArgumentError, FieldNotFoundError
from ._changes import long_actions as long
from ._changes.commands import Target
from ._reading import Reading
from ._view.fields import parsed


class Acting(Reading):
    """What can be done to one branch of a conversation. Every action is undone by :meth:`undo`."""

    # --- amendments --------------------------------------------------------------------------

    def edit(self, index: int, /, **outputs: Any) -> None:
        """Edit outputs of a turn; the recording stays beside the edit.

        Later calls see the edited values, and turns that saw the old ones count as stale.

        Args:
            index: The turn.
            **outputs: Output field to its new value, of whatever type the program gives.

        Raises:
            TurnNotFoundError: There is no such turn.
            FieldNotFoundError: The turn has no such output.

        Example:
            >>> inspector.edit(1, reply="Check your spam folder.")
        """
        self._desk.hand.edit(self._target(index), self._some(outputs))

    def edit_call(self, index: int, call: int, /, **outputs: Any) -> None:
        """Edit outputs of a nested call, by its place in ``turn(index)["calls"]``.

        Raises:
            TurnNotFoundError: There is no such turn or call.
            FieldNotFoundError: The call has no such output.
        """
        self._desk.hand.edit(self._target(index, call), self._some(outputs))

    def revert(self, index: int, /, *fields: str, call: int | None = None) -> None:
        """Take edits back: the fields count as recorded again; no field named: all of them.

        Raises:
            TurnNotFoundError: There is no such turn or call.
        """
        self._desk.hand.revert(self._target(index, call), fields)

    def score_turn(
        self,
        index: int,
        value: float | None,
        *,
        name: str = HAND,
        feedback: str | None = None,
        call: int | None = None,
    ) -> None:
        """Give a turn a score by hand; None takes the score of that name away.

        Args:
            index: The turn.
            value: The score; any finite number.
            name: The name it is kept under, beside those of metrics.
            feedback: Why.
            call: Score a nested call instead, by its place in ``turn(index)["calls"]``.

        Raises:
            TurnNotFoundError: There is no such turn or call.
            ArgumentError: The value is not finite.
        """
        target = self._target(index, call)
        self._desk.hand.score(target, value, name=name, feedback=feedback)

    def score_turns(
        self, scores: Mapping[int, float | tuple[float, str | None]], *, name: str = HAND
    ) -> None:
        """Give several turns scores of one name, in one step.

        Args:
            scores: Turn to its score, or to its score and why.
            name: The name they are kept under.

        Raises:
            TurnNotFoundError: There is no such turn.
            ArgumentError: A value is not finite.
        """
        self._desk.hand.score_turns(self._key, scores, name)

    def label(self, index: int, label: str | None) -> None:
        """Give a turn a label; None takes it away.

        Raises:
            TurnNotFoundError: There is no such turn.
        """
        self._desk.hand.mark(self._target(index), {"label": label})

    def note(self, index: int, note: str | None) -> None:
        """Write a note beside a turn; None takes it away.

        Raises:
            TurnNotFoundError: There is no such turn.
        """
        self._desk.hand.mark(self._target(index), {"note": note})

    def exclude(self, index: int, *, excluded: bool = True) -> None:
        """Keep a turn out of examples and exports; it stays in the history.

        Raises:
            TurnNotFoundError: There is no such turn.
        """
        self._desk.hand.mark(self._target(index), {"excluded": excluded})

    # --- branches ----------------------------------------------------------------------------

    def switch(self, name: str) -> None:
        """Mean another branch from now on; a page that opens later shows it first.

        Raises:
            BranchNotFoundError: There is no branch of that name.
        """
        self._go(self._desk.conversation.named(name).key)

    def fork(self, index: int | None = None, *, name: str | None = None) -> str:
        """Make a branch with the turns before one, whose place is free there, and go to it.

        Args:
            index: The turn to say otherwise; None: the branch gets all turns.
            name: The new branch's name; None: ``fork-1`` and so on.

        Returns:
            The new branch's name.

        Raises:
            TurnNotFoundError: There is no such turn.
            NameTakenError: There is a branch of that name.
        """
        turn_id = None if index is None else self._branch.record(index).id
        new = self._desk.hand.fork(self._key, turn_id, name)
        self._go(new.key)
        return new.name

    def rename(self, name: str) -> None:
        """Give this branch another name.

        Raises:
            NameTakenError: There is a branch of that name.
            ArgumentError: The name is empty, too long, or holds control characters.
        """
        self._desk.hand.rename(self._key, name)

    def star(self, *, starred: bool = True) -> None:
        """Star this branch, or take its star away."""
        self._desk.hand.star(self._key, starred=starred)

    def prune(self, name: str | None = None) -> None:
        """Take a branch away, this one by default; its forks stay, and undo brings it back.

        Pruning this branch goes to the one it was forked from.

        Raises:
            BranchNotFoundError: There is no branch of that name.
            ArgumentError: It is the only branch.
        """
        conversation = self._desk.conversation
        key = self._key if name is None else conversation.named(name).key
        _, instead = self._desk.hand.prune(key)
        if key == self._key:
            self._go(instead)

    def undo(self) -> str:
        """Take the last change of the conversation back, whoever made it.

        Returns:
            What it was, in words.

        Raises:
            ConflictError: There is nothing to undo, or a call is running on its branch.
        """
        return self._desk.hand.undo()

    def redo(self) -> str:
        """Do the change again that was taken back last.

        Returns:
            What it was, in words.

        Raises:
            ConflictError: There is nothing to do again, or a call is running on its branch.
        """
        return self._desk.hand.redo()

    # --- as Python ---------------------------------------------------------------------------

    def as_python(self, lines: Sequence[int] | None = None) -> str:
        """Return what was done in inspectors of this conversation, as Python that does it again.

        Run on the session as it was when it was first inspected, with a model that gives the same
        answers, it gives the same conversation. It speaks of the session as ``session`` and of
        metrics by their names. Exports stand in it as comments, as they may write over files.

        Args:
            lines: Which steps, 0 = oldest; None: all of them.

        Raises:
            NotFoundError: There is no such step.

        Example:
            >>> print(inspector.as_python())
            # Done in the session inspector, oldest first. …
            session.branches['main'].edit_turn(1, outputs={'reply': 'Check your spam folder.'})
        """
        return self._desk.log.python(lines)

    def typed(self, field: str, text: str) -> Any:
        """Return the value that a text typed into a field of the program means.

        Raises:
            FieldNotFoundError: The program has no such field.
            ArgumentError: The text is no value of the field's type.
        """
        fields = self._desk.source.fields()
        known = {**fields.inputs, **fields.outputs}
        if field not in known:
            msg = f"the program has no field {field!r}; there are {', '.join(map(repr, known))}"
            raise FieldNotFoundError(msg)
        return parsed(field, text, known[field])

    # --- long actions ------------------------------------------------------------------------

    def send(self, /, **inputs: Any) -> dict[str, Any]:
        """Say something on this branch, and wait for the answer.

        Returns:
            The outputs of the new turn.

        Raises:
            Exception: Whatever the program raised; the branch is then as it was before.
        """
        desk, key = self._desk, self._key
        desk.run("send", "Send", key, lambda work: desk.hand.send(key, inputs, work))
        branch = self._branch
        newest = branch.log.last
        return {} if newest is None else dict(branch.outputs(newest))

    def rerun(self, index: int, /, **changed_inputs: Any) -> str:
        """Run a turn again on a new branch, wait for the answer, and go to that branch.

        Args:
            index: The turn.
            **changed_inputs: Inputs that take the place of the recorded ones.

        Returns:
            The new branch's name.

        Raises:
            TurnNotFoundError: There is no such turn.
            Exception: Whatever the program raised; there is then no new branch.
        """
        desk, key = self._desk, self._key
        record = self._branch.record(index)
        ending = desk.run(
            "rerun",
            f"Run turn {index} again",
            key,
            lambda work: desk.hand.rerun(key, record.id, changed_inputs, work),
        )
        self._go(ending.branch or key)
        return self.branch

    def replay(self, name: str | None = None) -> str:
        """Ask every input of this branch again, on a new branch, wait, and go to that branch.

        Args:
            name: The new branch's name; None: one is chosen.

        Returns:
            The new branch's name.

        Raises:
            NameTakenError: There is a branch of that name.
            ReplayError: A turn failed; the turns before it stay on the new branch.
        """
        desk, key = self._desk, self._key
        ending = desk.run(
            "replay", f"Replay {self.branch}", key, lambda work: desk.hand.replay(key, name, work)
        )
        self._go(ending.branch or key)
        return self.branch

    def rescore(self, metric: str | None = None, *, wait: bool = True) -> list[float | None]:
        """Score every turn of this branch by a metric that was given to ``inspect``.

        Args:
            metric: The metric's name; None: the first.
            wait: False: score on a thread of its own while the page shows how far it is.

        Returns:
            The scores of that metric, one for each turn; None where there is none (yet).

        Raises:
            NotFoundError: No such metric was given.
            MetricError: The metric failed; turns that were scored before keep their score.
        """
        desk, key = self._desk, self._key
        name = next(iter(desk.metrics), "") if metric is None else metric
        function, label = desk.metric(name), f"Score {self.branch} by {name}"
        begin = desk.run if wait else desk.start
        begin("rescore", label, key, lambda work: desk.hand.rescore(key, function, work))
        return list(long.scores_of(desk.source, key, name))

    def stop(self) -> int:
        """Ask all long actions on this conversation to stop, such as those begun by a click.

        Scoring and replaying stop after the turn at hand; of others, the answer that is on its way
        is discarded.

        Returns:
            How many were asked.
        """
        return self._desk.jobs.stop_all()

    # --- finding -----------------------------------------------------------------------------

    def _target(self, index: int, call: int | None = None) -> Target:
        branch = self._branch
        position = self._position(branch, index)
        record = self._record(branch, position, call)
        call_id = None if call is None else record.id
        return Target(self._key, branch.log[position].id, call_id=call_id)

    def _go(self, key: str) -> None:
        self._key = self._desk.shown = key
        self._desk.ask_to_tell()

    @staticmethod
    def _some(outputs: dict[str, Any]) -> dict[str, Any]:
        if not outputs:
            msg = 'name the output to edit, e.g. edit(1, answer="…")'
            raise ArgumentError(msg)
        return outputs
