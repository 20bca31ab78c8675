"""What a hand can change, as functions on a conversation: checked, atomic, and undone in one step.

Each returns what happened in words, for the status line. A change that cannot be made raises one
of the package's errors and leaves the conversation as it was.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..._tree.amend import (
    UNSET,
    Unset,
    annotate,
    check_version,
    edit_outputs,
    give_score,
    revert_outputs,
)
from ..._tree.amendments import HAND
from ..._tree.branch import Branch
from ..._tree.conversation import Conversation
from ..._tree.record import Record
from ...errors import ArgumentError
from .._protocol.messages import EDIT_CHARS
from .._view.detail import call_in
from .._view.fields import parsed

NAME_CHARS = 200
"""The longest label or name of a score."""

Make = Callable[[Branch, int, Record], Branch]


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """The turn, or the call nested in it, that a change is meant for."""

    branch: str
    turn_id: str
    version: int | None = None
    """The version the change was based on; None: whichever it is."""
    call_id: str | None = None


def _change(conversation: Conversation, target: Target, what: str, make: Make) -> str:
    """Change a branch at a turn; ``what`` is the change in words, without the turn."""
    position = conversation[target.branch].position(target.turn_id)
    changed = False

    def step(branch: Branch) -> Branch:
        nonlocal changed
        root = branch.log[branch.position(target.turn_id)]
        record = call_in(root, target.call_id, position)
        if target.version is not None:
            check_version(branch.mark(record), target.version)
        new = make(branch, position, record)
        changed = new is not branch
        return new

    node = "" if target.call_id is None else " (a nested call)"
    label = f"{what} of turn {position}{node}"
    conversation.update(target.branch, label, step)
    return label[0].upper() + label[1:] if changed else f"Turn {position} is like that already"


def edit(
    conversation: Conversation, target: Target, values: Mapping[str, Any], known: Collection[str]
) -> str:
    """Lay values over outputs; ``known`` are the outputs the program declares."""
    outputs = known if target.call_id is None else ()
    return _change(
        conversation,
        target,
        f"edit {' and '.join(values)}",
        lambda branch, position, record: edit_outputs(branch, position, record, values, outputs),
    )


def edit_text(
    conversation: Conversation, target: Target, field: str, text: str, outputs: Mapping[str, Any]
) -> str:
    """Lay a typed text over one output; ``outputs`` tells the type of each that is declared."""

    def make(branch: Branch, position: int, record: Record) -> Branch:
        now = record.outputs.get(field, branch.outputs(record).get(field))
        value = parsed(field, text, outputs.get(field, Any), now)
        return edit_outputs(branch, position, record, {field: value}, outputs)

    return _change(conversation, target, f"edit {field}", make)


def revert(conversation: Conversation, target: Target, fields: Collection[str]) -> str:
    """Take edits back: the fields count as recorded again; no field: all of them."""

    def make(branch: Branch, position: int, record: Record) -> Branch:
        return revert_outputs(branch, position, record, fields or list(branch.outputs(record)))

    return _change(conversation, target, f"revert {' and '.join(fields) or 'all edits'}", make)


def score(
    conversation: Conversation,
    target: Target,
    value: float | None,
    *,
    name: str = HAND,
    feedback: str | Unset | None = None,
) -> str:
    """Give a score by hand, or take it away with None; UNSET feedback stays as it is."""
    _short("name of a score", name, NAME_CHARS)
    _short("feedback", feedback, EDIT_CHARS)

    def make(branch: Branch, _position: int, record: Record) -> Branch:
        if value is None and name not in branch.mark(record).scores:
            return branch
        given = branch.mark(record).scores.get(name)
        told = (given and given.feedback) if isinstance(feedback, Unset) else feedback
        return give_score(branch, record, value, name=name, feedback=told)

    what = "take away the score" if value is None else f"score {value:g}"
    return _change(conversation, target, what if name == HAND else f"{what} ({name})", make)


def mark(conversation: Conversation, target: Target, changes: Mapping[str, Any]) -> str:
    """Set ``label``, ``note`` or ``excluded``; what is absent stays, None clears."""
    _short("label", changes.get("label"), NAME_CHARS)
    _short("note", changes.get("note"), EDIT_CHARS)

    def make(branch: Branch, _position: int, record: Record) -> Branch:
        return annotate(
            branch,
            record,
            label=changes.get("label", UNSET),
            note=changes.get("note", UNSET),
            excluded=changes.get("excluded", UNSET),
        )

    words = [_said(name, value) for name, value in changes.items()]
    return _change(conversation, target, " and ".join(words) or "annotation", make)


def _said(name: str, value: Any) -> str:
    if name == "excluded":
        return "exclusion" if value else "inclusion"
    return f"{name} {value!r:.40}" if value and name == "label" else name if value else f"no {name}"


def _short(what: str, text: object, most: int) -> None:
    if isinstance(text, str) and len(text) > most:
        msg = f"a {what} has at most {most:,} characters, got {len(text):,}"
        raise ArgumentError(msg)


def fork(conversation: Conversation, branch: str, turn_id: str | None, name: str | None) -> Branch:
    """Make a branch with the turns before one, whose place is free there; None: with all."""
    source = conversation[branch]
    length = len(source.log) if turn_id is None else source.position(turn_id)
    return conversation.fork(branch, length, name)


def star(conversation: Conversation, branch: str, *, starred: bool) -> str:
    """Star a branch, or take its star away."""
    label = f"{'star' if starred else 'unstar'} {conversation[branch].name!r}"

    def make(old: Branch) -> Branch:
        return old if old.starred == starred else dataclasses.replace(old, starred=starred)

    conversation.update(branch, label, make)
    return label[0].upper() + label[1:]


def prune(conversation: Conversation, branch: str) -> tuple[str, str]:
    """Take a branch away; return what happened, and the branch to look at instead."""
    gone = conversation[branch]
    conversation.prune(branch)
    there = conversation.branches
    keys = [one.key for one in there]
    parent = gone.parent if gone.parent in keys else keys[0]
    return f"Pruned {gone.name!r}; Undo brings it back", parent or keys[0]
