"""Call a metric on a recorded turn, whatever its arity and whatever it returns."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import dspy

from ._examples import Selection, example_at
from ._tree.amend import checked_score
from ._tree.amendments import Score
from ._tree.branch import Branch
from ._tree.values import thawed
from .errors import ArgumentTypeError, DspySessionError, MetricError

Metric = Callable[..., Any]

_MOST_ARGUMENTS = 5  # GEPA's metrics: gold, pred, trace, pred_name, pred_trace


def metric_name(metric: Metric) -> str:
    """Return the name under which a metric's scores are kept."""
    name = getattr(metric, "__name__", None)
    if isinstance(name, str) and name != "<lambda>":
        return name
    return "metric" if name == "<lambda>" else type(metric).__name__


def checked_metric(metric: Any) -> Metric:
    """Refuse what cannot be called."""
    if not callable(metric):
        msg = (
            f"a metric is a function (example, prediction, trace=None), got {type(metric).__name__}"
        )
        raise ArgumentTypeError(msg)
    return metric


def positional_arity(metric: Metric) -> int:
    """Return how many arguments to pass, read from the signature and never found by trying.

    A metric takes ``(example, prediction)``, DSPy's ``(example, prediction, trace)``, or GEPA's
    five arguments; ``*args`` gets three.
    """
    try:
        parameters = inspect.signature(metric).parameters.values()
    except (TypeError, ValueError):
        return 2
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    count = sum(info.kind in positional for info in parameters)
    if any(info.kind is inspect.Parameter.VAR_POSITIONAL for info in parameters):
        return max(count, 3)
    return min(count, _MOST_ARGUMENTS)


@dataclasses.dataclass(frozen=True, slots=True)
class Item:
    """One turn to score; pickled by value, history and all, for another process or machine."""

    index: int
    example: dspy.Example
    prediction: dspy.Prediction


def item_of(branch: Branch, index: int, history_field: str, gold: dspy.Example | None) -> Item:
    """Return one turn for a metric: the recorded answer, and the edited one or ``gold``."""
    example = example_at(branch, index, history_field, Selection()) if gold is None else gold
    return Item(index, example, dspy.Prediction(**thawed(branch.log[index].outputs)))


def score_item(metric: Metric, item: Item) -> Score:
    """Score one turn.

    Raises:
        MetricError: The metric raised, or returned neither a number nor something with a score.
    """
    arguments = (item.example, item.prediction, None, None, None)[: positional_arity(metric)]
    try:
        result = metric(*arguments)
    except DspySessionError:
        raise
    except Exception as error:
        msg = (
            f"metric {metric_name(metric)!r} raised {type(error).__name__} on turn {item.index}: "
            f"{error}"
        )
        raise MetricError(msg) from error
    return as_score(result, metric, item.index)


def as_score(result: Any, metric: Metric, index: int) -> Score:
    """Return a metric's result as a score with its feedback."""
    value: Any = result
    feedback: Any = None
    if isinstance(result, Mapping) and "score" in result:
        value, feedback = result["score"], result.get("feedback")
    elif not isinstance(result, (int, float)) and hasattr(result, "score"):
        value, feedback = value.score, getattr(result, "feedback", None)
    try:
        return Score(checked_score(value), None if feedback is None else str(feedback))
    except (DspySessionError, TypeError) as error:
        msg = (
            f"metric {metric_name(metric)!r} returned {type(value).__name__} on turn {index}; "
            f"return a number, or something with .score and .feedback"
        )
        raise MetricError(msg) from error
