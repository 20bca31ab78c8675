"""Conversations come back from documents as they were, sharing what they shared."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import json
import random

import pydantic
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.trees import EVERYTHING, TEXTS, Builder, built, shown, steps, through_a_file

from dspy_session._calls.capture import shared_prompt
from dspy_session._files.document import VERSION, conversation_from, document_of
from dspy_session._files.tagged_json import from_bytes, to_bytes
from dspy_session._tree.branch import Branch
from dspy_session._tree.conversation import Conversation
from dspy_session._tree.log import Log
from dspy_session._tree.record import ROOT, Record, Request, Window
from dspy_session.errors import BranchNotFoundError, EncodeError

CONFIG = {"history_field": "history", "max_turns": 3, "exclude_fields": {"context"}}


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


def test_what_a_client_wraps_its_answers_in_comes_back_as_data():
    class Function(pydantic.BaseModel):
        name: str

    class Attributes(dict):
        """As DSPy's cache gives answers back."""

    def asked(record):
        call = {"tool_calls": [Attributes(function=Function(name="search"))], "text": None}
        message = {"role": "assistant", "content": None, "tool_calls": [Function(name="search")]}
        request = Request("m", Log([message]), (call,))
        return dataclasses.replace(record, requests=(request,))

    conversation, key = built([("say", 0, 1)])
    record = asked(conversation[key].log[0])
    branch = Branch(log=Log([record]))
    document = through_a_file(document_of(Conversation(branch), branch.key, {}))
    back, key, _ = conversation_from(document, {})
    (request,) = back[key].log[0].requests
    assert request.answers == ({"tool_calls": [{"function": {"name": "search"}}], "text": None},)
    assert request.prompt[0]["tool_calls"] == [{"name": "search"}]


def test_a_session_on_a_pruned_branch_is_told_so():
    conversation, key = built([("say", 0, 1), ("fork", 0, 1)])
    conversation.prune(key)
    with pytest.raises(BranchNotFoundError, match="was pruned"):
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
    def size(turns):
        conversation, key = long_conversation(turns)
        return len(to_bytes(document_of(conversation, key, {})))

    assert size(4000) < 8.5 * size(500)


def test_many_forks_cost_little():
    builder = Builder()
    conversation = builder.run([("nest", 0, 1)] * 40)
    one = len(to_bytes(document_of(conversation, builder.key, {})))
    key = conversation.branches[0].key
    for number in range(200):
        conversation.fork(key, number % 40, None)
    many = len(to_bytes(document_of(conversation, key, {})))
    assert many - one < 200 * 250


def test_the_version_is_in_the_document():
    branch = Branch()
    document = document_of(Conversation(branch), branch.key, {})
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
