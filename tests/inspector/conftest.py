"""A session with a scripted model, and a page open on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import dspy
import pytest
from support.pages import Page, opened
from support.scripted import scripted_lm

from dspy_session import Session
from dspy_session.inspector import SessionInspector


@pytest.fixture
def session() -> Iterator[Session]:
    """Three turns ``q0 → a0 …``; every further answer is ``a`` and its number."""
    numbers = iter(range(1000))
    with dspy.context(lm=scripted_lm(lambda call: {"answer": f"a{next(numbers)}"})):
        made = Session(dspy.Predict("question -> answer"))
        for number in range(3):
            made(question=f"q{number}")
        yield made


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Page]:
    """Opens pages on sessions."""
    return lambda session, **more: opened(SessionInspector(session, **more), monkeypatch)


@pytest.fixture
def page(session: Session, open_page: Callable[..., Page]) -> Page:
    """A page open on the session."""
    return open_page(session, metrics=[length])


def length(example: dspy.Example, prediction: dspy.Prediction) -> float:
    """A metric: the length of the recorded answer."""
    return float(len(prediction.answer))
