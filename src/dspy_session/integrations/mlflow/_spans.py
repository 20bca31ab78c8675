"""One turn as one trace: a span for the turn, one for each nested call and each LM request."""

from __future__ import annotations

import datetime
from typing import Any

import mlflow
from mlflow.entities import SpanType
from mlflow.tracing.constant import SpanAttributeKey, TraceMetadataKey

from ..._as_text import as_plain
from ..._tree.record import ROOT, Record, Request
from ..._turns import Turn

TURN_TAG = "dspy_session.turn_id"
"""The trace tag that holds the id of the turn."""


def log_turn(turn: Turn, session_id: str, user_id: str | None, tags: dict[str, str]) -> str:
    """Log one turn as a trace; return the trace's id."""
    record = turn._record
    metadata = {TraceMetadataKey.TRACE_SESSION: session_id}
    if user_id is not None:
        metadata[TraceMetadataKey.TRACE_USER] = user_id
    root = mlflow.start_span_no_context(
        f"turn {turn.index}",
        span_type=SpanType.CHAIN,
        inputs=as_plain(turn.inputs),
        attributes=as_plain({"node": record.node, "source": record.source, "index": turn.index}),
        metadata=metadata,
        tags={TURN_TAG: turn.id, **tags},
        start_time_ns=_nanoseconds(record.created_at),
    )
    _requests(root, record)
    for call in record.calls:
        _nested(root, call)
    root.end(outputs=as_plain(turn.outputs), end_time_ns=_end(record))
    return root.trace_id


def _nested(parent: Any, call: Record) -> None:
    span = mlflow.start_span_no_context(
        call.node if call.node != ROOT else "predict",
        span_type=SpanType.CHAIN,
        parent_span=parent,
        inputs=as_plain(dict(call.inputs)),
        start_time_ns=_nanoseconds(call.created_at),
    )
    _requests(span, call)
    for inner in call.calls:
        _nested(span, inner)
    span.end(outputs=as_plain(dict(call.outputs)), end_time_ns=_end(call))


def _requests(parent: Any, call: Record) -> None:
    begins = _nanoseconds(call.created_at)
    for request in call.requests:
        span = mlflow.start_span_no_context(
            request.model,
            span_type=SpanType.CHAT_MODEL,
            parent_span=parent,
            inputs={"messages": as_plain(list(request.prompt))},
            attributes=_usage(request),
            start_time_ns=begins,
        )
        begins += int((request.latency_s or 0.0) * 1e9)
        span.end(outputs=as_plain(list(request.answers)), end_time_ns=begins)


def _usage(request: Request) -> dict[str, Any]:
    attributes: dict[str, Any] = {"cached": request.cached}
    sent, received = request.prompt_tokens, request.completion_tokens
    if sent is not None and received is not None:
        attributes[SpanAttributeKey.CHAT_USAGE] = {
            "input_tokens": sent,
            "output_tokens": received,
            "total_tokens": sent + received,
        }
    if request.cost is not None:
        attributes["cost"] = request.cost
    return attributes


def _nanoseconds(moment: datetime.datetime) -> int:
    return int(moment.timestamp() * 1e9)


def _end(record: Record) -> int:
    return _nanoseconds(record.created_at) + int((record.latency_s or 0.0) * 1e9)
