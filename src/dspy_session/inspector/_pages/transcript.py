"""The face without a kernel or JavaScript: a plain transcript that reads well anywhere.

Everything a program said is escaped. There are no styles but inline ones, no scripts, no ids and
no times, so that a committed notebook changes only when its conversation does.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._beginning import beginning
from ..._tree.branch import Branch
from ..._tree.record import Record
from .._view.mark_facts import MarkFacts
from .._view.rows import positions_of
from .._view.text import as_text, one_line, safe

SHOWN_TURNS = 20
SHOWN_CHARS = 2_000

# What no page should act on, line breaks and tabs aside.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# Jupyter would typeset what stands between dollar signs.
_NO_MATHS = "tex2jax_ignore mathjax_ignore"


def transcript(
    title: str, branch: Branch, branches: Sequence[Branch], facts: MarkFacts | None = None
) -> str:
    """Return the beginning of a branch, and the list of branches, as HTML."""
    sums = (facts or MarkFacts()).of_all(branches)
    means = {one.key: tally.mean for one, tally in zip(branches, sums, strict=True)}
    positions = positions_of(branch)
    parts = [
        f'<div class="{_NO_MATHS}" style="max-width: 60em">',
        _heading(title, branch, means.get(branch.key)),
        *(turn_html(branch, position) for position in positions[:SHOWN_TURNS]),
        _more(len(positions) - SHOWN_TURNS),
        _branch_list(branches, means),
        "</div>",
    ]
    return "\n".join(part for part in parts if part)


def escaped(text: str) -> str:
    """Return a text that HTML shows as it is, and never runs."""
    return html.escape(_CONTROLS.sub("\N{REPLACEMENT CHARACTER}", safe(text)))


def _heading(title: str, branch: Branch, mean: float | None) -> str:
    facts = [named_html(branch.name), _turns(len(positions_of(branch)))]
    if mean is not None:
        facts.append(f"mean {mean:.2f}")
    return f"<p><strong>{escaped(title)}</strong> · {' · '.join(facts)}</p>"


def named_html(name: str) -> str:
    """Return a name that cannot turn round the text that follows it."""
    # <bdi> keeps right-to-left marks from turning round what follows.
    return f"<bdi>{escaped(name)}</bdi>"


def _turns(count: int) -> str:
    return f"{count} turn{'' if count == 1 else 's'}"


def _more(count: int) -> str:
    return f"<p>… {count} more {'turn' if count == 1 else 'turns'}</p>" if count > 0 else ""


def turn_html(
    branch: Branch, position: int, more: str = "", *, limit: int | None = SHOWN_CHARS
) -> str:
    """Return one turn, folded up; ``limit`` shortens its texts, ``more`` ends it."""
    record = branch.log[position]
    outputs = branch.outputs(record)
    said, told = _first(record.inputs), _first(outputs)
    facts = "".join(f" · {fact}" for fact in _facts(branch, record, position))
    summary = f"{position} · {named_html(said)} → {named_html(told)}{facts}"
    body = [
        field_html(name, value, limit=limit)
        for name, value in (
            *record.inputs.items(),
            *_outputs(branch, record),
            *_remarks(branch, record),
        )
    ]
    return f"<details><summary>{summary}</summary>\n{''.join(body)}{more}</details>"


def _first(fields: Any) -> str:
    return one_line(next(iter(fields.values()), "—"))


def _facts(branch: Branch, record: Record, position: int) -> Iterable[str]:
    mark = branch.mark(record)
    if mark.score is not None:
        yield f"{mark.score.value:.2f}"
    if record.id in branch.edits:
        yield "edited"
    if branch.stale_because(record, position):
        yield "stale"
    if mark.excluded:
        yield "excluded"
    if mark.label:
        yield named_html(mark.label)


def _outputs(branch: Branch, record: Record) -> Iterable[tuple[str, Any]]:
    edited = branch.edits.get(record.id) or {}
    for name, value in branch.outputs(record).items():
        yield name, value
        if name in edited and name in record.outputs:
            yield f"{name}, as recorded", record.outputs[name]


def _remarks(branch: Branch, record: Record) -> Iterable[tuple[str, str]]:
    mark = branch.mark(record)
    for name, score in mark.scores.items():
        told = "" if score.feedback is None else f" — {score.feedback}"
        yield f"score by {name}", f"{score.value:g}{told}"
    if mark.note:
        yield "note", mark.note


def field_html(name: str, value: Any, *, limit: int | None = SHOWN_CHARS) -> str:
    """Return a field with its name; at most ``limit`` characters of it."""
    text, rest, _ = (as_text(value), 0, 0) if limit is None else beginning(value, limit)
    more = f"\n… {rest:,} more characters" if rest > 0 else ""
    style = "white-space: pre-wrap; margin: 0 0 0.5em 1em"
    # A browser swallows a line break right behind <pre>, so the text gets one to lose.
    shown = f"\n{escaped(text)}{more}"
    return f'<div>{named_html(name)}</div><pre dir="auto" style="{style}">{shown}</pre>\n'


def _branch_list(branches: Sequence[Branch], means: Mapping[str, float | None]) -> str:
    if len(branches) == 1:
        return ""
    items = "\n".join(_branch_item(one, branches, means[one.key]) for one in branches)
    return f"<details><summary>{len(branches)} branches</summary>\n<ul>\n{items}\n</ul>\n</details>"


def _branch_item(branch: Branch, branches: Sequence[Branch], mean: float | None) -> str:
    parent = next((one.name for one in branches if one.key == branch.parent), None)
    facts = [_turns(len(positions_of(branch)))]
    if mean is not None:
        facts.append(f"mean {mean:.2f}")
    if parent is not None:
        facts.append(f"from {named_html(parent)} at {branch.forked_at}")
    star = "★ " if branch.starred else ""
    return f"<li>{star}{named_html(branch.name)} · {' · '.join(facts)}</li>"
