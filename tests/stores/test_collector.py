"""The garbage collector while conversations are read: no full collection, and then as it was."""

from __future__ import annotations

import gc
import threading

import pytest

from dspy_session.stores._collector import no_full_collection


@pytest.fixture(autouse=True)
def _as_before():
    before = gc.get_threshold()
    gc.set_threshold(600, 9, 8)
    yield
    gc.set_threshold(*before)


def full_collections():
    return gc.get_stats()[2]["collections"]


def make_objects():
    return [[number] for number in range(200_000)]


def test_nothing_is_collected_fully_for_the_body_and_then_all_is_as_it_was():
    before = full_collections()
    with no_full_collection():
        with no_full_collection():
            kept = make_objects()
        kept += make_objects()
        assert full_collections() == before
    assert len(kept) == 400_000
    assert gc.get_threshold() == (600, 9, 8)


def test_it_is_as_it_was_after_an_error():
    with pytest.raises(ValueError, match="damaged"), no_full_collection():
        raise ValueError("damaged")
    assert gc.get_threshold() == (600, 9, 8)


def test_the_last_of_several_readers_lets_it_go_on():
    reading, read = threading.Event(), threading.Event()

    def other():
        with no_full_collection():
            reading.set()
            read.wait(20)

    thread = threading.Thread(target=other)
    with no_full_collection():
        thread.start()
        assert reading.wait(20)
    assert gc.get_threshold()[2] > 8
    read.set()
    thread.join()
    assert gc.get_threshold() == (600, 9, 8)
