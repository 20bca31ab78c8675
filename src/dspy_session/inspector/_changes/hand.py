"""What a hand does to a conversation, each step done and then written down as Python."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..._tree.amend import Unset
from ..._tree.amendments import HAND
from ..._tree.branch import Branch
from ..._tree.record import Record
from ...errors import ArgumentError
from .._jobs import BrokenOffError, Ending, StoppedError, Work
from .._source import Metric, Source, metric_name
from .._view.detail import call_in
from .._view.fields import ProgramFields, parsed
from .._view.rows import nested_calls
from .._view.text import as_text
from . import commands
from . import long_actions as long
from .commands import Target
from .log import UNWRITTEN, PythonLog, branch_source
from .python_source import arguments, keywords, literal, mapping, replaying


class Hand:
    """Acts on one conversation and keeps the log.

    Args:
        source: The conversation and its program.
        log: Where the steps are written down.
    """

    def __init__(self, source: Source, log: PythonLog) -> None:
        self.source = source
        self.log = log
        self._conversation = source.conversation

    # --- amendments ------------------------------------------------------------------------

    def edit(self, target: Target, values: Mapping[str, Any]) -> str:
        """Lay values over outputs."""
        outputs = self._fields().outputs
        since = self.log.revision
        message = commands.edit(self._conversation, target, values, outputs)
        self._edited(target, values, since)
        return message

    def edit_text(self, target: Target, field: str, text: str) -> str:
        """Lay a typed text over one output."""
        outputs = self.source.outputs_of(self._record(target))
        since = self.log.revision
        message = commands.edit_text(self._conversation, target, field, text, outputs)
        value = self._conversation[target.branch].outputs(self._record(target))[field]
        self._edited(target, {field: value}, since)
        return message

    def _edited(self, target: Target, values: Mapping[str, Any], since: int) -> None:
        branch, turn, call = self._place(target)
        known = {} if call is not None else self._fields().outputs
        written = {name: self._source(name, value, known) for name, value in values.items()}
        if call is None:
            step = f"{branch}.edit_turn({turn}, outputs={mapping(written)})"
        else:
            step = f"{branch}.inspect().edit_call({turn}, {call}, {keywords(written)})"
        self.log.add(step, since=since)

    def revert(self, target: Target, fields: Collection[str]) -> str:
        """Take edits back."""
        since = self.log.revision
        message = commands.revert(self._conversation, target, fields)
        branch, turn, call = self._place(target)
        named = arguments(turn, *(repr(one) for one in fields), call=call)
        step = f"revert_turn({named})" if call is None else f"inspect().revert({named})"
        self.log.add(f"{branch}.{step}", since=since)
        return message

    def score(
        self,
        target: Target,
        value: float | None,
        *,
        name: str = HAND,
        feedback: str | Unset | None = None,
    ) -> str:
        """Give a score by hand, or take it away with None; UNSET keeps the feedback there is."""
        since = self.log.revision
        message = commands.score(self._conversation, target, value, name=name, feedback=feedback)
        branch, turn, call = self._place(target)
        if isinstance(feedback, Unset):
            given = self._conversation[target.branch].mark(self._record(target)).scores.get(name)
            feedback = given and given.feedback
        if name == HAND and feedback is None and call is None:
            step = f"edit_turn({turn}, score={value!r})"
        else:
            more = {
                "name": None if name == HAND else repr(name),
                "feedback": None if feedback is None else repr(feedback),
                "call": call,
            }
            step = f"inspect().score_turn({arguments(turn, repr(value), **more)})"
        self.log.add(f"{branch}.{step}", since=since)
        return message

    def mark(self, target: Target, changes: Mapping[str, Any]) -> str:
        """Set ``label``, ``note`` or ``excluded``."""
        since = self.log.revision
        message = commands.mark(self._conversation, target, changes)
        branch, turn, _ = self._place(target)
        written = {name: repr(value) for name, value in changes.items()}
        self.log.add(f"{branch}.edit_turn({arguments(turn, **written)})", since=since)
        return message

    # --- branches --------------------------------------------------------------------------

    def fork(self, branch: str, turn_id: str | None, name: str | None) -> Branch:
        """Make a branch with the turns before one, whose place is free there; None: with all."""
        since, source = self.log.revision, self._on(branch)
        new = commands.fork(self._conversation, branch, turn_id, name)
        self.log.add(f"{source}.fork(at={len(new.log)}, name={new.name!r})", since=since)
        return new

    def rename(self, branch: str, name: str) -> Branch:
        """Give a branch another name."""
        since, source = self.log.revision, self._on(branch)
        renamed = self._conversation.rename(branch, name)
        self.log.add(f"{source}.rename({name!r})", since=since)
        return renamed

    def star(self, branch: str, *, starred: bool) -> str:
        """Star a branch, or take its star away."""
        since, source = self.log.revision, self._on(branch)
        message = commands.star(self._conversation, branch, starred=starred)
        self.log.add(f"{source}.star({'' if starred else 'False'})", since=since)
        return message

    def prune(self, branch: str) -> tuple[str, str]:
        """Take a branch away; return what happened, and the branch to look at instead."""
        since, name = self.log.revision, self._conversation[branch].name
        message, instead = commands.prune(self._conversation, branch)
        self.log.add(f"{self._on(instead)}.prune({name!r})", since=since)
        return message, instead

    def undo(self) -> str:
        """Take the last change back."""
        since = self.log.revision
        label = self._conversation.undo()
        self.log.add("session.inspect().undo()", since=since)
        return label

    def redo(self) -> str:
        """Do the change again that was taken back last."""
        since = self.log.revision
        label = self._conversation.redo()
        self.log.add("session.inspect().redo()", since=since)
        return label

    # --- long actions ----------------------------------------------------------------------

    def send(self, branch: str, inputs: dict[str, Any], work: Work) -> Ending:
        """Say something on a branch."""
        since, source = self.log.revision, self._on(branch)
        step = f"{source}({keywords(self._inputs(inputs))})"
        try:
            ending = long.send(self.source, branch, inputs, work)
        except BrokenOffError:
            raise
        except StoppedError:
            self.log.add(step, f"{source}.undo()", since=since)
            raise
        self.log.add(step, since=since)
        return ending

    def rerun(self, branch: str, turn_id: str, changed: Mapping[str, Any], work: Work) -> Ending:
        """Run a turn again on a new branch."""
        since, source = self.log.revision, self._on(branch)
        position = self._conversation[branch].position(turn_id)
        inputs = mapping(self._inputs(changed)) if changed else None
        made: list[str] = []

        def step() -> str:
            name = repr(made[-1]) if made else None
            return f"{source}.rerun({arguments(str(position), inputs=inputs, name=name)})"

        try:
            ending = long.rerun(self.source, branch, turn_id, changed, work, made.append)
        except BrokenOffError:
            raise
        except StoppedError:
            self.log.add(step(), f"{source}.prune({made[-1]!r})", since=since)
            raise
        self.log.add(step(), since=since)
        return ending

    def replay(self, branch: str, name: str | None, work: Work) -> Ending:
        """Ask every input of a branch again, on a new branch."""
        since, source = self.log.revision, self._on(branch)
        made = long.Replayed()
        whole = False
        try:
            ending = long.replay(self.source, branch, name, work, made)
            whole = True
        finally:
            if made.name:
                steps = replaying(source, made.name, None if whole else made.turns)
                self.log.add(*steps, since=since)
        return ending

    def rescore(self, branch: str, metric: Metric, work: Work) -> Ending:
        """Score every turn of a branch."""
        since, source = self.log.revision, self._on(branch)
        given: dict[int, Any] = {}
        whole = False
        try:
            ending = long.rescore(self.source, branch, metric, work, given)
            whole = True
        finally:
            name = metric_name(metric)
            step = f"inspect().score_turns({_scores(given)}, name={name!r})"
            if whole and name.isidentifier() and getattr(metric, "__name__", None) == name:
                step = f"score({name})"
            self.log.add(f"{source}.{step}", since=since)
        return ending

    def score_turns(self, branch: str, scores: Mapping[int, Any], name: str) -> None:
        """Give several turns scores of one name in one step."""
        since, source = self.log.revision, self._on(branch)
        long.give_scores(self.source, branch, scores, name)
        step = f"inspect().score_turns({_scores(scores)}, name={name!r})"
        self.log.add(f"{source}.{step}", since=since)

    # --- as source -------------------------------------------------------------------------

    def _fields(self) -> ProgramFields:
        return self.source.fields()

    def _on(self, branch: str) -> str:
        return branch_source(self._conversation[branch].name)

    def _place(self, target: Target) -> tuple[str, str, str | None]:
        """Branch, turn and nested call of a target, as source."""
        branch = self._conversation[target.branch]
        position = branch.position(target.turn_id)
        calls = nested_calls(branch.log[position]) if target.call_id is not None else []
        found = (str(at) for at, call in enumerate(calls) if call.id == target.call_id)
        return branch_source(branch.name), str(position), next(found, None)

    def _record(self, target: Target) -> Record:
        branch = self._conversation[target.branch]
        position = branch.position(target.turn_id)
        return call_in(branch.log[position], target.call_id, position)

    def _inputs(self, inputs: Mapping[str, Any]) -> dict[str, str]:
        known = self._fields().inputs
        return {name: self._source(name, value, known) for name, value in inputs.items()}

    def _source(self, field: str, value: Any, known: Mapping[str, Any]) -> str:
        plain = literal(value)
        if plain is not None:
            return plain
        if field in known:
            text = as_text(value)
            if _means(field, text, known[field], value):
                return f"session.inspect().typed({field!r}, {text!r})"
        return UNWRITTEN


def _means(field: str, text: str, annotation: Any, value: Any) -> bool:
    try:
        return bool(parsed(field, text, annotation, value) == value)
    except (ArgumentError, TypeError, ValueError):
        return False


def _scores(scores: Mapping[int, Any]) -> str:
    return f"{{{', '.join(f'{at}: {score!r}' for at, score in scores.items())}}}"
