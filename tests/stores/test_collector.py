"""The garbage collector while conversations are read: still, and then as it was."""

from __future__ import annotations

import gc
import threading

import pytest

from dspy_session.stores._collector import collector_paused


@pytest.fixture(autouse=True)
def _as_before():
    was_on = gc.isenabled()
    yield
    (gc.enable if was_on else gc.disable)()


@pytest.mark.parametrize("on", [True, False])
def test_it_is_still_for_the_body_and_then_as_it_was(on):
    (gc.enable if on else gc.disable)()
    with collector_paused():
        assert not gc.isenabled()
        with collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled() is on


def test_it_is_as_it_was_after_an_error():
    gc.enable()
    with pytest.raises(ValueError, match="damaged"), collector_paused():
        raise ValueError("damaged")
    assert gc.isenabled()


def test_the_last_of_several_readers_lets_it_go_on():
    gc.enable()
    reading, read = threading.Event(), threading.Event()

    def other():
        with collector_paused():
            reading.set()
            read.wait(20)

    thread = threading.Thread(target=other)
    with collector_paused():
        thread.start()
        assert reading.wait(20)
    assert not gc.isenabled()
    read.set()
    thread.join()
    assert gc.isenabled()
