"""Answers to what the nodes of a program ask."""

from __future__ import annotations

from .._desk import Desk
from .._protocol.nodes import LedgerArgs, LedgerWindow, NodesArgs, NodesView
from .._view.nodes import ledger_window, nodes_view


def nodes(desk: Desk, args: NodesArgs) -> NodesView:
    """Every nested node as it stands on a branch, and the program's own memory."""
    # Read first: what follows may then be newer than the revision says, never older.
    revision = desk.conversation.revision
    branch = desk.branch(args["branch"])
    return nodes_view(branch, desk.source.policies(), desk.calls.of(branch), revision)


def ledger(desk: Desk, args: LedgerArgs) -> LedgerWindow:
    """Some calls of one node."""
    revision = desk.conversation.revision
    branch = desk.branch(args["branch"])
    wanted = range(args["start"], args["stop"])
    return ledger_window(branch, args["node"], desk.calls.of(branch), revision, wanted)
