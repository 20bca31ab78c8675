"""The widget: one for each conversation, however many cells show it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..errors import NotFoundError
from ._channel import actions, reads
from ._channel import node_reads as nodes
from ._channel import view_reads as views
from ._channel.channel import reply_to
from ._desk import Desk
from ._exports.exports import export
from ._exports.preview import preview_export
from ._protocol.messages import Part, PartArgs
from ._protocol.shapes import Summary

STATIC = Path(__file__).parent / "static"
BUNDLE = STATIC / "widget.js"
SAVED = STATIC / "saved.js"
PARTS = {name: STATIC / f"{name}.js" for name in ("more", "views", "markdown")}


def bundle_text() -> str:
    """Return the page's JavaScript, which every widget bears.

    Raises:
        NotFoundError: It was not built, as in a fresh checkout.
    """
    return built(BUNDLE)


def saved_text() -> str:
    """Return the JavaScript of a page that needs no kernel.

    Raises:
        NotFoundError: It was not built.
    """
    return built(SAVED)


def part(_desk: Desk, args: PartArgs) -> Part:
    """Return a script that the page asks for when it has shown its first rows, or later.

    Raises:
        NotFoundError: It was not built.
    """
    return Part(source=built(PARTS[args["name"]]))


def built(script: Path) -> str:
    """Return a built script's text.

    Raises:
        NotFoundError: It was not built.
    """
    if not script.is_file():
        msg = (
            "the inspector's page is not built here: run `npm ci && npm run build` in the "
            "repository's js folder, or install dspy-session as a package, which brings it along"
        )
        raise NotFoundError(msg)
    return script.read_text(encoding="utf-8")


HANDLERS: dict[str, Callable[[Desk, Any], Any]] = {
    "summary": reads.summary,
    "rows": reads.rows,
    "locate": reads.locate,
    "turn": reads.turn,
    "history": reads.history,
    "prompt": reads.prompt,
    "text": reads.text,
    "log": reads.log,
    "log_text": reads.log_text,
    "edit": actions.edit,
    "revert": actions.revert,
    "score": actions.score,
    "annotate": actions.annotate,
    "fork": actions.fork,
    "rename": actions.rename,
    "star": actions.star,
    "prune": actions.prune,
    "undo": actions.undo,
    "redo": actions.redo,
    "send": actions.send,
    "rerun": actions.rerun,
    "rescore": actions.rescore,
    "replay": actions.replay,
    "stop": actions.stop,
    "preview_export": preview_export,
    "export": export,
    "part": part,
    "tree": views.tree,
    "compare": views.compare,
    "next_difference": views.difference,
    "scores": views.scores,
    "kept": views.kept,
    "nodes": nodes.nodes,
    "ledger": nodes.ledger,
}


class InspectorWidget(anywidget.AnyWidget):
    """The link between a conversation's desk and the pages that show it.

    Traits go one way, from the kernel to the page; what the page wants comes as messages.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    summary = traitlets.Dict().tag(sync=True)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        super().__init__(_esm=bundle_text(), summary=desk.summary())
        pin(self.comm)
        self.on_msg(self._answer)
        desk.attach(self.send, self._show)

    def _answer(self, _widget: Any, message: Any, _buffers: Any) -> None:
        self._desk.looked_at()
        revision = functools.partial(getattr, self._desk.conversation, "revision")
        self.send(reply_to(message, self._result, revision))

    def _result(self, name: str, arguments: Any) -> Any:
        # Messages arrive on threads that know nothing of the settings `inspect` was called under.
        return self._desk.source.within(HANDLERS[name], self._desk, arguments)

    def close(self) -> None:
        """Take the widget off the pages that show it."""
        self._desk.looked_at(now=False)
        super().close()

    def _show(self, summary: Summary) -> None:
        self.summary = summary

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the page may set, which is none of our own traits."""
        own = ("summary", "_esm")
        super().set_state({name: value for name, value in sync_data.items() if name not in own})


def pin(comm: Any) -> None:
    """Have a widget hear clicks while the cell that made it still runs."""
    # ipykernel 7.4 sends a comm's messages to whichever shell published on it last: a widget made
    # in a cell would hear clicks only when the cell has ended. The page says where to answer.
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = _asking_subshell


def _asking_subshell(_data: Any, default: Any) -> Any:
    return default


def widget_of(desk: Desk) -> InspectorWidget:
    """Return the widget of a conversation; a closed one is replaced by a new one.

    Raises:
        NotFoundError: The page's bundle was not built.
    """
    with desk.lock:
        widget = desk.widget
        if not isinstance(widget, InspectorWidget) or widget.comm is None:
            widget = desk.widget = InspectorWidget(desk)
        return widget
