"""How a session shows itself: the inspector in a notebook cell, or as a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ._files.atomic import write_atomically
from ._storing import Storing

if TYPE_CHECKING:
    from ._session import Session
    from .inspector import SessionInspector


class Showing(Storing):
    """The part of a session that is looked at."""

    def inspect(
        self,
        metrics: Iterable[Callable[..., Any]] = (),
        *,
        markdown: Iterable[str] | None = None,
        stream: bool | None = None,
    ) -> SessionInspector:
        """Return the session inspector: a live, editable table of the conversation's turns.

        Args:
            metrics: Metrics that the inspector offers for scoring.
            markdown: Names of the fields that begin as Markdown; None: those named before.
            stream: Whether models answer word by word while it is open; None: as before.
        """
        from .inspector import SessionInspector

        session = cast("Session", self)
        return SessionInspector(session, metrics=metrics, markdown=markdown, stream=stream)

    def _write_page(self, path: str | Path) -> None:
        write_atomically(path, self.inspect().page_html().encode("utf-8"))

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = self.inspect()._repr_mimebundle_(**options)
        return {**data, "text/plain": repr(self)}, metadata
