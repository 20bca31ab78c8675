"""A whole conversation as one HTML file that opens offline: to read, to search and to hand on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .._tree.branch import Branch
from .._tree.parting import parting
from .._tree.record import Record
from ._html import escaped, field_html, named_html, turn_html
from ._messages import MOST_MESSAGES, history_length, history_window
from ._rows import nested_calls, positions_of
from ._text import as_text

# The browser itself is told to fetch and run nothing, whatever stands in the file.
_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }}
body {{ max-width: 60em; margin: 2em auto; padding: 0 1em }}
details {{ margin: 0.25em 0; padding-left: 1em }}
summary {{ margin-left: -1em; cursor: pointer; overflow-wrap: anywhere }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere }}
</style></head><body>
<h1>{title}</h1>
"""


def html_page(title: str, branches: Sequence[Branch]) -> str:
    """Return a conversation as a page: every branch, turn, history and nested call.

    Its size grows with what was said: turns that branches share stand once, and a history names
    the turns it holds and quotes only those that read differently now.
    """
    parts = [_HEAD.format(title=escaped(title))]
    for branch in branches:
        parts += _section(branch, branches)
    return "\n".join([*parts, "</body></html>\n"])


def _section(branch: Branch, branches: Sequence[Branch]) -> Iterator[str]:
    star = "★ " if branch.starred else ""
    yield f"<section><h2>{star}{named_html(branch.name)}</h2>"
    parent = next((one for one in branches if one.key == branch.parent), None)
    shared = 0 if parent is None else min(parting(branch, parent), len(branch.log))
    if parent is not None and shared:
        yield f"<p>Its first turns, to {shared - 1}, are those of {named_html(parent.name)}.</p>"
    for position in positions_of(branch):
        if parent is None or position >= shared or _differs(branch, parent, position):
            yield turn_html(branch, position, _more(branch, position), limit=None)
    yield "</section>"


def _differs(branch: Branch, parent: Branch, position: int) -> bool:
    """Whether something was added to a shared turn on one of the two branches only."""
    record = branch.log[position]
    same = branch.edits.get(record.id) == parent.edits.get(record.id)
    return not same or branch.mark(record) != parent.mark(record)


def _more(branch: Branch, position: int) -> str:
    """The parts of a turn that the short transcript leaves out."""
    record = branch.log[position]
    calls = "".join(_call(branch, position, call) for call in nested_calls(record))
    return _history(branch, record, position) + calls


def _history(branch: Branch, record: Record, position: int) -> str:
    total = history_length(branch, record, position)
    if not total:
        return ""
    told: list[str] = []
    quoted: list[str] = []
    for start in range(0, total, MOST_MESSAGES):
        wanted = range(start, start + MOST_MESSAGES)
        window = history_window(branch, record, position, wanted, now=True)
        for message in window["messages"]:
            told.append(message["title"])
            if message["changed"] or not message["title"].startswith(("turn", "call")):
                quoted += (_quoted(message["title"], one) for one in message["fields"])
    named = told[0] if len(told) == 1 else f"{told[0]} to {told[-1]}"
    summary = f"History as seen: {escaped(named)} ({total})"
    return f"<details><summary>{summary}</summary>{''.join(quoted)}</details>\n"


def _quoted(title: str, field: Any) -> str:
    seen = field["original"] or field["value"]
    return field_html(f"{title}, {field['name']}", seen["text"], limit=None)


def _call(branch: Branch, position: int, call: Record) -> str:
    fields = {**call.inputs, **branch.outputs(call)}
    body = [field_html(name, as_text(value), limit=None) for name, value in fields.items()]
    edited = branch.edits.get(call.id) or {}
    for name in edited:
        recorded = as_text(call.outputs.get(name, ""))
        body.append(field_html(f"{name}, as recorded", recorded, limit=None))
    for name, score in branch.mark(call).scores.items():
        why = "" if score.feedback is None else f" — {score.feedback}"
        body.append(field_html(f"score by {name}", f"{score.value:g}{why}", limit=None))
    node = branch.log[position].before.get(call.node)
    if node is not None and node.memory:
        body.append(field_html("memory", node.memory, limit=None))
    body.append(_history(branch, call, position))
    return f"<details><summary>{named_html(call.node)}</summary>{''.join(body)}</details>\n"
