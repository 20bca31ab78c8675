"""News for the page: soon, never too often, and never lost."""

from __future__ import annotations

import threading
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dspy_session.inspector._push import Beat, News, start_timer


class Clock:
    """Time that passes when the test says so; timers that fire when it has come."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waiting: list[tuple[float, object]] = []

    def start(self, seconds, function):
        self.waiting.append((self.now + seconds, function))

    def run_until(self, end):
        while due := [one for one in self.waiting if one[0] <= end]:
            first = min(due, key=lambda one: one[0])
            self.waiting.remove(first)
            self.now = first[0]
            first[1]()
        self.now = end


@given(st.lists(st.floats(0, 0.3), max_size=40))
def test_calls_keep_their_distance_and_the_last_request_is_served(gaps):
    clock, calls, asked = Clock(), [], []
    beat = Beat(0.1, lambda: calls.append(clock.now), start=clock.start, clock=lambda: clock.now)
    for gap in gaps:
        clock.run_until(clock.now + gap)
        asked.append(clock.now)
        beat.ask()
    clock.run_until(clock.now + 1)
    assert all(later - sooner > 0.0999 for sooner, later in pairwise(calls))
    assert bool(calls) == bool(asked)
    if asked:
        assert calls[-1] >= asked[-1]
        assert len(calls) <= len(asked)
        assert calls[0] == asked[0]


def test_a_beat_goes_on_after_a_failure(caplog):
    clock = Clock()
    beat = Beat(0.1, lambda: 1 / 0, start=clock.start, clock=lambda: clock.now)
    for _ in range(2):
        beat.ask()
        clock.run_until(clock.now + 1)
    assert len([r for r in caplog.records if "could not tell" in r.message]) == 2


def test_a_real_timer_calls_on_another_thread():
    called = threading.Event()
    where = []
    start_timer(0, lambda: (where.append(threading.current_thread()), called.set()))
    assert called.wait(30)
    assert where[0] is not threading.current_thread()
    assert where[0].daemon


def test_news_say_only_what_is_new():
    sent, state = [], {"revision": 3, "jobs": []}
    news = News(sent.append, lambda: state["revision"], lambda: (state["jobs"], []))
    news.tell()
    assert sent == []
    state["revision"] = 5
    news.tell()
    news.tell()
    assert sent == [{"push": "changed", "revision": 5}]
    state["jobs"] = ["job"]
    news.ended({"push": "finished", "job": 1})
    news.ended({"push": "finished", "job": 2})
    news.tell()
    assert [one["push"] for one in sent[1:]] == ["progress", "finished", "finished"]
