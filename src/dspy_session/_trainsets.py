"""Conversations as training sets: of the program, or of one node nested in it."""

from __future__ import annotations

import difflib
import random
from collections.abc import Sequence
from typing import Any, overload

import dspy
from typing_extensions import TypedDict, Unpack

from . import _examples as examples_of
from ._calls.signatures import history_field
from ._calls.walk import predictors
from ._examples import HistoryVersion, Selection
from ._scoring import Metric, metric_name
from ._training import Training
from ._tree.record import ROOT
from .errors import ArgumentError, ArgumentTypeError

EVERY = "*"
"""Stands for every predictor of the program."""


class ExampleOptions(TypedDict, total=False):
    """The options of :meth:`Session.to_examples`."""

    metric: Metric | None
    min_score: float | None
    include_history: bool
    strict_trajectory: bool
    require_outputs: bool
    history: HistoryVersion


class Trainsets(Training):
    """The part of a session that makes training sets."""

    @overload
    def to_examples(
        self, *, node: None = ..., **options: Unpack[ExampleOptions]
    ) -> list[dspy.Example]: ...
    @overload
    def to_examples(self, *, node: str, **options: Unpack[ExampleOptions]) -> Any: ...
    def to_examples(  # noqa: PLR0913  # as published, and one node
        self,
        *,
        metric: Metric | None = None,
        min_score: float | None = None,
        include_history: bool = True,
        strict_trajectory: bool = False,
        require_outputs: bool = True,
        history: HistoryVersion = "as_seen",
        node: str | None = None,
    ) -> Any:
        """Return one example a turn, its inputs marked, ready for DSPy's optimizers.

        Args:
            metric: Scores the turns first; ``min_score`` then compares its scores.
            min_score: Keep turns with at least this score; turns without a score go.
            include_history: Whether the history is an input of the example.
            strict_trajectory: Stop at the first turn that is not kept.
            require_outputs: Leave turns without outputs out.
            history: The history as the model saw it, or as it reads with every later edit.
            node: Path of a nested predictor, e.g. ``"planner"`` or ``"steps[0]"``: one example for
                each of its calls, with its own fields and history. A call without a score of its
                own is as good as its turn. ``"*"``: every predictor.

        Returns:
            Examples, oldest first; outputs as edited. Excluded turns are left out. Each makes its
            history when it is first looked at; later changes of the conversation are not in it.
            For ``node="*"``, a dict of each predictor's path to its examples.

        Raises:
            ArgumentError: There is no such node.
        """
        if metric is not None:
            self.score(metric)
        options = {
            "min_score": min_score,
            "score_name": None if metric is None else metric_name(metric),
            "strict_trajectory": strict_trajectory,
            "require_outputs": require_outputs,
            "include_history": include_history,
            "history": history,
        }
        made = {path: _examples([self], path, options) for path in self._nodes(node)}
        return made if node == EVERY else made[node or ROOT]

    def to_trainset(self, **options: Any) -> Any:
        """The same as :meth:`to_examples`."""
        return self.to_examples(**options)

    @staticmethod
    def merge_examples(*sessions: Trainsets, **options: Any) -> Any:
        """Return the examples of several sessions; a turn that branches share comes once.

        Takes the options of :meth:`to_examples`, ``node`` among them.
        """
        _check_sessions("merge_examples", sessions)
        node, given = options.pop("node", None), _scored(sessions, options)
        if not sessions:
            return {} if node == EVERY else []
        paths = dict.fromkeys(path for one in sessions for path in one._nodes(node))
        made = {path: _examples(sessions, path, given) for path in paths}
        return made if node == EVERY else made[node or ROOT]

    @staticmethod
    def train_test_split(
        *sessions: Trainsets, test_size: float = 0.25, seed: int = 0, **options: Any
    ) -> tuple[list[dspy.Example], list[dspy.Example]]:
        """Return examples to train with and examples to test with, of different conversations.

        Branches of one conversation tree always land on the same side, also when they come from
        files saved at different times: else a test would ask what training has seen.

        Args:
            sessions: Sessions of at least two conversations.
            test_size: The part of the examples to test with, between 0 and 1; met as closely as
                whole conversations allow.
            seed: Another seed gives another split; the same one gives the same.
            options: Those of :meth:`to_examples`; ``node`` names one node.

        Returns:
            The training set and the test set; turns that branches share come once.

        Raises:
            ArgumentError: There are fewer than two conversations, or ``test_size`` is no part.
        """
        _check_sessions("train_test_split", sessions)
        if isinstance(test_size, bool) or not isinstance(test_size, (int, float)):
            msg = f"test_size is a number between 0 and 1, got {type(test_size).__name__}"
            raise ArgumentTypeError(msg)
        if not 0 < test_size < 1:
            msg = f"test_size is a part of the examples, between 0 and 1, got {test_size}"
            raise ArgumentError(msg)
        if options.get("node") == EVERY:
            msg = "train_test_split splits one trainset; name one node, or none"
            raise ArgumentError(msg)
        trees = conversation_trees(sessions)
        if len(trees) < 2:
            msg = (
                f"these sessions are branches of {len(trees) or 'no'} conversation, and a split "
                f"needs at least 2: a tree is never on both sides"
            )
            raise ArgumentError(msg)
        node, given = options.pop("node", None) or ROOT, _scored(sessions, options)
        for session in sessions:
            session._nodes(node)
        parts = [_examples(tree, node, given) for tree in trees]
        random.Random(seed).shuffle(parts)  # noqa: S311  # nothing secret
        tests = _nearest(parts, test_size * sum(map(len, parts)))
        sides = parts[tests:], parts[:tests]
        train, test = ([one for part in side for one in part] for side in sides)
        return train, test

    def _nodes(self, node: str | None) -> list[str]:
        """Return the paths that a ``node`` argument means; refuse one that is nowhere."""
        if node is None or node == ROOT:
            return [ROOT]
        if not isinstance(node, str):
            msg = f"node is a path such as 'planner', or '*', got {type(node).__name__}"
            raise ArgumentTypeError(msg)
        known = dict.fromkeys(path for path, _ in predictors(self.module))
        known.update(dict.fromkeys(examples_of.nodes_called(self._branch)))
        if node == EVERY:
            return list(known)
        if node not in known:
            alike = difflib.get_close_matches(node, known, n=3, cutoff=0.4) or list(known)[:5]
            names = ", ".join(map(repr, alike))
            msg = f"{self._program.name} has no node {node!r}; there are {names}"
            raise ArgumentError(msg)
        return [node]

    def _node_policies(self) -> dict[str, str]:
        """Return the path of each nested node of the program, and what it remembers, in words."""
        policies = self._program.policies
        paths = dict.fromkeys([*policies.units, *(path for path, _ in predictors(self.module))])
        words = {path: policies.of(path).words for path in paths if path != ROOT}
        # Their calls are recorded, and may be looked at and trained on, as any node's.
        consolidating = [path for path in words if policies.of(path).consolidator is not None]
        return {**words, **{f"{path}.consolidator": "nothing" for path in consolidating}}

    def _node_outputs(self, path: str) -> dict[str, Any]:
        """Return the outputs that a nested node declares, with their annotations."""
        if path in self._program.units:
            return self._program.units[path].outputs
        predictor: Any = dict(predictors(self.module)).get(path)
        fields = {} if predictor is None else predictor.signature.output_fields
        return {name: field.annotation for name, field in fields.items()}

    def _history_field_of(self, node: str) -> str:
        if node == ROOT:
            return self.history_field
        predictor: Any = dict(predictors(self.module)).get(node)
        found = None if predictor is None else history_field(predictor.signature)
        return found or self.history_field


def conversation_trees(sessions: Sequence[Trainsets]) -> list[list[Trainsets]]:
    """Return sessions grouped by conversation; a file's is known by its turns' ids."""
    trees: list[tuple[set[str], list[Trainsets]]] = []
    for session in sessions:
        ids = {session._conversation.id, *(turn.id for turn in session._branch.log)}
        same = [tree for tree in trees if not tree[0].isdisjoint(ids)]
        trees = [tree for tree in trees if tree not in same]
        ids.update(*(tree[0] for tree in same))
        trees.append((ids, [*(one for tree in same for one in tree[1]), session]))
    return [members for _, members in trees]


def _examples(
    sessions: Sequence[Trainsets], node: str, options: dict[str, Any]
) -> list[dspy.Example]:
    history = options.get("history", "as_seen")
    if history not in ("as_seen", "as_edited"):
        msg = f"history is 'as_seen' or 'as_edited', got {history!r}"
        raise ArgumentError(msg)
    selection = Selection(node=node, **options)
    parts = [(one._branch, one._history_field_of(node), selection) for one in sessions]
    return examples_of.of_branch(*parts[0]) if len(parts) == 1 else examples_of.merged(parts)


def _scored(sessions: Sequence[Trainsets], options: dict[str, Any]) -> dict[str, Any]:
    """Run the metric among some options, if there is one; return the others."""
    rest = dict(options)
    metric = rest.pop("metric", None)
    if metric is not None:
        for session in sessions:
            session.score(metric)
        rest["score_name"] = metric_name(metric)
    return rest


def _nearest(parts: Sequence[Sequence[Any]], wanted: float) -> int:
    """Return how many of the parts, at least one and not all, hold about as many as wanted."""
    sums = [sum(map(len, parts[:count])) for count in range(1, len(parts))]
    return 1 + min(range(len(sums)), key=lambda place: abs(sums[place] - wanted))


def _check_sessions(name: str, sessions: Sequence[Any]) -> None:
    for session in sessions:
        if not isinstance(session, Trainsets):
            msg = f"{name} takes sessions, got {type(session).__name__}"
            raise ArgumentTypeError(msg)
