"""An answer that could not be stored when it was given, put where it belongs now."""

from __future__ import annotations

import dataclasses

from .._tree.branch import Branch
from .._tree.conversation import Conversation
from .._tree.log import Log
from .._tree.record import Node, Nodes, Record, Window


def kept(conversation: Conversation, branch: Branch) -> str:
    """Add the newest turn of a branch to a conversation that was loaded anew.

    It goes where it was asked for when nothing came between, else on a branch of its own.

    Args:
        conversation: What the store holds.
        branch: The branch as it would have become.

    Returns:
        Key of the branch that the turn is on.
    """
    record = branch.log[len(branch.log) - 1]
    earlier = [one.id for one in branch.log.between(0, len(branch.log) - 1)]
    home, agreed = _home(conversation, branch, earlier)
    if home.key == branch.key and agreed == len(earlier) == len(home.log) - home.log.first:
        grown = home.appended(_rebound(record, branch, home))
        conversation.change(f"turn {len(home.log)}", lambda _: {home.key: grown})
        return home.key
    number, name = conversation.reserve(None, kind="unsaved")
    fork = home.forked(home.log.first + agreed, name, number)
    grown = fork.appended(_rebound(record, branch, fork))
    conversation.change(f"fork {name!r} of {home.name!r}", lambda _: {fork.key: grown})
    return fork.key


def _home(conversation: Conversation, branch: Branch, earlier: list[str]) -> tuple[Branch, int]:
    """Return the branch that agrees longest with the earlier turns, and how many of them it has."""
    own = [conversation[branch.key]] if branch.key in conversation else []
    candidates = own or conversation.branches
    agreements = [(_agreement(one, earlier), -number) for number, one in enumerate(candidates)]
    agreed, number = max(agreements)
    return candidates[-number], agreed


def _agreement(branch: Branch, earlier: list[str]) -> int:
    agreed = 0
    for record, wanted in zip(branch.log, earlier, strict=False):
        if record.id != wanted:
            break
        agreed += 1
    return agreed


def _rebound(record: Record, was: Branch, branch: Branch) -> Record:
    """Return the record as a turn of another branch, with the history that it saw."""
    window = record.window
    if window.given is None and window.stop > len(branch.log):
        seen = tuple(was.messages_seen(record, len(was.log) - 1))
        window = Window(stop=len(branch.log), fields=window.fields, given=seen)
    elif window.edits is not None and dict(window.edits) == dict(branch.edits):
        window = dataclasses.replace(window, edits=branch.edits)
    return dataclasses.replace(
        record, window=window, before=branch.nodes, after=_after(record, branch.nodes)
    )


def _after(record: Record, before: Nodes) -> Nodes:
    if not record.calls and record.after.keys() <= before.keys():
        return before
    after = dict(before)
    for path, node in record.after.items():
        old = before.get(path, Node())
        ledger: Log[Record] = old.ledger.extend(c for c in record.calls if c.node == path)
        same = len(ledger) == len(node.ledger)
        after[path] = Node(ledger, node.memory, node.closed if same else old.closed)
    return after
