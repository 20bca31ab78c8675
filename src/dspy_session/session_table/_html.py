"""The table's face without a kernel or JavaScript: the first sessions, as plain HTML.

Everything in it is escaped; there are no times, so that a committed notebook changes only when
its sessions do.
"""

from __future__ import annotations

from ..inspector._pages.transcript import escaped, named_html
from ..inspector._view.text import one_line
from ..manager._manager import store_label
from ..stores import SessionInfo, SessionStore

SHOWN = 20
_HEADS = ("session", "user", "said first", "turns", "branches", "status")


def table_html(store: SessionStore) -> str:
    """Return the sessions written last, as HTML."""
    page = store.list_sessions(limit=SHOWN)
    rows = "\n".join(_row(one) for one in page.sessions)
    heads = "".join(f"<th>{head}</th>" for head in _HEADS)
    more = "<p>… and more</p>\n" if page.after else ""
    return (
        f'<div class="tex2jax_ignore mathjax_ignore" style="max-width: 60em">\n'
        f"<p><strong>Sessions</strong> · {escaped(one_line(store_label(store), 120))}</p>\n"
        f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n"
        f"{more}</div>"
    )


def _row(info: SessionInfo) -> str:
    cells = (
        named_html(info.session_id),
        "–" if info.user_id is None else named_html(info.user_id),
        named_html(one_line(info.preview, 80)),
        str(info.turns),
        str(info.branches),
        info.status,
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
