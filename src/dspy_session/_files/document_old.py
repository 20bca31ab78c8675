"""Files of the first package of this name: versions 1 and 2, plain turns in a list.

They hold no snapshots, so each turn's is rebuilt as that package did on loading: from the turns
before it and the file's settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .._tree.amendments import NO_MARKS, Mark, Score
from .._tree.branch import Branch
from .._tree.log import Log
from .._tree.record import ROOT, FieldFilter, Record, Window, new_id, now
from .._tree.values import Fields
from .document_item import Item, damaged
from .tagged_json import decode

OLD_VERSIONS: Final = (1, 2)

_SCORE = "metric"
"""The name for scores of files that did not name them."""

_SETTINGS = {
    "history_field": (str,),
    "max_turns": (int, type(None)),
    "max_stored_turns": (int, type(None)),
    "history_policy": (str,),
    "copy_mode": (str,),
}


def is_old(document: Mapping[str, Any]) -> bool:
    """Whether a document looks like one of version 1 or 2."""
    version = document.get("version", 1)
    known = type(version) is int and version in OLD_VERSIONS
    return known and "format" not in document and "turns" in document


def old_branch(document: Item) -> tuple[Branch, dict[str, Any]]:
    """Return the branch in an old document, and the settings of its session.

    Raises:
        Undecodable: The document is damaged.
    """
    config = _config(document)
    seed = _seed(document)
    exclude = {*config.get("exclude_fields", ()), config.get("history_field", "history")}
    fields = FieldFilter(frozenset(exclude), config.get("history_input_fields"))
    records: list[Record] = []
    marks = NO_MARKS
    for number, entry in enumerate(document.items("turns")):
        turn = Item(entry, "turns", number)
        window = _window(number, seed or (), config.get("max_turns"), fields)
        record = Record(
            id=new_id(),
            node=ROOT,
            inputs=_fields(turn, "inputs"),
            outputs=_fields(turn, "outputs"),
            window=window,
            created_at=now(),
            source="import",
            flags=("read from a file that did not say when this turn was made",),
        )
        records.append(record)
        score = turn.number("score")
        if score is not None:
            mark = Mark(scores={_SCORE: Score(float(score))}, latest=_SCORE)
            marks = marks.insert(record.id, mark)
    memory = document.maybe_text("l2_memory") or ""
    branch = Branch(log=Log(records), seed=seed, marks=marks)
    return branch.remembering(memory), config


def _fields(turn: Item, key: str) -> dict[str, Any]:
    # These files have no tagged types: a "$type" in them is the user's own.
    return dict(turn.read(key, Item).data)


def _window(count: int, seed: tuple[Fields, ...], limit: int | None, fields: FieldFilter) -> Window:
    surplus = 0 if limit is None else max(0, len(seed) + count - limit)
    start = max(0, surplus - len(seed))
    return Window(start=start, stop=count, seed=seed[surplus:], fields=fields)


def _seed(document: Item) -> tuple[Fields, ...] | None:
    if document.data.get("initial_history") is None:
        return None
    messages = document.read("initial_history", Item).items("messages")
    return tuple(
        dict(Item(message, "initial_history", "messages", n).data)
        for n, message in enumerate(messages)
    )


def _config(document: Item) -> dict[str, Any]:
    config: dict[str, Any] = {}
    for key, kinds in _SETTINGS.items():
        if key in document.data:
            value = document.data[key]
            if type(value) not in kinds or (type(value) is int and not 0 <= value < 2**53):
                raise damaged(f"{value!r:.40} is no such setting", key)
            config[key] = value
    if "exclude_fields" in document.data:
        config["exclude_fields"] = _names(document, "exclude_fields")
    key = "history_input_fields"
    if key not in document.data:
        key = "input_field_override"  # what version 1 called it
    if document.data.get(key):
        config["history_input_fields"] = _names(document, key)
    return config


def _names(document: Item, key: str) -> frozenset[str]:
    names = [decode(name, {}) for name in document.items(key)]
    if not all(type(name) is str for name in names):
        raise document.damaged("a list of field names belongs here", key)
    return frozenset(names)
