"""The long actions: saying something, running a turn or a branch again, scoring a branch."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..._tree.amend import checked_score
from ..._tree.amendments import NO_MARK, Score
from ..._tree.branch import Branch
from ...errors import ReplayError
from .._jobs import Ending, StoppedError, Work
from .._source import Metric, Source, metric_name
from .._view.rows import positions_of


@dataclasses.dataclass(frozen=True, slots=True)
class Scored:
    """What a metric said about some turns of a branch: turn id to score, in order."""

    name: str
    scores: Mapping[str, Score]


def send(source: Source, branch: str, inputs: dict[str, Any], work: Work) -> Ending:
    """Say something on a branch.

    When stopped, an answer whose words are heard is broken off; another one that is on its way
    cannot be called back, and is taken off the branch as soon as it comes.
    """
    before = _ids(source.branch(branch))
    source.on(branch).send(inputs, work)
    after = source.branch(branch)
    turn_id = after.log.last.id if after.log.last is not None else None
    if work.stopping and turn_id is not None and turn_id not in before:
        _take_back(source, branch, turn_id)
        msg = "Stopped: the answer that was on its way was discarded"
        raise StoppedError(msg)
    return Ending(f"Turn {len(after.log) - 1} of {after.name!r} is there", branch, turn_id)


def _ids(branch: Branch) -> set[str]:
    newest = branch.log.last
    return {newest.id} if newest is not None else set()


def _take_back(source: Source, branch: str, turn_id: str) -> None:
    def cut(now: Branch) -> Branch:
        # Only when nothing was said since: a later turn has seen the answer.
        newest = now.log.last
        return now.cut(len(now.log) - 1) if newest is not None and newest.id == turn_id else now

    source.conversation.update(branch, "stop the answer", cut)


def rerun(
    source: Source,
    branch: str,
    turn_id: str,
    changed: Mapping[str, Any],
    work: Work,
    made: Callable[[str], None] = lambda _: None,
) -> Ending:
    """Run a turn again on a new branch, with some inputs changed if any are given.

    ``made`` hears the new branch's name, also when the branch is then discarded.
    """
    old = source.branch(branch)
    position = old.position(turn_id)
    inputs = {**old.log[position].inputs, **changed} if changed else None
    key = source.on(branch).rerun(position, inputs, work)
    made(source.branch(key).name)
    if work.stopping:
        source.conversation.prune(key)
        msg = "Stopped: the answer that was on its way was discarded"
        raise StoppedError(msg)
    new = source.branch(key)
    newest = new.log.last
    turn = None if newest is None else newest.id
    return Ending(f"Ran turn {position} again, on {new.name!r}", key, turn)


@dataclasses.dataclass(slots=True)
class Replayed:
    """What a replay made, also when it was stopped or failed on the way."""

    name: str = ""
    """The new branch's name; empty: there is none."""
    turns: int = 0
    """How many turns were asked again."""


def replay(source: Source, branch: str, name: str | None, work: Work, made: Replayed) -> Ending:
    """Ask every input of a branch again, on a new branch; ``made`` takes what came of it.

    The turns that are done stay, also when it is stopped or one of them fails.
    """
    total = len(positions_of(source.branch(branch)))
    work.progress(0, total)

    def progress(done: int, total: int) -> None:
        made.turns = done
        work.progress(done, total)

    try:
        key = source.on(branch).replay(name, work, progress)
    except ReplayError as error:
        if error.session is not None:
            made.name = source.branch(error.session._key).name
        raise
    new = source.branch(key)
    made.name = new.name
    if made.turns < total:
        msg = f"Stopped: {made.turns} of {total} turns were asked again, on {new.name!r}"
        raise StoppedError(msg)
    return Ending(f"Asked {total} turns again, on {new.name!r}", key)


def rescore(
    source: Source,
    branch: str,
    metric: Metric,
    work: Work,
    given: dict[int, tuple[float, str | None]] | None = None,
) -> Ending:
    """Score every turn of a branch; what was scored counts, also when stopped half-way.

    ``given`` takes the scores by position, as they are kept.
    """
    name = metric_name(metric)
    now = source.branch(branch)
    session = source.on(branch)
    positions = positions_of(now)
    scores: dict[str, Score] = {}
    work.progress(0, len(positions))
    try:
        for done, position in enumerate(positions):
            if work.stopping:
                raise StoppedError(_stopped(name, done, len(positions)))
            scores[now.log[position].id] = session.score(metric, position)
            work.progress(done + 1, len(positions))
    finally:
        if given is not None:
            of = zip(positions, scores.values(), strict=False)
            given.update((at, (score.value, score.feedback)) for at, score in of)
        _commit(source, branch, Scored(name, scores))
    mean = sum(score.value for score in scores.values()) / len(scores) if scores else None
    told = "there are no turns" if mean is None else f"mean {mean:.2f}"
    return Ending(f"Scored {len(scores)} turns of {now.name!r} by {name}: {told}")


def _stopped(name: str, done: int, total: int) -> str:
    return f"Stopped: {done} of {total} turns were scored by {name}"


def give_scores(source: Source, branch: str, scores: Mapping[int, Any], name: str) -> None:
    """Give several turns scores of one name in one step: position to value or (value, why).

    Raises:
        TurnNotFoundError: There is no such turn.
        ArgumentError: A value is not finite.
    """
    now = source.branch(branch)
    found: dict[str, Score] = {}
    for position, given in scores.items():
        value, feedback = given if isinstance(given, tuple) else (given, None)
        found[now.record(position).id] = Score(checked_score(value), feedback)
    _commit(source, branch, Scored(name, found))


def _commit(source: Source, branch: str, scored: Scored) -> None:
    if not scored.scores or branch not in source.conversation:
        return

    def give(now: Branch) -> Branch:
        return now.marked_all(
            (turn_id, now.marks.get(turn_id, NO_MARK).scored(scored.name, score))
            for turn_id, score in scored.scores.items()
        )

    source.conversation.update(branch, f"score {len(scored.scores)} turns by {scored.name}", give)


def scores_of(source: Source, branch: str, name: str) -> Sequence[float | None]:
    """Return the scores of a name, one for each turn of a branch."""
    now = source.branch(branch)
    marks = (now.mark(now.log[position]) for position in positions_of(now))
    return [mark.scores[name].value if name in mark.scores else None for mark in marks]
