"""The widget of a table of sessions: one for each manager, however many cells show it."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from ..errors import NotFoundError
from ..inspector._channel.channel import reply_to
from ..inspector._push import PUSH_SECONDS, Beat
from ..inspector._widget import STATIC, built, pin
from ._html import table_html
from ._protocol import REQUESTS, Changed
from ._table import SessionTable

BUNDLE = STATIC / "manager.js"

HANDLERS: dict[str, Callable[[SessionTable, Any], Any]] = {
    "list": SessionTable.list,
    "open": SessionTable.open,
    "close": SessionTable.close,
    "set_status": SessionTable.set_status,
    "delete": SessionTable.delete,
}


class TableWidget(anywidget.AnyWidget):
    """The link between a manager's table and the pages that show it.

    Traits go one way, from the kernel to the page; what the page wants comes as messages.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    summary = traitlets.Dict().tag(sync=True)

    def __init__(self, table: SessionTable) -> None:
        self._table = table
        self._beat = Beat(PUSH_SECONDS, self._push)
        super().__init__(_esm=built(BUNDLE), summary=table.summary())
        pin(self.comm)
        self.on_msg(self._answer)

    def tell(self) -> None:
        """Have the page told, soon, that something changed. Returns at once."""
        self._beat.ask()

    def _push(self) -> None:
        self.send(Changed(push="changed", revision=self._table.revision))
        self.summary = self._table.summary()

    def _answer(self, _widget: Any, message: Any, _buffers: Any) -> None:
        revision = functools.partial(getattr, self._table, "revision")
        self.send(reply_to(message, self._result, revision, REQUESTS))

    def _result(self, name: str, arguments: Any) -> Any:
        return HANDLERS[name](self._table, arguments)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the page may set, which is none of our own traits."""
        own = ("summary", "_esm")
        super().set_state({name: value for name, value in sync_data.items() if name not in own})


def widget_of(table: SessionTable) -> TableWidget:
    """Return a table's widget; a closed one is replaced by a new one.

    Raises:
        NotFoundError: The page's bundle was not built.
    """
    with table.lock:
        widget = table.widget
        if not isinstance(widget, TableWidget) or widget.comm is None:
            widget = table.widget = TableWidget(table)
        return widget


def mime_bundle(table: SessionTable, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a table as a notebook shows it: live, as HTML, and as text."""
    faces: dict[str, Any] = {"text/plain": text, "text/html": table_html(table.manager.store)}
    try:
        widget = widget_of(table)
    except NotFoundError as error:
        warnings.warn(str(error), stacklevel=2)
        return faces, {}
    live: Any = widget._repr_mimebundle_()
    data, metadata = live if isinstance(live, tuple) else (live or {}, {})
    return {**data, **faces}, metadata
