"""Turns as a session shows them: a recording, its place on a branch, what was added to it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any, overload

import dspy

from ._calls.history import snapshot
from ._tree.amendments import Mark
from ._tree.branch import Branch
from ._tree.record import Record, Request
from ._tree.values import frozen_copy, thawed
from .errors import TurnNotFoundError

_SHOWN_MESSAGES = 8


class Call:
    """One recorded call of the program or of a node nested in it. Immutable.

    ``inputs`` and ``outputs`` are dicts of your own: changing one changes no recording.
    """

    __slots__ = ("_branch", "_record", "index")

    def __init__(self, branch: Branch, index: int, record: Record) -> None:
        self._branch = branch
        self._record = record
        self.index = index
        """Position of the turn on its branch, 0 = oldest; stays true when old turns are trimmed."""

    # --- the recording -----------------------------------------------------------------------

    @property
    def id(self) -> str:
        """The id under which the call is known everywhere; it never changes."""
        return self._record.id

    @property
    def node(self) -> str:
        """Path of the nested node, e.g. ``planner`` or ``steps[0]``; ``self`` for the program."""
        return self._record.node

    @property
    def inputs(self) -> dict[str, Any]:
        """What went in, without the history."""
        return thawed(self._record.inputs)

    @property
    def outputs(self) -> dict[str, Any]:
        """What came out, with later edits laid over it."""
        return thawed(self._branch.outputs(self._record))

    @property
    def recorded(self) -> dict[str, Any]:
        """What came out, as it was recorded."""
        return thawed(self._record.outputs)

    @property
    def alternatives(self) -> list[dict[str, Any]]:
        """The outputs of the other completions, where the model was asked for several (``n``)."""
        return [thawed(outputs) for outputs in self._record.alternatives]

    @property
    def history_snapshot(self) -> dspy.History:
        """The history as the model saw it; the same after edits, trimming, saving and loading."""
        messages = self._branch.messages_seen(self._record, self.index)
        return snapshot(_copied(messages), self._branch.nodes_seen(self._record))

    @property
    def history_now(self) -> dspy.History:
        """The history that the same call would see now, with every edit made since."""
        messages = self._branch.messages_now(self._record, self.index)
        return snapshot(_copied(messages), self._branch.nodes_seen(self._record))

    @property
    def calls(self) -> list[Call]:
        """The calls of nested predictors in this one, in the order in which they ended."""
        return [Call(self._branch, self.index, call) for call in self._record.calls]

    @property
    def prompts(self) -> list[list[dict[str, Any]]]:
        """The messages of each LM request that this call itself made, as they were sent."""
        return [_copied(list(request.prompt)) for request in self._record.requests]

    @property
    def prompt(self) -> list[dict[str, Any]]:
        """The messages of the last LM request of this call; for a program, of its nested calls."""
        requests = self._record.telling_requests()
        return _copied(list(requests[-1].prompt)) if requests else []

    @property
    def created_at(self) -> datetime.datetime:
        """When the call began, aware, in UTC."""
        return self._record.created_at

    @property
    def latency_s(self) -> float | None:
        """How long the call took, in seconds; None for a turn that was added by hand."""
        return self._record.latency_s

    @property
    def model(self) -> str | None:
        """The models that answered, joined by ``, `` when there were several."""
        names = dict.fromkeys(request.model for request in self._record.all_requests())
        return ", ".join(names) or None

    @property
    def prompt_tokens(self) -> int | None:
        """Tokens sent, nested calls included, as the LM reported them."""
        return _total([r.prompt_tokens for r in self._record.all_requests()])

    @property
    def completion_tokens(self) -> int | None:
        """Tokens received, nested calls included, as the LM reported them."""
        return _total([r.completion_tokens for r in self._record.all_requests()])

    @property
    def cost(self) -> float | None:
        """US dollars, nested calls included, as the LM client reported them."""
        return _total([r.cost for r in self._record.all_requests()])

    @property
    def requests(self) -> list[Request]:
        """Every LM request, nested calls included, with its own tokens, cost and latency."""
        return self._record.all_requests()

    @property
    def source(self) -> str:
        """How it came about: ``call``, ``add_turn``, ``rerun``, ``alternative``, ``import``."""
        return self._record.source

    @property
    def flags(self) -> list[str]:
        """What is special about the recording, in plain sentences."""
        return list(self._record.flags)

    # --- what was added ----------------------------------------------------------------------

    @property
    def _mark(self) -> Mark:
        return self._branch.mark(self._record)

    @property
    def score(self) -> float | None:
        """The score given last, by a metric or by hand; None when there is none."""
        score = self._mark.score
        return None if score is None else score.value

    @property
    def scores(self) -> dict[str, float]:
        """Every score by its name; ``hand`` is a person's."""
        return {name: score.value for name, score in self._mark.scores.items()}

    @property
    def feedback(self) -> dict[str, str]:
        """The feedback text of the scores that came with one, by name."""
        return {n: s.feedback for n, s in self._mark.scores.items() if s.feedback is not None}

    @property
    def label(self) -> str | None:
        """A word a person gave the turn."""
        return self._mark.label

    @property
    def note(self) -> str | None:
        """A remark a person made on the turn."""
        return self._mark.note

    @property
    def excluded(self) -> bool:
        """Whether the turn is kept out of examples and exports. It stays in the history."""
        return self._mark.excluded

    @property
    def edited(self) -> bool:
        """Whether an output was edited."""
        return self._record.id in self._branch.edits

    @property
    def stale(self) -> bool:
        """Whether the history the model saw is no longer the history as it is now."""
        return bool(self._branch.stale_because(self._record, self.index))

    # --- as a value --------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Call):
            return NotImplemented
        return (
            self.id == other.id
            and self.index == other.index
            and self._branch.outputs(self._record) == other._branch.outputs(other._record)
            and self._mark == other._mark
        )

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        messages = self._branch.messages_seen(self._record, self.index)
        shown = messages if len(messages) <= _SHOWN_MESSAGES else f"<{len(messages)} messages>"
        return (
            f"{type(self).__name__}(index={self.index}, inputs={self._record.inputs!r}, "
            f"outputs={self._branch.outputs(self._record)!r}, "
            f"history_snapshot=History(messages={shown}), score={self.score})"
        )


class Turn(Call):
    """One turn of a conversation. Immutable; take it from ``session.turns`` again after a change.

    Example:
        >>> turn = session.turns[1]
        >>> turn.outputs["answer"], turn.score, turn.stale
    """

    __slots__ = ()

    def __init__(self, branch: Branch, index: int) -> None:
        super().__init__(branch, index, branch.log[index])


class Turns(Sequence[Turn]):
    """The turns of a branch, oldest first, as a list would show them. Cheap at any length."""

    __slots__ = ("_branch",)

    def __init__(self, branch: Branch) -> None:
        self._branch = branch

    def __len__(self) -> int:
        return len(self._branch.log) - self._branch.log.first

    @overload
    def __getitem__(self, index: int) -> Turn: ...
    @overload
    def __getitem__(self, index: slice) -> list[Turn]: ...
    def __getitem__(self, index: int | slice) -> Turn | list[Turn]:
        positions = range(self._branch.log.first, len(self._branch.log))
        if isinstance(index, slice):
            return [Turn(self._branch, position) for position in positions[index]]
        if not -len(positions) <= index < len(positions):
            msg = f"no turn {index}: branch {self._branch.name!r} has {len(positions)} turns"
            raise TurnNotFoundError(msg)
        return Turn(self._branch, positions[index])

    def __iter__(self) -> Iterator[Turn]:
        for position in range(self._branch.log.first, len(self._branch.log)):
            yield Turn(self._branch, position)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (Turns, list)):
            return list(self) == list(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if not self:
            return "[]"
        return "[\n" + "".join(f"    {turn!r},\n" for turn in self) + "]"


def _copied(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: frozen_copy(value) for name, value in m.items()} for m in messages]


def _total(values: list[Any]) -> Any:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
