"""Field values, out of reach of later changes."""

from __future__ import annotations

import numpy as np

from dspy_session._tree.values import frozen_copy, recordable, thawed


class Uncopyable:
    def __deepcopy__(self, memo):
        raise RuntimeError("no")

    def __repr__(self):
        return "<socket>"


class Unprintable(Uncopyable):
    def __repr__(self):
        raise RuntimeError("not even that")


def test_a_copy_is_out_of_reach_and_atoms_are_themselves():
    value = {"a": [1, {"b": np.zeros(2)}]}
    copied = frozen_copy(value)
    value["a"][1]["b"][0] = 7
    assert copied["a"][1]["b"][0] == 0
    text = "x" * 1000
    assert frozen_copy(text) is text


def test_thawed_fields_are_the_callers_own():
    fields = {"a": [1]}
    thawed(fields)["a"].append(2)
    assert fields == {"a": [1]}


def test_what_cannot_be_copied_is_kept_by_its_repr_and_named():
    kept, flags = recordable({"fine": [1], "socket": Uncopyable(), "nested": [Uncopyable()]})
    assert kept == {"fine": [1], "socket": "<socket>", "nested": "[<socket>]"}
    assert [flag.split(" (")[0] for flag in flags] == [
        "'socket' could not be copied",
        "'nested' could not be copied",
    ]


def test_not_even_a_value_without_a_repr_loses_the_answer():
    kept, flags = recordable({"broken": Unprintable(), "answer": "paid for"})
    assert kept["answer"] == "paid for"
    assert "Unprintable" in kept["broken"]
    assert len(flags) == 1
