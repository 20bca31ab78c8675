"""The inspector as a notebook's author holds it: what a hand can click, a script can call."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from typing_extensions import Unpack

from .._files.atomic import write_atomically
from ..errors import ArgumentError, NotFoundError
from ._acting import Acting
from ._exports import exports
from ._exports.preview import preview_export
from ._pages.page import html_page
from ._pages.saved import saved_page
from ._pages.transcript import transcript
from ._protocol.messages import ExportArgs, ExportPreview
from ._protocol.shapes import Filter
from ._source import Metric, Session
from ._widget import InspectorWidget, saved_text, widget_of

Format = Literal[
    "examples",
    "dataframe",
    "jsonl",
    "openai",
    "openai-preference",
    "trl",
    "sharegpt",
    "csv",
    "parquet",
]


class SessionInspector(Acting):
    """A live, editable view of one conversation; made by ``session.inspect()``.

    As the last value of a cell it shows the conversation, and what is clicked there changes it.
    Every click is a method here too. All inspectors of one conversation share one view, so several
    cells may show it. Without a kernel or JavaScript there is a plain transcript instead.

    Args:
        session: The session; the inspector begins on its branch.
        metrics: Functions ``(example, prediction)`` by which turns can be scored, offered by name.
        markdown: Names of the fields that begin as Markdown in an expanded turn; a button beside
            each field changes that. None: those named before, at first none.
        stream: Whether models answer word by word while a page is open; None: as before, which is
            yes to begin with.

    Raises:
        ArgumentTypeError: A metric cannot be called, or a field's name is no text.
        ArgumentError: Two metrics have one name.

    Example:
        >>> inspector = session.inspect(metrics=[exact_match])
        >>> inspector.edit(1, reply="Check your spam folder.")
        >>> inspector.rescore("exact_match")
        >>> trainset = inspector.export("examples", min_score=0.5)
    """

    def __init__(
        self,
        session: Session,
        *,
        metrics: Iterable[Metric] | None = None,
        markdown: Iterable[str] | None = None,
        stream: bool | None = None,
    ) -> None:
        super().__init__(session)
        if stream is not None:
            self._desk.stream(wanted=stream)
        self._desk.add_metrics(metrics or ())
        if markdown is not None:
            self._desk.show_as_markdown(markdown)
        self._desk.shown = self._key

    @property
    def widget(self) -> InspectorWidget:
        """The conversation's widget, for layouts that take one.

        Raises:
            NotFoundError: The page was not built, as in a fresh checkout; the message says how.
        """
        return widget_of(self._desk)

    # --- exports -----------------------------------------------------------------------------

    def export(
        self,
        format: Format,  # as session.export
        target: str | Path | None = None,
        *,
        strict_trajectory: bool = False,
        node: str | None = None,
        **filter: Unpack[Filter],
    ) -> Any:
        """Export the turns of this branch that pass a filter; excluded ones stay out.

        Args:
            format: ``"examples"`` (a list of ``dspy.Example``) or ``"dataframe"``, both returned;
                or a file: ``"jsonl"``, ``"openai"``, ``"openai-preference"``, ``"trl"``,
                ``"sharegpt"``, ``"csv"``, ``"parquet"``. Preferences are made of edited turns.
            target: Path of the file; None: a name that the format suggests. For examples and
                DataFrames the name of a variable of the notebook to set too.
            strict_trajectory: Whether to end at the first turn that does not pass.
            node: Path of a nested node: the calls that it made in those turns, as examples.
            **filter: As in :meth:`rows`.

        Returns:
            The list, the DataFrame, or the path of the file.

        Raises:
            ArgumentError: The folder is not there, nothing is left to write, or ``target`` is no
                variable's name.
            ConflictError: There is a file that this inspector did not write, or a variable of
                another type.
        """
        args = self._export_args(format, target, filter, strict=strict_trajectory)
        if node is not None:
            args["node"] = exports.checked_node(self._desk, node, format)
        if format not in ("examples", "dataframe"):
            return exports.export_to_file(self._desk, args)[0]
        if target is None:
            return exports.values_of(self._desk, args)
        return exports.export_to_variable(self._desk, args)[1]

    def preview_export(
        self,
        format: Format,
        target: str | Path | None = None,
        *,
        strict_trajectory: bool = False,
        **filter: Unpack[Filter],
    ) -> ExportPreview:
        """Return what :meth:`export` would hold: rows, a sample, duplicates, differing fields."""
        args = self._export_args(format, target, filter, strict=strict_trajectory)
        return preview_export(self._desk, args)

    def _export_args(
        self, kind: Format, target: str | Path | None, wanted: Filter, *, strict: bool
    ) -> ExportArgs:
        known = Format.__args__  # type: ignore[attr-defined]
        if kind not in known:
            msg = f"no format {kind!r}; there are {', '.join(repr(one) for one in known)}"
            raise ArgumentError(msg)
        args = ExportArgs(branch=self._key, format=kind, filter=wanted, strict_trajectory=strict)
        if target is not None:
            args["target"] = str(target)
        return args

    def save_html(self, path: str | Path) -> Path:
        """Write the whole conversation to one HTML file that opens offline, for reading.

        It is this inspector, for reading: every branch, turn, history, prompt and nested call is
        there to open, search and filter. Nothing that a model wrote can run in it, and the page
        fetches nothing. Its size grows with what was said: no text stands in it twice.

        Returns:
            The path.

        Raises:
            ArgumentError: The folder is not there, or the path is no file's.
            ConflictError: There is a file that this inspector did not write.
            NotFoundError: The page was not built, as in a fresh checkout.
        """
        target = exports.checked_path(self._desk, str(path))
        write_atomically(target, self.page_html().encode("utf-8"))
        self._desk.written.add(target.resolve())
        return target

    def page_html(self) -> str:
        """Return the whole conversation as the HTML page that :meth:`save_html` writes."""
        desk = self._desk
        summary = desk.summary()
        data = saved_page(desk.conversation.branches, summary, desk.source.policies())
        return html_page(self._title, data, saved_text(), self._repr_html_())

    # --- display -----------------------------------------------------------------------------

    def _repr_html_(self) -> str:
        branches = self._desk.conversation.branches
        branch = next((one for one in branches if one.key == self._key), branches[0])
        return transcript(self._title, branch, branches, self._desk.facts)

    def _repr_mimebundle_(self, **_kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        faces: dict[str, Any] = {"text/plain": repr(self), "text/html": self._repr_html_()}
        try:
            widget = self.widget
        except NotFoundError as error:
            warnings.warn(str(error), stacklevel=2)
            return faces, {}
        self._desk.shown = self._key
        self._desk.ask_to_tell()
        live: Any = widget._repr_mimebundle_()
        data, metadata = live if isinstance(live, tuple) else (live or {}, {})
        return {**data, **faces}, metadata
