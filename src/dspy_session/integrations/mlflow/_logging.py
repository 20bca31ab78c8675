"""Conversations as traces of one session, with their scores and the whole conversation beside."""

from __future__ import annotations

import dataclasses
import re
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow
from mlflow.entities import AssessmentSource, Trace
from mlflow.tracing.constant import TraceMetadataKey

from ..._session import Session
from ..._tree.amendments import HAND
from ..._turns import Turn
from ...errors import ArgumentTypeError
from ._spans import TURN_TAG, log_turn


@dataclasses.dataclass(frozen=True)
class LoggedSession:
    """Where a conversation was logged."""

    session_id: str
    """Under which MLflow groups the traces."""
    run_id: str
    """The run that holds metrics and files."""
    trace_ids: Mapping[str, str]
    """Turn id to trace id, of every turn."""


def log_session(
    session: Session,
    *,
    session_id: str | None = None,
    user_id: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> LoggedSession:
    """Log a conversation: each turn of its branch as a trace, and the whole of it as files.

    The traces carry the session id, so that MLflow shows them as one conversation. Scores become
    feedback on the traces. The active run, or a new one, gets a metric for each score by turn
    (``score.<metric>``), ``latency_s``, ``prompt_tokens``, ``completion_tokens`` and ``cost``,
    and the files ``conversation.json`` (every branch, for ``Session.load_from``) and
    ``turns.csv``. Turns that were logged before under this session id are not logged again; scores
    that were given since are.

    Args:
        session: The conversation.
        session_id: The id to log it under; None: the conversation's own.
        user_id: Who talked.
        tags: Tags for every trace.

    Raises:
        ArgumentTypeError: It is no session.
        EncodeError: A value cannot be written into ``conversation.json``; nothing was logged.
    """
    _check(session)
    name = session_id or session._conversation.id
    with tempfile.TemporaryDirectory() as folder, _active_run() as run:
        session.save(Path(folder) / "conversation.json")
        session.export(Path(folder) / "turns.csv")
        known = _logged(name)
        trace_ids: dict[str, str] = {}
        for turn in session.turns:
            trace = known.get(turn.id)
            trace_ids[turn.id] = (
                log_turn(turn, name, user_id, dict(tags or {}))
                if trace is None
                else trace.info.trace_id
            )
        mlflow.flush_trace_async_logging()
        for turn in session.turns:
            _log_scores(turn, trace_ids[turn.id], known.get(turn.id))
            _log_metrics(turn)
        mlflow.log_artifacts(folder, "conversation")
    return LoggedSession(name, run.info.run_id, trace_ids)


class TurnLogger:
    """Logs each turn as it is made: ``sessionify(program, on_turn=TurnLogger())``.

    Args:
        session_id: The id to log under; None: each conversation's own.
        user_id: Who talks.
        tags: Tags for every trace.
    """

    def __init__(
        self,
        session_id: str | None = None,
        user_id: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self.session_id, self.user_id, self.tags = session_id, user_id, dict(tags or {})

    def __call__(self, session: Session, turn: Turn) -> None:
        """Log one turn as a trace."""
        name = self.session_id or session._conversation.id
        log_turn(turn, name, self.user_id, self.tags)


def _check(session: object) -> None:
    if not isinstance(session, Session):
        msg = f"a Session is logged, got {type(session).__name__}; sessionify(program) makes one"
        raise ArgumentTypeError(msg)


@contextmanager
def _active_run() -> Generator[Any, None, None]:
    """The run that is active, or a new one for the body."""
    run = mlflow.active_run()
    if run is not None:
        yield run
        return
    with mlflow.start_run() as new:
        yield new


def _logged(session_id: str) -> dict[str, Trace]:
    """Return the traces of a session by the id of their turn."""
    mlflow.flush_trace_async_logging()
    wanted = session_id.replace("'", "''")
    found: Any = mlflow.search_traces(
        filter_string=f"metadata.`{TraceMetadataKey.TRACE_SESSION}` = '{wanted}'",
        return_type="list",
        include_spans=False,
    )
    return {trace.info.tags[TURN_TAG]: trace for trace in found if TURN_TAG in trace.info.tags}


def _log_scores(turn: Turn, trace_id: str, logged: Trace | None) -> None:
    given: list[Any] = [] if logged is None else logged.info.assessments
    known = {one.name: (one.value, one.rationale) for one in given}
    for name, value in turn.scores.items():
        rationale = turn.feedback.get(name)
        if known.get(name) == (value, rationale):
            continue
        kind = "HUMAN" if name == HAND else "CODE"
        mlflow.log_feedback(
            trace_id=trace_id,
            name=name,
            value=value,
            rationale=rationale,
            source=AssessmentSource(source_type=kind, source_id=name),
        )


def _log_metrics(turn: Turn) -> None:
    measured = {
        **{f"score.{_metric_name(name)}": value for name, value in turn.scores.items()},
        "latency_s": turn.latency_s,
        "prompt_tokens": turn.prompt_tokens,
        "completion_tokens": turn.completion_tokens,
        "cost": turn.cost,
    }
    known = {name: float(value) for name, value in measured.items() if value is not None}
    mlflow.log_metrics(known, step=turn.index)


def _metric_name(name: str) -> str:
    """A score's name with what MLflow does not take in one replaced."""
    return re.sub(r"[^\w.\- /]", "_", name)
