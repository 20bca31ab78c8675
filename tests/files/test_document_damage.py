"""Damaged, truncated, foreign and hostile documents end in an error that names the place."""

from __future__ import annotations

import builtins
import copy
import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.trees import EVERYTHING, built, through_a_file

from dspy_session._files.document import conversation_from, document_of
from dspy_session._files.tagged_json import from_bytes, to_bytes
from dspy_session.errors import FileFormatError


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "it holds a list"),
        ({}, "its format is None"),
        ({"format": "other", "version": 3}, "its format is 'other'"),
        ({"format": "dspy-session", "version": 4}, "format version 4, and this .* reads up to 3"),
        ({"format": "dspy-session", "version": "3"}, "version '3', which never was"),
        ({"format": "dspy-session", "version": True}, "version True, which never was"),
        ({"format": "dspy-session", "version": 2}, "version 2, which never was"),
        ({"format": "dspy-session", "version": 3}, r"chat\.json \(format version 3\): key"),
    ],
)
def test_what_is_no_document_of_ours_is_refused_by_name(document, message):
    with pytest.raises(FileFormatError, match=message) as caught:
        conversation_from(document, {}, "chat.json")
    assert "chat.json" in str(caught.value)


def broken(change):
    conversation, key = built(EVERYTHING, seeded=True)
    document = through_a_file(document_of(conversation, key, {}))
    change(document)
    with pytest.raises(FileFormatError, match=r"cannot read chat\.json \(format version 3\)") as e:
        conversation_from(document, {}, "chat.json")
    return str(e.value)


def test_the_message_names_the_place_of_the_damage():
    def wrong_type(document):
        document["records"][2]["latency_s"] = "fast"

    assert "records[2].latency_s: a number belongs here, not text" in broken(wrong_type)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["records"][0].update(id=d["records"][1]["id"]),
        lambda d: d["runs"][1].__setitem__(0, 1),
        lambda d: d["runs"][0].__setitem__(0, 5),
        lambda d: d["runs"][0][2].append(10**9),
        lambda d: d["branches"][0].update(log=[0, 10**30]),
        lambda d: d["branches"][0].update(parent=d["branches"][0]["key"]),
        lambda d: d["branches"][1].update(key=d["branches"][0]["key"]),
        lambda d: d["branches"][1].update(name=d["branches"][0]["name"]),
        lambda d: d["branches"].clear(),
        lambda d: d["records"].pop(),
        lambda d: d["messages"].pop(),
        lambda d: d["pieces"].clear(),
        lambda d: d["nodes"].clear(),
        lambda d: d.pop("marks"),
        lambda d: d.update(key="another"),
        lambda d: d["records"][0]["window"].update(stop=-1),
        lambda d: d["records"][0]["inputs"].update(question={"$type": "pickle"}),
        lambda d: d["records"][0]["inputs"].update(
            question={"$type": "text", "parts": [[0, "question"]]}
        ),
    ],
)
def test_damage_is_refused(change):
    broken(change)


def test_a_document_that_would_unfold_without_end_is_refused():
    def bomb(document):
        document["pieces"][0] = "x" * 10**6
        document["messages"][0] = ["user", *[0] * 10**4]

    assert "unfolds" in broken(bomb)


def mutated(document, rng):
    """Change a document in one random place."""
    holders = [(document, key) for key in document]
    places = []
    while holders:
        holder, key = holders.pop()
        places.append((holder, key))
        inner = holder[key]
        if isinstance(inner, dict):
            holders += [(inner, name) for name in inner]
        elif isinstance(inner, list):
            holders += [(inner, position) for position in range(len(inner))]
    holder, key = rng.choice(places)
    action = rng.randrange(4)
    if action == 0:
        del holder[key]
    elif action == 1:
        holder[key] = rng.choice(_ODD)
    elif action == 2:
        other_holder, other_key = rng.choice(places)
        holder[key] = copy.deepcopy(other_holder[other_key])
    elif isinstance(holder[key], int):
        holder[key] += rng.choice([-1, 1, 10**6])
    else:
        holder[key] = [holder[key]]


_ODD = [None, True, 0, -1, 3, 10**30, 1.5, "", "self", "0" * 16, [], {}, [[]], [0], [0, 0], {"": 0}]
_ODD += [{"$type": "text", "parts": [[0, "question"]]}, {"$type": "enum", "class": "os.X"}]


@pytest.mark.parametrize("seed", range(8))
def test_no_mutation_does_worse_than_a_clear_error(seed, monkeypatch):
    rng = random.Random(seed)
    conversation, key = built(EVERYTHING[: 20 + 7 * seed], seeded=True)
    content = to_bytes(document_of(conversation, key, {"a": 1}))
    monkeypatch.setattr(builtins, "__import__", _refusing_new_imports(builtins.__import__))
    refused = 0
    for _ in range(250):
        document = from_bytes(content)
        for _ in range(rng.choice([1, 1, 1, 3])):
            mutated(document, rng)
        problem = ""
        try:
            back, back_key, _ = conversation_from(document, {}, "chat.json")
        except FileFormatError as error:
            problem = str(error)
        else:
            # What is accepted is whole: it can be written again.
            document_of(back, back_key, {})
        refused += bool(problem)
        assert not problem or ("chat.json" in problem and len(problem) < 1000)
    assert refused > 100


def _refusing_new_imports(real):
    def checked(name, *args, **kwargs):
        level = args[3] if len(args) > 3 else kwargs.get("level", 0)
        assert level or name in sys.modules, f"imported {name}"
        return real(name, *args, **kwargs)

    return checked


@settings(max_examples=60)
@given(st.data())
def test_a_truncated_file_is_refused(data):
    conversation, key = built([("say", 0, 1), ("nest", 0, 4)])
    content = to_bytes(document_of(conversation, key, {}))
    cut = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(FileFormatError):
        from_bytes(content[:cut])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_foreign_data_is_refused(data):
    with pytest.raises(FileFormatError):
        conversation_from(data, {}, "foreign.json")


def test_a_cyclic_document_is_refused():
    conversation, key = built([("say", 0, 1)])
    document = document_of(conversation, key, {})
    inputs = document["records"][0]["inputs"]
    inputs["context"] = inputs
    with pytest.raises(FileFormatError, match="too deeply"):
        conversation_from(document, {})
