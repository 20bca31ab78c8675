"""What turns are good for: scores, examples, tables, files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dspy

from . import _examples as examples_of
from ._branching import Branching
from ._calls.policy import MetricErrorPolicy, check_choice
from ._examples import Selection
from ._progress import Progress, checked_progress, watching
from ._score_runs import results
from ._scoring import Metric, checked_metric, item_of, metric_name
from ._tree.amendments import Score
from ._tree.branch import Branch
from ._tree.record import ROOT
from ._tree.running import Cancel
from .errors import ArgumentError, ArgumentTypeError, MetricError

if TYPE_CHECKING:
    import pandas as pd

Gold = dspy.Example | Sequence[dspy.Example | None] | None


class Training(Branching):
    """The part of a session that turns conversations into training data."""

    def score(  # noqa: PLR0913  # each says one thing about the run
        self,
        metric: Metric,
        gold: Gold = None,
        *,
        name: str | None = None,
        executor: Executor | None = None,
        progress: Progress = False,
        cancel: Cancel | None = None,
        on_metric_error: MetricErrorPolicy | None = None,
    ) -> list[float]:
        """Score every turn of the branch and keep the scores under the metric's name.

        The metric is called once per turn with an example and the recorded answer. The example's
        labels are the turn's outputs, as edited where a person edited them.

        Args:
            metric: ``(example, prediction)``, with ``trace`` or GEPA's five arguments; returns a
                number, or something with ``score`` and ``feedback``.
            gold: One example for all turns, or one per turn, in place of the turn's own.
            name: The name to keep the scores under; the metric's own when it is None.
            executor: Any ``concurrent.futures.Executor`` to spread the calls over: threads,
                processes, or a cluster's, e.g. Dask's ``client.get_executor()``. Turns are sent by
                value. Threads see the DSPy settings of the caller; other processes have their own.
            progress: True for a progress bar, or a function of (done, total).
            cancel: Stops before the next turn once it is set, e.g. a ``threading.Event``. The
                scores there are then stay.
            on_metric_error: ``"zero"`` counts a failing metric 0.0, with the error as feedback;
                ``"raise"`` raises. None: as the session was told.

        Returns:
            The scores, oldest turn first; NaN for turns that were not reached before ``cancel``.

        Raises:
            MetricError: A metric failed and ``on_metric_error`` is ``raise``; no score is kept.
            KeyboardInterrupt: It was interrupted; the scores there are stay.
        """
        checked_metric(metric)
        checked_progress(progress)
        check_choice("on_metric_error", on_metric_error or "zero", MetricErrorPolicy)
        raises = (on_metric_error or self._settings.on_metric_error) == "raise"
        branch, field = self._branch, self.history_field
        positions = range(branch.log.first, len(branch.log))
        golds = _golds(gold, len(positions))
        items = (item_of(branch, at, field, one) for at, one in zip(positions, golds, strict=True))
        chosen, scores = name or metric_name(metric), dict[int, Score]()
        try:
            with watching(progress, len(positions), "score") as tick:
                for position, score in results(metric, items, executor, cancel):
                    scores[position] = _counted(score, raises=raises)
                    tick()
        except MetricError:
            raise
        except BaseException:
            self._keep_scores(branch, chosen, scores)
            raise
        self._keep_scores(branch, chosen, scores)
        return [scores[one].value if one in scores else math.nan for one in positions]

    def _keep_scores(self, branch: Branch, name: str, scores: Mapping[int, Score]) -> None:
        records = [(branch.log[position], score) for position, score in sorted(scores.items())]
        if not records:
            return
        self._conversation.update(
            self._key,
            f"scores by {name!r}",
            lambda now: now.marked_all(
                (record.id, now.mark(record).scored(name, score)) for record, score in records
            ),
        )

    def _score_one(self, metric: Metric, index: int) -> Score:
        """Return a metric's score of one turn; changes nothing."""
        item = item_of(self._branch, index, self.history_field, None)
        ((_, score),) = results(metric, iter([item]), None, None)
        return _counted(score, raises=self._settings.on_metric_error == "raise")

    def _examples(self, indices: Iterable[int], node: str | None = None) -> list[dspy.Example]:
        """Return the examples of chosen turns, or of the calls that a node made in them."""
        branch, path = self._branch, node or ROOT
        field = self._history_field_of(path)
        return [
            examples_of.example_at(branch, index, field, Selection(), record)
            for index in indices
            for record in examples_of.calls_at(branch, index, path)
        ]

    def _history_field_of(self, node: str) -> str:
        raise NotImplementedError

    def to_dataframe(self, *, branches: str | None = None) -> pd.DataFrame:
        """Return one row a turn; :func:`dspy_session.export.dataframe` lists the columns.

        Args:
            branches: ``"all"`` for every branch of the conversation, one after the other.
        """
        from .export import dataframe

        if branches not in (None, "all"):
            msg = f"branches is 'all' or None, got {branches!r}"
            raise ArgumentError(msg)
        shown = self._conversation.branches if branches == "all" else [self._branch]
        return dataframe(shown)

    def _dataframe(self, indices: Sequence[int]) -> pd.DataFrame:
        from .export import dataframe

        return dataframe([self._branch], indices)

    def to_preferences(self) -> list[dict[str, Any]]:
        """Return a preference pair for each edited turn, in TRL's conversational shape.

        Returns:
            Dicts with ``prompt``, ``chosen`` (as edited) and ``rejected`` (as recorded), each a
            list of ``{"role", "content"}`` messages, the prompt as it was sent.
        """
        from .export import preferences

        return preferences(self._branch, self._exported())

    def to_grpo_groups(self, metric: str | None = None) -> list[dict[str, Any]]:
        """Return scored siblings, the answers that re-runs and forks gave to one prompt, for GRPO.

        Args:
            metric: Name of the score that is the reward; None: for each turn, the one given last.

        Returns:
            One group for each turn of the branch with at least two scored answers to the same
            prompt, in the shape that DSPy's GRPO trains on: a dict with ``batch_id`` (None) and
            ``group``, dicts with ``messages``, ``completion`` and ``reward``.
        """
        from .export import grpo_groups

        return grpo_groups(self._branch, self._conversation.branches, self._exported(), metric)

    def _exported(self) -> list[int]:
        """Positions of the turns that exports hold: all that are not excluded."""
        return list(examples_of.kept_positions(self._branch, Selection(require_outputs=False)))

    def _write_page(self, path: str | Path) -> None:
        raise NotImplementedError

    def export(self, path: str | Path, *, format: str | None = None) -> Path:  # the term
        """Write the turns that are not excluded to a file.

        Args:
            path: The file; its suffix names the format where it can.
            format: ``jsonl``, ``examples``, ``openai``, ``openai-preference``, ``trl``,
                ``grpo``, ``sharegpt``, ``csv`` or ``parquet``; or ``html``: the whole
                conversation as a page that opens offline, as ``inspector.save_html`` makes it.

        Returns:
            The path.

        Raises:
            ArgumentError: The format is unknown, or the suffix does not say one.
        """
        from .export import write

        if format == "html" or (format is None and Path(path).suffix.lower() == ".html"):
            self._write_page(path)
            return Path(path)
        write(path, self, self._exported(), format)
        return Path(path)


def _golds(gold: Gold, count: int) -> list[dspy.Example | None]:
    if gold is None or isinstance(gold, dspy.Example):
        return [gold] * count
    golds = list(gold)
    if len(golds) != count:
        msg = f"gold has {len(golds)} examples for {count} turns; give one, or one per turn"
        raise ArgumentError(msg)
    for one in golds:
        if one is not None and not isinstance(one, dspy.Example):
            msg = f"gold holds dspy.Example objects or None, got {type(one).__name__}"
            raise ArgumentTypeError(msg)
    return golds


def _counted(score: Score | MetricError, *, raises: bool) -> Score:
    """Return a score, or what a failure counts."""
    if isinstance(score, Score):
        return score
    if raises:
        raise score
    _log_metric_error(score)
    return Score(0.0, str(score))


def _log_metric_error(error: MetricError) -> None:
    import logging

    logging.getLogger("dspy_session").warning("%s; it counts 0.0", error)
