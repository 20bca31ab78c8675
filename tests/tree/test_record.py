"""What is recorded of a call: written once."""

from __future__ import annotations

import dataclasses

import pytest

from dspy_session._state import added_record
from dspy_session._tree.branch import Branch
from dspy_session._tree.record import FieldFilter, Window, new_id, now


def test_ids_are_short_and_do_not_repeat():
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(one) for one in ids} == {16}
    assert now().utcoffset().total_seconds() == 0


def test_a_recording_cannot_be_written_again():
    record = added_record(Branch(), {"a": 1}, {"b": 2}, Window())
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.inputs = {}
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.window.start = 3


def test_messages_hold_inputs_then_outputs():
    message = FieldFilter(frozenset({"x"})).message({"b": 1, "x": 2}, {"a": 3, "x": 4})
    assert list(message.items()) == [("b", 1), ("a", 3)]
