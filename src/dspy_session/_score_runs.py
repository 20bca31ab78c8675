"""Run a metric over many turns: here, or on any executor."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from itertools import islice
from typing import Any

from ._calls.frame import carry_frame
from ._scoring import Item, Metric, metric_name, score_item
from ._tree.amendments import Score
from ._tree.running import Cancel
from .errors import ArgumentError, ArgumentTypeError, MetricError

Result = tuple[int, Score | MetricError]

_AT_WORK = 256
"""The most turns sent to an executor at once: to another process, each carries its history."""
_CANCEL_EVERY_S = 0.2


def results(
    metric: Metric, items: Iterator[Item], executor: Executor | None, cancel: Cancel | None
) -> Iterator[Result]:
    """Yield each turn's index with its score, or with the metric's error, as they are done.

    Raises:
        ArgumentTypeError: ``executor`` is none.
        ArgumentError: The metric cannot be sent to another process.
    """
    if executor is None:
        for item in items:
            if cancel is not None and cancel.is_set():
                return
            yield item.index, _scored(metric, item)
        return
    if not isinstance(executor, Executor):
        msg = f"executor is a concurrent.futures.Executor, got {type(executor).__name__}"
        raise ArgumentTypeError(msg)
    yield from _Run(executor, _work(metric, executor), metric, items).results(cancel)


def _scored(metric: Metric, item: Item) -> Score | MetricError:
    try:
        return score_item(metric, item)
    except MetricError as error:
        return error


def _work(metric: Metric, executor: Executor) -> Callable[..., Any]:
    """Return what the executor is to call: known by name in other processes too."""
    if isinstance(executor, ThreadPoolExecutor):
        return carry_frame(_scored)  # plain threads do not inherit DSPy's settings
    if isinstance(executor, ProcessPoolExecutor):
        try:
            pickle.dumps(metric)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            msg = (
                f"metric {metric_name(metric)!r} cannot be sent to another process ({error}); "
                f"define it at the top of a module, or use threads or a Dask cluster"
            )
            raise ArgumentError(msg) from None
    return _scored


class _Run:
    """Turns at work on an executor."""

    def __init__(
        self, executor: Executor, work: Callable[..., Any], metric: Metric, items: Iterator[Item]
    ) -> None:
        self.executor, self.work, self.metric, self.items = executor, work, metric, items
        self.pending: dict[Future[Any], int] = {}

    def results(self, cancel: Cancel | None) -> Iterator[Result]:
        pause = None if cancel is None else _CANCEL_EVERY_S
        try:
            self._submit()
            while self.pending and not (cancel is not None and cancel.is_set()):
                done, _ = wait(self.pending, timeout=pause, return_when=FIRST_COMPLETED)
                for future in done:
                    yield self.pending.pop(future), future.result()
                self._submit()
        finally:
            for future in self.pending:
                future.cancel()

    def _submit(self) -> None:
        for item in islice(self.items, _AT_WORK - len(self.pending)):
            future = self.executor.submit(self.work, self.metric, item)
            self.pending[future] = item.index
