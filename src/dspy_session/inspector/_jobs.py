"""Long actions: at work on a thread of their own, watched, and stopped by hand."""

from __future__ import annotations

import dataclasses
import itertools
import logging
import threading
from collections.abc import Callable
from typing import Literal

from ..errors import DspySessionError, NotFoundError
from ._protocol.messages import Finished
from ._protocol.shapes import Job
from ._view.text import safe

_LOG = logging.getLogger(__name__)

Kind = Literal["send", "rerun", "rescore", "replay"]


class StoppedError(DspySessionError):
    """A long action was stopped by hand; the message says what is left of it."""


class BrokenOffError(StoppedError):
    """A long action was stopped in the middle of an answer, and changed nothing."""


@dataclasses.dataclass(frozen=True, slots=True)
class Ending:
    """How a long action ended well."""

    message: str
    branch: str | None = None
    turn_id: str | None = None


class Work:
    """One long action: what it reports, and whether it should stop."""

    def __init__(self, job: Job, told: Callable[[], None]) -> None:
        self._job = job
        self._told = told
        self._stop = threading.Event()
        self.ended = threading.Event()

    @property
    def id(self) -> int:
        """The number by which it is stopped."""
        return self._job["id"]

    @property
    def view(self) -> Job:
        """The action as the page shows it."""
        return self._job

    def progress(self, done: int, total: int) -> None:
        """Report how far it is."""
        self._job = self._job.copy()
        self._job["done"], self._job["total"] = done, total
        self._told()

    def stop(self) -> None:
        """Ask it to stop; it does at the next place where nothing is lost."""
        self._stop.set()

    def is_set(self) -> bool:
        """Whether it was asked to stop; so it can be given as ``cancel``."""
        return self.stopping

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._stop.is_set()


Action = Callable[[Work], Ending]


class Jobs:
    """The long actions of one conversation.

    Args:
        told: Called when a job began, went on or ended.
        finished: Called with the news of every job's end.
    """

    def __init__(self, told: Callable[[], None], finished: Callable[[Finished], None]) -> None:
        self._told = told
        self._finished = finished
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._works: dict[int, Work] = {}

    @property
    def views(self) -> list[Job]:
        """The jobs at work, as the page shows them."""
        with self._lock:
            return [work.view for work in self._works.values()]

    def start(self, kind: Kind, label: str, branch: str, action: Action) -> Work:
        """Begin an action on a thread of its own."""
        work = self._begin(kind, label, branch)

        def run() -> None:
            try:
                self._run(work, action)
            except Exception as error:  # noqa: BLE001
                # The page hears of it in any case; a traceback is for unforeseen ones.
                if not isinstance(error, DspySessionError):
                    _LOG.warning("%s failed", label, exc_info=error)

        threading.Thread(target=run, name=f"dspy-session {kind}", daemon=True).start()
        return work

    def run(self, kind: Kind, label: str, branch: str, action: Action) -> Ending:
        """Do an action here and now; the page watches it and can stop it all the same."""
        return self._run(self._begin(kind, label, branch), action)

    def stop(self, number: int) -> Work:
        """Ask a job to stop.

        Raises:
            NotFoundError: It has ended already, or never was.
        """
        with self._lock:
            work = self._works.get(number)
        if work is None:
            msg = f"job {number} is not at work; it has ended"
            raise NotFoundError(msg)
        work.stop()
        return work

    def stop_all(self) -> int:
        """Ask all jobs to stop; return how many there are."""
        with self._lock:
            works = list(self._works.values())
        for work in works:
            work.stop()
        return len(works)

    def _begin(self, kind: Kind, label: str, branch: str) -> Work:
        number = next(self._numbers)
        job = Job(id=number, kind=kind, label=safe(label), branch=branch, done=0, total=0)
        work = Work(job, self._told)
        with self._lock:
            self._works[number] = work
        self._told()
        return work

    def _run(self, work: Work, action: Action) -> Ending:
        news = Finished(push="finished", job=work.id, outcome="failed", message="Interrupted")
        try:
            ending = action(work)
            news = _done(work, ending)
        except StoppedError as error:
            news["outcome"], news["message"] = "stopped", safe(str(error))
            raise
        except Exception as error:
            news["message"] = safe(told(error))
            raise
        finally:
            with self._lock:
                del self._works[work.id]
            self._finished(news)
            self._told()
            work.ended.set()
        return ending


def _done(work: Work, ending: Ending) -> Finished:
    news = Finished(push="finished", job=work.id, outcome="done", message=safe(ending.message))
    if ending.branch is not None:
        news["branch"] = ending.branch
    if ending.turn_id is not None:
        news["turn_id"] = ending.turn_id
    return news


def told(error: BaseException) -> str:
    """Return an error in words: ours speak for themselves, others come with their type."""
    if isinstance(error, DspySessionError):
        return str(error)
    return f"{type(error).__name__}: {error}".rstrip(": ")
