"""Conversations come back from documents as they were, sharing what they shared."""

from __future__ import annotations

import builtins
import copy
import dataclasses
import datetime
import json
import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.trees import TEXTS, Builder, shown, steps

from dspy_session._branch import Branch
from dspy_session._capture import shared_prompt
from dspy_session._codec import VERSION, conversation_from, document_of
from dspy_session._conversation import Conversation
from dspy_session._json import from_bytes, to_bytes
from dspy_session._log import Log
from dspy_session._record import ROOT, Record, Request, Window
from dspy_session.errors import EncodeError, FileFormatError

CONFIG = {"history_field": "history", "max_turns": 3, "exclude_fields": {"context"}}


def through_a_file(document):
    return from_bytes(to_bytes(document))


def built(walk, *, seeded=False, keep=None):
    builder = Builder(seeded=seeded, keep=keep)
    return builder.run(walk), builder.key


EVERYTHING = [
    (name, which, choice)
    for choice in range(7)
    for which, name in enumerate(
        ["say", "nest", "edit", "mark", "given", "fork", "window", "cut", "redo", "memory", "star"]
    )
]


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(steps, st.booleans(), st.sampled_from([None, None, 1, 3]))
def test_a_conversation_comes_back_as_it_was(walk, seeded, keep):
    conversation, key = built(walk, seeded=seeded, keep=keep)
    document = document_of(conversation, key, CONFIG)
    back, back_key, config = conversation_from(through_a_file(document), {})
    assert shown(back) == shown(conversation)
    assert (back_key, config) == (key, CONFIG)
    assert document_of(back, back_key, config) == document


def test_every_kind_of_step_survives_together():
    conversation, key = built(EVERYTHING, seeded=True, keep=9)
    document = document_of(conversation, key, {})
    back, _, _ = conversation_from(through_a_file(document), {})
    assert len(back.branches) > 3
    assert shown(back) == shown(conversation)


def test_a_conversation_can_go_on_after_loading_as_before():
    conversation, key = built(EVERYTHING)
    back, _, _ = conversation_from(through_a_file(document_of(conversation, key, {})), {})
    for one in (conversation, back):
        builder = Builder()
        builder.conversation, builder.count = one, 10_000
        branch = one[key]
        builder._say(branch, 1)
        builder._nest(one[key], 2)
        builder._put(one[key].cut(len(one[key].log) - 1))
        builder._put(one[key].advanced(99))
    assert shown(back) == shown(conversation)


def test_a_document_shares_nothing_with_the_conversation():
    conversation, key = built([("say", 0, 1), ("edit", 0, 0)])
    before = copy.deepcopy(shown(conversation))
    document = document_of(conversation, key, {"a": [1]})
    document["records"][0]["inputs"]["context"].append("changed")
    document["edits"][0] = None
    document["branches"].clear()
    assert shown(conversation) == before


def test_turns_that_were_undone_and_left_behind_are_not_written():
    conversation, key = built([("say", 0, 1), ("say", 0, 2), ("cut", 0, 1), ("say", 0, 5)])
    document = document_of(conversation, key, {})
    assert [record["id"][-1] for record in document["records"]] == ["1", "3"]


def test_recordings_that_share_an_id_are_one():
    """A snapshot of another copy of the same conversation may bring such twins along."""
    conversation, key = built([("say", 0, 1)])
    branch = conversation[key]
    twin = dataclasses.replace(branch.log[0])
    conversation.update(key, "", lambda b: dataclasses.replace(b, log=b.log.append(twin)))
    document = document_of(conversation, key, {})
    assert len(document["records"]) == 1


def test_plain_values_can_be_read_in_the_file():
    conversation, key = built([("say", 0, 1)])
    record = document_of(conversation, key, {})["records"][0]
    assert record["inputs"]["question"] == TEXTS[1]
    assert record["created_at"] == "2026-01-02T03:04:06.678901Z"


def test_a_value_that_cannot_be_written_is_named():
    conversation, key = built([("say", 0, 1)])
    bad = dataclasses.replace(conversation[key].log[0], id="bad", outputs={"answer": [object()]})
    conversation.update(key, "", lambda b: b.appended(bad))
    with pytest.raises(EncodeError, match=r"turn bad\.outputs\.answer\[0\] cannot be written"):
        document_of(conversation, key, {})


def test_a_parent_that_is_gone_does_not_make_a_file_unreadable():
    conversation, key = built([("say", 0, 1)])
    conversation.update(key, "", lambda b: dataclasses.replace(b, parent="gone"))
    back, _, _ = conversation_from(document_of(conversation, key, {}), {})
    assert back[key].parent is None


# --- size and speed ------------------------------------------------------------------------------


def long_conversation(turns):
    """Turns of 300 characters on each side, with the prompts that DSPy would send for them."""
    rng = random.Random(4)
    words = ["".join(rng.choices("abcdefghijklmnop", k=rng.randint(2, 9))) for _ in range(999)]
    branch, prompt = Branch(), Log()
    messages = [{"role": "system", "content": "Your input fields are: " + " ".join(words[:150])}]
    for number in range(turns):
        question, answer = (" ".join(rng.choices(words, k=60))[:300].strip() for _ in "qa")
        asked = {"role": "user", "content": f"[[ ## question ## ]]\n{question}"}
        closing = "\n\nRespond with the corresponding output fields, starting with `answer`."
        sent = [*messages[-4:], {**asked, "content": asked["content"] + closing}]
        reply = f"[[ ## answer ## ]]\n{answer}\n\n[[ ## completed ## ]]\n"
        # Sharing is by run, so the newest messages are appended as the recorder would.
        shared = prompt.before(max(len(prompt) - 1, 0)).extend(sent[-3:] if number else sent)
        messages += [asked, {"role": "assistant", "content": reply}]
        prompt = shared
        record = Record(
            id=f"{number:016x}",
            node=ROOT,
            inputs={"question": question},
            outputs={"answer": answer},
            window=Window(stop=number, edits=branch.edits),
            created_at=datetime.datetime.now(datetime.timezone.utc),
            latency_s=rng.random(),
            requests=(Request("model", shared, (reply,), 900, 90, 0.001, rng.random()),),
        )
        branch = branch.appended(record)
    return Conversation(branch), branch.key


def test_five_thousand_turns_take_less_than_twice_their_text():
    conversation, key = long_conversation(5000)
    text = sum(
        len(record.inputs["question"]) + len(record.outputs["answer"])
        for record in conversation[key].log
    )
    document = document_of(conversation, key, {})
    content = to_bytes(document)
    assert len(content) < 2 * text
    back, _, _ = conversation_from(from_bytes(content), {})
    for index in (0, 1, 2500, 4999):
        ours, theirs = conversation[key].log[index], back[key].log[index]
        assert list(ours.requests[0].prompt) == list(theirs.requests[0].prompt)
        assert ours.requests[0].answers == theirs.requests[0].answers
    assert document_of(back, key, {}) == document


def test_documents_grow_with_the_turns_and_not_with_their_square():
    def seconds_and_size(turns):
        conversation, key = long_conversation(turns)
        began = time.process_time()
        content = to_bytes(document_of(conversation, key, {}))
        conversation_from(from_bytes(content), {})
        return time.process_time() - began, len(content)

    (short, small), (long, large) = seconds_and_size(500), seconds_and_size(4000)
    assert large < 8.5 * small
    assert long < 40 * short  # a square would be 64; the machine may be busy


def test_many_forks_cost_little():
    builder = Builder()
    conversation = builder.run([("nest", 0, 1)] * 40)
    one = len(to_bytes(document_of(conversation, builder.key, {})))
    key = conversation.branches[0].key
    for number in range(200):
        conversation.fork(key, number % 40, None)
    many = len(to_bytes(document_of(conversation, key, {})))
    assert many - one < 200 * 250


# --- damage --------------------------------------------------------------------------------------


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
        try:
            back, back_key, _ = conversation_from(document, {}, "chat.json")
        except FileFormatError as error:
            refused += 1
            assert "chat.json" in str(error)
            assert len(str(error)) < 1000
        else:
            # What is accepted is whole: it can be written again.
            document_of(back, back_key, {})
    assert refused > 100


def _refusing_new_imports(real):
    import sys

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


# --- older versions ------------------------------------------------------------------------------

SEEDED = {
    "version": 2,
    "history_field": "history",
    "max_turns": 2,
    "max_stored_turns": None,
    "copy_mode": "deep",
    "exclude_fields": ["history", "context"],
    "history_input_fields": None,
    "history_policy": "override",
    "turns": [
        {
            "index": number,
            "inputs": {"message": f"m{number}", "context": "long"},
            "outputs": {"response": f"r{number}"},
            "score": None if number else 0.5,
        }
        for number in range(4)
    ],
    "initial_history": {"messages": [{"message": "seed", "response": "seeded"}]},
}


def test_version_2_is_read_with_the_snapshots_its_settings_imply():
    conversation, key, config = conversation_from(through_a_file(SEEDED), {})
    branch = conversation[key]
    assert [dict(record.inputs) for record in branch.log] == [
        turn["inputs"] for turn in SEEDED["turns"]
    ]
    seen = [branch.messages_seen(branch.log[i], i) for i in range(4)]
    said = [{"message": f"m{n}", "response": f"r{n}"} for n in range(4)]
    seed = {"message": "seed", "response": "seeded"}
    assert seen == [[seed], [seed, said[0]], said[:2], said[1:3]]
    assert branch.mark(branch.log[0]).score.value == 0.5
    assert branch.mark(branch.log[1]).score is None
    assert config["max_turns"] == 2
    assert config["exclude_fields"] == {"history", "context"}
    assert conversation_from(document_of(conversation, key, config), {})[2] == config


def test_version_1_called_the_allow_list_by_another_name():
    old = {key: value for key, value in SEEDED.items() if key != "history_input_fields"}
    for version in ({"version": 1}, {}):
        document = {**old, "input_field_override": ["message"], "max_turns": None, **version}
        if not version:
            del document["version"]
        conversation, key, config = conversation_from(document, {})
        branch = conversation[key]
        assert config["history_input_fields"] == {"message"}
        assert branch.messages_seen(branch.log[1], 1)[1] == {"message": "m0", "response": "r0"}


def test_what_the_user_said_in_an_old_file_is_no_tag():
    turn = {"index": 0, "inputs": {"q": {"$type": "set", "items": []}}, "outputs": {}}
    conversation, key, _ = conversation_from({"version": 2, "turns": [turn]}, {})
    assert conversation[key].log[0].inputs == turn["inputs"]


@pytest.mark.parametrize(
    "damage",
    [
        {"turns": {}},
        {"turns": [1]},
        {"turns": [{"inputs": {}}]},
        {"turns": [{"inputs": {}, "outputs": [], "score": None}]},
        {"turns": [{"inputs": {}, "outputs": {}, "score": "high"}]},
        {"max_turns": "2"},
        {"max_turns": -1},
        {"exclude_fields": "context"},
        {"exclude_fields": [1]},
        {"initial_history": []},
        {"initial_history": {"messages": ["hi"]}},
        {"history_field": 3},
    ],
)
def test_a_damaged_old_file_is_refused(damage):
    with pytest.raises(FileFormatError, match=r"old\.json \(format version 2\)"):
        conversation_from({**SEEDED, **damage}, {}, "old.json")


def test_the_version_is_in_the_document():
    document = document_of(Conversation(), "", {})
    assert (document["format"], document["version"]) == ("dspy-session", VERSION)
    assert json.loads(to_bytes(document)) == document


def test_prompts_that_begin_alike_share_memory_after_loading():
    branch, prompt = Branch(), Log()
    for number in range(3):
        messages = [{"role": "user", "content": f"message {n}"} for n in range(5 + number)]
        prompt = shared_prompt(messages, prompt)
        window = Window(stop=number)
        moment = datetime.datetime.now(datetime.timezone.utc)
        request = Request("m", prompt)
        record = Record(f"{number}", ROOT, {}, {}, window, moment, requests=(request,))
        branch = branch.appended(record)
    back, key, _ = conversation_from(document_of(Conversation(branch), branch.key, {}), {})
    prompts = [record.requests[0].prompt for record in back[key].log]
    assert prompts[0].shared_with(prompts[2]) == 5
