"""What the page's requests and the inspector's Python methods share: one desk a conversation."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from .._tree.branch import Branch
from .._tree.conversation import Conversation
from ..errors import ArgumentError, ArgumentTypeError, NotFoundError
from ._changes.hand import Hand
from ._changes.log import PythonLog
from ._jobs import Action, Ending, Jobs, Kind, Work
from ._protocol.messages import Finished
from ._protocol.shapes import Filter, Job, RunningTurn, Summary
from ._push import PUSH_SECONDS, SUMMARY_SECONDS, Beat, News
from ._source import Metric, Session, Source, metric_name
from ._view.filter import FilteredBranches
from ._view.mark_facts import MarkFacts
from ._view.nodes import CallsByNode
from ._view.summary import running_turns, summarise


class Desk:
    """One conversation's program, metrics, jobs and what was worked out about it.

    It lives as long as its conversation, which holds it as a listener.
    """

    def __init__(self, session: Session) -> None:
        self.source = Source(session)
        self.conversation = self.source.conversation
        self.metrics: dict[str, Metric] = {}
        self.shown = self.source.key
        """Key of the branch that a page shows first."""
        self.markdown: list[str] = []
        """Names of the fields that a page shows as Markdown at first."""
        self.written: set[Path] = set()
        """Files that an export of this conversation wrote, and so may write again."""
        self.widget: Any = None
        """The conversation's one widget, made when it is first shown."""
        self.lock = threading.RLock()
        self.log = PythonLog(self.conversation)
        """What was done by hand, as Python."""
        self.filtered = FilteredBranches()
        self.facts = MarkFacts()
        self.calls = CallsByNode()
        self.jobs = Jobs(self.ask_to_tell, self._finished)
        self._page: tuple[Beat, News, Beat] | None = None
        self._streams, self._open = True, False
        self.conversation.listen(self.ask_to_tell)

    # --- reading ---------------------------------------------------------------------------

    def branch(self, key: str) -> Branch:
        """Return a branch as it is now."""
        return self.conversation[key]

    @property
    def hand(self) -> Hand:
        """What acts on the conversation and writes it down."""
        return Hand(self.source, self.log)

    def shown_key(self) -> str:
        """Return the branch to show: the one chosen last, or the first when that is gone."""
        if self.shown not in self.conversation:
            self.shown = self.conversation.branches[0].key
        return self.shown

    def positions(self, branch: Branch, wanted: Filter) -> Sequence[int]:
        """Return the positions of the turns that pass a filter."""
        return self.filtered.positions(branch, wanted)

    def summary(self) -> Summary:
        """Return everything the page shows beside the rows below its first screen."""
        return summarise(
            self.conversation,
            (self.source.title, self.source.fields(), list(self.source.policies())),
            self.shown_key(),
            self.facts,
            (list(self.metrics), self.jobs.views, self.markdown),
        )

    def show_as_markdown(self, fields: Iterable[str]) -> None:
        """Have a page show these fields as Markdown at first, in place of those named before.

        Raises:
            ArgumentTypeError: They are no names.
        """
        names = [fields] if isinstance(fields, str) else list(fields)
        for name in names:
            if not isinstance(name, str):
                msg = f"markdown takes names of fields, got {type(name).__name__}: {name!r}"
                raise ArgumentTypeError(msg)
        self.markdown = names
        self.ask_to_tell()

    # --- metrics ---------------------------------------------------------------------------

    def add_metrics(self, metrics: Iterable[Metric]) -> None:
        """Offer metrics by name; one of a name that is there already takes its place.

        Raises:
            ArgumentTypeError: One of them cannot be called.
            ArgumentError: Two of them have one name.
        """
        found: dict[str, Metric] = {}
        for metric in metrics:
            if not callable(metric):
                msg = f"metrics are functions (example, prediction), got {type(metric).__name__}"
                raise ArgumentTypeError(msg)
            name = metric_name(metric)
            if name in found:
                msg = f"two metrics are called {name!r}; give one another __name__"
                raise ArgumentError(msg)
            found[name] = metric
        self.metrics.update(found)
        self.ask_to_tell()

    def metric(self, name: str) -> Metric:
        """Return a metric by its name.

        Raises:
            NotFoundError: None of that name was given to ``inspect``.
        """
        if name not in self.metrics:
            known = ", ".join(repr(one) for one in self.metrics) or "none"
            msg = f"no metric {name!r}; there is {known}. Give it to session.inspect(metrics=[...])"
            raise NotFoundError(msg)
        return self.metrics[name]

    # --- long actions ----------------------------------------------------------------------

    def start(self, kind: Kind, label: str, branch: str, action: Action) -> Work:
        """Begin a long action on a thread of its own, with the settings of ``inspect``'s caller."""
        within = self.source.within
        return self.jobs.start(kind, label, branch, lambda work: within(action, work))

    def run(self, kind: Kind, label: str, branch: str, action: Action) -> Ending:
        """Do a long action here and now."""
        return self.jobs.run(kind, label, branch, action)

    # --- telling the page ------------------------------------------------------------------

    def attach(self, send: Callable[[Any], None], show: Callable[[Summary], None]) -> None:
        """Keep a page up to date: ``send`` takes pushes, ``show`` the newest summary."""
        news = News(send, lambda: self.conversation.revision, self._progress)
        beat = Beat(PUSH_SECONDS, news.tell)
        summaries = Beat(SUMMARY_SECONDS, lambda: show(self.source.within(self.summary)))
        self._page = beat, news, summaries

    def stream(self, *, wanted: bool) -> None:
        """Have models answer word by word while a page is open, or never."""
        self._streams = wanted
        self.conversation.watched = self._open and wanted

    def looked_at(self, *, now: bool = True) -> None:
        """Take note that a page asked for something, and so is there; or that all are gone."""
        if self._open is not now:
            self._open = now
            self.stream(wanted=self._streams)

    def ask_to_tell(self) -> None:
        """Have the page told, at the next beat, what is new. Returns at once."""
        if self._page is not None:
            beat, _, summaries = self._page
            beat.ask()
            summaries.ask()

    def _finished(self, news: Finished) -> None:
        if self._page is not None:
            self._page[1].ended(news)

    def _progress(self) -> tuple[list[Job], list[RunningTurn]]:
        return self.jobs.views, running_turns(self.conversation.running)


_DESKS: weakref.WeakKeyDictionary[Conversation, weakref.ref[Desk]] = weakref.WeakKeyDictionary()
_DESKS_LOCK = threading.Lock()


def desk_of(session: Session) -> Desk:
    """Return the desk of a session's conversation; the session given last is the one that acts."""
    conversation = session._conversation  # pyright: ignore[reportPrivateUsage]
    with _DESKS_LOCK:
        found = _DESKS.get(conversation)
        desk = found() if found is not None else None
        if desk is None:
            desk = Desk(session)
            # Weak both ways: the conversation's listener is what keeps the desk.
            _DESKS[conversation] = weakref.ref(desk)
        else:
            desk.source = Source(session)
        return desk
