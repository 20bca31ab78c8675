"""Regression tests for conversations: compare one branch with another."""

from __future__ import annotations

from ._core import SessionCore
from ._training import Training
from .compare import Comparison
from .errors import ArgumentTypeError


class Replaying(Training):
    """The part of a session that sets branches beside each other."""

    def compare(self, other: SessionCore | str) -> Comparison:
        """Return this branch (left) and another (right) beside each other, aligned by depth.

        Args:
            other: A session, of this conversation or of another one, or a branch's name.

        Returns:
            One row a depth: both turns, word diffs of every field, and what changed in scores,
            tokens, cost and latency. Printing it shows what differs.

        Raises:
            BranchNotFoundError: There is no branch of that name.
        """
        if isinstance(other, str):
            return Comparison(self._branch, self._conversation.named(other))
        if not isinstance(other, SessionCore):
            msg = f"compare takes a session or a branch's name, got {type(other).__name__}"
            raise ArgumentTypeError(msg)
        return Comparison(self._branch, other._branch)
