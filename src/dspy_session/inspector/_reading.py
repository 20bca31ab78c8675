"""The reading half of the inspector's Python methods."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import Unpack

from .._tree.amendments import HAND
from .._tree.branch import Branch
from .._tree.record import Record
from ..errors import TurnNotFoundError
from ._channel import node_reads
from ._channel import view_reads as views
from ._channel.reads import rows as rows_of
from ._desk import desk_of
from ._protocol.nodes import LedgerArgs, LedgerCall, NodeView
from ._protocol.shapes import Filter, MessageView, Row, Summary, TurnDetail
from ._protocol.views import ComparisonView, Kept, ScoresView, TreeView
from ._source import Session
from ._view.comparison import comparison_view, next_difference
from ._view.detail import turn_detail
from ._view.messages import MOST_MESSAGES, history_window, prompt_window
from ._view.nodes import MOST_CALLS
from ._view.rows import MOST_ROWS, nested_calls, positions_of
from ._view.scores import scores_view


class Reading:
    """What can be asked about one branch of a conversation. Texts come as the page shows them."""

    def __init__(self, session: Session) -> None:
        self._desk = desk_of(session)
        self._key = session._key  # pyright: ignore[reportPrivateUsage]

    @property
    def _branch(self) -> Branch:
        return self._desk.branch(self._key)

    @property
    def branch(self) -> str:
        """Name of the branch that the methods mean; :meth:`switch` chooses another."""
        return self._branch.name

    def summary(self) -> Summary:
        """Return branches, fields, metrics, labels, jobs and the first rows, as the page gets them.

        ``summary()["branches"]`` lists every branch with its turns and mean score.
        """
        return self._desk.summary()

    def rows(self, start: int = 0, stop: int | None = None, **filter: Unpack[Filter]) -> list[Row]:
        """Return turns as the table shows them, collapsed.

        Args:
            start: First row after filtering, 0 = first.
            stop: Row after the last one; None: to the end.
            **filter: ``search``, ``min_score``, ``max_score``, ``scored``, ``edited``, ``stale``,
                ``excluded``, ``label``, and ``sort="score"`` or ``descending=True`` for the order.

        Example:
            >>> [row["index"] for row in inspector.rows(min_score=0.5)]
        """
        end = len(self._desk.positions(self._branch, filter)) if stop is None else stop
        found: list[Row] = []
        for first in range(start, end, MOST_ROWS):
            last = min(first + MOST_ROWS, end)
            window = rows_of(
                self._desk, {"branch": self._key, "start": first, "stop": last, "filter": filter}
            )
            found += window["rows"]
        return found

    def tree(self, search: str = "") -> TreeView:
        """Return every branch as the tree draws it: each turn once, of long runs only the ends.

        Args:
            search: Text to find in any turn of any branch.
        """
        return views.tree(self._desk, {"branch": self._key, "search": search})

    def compare(self, other: str, start: int = 0, stop: int = 60) -> ComparisonView:
        """Return rows of this branch and another one, aligned by depth, with word diffs.

        At most 60 rows at once; ``session.compare(other)`` gives all of them with their values.

        Args:
            other: Name of the branch to compare with.
            start: First row, 0 = oldest.
            stop: Row after the last one.

        Raises:
            BranchNotFoundError: There is no branch of that name.
        """
        right = self._desk.conversation.named(other)
        return comparison_view(self._branch, right, range(start, stop))

    def next_difference(self, other: str, row: int = -1, *, backwards: bool = False) -> int | None:
        """Return the next row after ``row`` of :meth:`compare` that differs; None: there is none.

        Raises:
            BranchNotFoundError: There is no branch of that name.
        """
        right = self._desk.conversation.named(other)
        return next_difference(self._branch, right, row, backwards=backwards)["row"]

    def scores(self, name: str = HAND, against: str | None = None) -> ScoresView:
        """Return the scores of one name as the plots show them.

        Args:
            name: A metric's name; ``"hand"`` for those given by hand.
            against: Another name, to see where the two disagree.
        """
        return scores_view(self._branch, name, against)

    def nodes(self) -> list[NodeView]:
        """Return the nested nodes of the program: what each remembers, its calls, its memory."""
        return node_reads.nodes(self._desk, {"branch": self._key})["nodes"]

    def ledger(self, node: str, start: int = 0, stop: int | None = None) -> list[LedgerCall]:
        """Return the calls of one nested node, oldest first, each with the turn it was made in.

        Args:
            node: The node's path, e.g. ``"planner"``.
            start: First call, 0 = oldest.
            stop: Call after the last one; None: to the end.

        Raises:
            NotFoundError: No turn of the branch called such a node.
        """
        found: list[LedgerCall] = []
        while stop is None or start + len(found) < stop:
            first = start + len(found)
            last = first + MOST_CALLS if stop is None else stop
            args: LedgerArgs = {"branch": self._key, "node": node, "start": first, "stop": last}
            part = node_reads.ledger(self._desk, args)["calls"]
            if not part:
                break
            found += part
        return found

    def kept(self, **filter: Unpack[Filter]) -> Kept:
        """Return how many turns :meth:`export` would keep under a filter.

        Example:
            >>> inspector.kept(min_score=0.5, score_name="hand")["strict"]
        """
        return views.kept(self._desk, {"branch": self._key, "filter": filter})

    def turn(self, index: int) -> TurnDetail:
        """Return one turn in full: fields, edits with their diffs, scores, usage, nested calls.

        Raises:
            TurnNotFoundError: There is no such turn on the branch.
        """
        branch = self._branch
        return turn_detail(branch, self._position(branch, index), self._desk.source.outputs_of)

    def history(
        self, index: int, kind: Literal["seen", "now"] = "seen", *, call: int | None = None
    ) -> list[MessageView]:
        """Return the history of a turn, oldest message first.

        Args:
            index: The turn.
            kind: ``"seen"`` as the model saw it, ``"now"`` as it would be now; messages that differ
                are marked ``changed`` and their fields hold a word diff.
            call: The history of a nested call instead, by its place in ``turn(index)["calls"]``.

        Raises:
            TurnNotFoundError: There is no such turn, or no such call in it.
        """
        branch = self._branch
        position = self._position(branch, index)
        record = self._record(branch, position, call)
        found: list[MessageView] = []
        while True:
            wanted = range(len(found), len(found) + MOST_MESSAGES)
            part = history_window(branch, record, position, wanted, now=kind == "now")
            found += part["messages"]
            if len(found) >= part["total"]:
                return found

    def prompt(self, index: int, which: int = -1, *, call: int | None = None) -> list[MessageView]:
        """Return the messages of an LM request of a turn, exactly as they were sent.

        Args:
            index: The turn.
            which: Which of its requests, 0 = first; negative numbers count from the last.
            call: A nested call's request instead, by its place in ``turn(index)["calls"]``.

        Raises:
            TurnNotFoundError: There is no such turn, call or request.
        """
        branch = self._branch
        requests = self._record(branch, self._position(branch, index), call).telling_requests()
        chosen = which + len(requests) if which < 0 else which
        found: list[MessageView] = []
        while True:
            part = prompt_window(requests, chosen, range(len(found), len(found) + MOST_MESSAGES))
            found += part["messages"]
            if len(found) >= part["total"]:
                return found

    # --- finding -----------------------------------------------------------------------------

    @staticmethod
    def _position(branch: Branch, index: int) -> int:
        branch.record(index)  # raises, and names the turns there are
        return index + len(branch.log) if index < 0 else index

    @staticmethod
    def _record(branch: Branch, position: int, call: int | None) -> Record:
        record = branch.log[position]
        if call is None:
            return record
        calls = nested_calls(record)
        if not -len(calls) <= call < len(calls):
            msg = f"no nested call {call} in turn {position}: it has {len(calls)}"
            raise TurnNotFoundError(msg)
        return calls[call]

    def __repr__(self) -> str:
        branches = self._desk.conversation.branches
        branch = next((one for one in branches if one.key == self._key), None)
        where = "pruned" if branch is None else f"{branch.name!r}, {_count(branch)}"
        return f"<{type(self).__name__} {self._title}: branch {where}, {len(branches)} in all>"

    @property
    def _title(self) -> str:
        return self._desk.source.title

    def _args(self, **more: Any) -> Any:
        return {"branch": self._key, **more}


def _count(branch: Branch) -> str:
    count = len(positions_of(branch))
    return f"{count} turn{'' if count == 1 else 's'}"
