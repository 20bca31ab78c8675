"""Telling the page what changed, often enough to be live and seldom enough to be heard.

The notebook server drops messages without a word when they come too fast, so news waits for the
next beat and says only that something changed.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from ._protocol.messages import Changed, Finished, Progress
from ._protocol.shapes import Job, RunningTurn

_LOG = logging.getLogger(__name__)

PUSH_SECONDS = 0.1
"""Between two beats; each carries two pushes at most, and the news of jobs that ended."""

SUMMARY_SECONDS = 0.5
"""Between two versions of the summary trait, which is heavier: it holds the first rows."""

Start = Callable[[float, Callable[[], None]], None]


def start_timer(seconds: float, function: Callable[[], None]) -> None:
    """Call a function later, on a thread of its own."""
    timer = threading.Timer(seconds, function)
    timer.daemon = True
    with contextlib.suppress(RuntimeError):  # the interpreter is going down: nobody is listening
        timer.start()


class Beat:
    """Calls a function soon after it is asked to, and at most once an interval.

    The last request is never lost: the function always runs once more after it.
    """

    def __init__(
        self,
        seconds: float,
        function: Callable[[], None],
        *,
        start: Start = start_timer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._function = function
        self._start = start
        self._clock = clock
        self._lock = threading.Lock()
        self._one_at_a_time = threading.Lock()
        self._waiting = False
        self._last = -seconds

    def ask(self) -> None:
        """Ask for one more call. Returns at once, on any thread."""
        with self._lock:
            if self._waiting:
                return
            self._waiting = True
            now = self._clock()
            wait = max(0.0, self._last + self._seconds - now)
            self._last = now + wait
        self._start(wait, self._call)

    def _call(self) -> None:
        with self._lock:
            self._waiting = False
        with self._one_at_a_time:
            try:
                self._function()
            except Exception:  # noqa: BLE001
                # There is no caller to tell, and the next beat may well succeed.
                _LOG.exception("could not tell the page what changed")


class News:
    """What the page was told last, and what it has yet to hear.

    Args:
        send: Sends one push.
        revision: The conversation's revision.
        progress: The jobs and calls at work.
    """

    def __init__(
        self,
        send: Callable[[Any], None],
        revision: Callable[[], int],
        progress: Callable[[], tuple[list[Job], list[RunningTurn]]],
    ) -> None:
        self._send = send
        self._revision = revision
        self._progress = progress
        self._told_revision = revision()
        self._told_progress: tuple[list[Job], list[RunningTurn]] = ([], [])
        self._lock = threading.Lock()
        self._ended: list[Finished] = []

    def ended(self, news: Finished) -> None:
        """Keep the news of a job's end for the next beat; it is never left out."""
        with self._lock:
            self._ended.append(news)

    def tell(self) -> None:
        """Send what is new."""
        revision, progress = self._revision(), self._progress()
        if revision != self._told_revision:
            self._send(Changed(push="changed", revision=revision))
            self._told_revision = revision
        if progress != self._told_progress:
            self._send(Progress(push="progress", jobs=progress[0], running=progress[1]))
            self._told_progress = progress
        with self._lock:
            ended, self._ended = self._ended, []
        for news in ended:
            self._send(news)
