"""Sessions on a store: what was said elsewhere is here."""

from __future__ import annotations

import dspy
import pytest
from support.scripted import scripted_lm
from support.stored import anew, answers, whole

from dspy_session import errors, sessionify, with_memory

# --- reopening ---------------------------------------------------------------------------------


def test_a_conversation_goes_on_elsewhere(chat, store):
    with answers("Hi Max", "You are Max"):
        chat.open("max", "u1", {"channel": "web"})(question="I am Max")
        again = anew(chat, "max")
        assert again(question="Who am I?").answer == "You are Max"
    third = anew(chat, "max")
    assert [turn.outputs["answer"] for turn in third.turns] == ["Hi Max", "You are Max"]
    assert third.turns[1].history_snapshot.messages == [
        {"question": "I am Max", "answer": "Hi Max"}
    ]
    info = store.info("max")
    assert (info.user_id, dict(info.metadata)) == ("u1", {"channel": "web"})
    assert (info.turns, info.branches, info.preview) == (2, 1, "I am Max")


def test_everything_people_did_is_there_again(chat):
    with answers(*"abcdefgh"):
        here = chat.open("s")
        for question in ("1", "2", "3", "4"):
            here(question=question)
        other = here.fork(at=2, name="what-if")
        other(question="other")
        here.edit_turn(1, outputs={"answer": "B"}, label="corrected", note="was b", score=0.5)
        here.undo(2)
        rerun = here.rerun(0, name="again")
        rerun.star()
        rerun.rename("once more")
        here.score(lambda example, prediction: {"score": 1.0, "feedback": "fine"})
        gone = here.fork(name="gone")
        gone(question="x")
        here.prune("gone")
        there = anew(chat, "s")
        assert whole(there) == whole(here)
        assert list(there.branches) == ["main", "what-if", "once more"]
        assert [turn.stale for turn in there.branches["what-if"].turns] == [False, False, False]
        assert [turn.outputs["answer"] for turn in there.redo(2)] == ["c", "d"]
        assert whole(anew(chat, "s")) == whole(there)


def test_what_was_undone_can_be_redone_elsewhere_and_then_taken_another_way(chat):
    with answers("a", "b", "c"):
        here = chat.open("s")
        here(question="1")
        here(question="2")
        here.undo()
        there = anew(chat, "s")
        there(question="3")
        assert there.redo() == []
    last = anew(chat, "s")
    assert [turn.inputs["question"] for turn in last.turns] == ["1", "3"]
    assert whole(last) == whole(there)


def test_nested_nodes_keep_their_ledgers(store):
    class Two(dspy.Module):
        def __init__(self):
            super().__init__()
            self.plan = dspy.Predict("question -> plan")
            self.reply = dspy.ChainOfThought("question, plan -> answer")

        def forward(self, question):
            plan = self.plan(question=question).plan
            return dspy.Prediction(answer=self.reply(question=question, plan=plan).answer)

    chat = sessionify(Two(), store=store)
    said = [
        one
        for n in range(4)
        for one in ({"plan": f"plan {n}"}, {"reasoning": "so", "answer": f"answer {n}"})
    ]
    with dspy.context(lm=scripted_lm(*said)):
        here = chat.open("s")
        for n in range(3):
            here(question=f"question {n}")
        here.fork(at=1, name="early")
        here.undo()
        there = anew(chat, "s")
        assert whole(there) == whole(here)
        there(question="the last one")
    nodes = anew(chat, "s").state.node_states
    assert [call.inputs["question"] for call in nodes["plan"].turns] == [
        "question 0", "question 1", "the last one"
    ]  # fmt: skip


def test_prompts_are_as_they_were(chat):
    with answers(*"abc"):
        here = chat.open("s")
        for n in range(3):
            here(question=f"a question that is long enough to be referred to, number {n}")
    there = anew(chat, "s")
    for ours, theirs in zip(here.turns, there.turns, strict=True):
        assert list(ours.requests[0].prompt) == list(theirs.requests[0].prompt)
        assert ours.requests[0].answers == theirs.requests[0].answers


def test_prompts_go_on_from_those_that_were_read_again(chat):
    with answers(*"ab"):
        chat.open("s")(question="a question that is long enough to be referred to")
        there = anew(chat, "s")
        there(question="and what goes on from it")
    for session in (there, anew(chat, "s")):
        sent = [list(turn.requests[0].prompt) for turn in session.turns]
        assert [len(prompt) for prompt in sent] == [2, 4]
        assert sent[1][1:3] == [sent[0][1], {"role": "assistant", "content": sent[1][2]["content"]}]


@pytest.mark.parametrize("settings", [{"max_turns": 2}, {"max_stored_turns": 3}])
def test_windows_and_forgetting_are_as_they_were(store, settings):
    chat = sessionify(
        dspy.Predict("question -> answer"),
        store=store,
        initial_history=dspy.History(messages=[{"question": "before", "answer": "all"}]),
        **settings,
    )
    with answers(*(f"answer {n}" for n in range(12))):
        here = chat.open("s")
        for n in range(6):
            here(question=f"question {n}")
        there = anew(chat, "s")
        assert whole(there) == whole(here)
        for n in range(6):
            there(question=f"more {n}")
    last = anew(chat, "s")
    assert whole(last) == whole(there)
    assert last.initial_history.messages == [{"question": "before", "answer": "all"}]
    for ours, theirs in zip(last.turns, there.turns, strict=True):
        assert ours.history_snapshot.messages == theirs.history_snapshot.messages


def test_a_turn_is_one_row_and_a_fork_is_one_row(chat, store):
    with answers(*"abcd"):
        here = chat.open("s")
        here(question="1")
        here(question="2")
        before = {(row.kind, row.key): row.body for row in store.load("s").rows}
        here(question="3")
        after = {(row.kind, row.key): row.body for row in store.load("s").rows}
        changed = {name for name, body in after.items() if before.get(name) != body}
        assert sorted(kind for kind, _ in changed) == ["branch", "turn"]
        here.fork(at=1)
        assert len(store.load("s").rows) == len(after) + 1


# --- opening -----------------------------------------------------------------------------------


def test_all_who_open_one_id_in_a_process_share_the_conversation(chat):
    first, second = chat.open("s"), chat.open("s")
    with answers("a", "b"):
        first(question="1")
        second(question="2")
    assert [turn.index for turn in first.turns] == [0, 1]
    assert first.state._conversation is second.state._conversation


def test_opened_again_it_has_what_another_process_wrote(chat):
    here = chat.open("s")
    with answers("a"):
        anew(chat, "s")(question="elsewhere")
    assert len(here.turns) == 0
    assert len(chat.open("s").turns) == 1
    assert len(here.turns) == 1


def test_anothers_conversation_is_refused(chat):
    chat.open("s", user_id="u1")
    with pytest.raises(errors.ArgumentError, match="belongs to another user"):
        chat.open("s", user_id="u2")
    assert chat.open("s").session_id == "s"


@pytest.mark.parametrize("bad", ["", "a\x00", "\ud800", "x" * 256])
def test_what_is_no_id_is_refused(chat, bad):
    with pytest.raises(errors.ArgumentError):
        chat.open(bad)
    with pytest.raises(errors.ArgumentError):
        chat.open("fine", user_id=bad)


def test_talking_without_an_open_conversation_is_refused_before_any_model_call(chat):
    lm = scripted_lm({"answer": "a"})
    with dspy.context(lm=lm), pytest.raises(errors.ArgumentError, match="open"):
        chat(question="1")
    assert lm.prompts == []


def test_without_a_store_nothing_can_be_opened():
    with pytest.raises(errors.ArgumentError, match="store="):
        sessionify(dspy.Predict("question -> answer")).open("s")


def test_a_url_is_a_store(tmp_path):
    url = f"sqlite:///{tmp_path}/deep/folder/chats.db"
    with answers("a"):
        app = with_memory(dspy.Predict("question -> answer"), store=url)
        with app.open("s") as here:
            here(question="1")
        with pytest.raises(errors.StoreUnavailableError):
            here(question="2")
        app.close()
    with sessionify(dspy.Predict("question -> answer"), store=url) as other:
        assert len(other.open("s").turns) == 1
    with pytest.raises(errors.StoreUnavailableError):
        other.open("s")


def test_copies_and_stateless_twins_write_nothing(chat, store):
    with answers("a", "b", "c"):
        here = chat.open("s")
        here(question="1")
        version = store.info("s").version
        here.deepcopy()(question="2")
        here.stateless()(question="3")
    assert store.info("s").version == version
