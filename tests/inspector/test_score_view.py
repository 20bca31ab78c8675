"""Scores as plots show them, and what a threshold keeps."""

from __future__ import annotations

import itertools

import pytest
from support.branches import numbered

from dspy_session._tree.amend import annotate, give_score
from dspy_session._tree.branch import Branch
from dspy_session.inspector._view.scores import BINS, MOST_POINTS, scores_view


def scored(values, against=()) -> Branch:
    """A branch whose turns have these scores by ``metric``, and others by ``hand``."""
    branch = numbered(len(values))
    for place, value in enumerate(values):
        if value is not None:
            branch = give_score(branch, branch.log[place], value, name="metric")
    for place, value in enumerate(against):
        if value is not None:
            branch = give_score(branch, branch.log[place], value, name="hand")
    return branch


def test_every_score_is_in_one_bin_and_no_score_in_none():
    view = scores_view(scored([0.0, 0.04, 0.5, 1.0, None]), "metric")
    assert (view["turns"], view["scored"], view["mean"]) == (5, 4, pytest.approx(0.385))
    assert len(view["bins"]) == BINS
    counts = {one["start"]: one["count"] for one in view["bins"] if one["count"]}
    assert counts == {0.0: 2, 0.5: 1, 0.95: 1}
    assert [point["index"] for point in view["points"]] == [0, 1, 2, 3]


def test_the_axis_reaches_scores_beyond_0_to_1():
    view = scores_view(scored([-2, 8]), "metric")
    assert (view["low"], view["high"]) == (-2, 8)
    assert (view["bins"][0]["count"], view["bins"][-1]["count"]) == (1, 1)


def test_without_scores_there_is_nothing_to_plot():
    view = scores_view(scored([None, None]), "metric", "hand")
    assert (view["scored"], view["mean"], view["points"], view["pairs"]) == (0, None, [], 0)
    assert view["correlation"] is None


def test_two_metrics_are_compared_where_both_have_scored():
    view = scores_view(scored([0.0, 0.5, 1.0, 0.9], [0.1, 0.5, 0.8, None]), "metric", "hand")
    assert view["pairs"] == 3
    assert view["correlation"] == pytest.approx(0.9959, abs=1e-3)
    apart = [(one["index"], one["value"], one["against"]) for one in view["disagreements"]]
    assert apart == [(2, 1.0, 0.8), (0, 0.0, 0.1)]
    flat = scores_view(scored([0.5, 0.5], [0.1, 0.9]), "metric", "hand")
    assert flat["correlation"] is None


def test_very_many_points_are_thinned_evenly():
    count = 2 * MOST_POINTS
    view = scores_view(scored([place / count for place in range(count)]), "metric")
    indices = [point["index"] for point in view["points"]]
    assert (len(indices), indices[0], indices[-1], view["thinned"]) == (
        MOST_POINTS,
        0,
        count - 1,
        True,
    )
    assert max(b - a for a, b in itertools.pairwise(indices)) <= 3


def test_a_threshold_keeps_what_an_export_with_it_would_hold(page, session):
    for index, value in enumerate((0.9, 0.2, 0.8)):
        page.ask("score", value=value, name="careful", **page.at(index))
        page.ask("score", value=0.0, **page.at(index))
    at_least = {"min_score": 0.5, "score_name": "careful"}
    told = page.ask("kept", branch=page.key, filter=at_least)
    assert told == {"plain": 2, "strict": 1, "turns": 3}
    assert page.inspector.kept(**at_least) == told
    assert len(page.inspector.export("examples", **at_least)) == 2
    assert len(page.inspector.export("examples", strict_trajectory=True, **at_least)) == 1
    session._conversation.update(
        page.key, "exclude", lambda b: annotate(b, b.log[0], excluded=True)
    )
    assert page.ask("kept", branch=page.key, filter=at_least)["plain"] == 1
    by_name = page.inspector.rows(sort="score", descending=True, score_name="careful")
    assert [row["index"] for row in by_name] == [0, 2, 1]
