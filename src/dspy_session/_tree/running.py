"""Calls that are being made, and what models have written for them so far."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Protocol

from .values import Fields


class Cancel(Protocol):
    """What stops long work once it is set, e.g. a ``threading.Event``."""

    def is_set(self) -> bool:
        """Whether to stop."""
        ...


class Audience(Protocol):
    """Who is told of running calls; a conversation is."""

    watched: bool
    """Whether somebody looks on, so that words are worth asking for before the answer is whole."""

    def tell(self) -> None:
        """Say that something changed. Returns at once."""
        ...


@dataclasses.dataclass(slots=True, eq=False)
class Writing:
    """What a model has written so far in answer to one request."""

    node: str
    """Path of the predictor that asked."""
    pieces: list[str] = dataclasses.field(default_factory=list[str])
    ended: bool = False


@dataclasses.dataclass(slots=True, eq=False)
class RunningCall:
    """A call that has begun on a branch and not yet become a turn."""

    branch: str
    index: int
    inputs: Fields
    started_at: datetime.datetime
    audience: Audience
    cancel: Cancel | None = None
    """Set when nobody wants the answer any more."""
    beside: bool = False
    """Whether its turn goes to another branch, so that this one may change meanwhile."""
    streamed: bool = False
    """Whether somebody asked DSPy for the stream, who then decides what is streamed."""
    writings: list[Writing] = dataclasses.field(default_factory=list[Writing])
    """One for each request whose answer was heard, oldest first."""

    @property
    def wants_words(self) -> bool:
        """Whether models are to be asked for a stream, for the sake of who looks on."""
        return self.audience.watched and not self.streamed

    @property
    def newest(self) -> Writing | None:
        """What to show: the newest answer that is being written, or else the last that was."""
        known = list(self.writings)
        under_way = [one for one in known if not one.ended]
        return (under_way or known or [None])[-1]

    def begin(self, node: str) -> Writing:
        """Return what takes the answer to one more request."""
        writing = Writing(node)
        self.writings.append(writing)
        return writing

    def wrote(self, writing: Writing, text: str) -> None:
        """Add what the model has written next."""
        writing.pieces.append(text)
        self.audience.tell()

    def forget(self, writing: Writing) -> None:
        """Take away an answer that broke off: it is not the one that counts."""
        self.writings.remove(writing)
        self.audience.tell()
