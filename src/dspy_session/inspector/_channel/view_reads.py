"""Answers to what the tree, the comparison and the plots ask."""

from __future__ import annotations

from .._desk import Desk
from .._exports.exports import kept_turns
from .._protocol.messages import ExportArgs
from .._protocol.views import (
    CompareArgs,
    ComparisonView,
    Difference,
    DifferenceArgs,
    Kept,
    KeptArgs,
    ScoresArgs,
    ScoresView,
    TreeArgs,
    TreeView,
)
from .._view.comparison import comparison_view, next_difference
from .._view.rows import positions_of
from .._view.scores import scores_view
from .._view.tree import tree_view


def tree(desk: Desk, args: TreeArgs) -> TreeView:
    """Every branch of the conversation, each turn once."""
    # Read first: the tree may then be newer than its revision says, never older.
    revision = desk.conversation.revision
    branches = desk.conversation.branches
    return tree_view(branches, revision, args["branch"], args.get("search", ""))


def compare(desk: Desk, args: CompareArgs) -> ComparisonView:
    """Some rows of two branches aligned by depth."""
    left, right = desk.branch(args["branch"]), desk.branch(args["other"])
    return comparison_view(left, right, range(args["start"], args["stop"]))


def difference(desk: Desk, args: DifferenceArgs) -> Difference:
    """The next row of two branches that differs."""
    left, right = desk.branch(args["branch"]), desk.branch(args["other"])
    return next_difference(left, right, args["row"], backwards=args["backwards"])


def scores(desk: Desk, args: ScoresArgs) -> ScoresView:
    """The scores of one name on a branch, and beside them those of another name."""
    return scores_view(desk.branch(args["branch"]), args["name"], args.get("against"))


def kept(desk: Desk, args: KeptArgs) -> Kept:
    """How many turns an export with that filter would keep."""
    branch = desk.branch(args["branch"])
    export = ExportArgs(branch=branch.key, filter=args["filter"], format="examples")
    plain = len(kept_turns(desk, branch, export))
    strict = len(kept_turns(desk, branch, {**export, "strict_trajectory": True}))
    return Kept(plain=plain, strict=strict, turns=len(positions_of(branch)))
