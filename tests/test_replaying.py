"""Ask a conversation again: another program, another model, on a branch of its own."""

from __future__ import annotations

import asyncio
import re
import threading

import dspy
import pytest
from support.scripted import Held, scripted_lm

from dspy_session import errors, sessionify, with_memory

QA = "question -> answer"


def chat(turns=3, **settings):
    session = sessionify(dspy.Predict(QA), **settings)
    session.set_lm(scripted_lm(lambda call: {"answer": "old"}))
    for number in range(turns):
        session(question=f"q{number}")
    return session


def new_lm(*answers):
    return scripted_lm(*(one if not isinstance(one, str) else {"answer": one} for one in answers))


def answers(session):
    return [turn.outputs.get("answer") for turn in session.turns]


def test_every_input_is_asked_again_on_a_new_branch():
    session = chat()
    lm = new_lm("a", "b", "c")
    again = session.replay(name="v2", lm=lm)
    assert [turn.inputs for turn in again.turns] == [turn.inputs for turn in session.turns]
    assert answers(again) == ["a", "b", "c"]
    assert list(session.branches) == ["main", "v2"]
    assert [turn.source for turn in again.turns] == ["replay"] * 3
    assert session.compare("v2").shared == 0


def test_each_turn_sees_the_new_branchs_own_history():
    session = chat()
    lm = new_lm("a", "b", "c")
    session.replay(lm=lm)
    assert [len(call.turns) for call in lm.calls] == [0, 2, 4]
    told = [message["content"] for message in lm.calls[2].turns]
    assert "q0" in told[0]
    assert "a" in told[1]
    assert "b" in told[3]
    assert not any("old" in text for text in told)


def test_another_program_is_asked_and_the_branch_goes_on_with_it():
    session = chat()
    better = dspy.ChainOfThought(QA)
    better.set_lm(
        scripted_lm(lambda call: {"reasoning": "because", "answer": f"new {len(call.turns)}"})
    )
    again = session.replay(better)
    assert answers(again) == ["new 0", "new 2", "new 4"]
    assert again.program_name == "ChainOfThought"
    assert again(question="more").answer == "new 6"
    assert session.program_name == "Predict"
    assert "history" not in better.predict.signature.fields  # it was copied
    assert answers(session.replay(again)) == ["new 0", "new 2", "new 4"]  # a session will do


def test_turns_before_the_place_are_kept():
    session = chat()
    session.edit_turn(0, outputs={"answer": "edited"})
    lm = new_lm("b", "c")
    again = session.replay(at=1, lm=lm)
    assert again.turns[0].id == session.turns[0].id
    assert answers(again) == ["edited", "b", "c"]
    assert "edited" in lm.calls[0].turns[1]["content"]


def test_trimmed_turns_are_not_asked_and_depths_agree():
    session = chat(4, max_stored_turns=2)
    again = session.replay(lm=new_lm("c", "d"))
    assert [turn.index for turn in again.turns] == [2, 3]
    assert [turn.left.inputs for turn in session.compare(again)] == [
        {"question": "q2"},
        {"question": "q3"},
    ]


def test_a_cached_answer_is_asked_for_again():
    seen = []

    def answer(call):
        seen.append(call)
        return {"answer": str(len(seen))}

    session = sessionify(dspy.Predict(QA))
    session.set_lm(scripted_lm(answer, cache=True))
    session(question=f"fresh {threading.get_ident()}")
    assert answers(session.replay()) == ["2"]
    assert answers(session.replay()) == ["3"]


def test_a_turn_that_was_handed_its_history_is_handed_it_again():
    session = chat(0, history_policy="use_if_provided")
    session(question="q0")
    given = dspy.History(messages=[{"question": "x", "answer": "given"}])
    session(question="q1", history=given)
    lm = new_lm("a", "b")
    again = session.replay(lm=lm)
    assert "given" in lm.calls[1].turns[1]["content"]
    assert again.turns[1].history_snapshot == given


def test_the_program_may_change_its_inputs_without_changing_the_recording():
    class Sorts(dspy.Module):
        def forward(self, words):
            words.sort()
            return dspy.Prediction(first=words[0])

    session = sessionify(Sorts())
    session.add_turn({"words": ["b", "a"]}, {"first": "b"})
    again = session.replay()
    assert again.turns[0].outputs == {"first": "a"}
    assert session.turns[0].inputs == {"words": ["b", "a"]}


# --- errors, cancelling, progress ----------------------------------------------------------------


def test_a_failure_stops_the_replay_and_keeps_the_turns_before_it():
    session = chat()
    with pytest.raises(errors.ReplayError, match="stopped at turn 1 of 3") as caught:
        session.replay(name="v2", lm=new_lm("a", ValueError("boom"), "c"))
    assert caught.value.index == 1
    assert answers(caught.value.session) == ["a"]
    assert "boom" in str(caught.value.__cause__)
    assert answers(session.branches["v2"]) == ["a"]


def test_a_replay_that_made_no_turn_leaves_no_branch():
    session = chat()
    before = session._conversation.undo_label
    with pytest.raises(errors.ReplayError, match="there is no new branch") as caught:
        session.replay(name="v2", lm=new_lm(ValueError("boom")))
    assert caught.value.session is None
    assert list(session.branches) == ["main"]
    assert session._conversation.undo_label == before


def test_a_failed_turn_is_kept_without_an_answer_when_the_replay_goes_on(caplog):
    session = chat()
    lm = new_lm("a", ValueError("boom"), "c")
    again = session.replay(lm=lm, on_error="continue")
    assert answers(again) == ["a", None, "c"]
    failed = again.turns[1]
    assert failed.inputs == {"question": "q1"}
    (flag,) = failed.flags
    assert re.fullmatch(r"the call failed, so there is no answer: \w+: .*boom", flag)
    assert failed.excluded
    assert [example.question for example in again.to_examples()] == ["q0", "q2"]
    assert "None" not in "".join(message["content"] for message in lm.calls[2].turns)
    assert "boom" in caplog.text
    assert "failed, so there is no answer" in repr(session.compare(again))


def test_failed_turns_are_saved_and_load(tmp_path):
    session = chat(2)
    session.replay(name="v2", lm=new_lm(ValueError("boom"), "b"), on_error="continue")
    session.save(tmp_path / "chat.json")
    loaded = type(session).load_from(tmp_path / "chat.json", dspy.Predict(QA))
    assert loaded.branches["v2"].turns == session.branches["v2"].turns
    assert loaded.branches["v2"].turns[0].flags == session.branches["v2"].turns[0].flags


def test_nested_nodes_stay_where_they_stood_when_a_turn_fails():
    class Two(dspy.Module):
        def __init__(self):
            super().__init__()
            self.plan = dspy.Predict("question -> plan")
            self.say = dspy.Predict("plan -> answer")

        def forward(self, question):
            return self.say(plan=self.plan(question=question).plan)

    session = sessionify(Two())
    session.set_lm(scripted_lm({"plan": "p0"}, {"answer": "a0"}, {"plan": "p1"}, {"answer": "a1"}))
    session(question="q0")
    session(question="q1")
    lm = scripted_lm({"plan": "P0"}, OSError("away"), {"plan": "P1"}, {"answer": "A1"})
    again = session.replay(lm=lm, on_error="continue")
    assert again.turns[0].calls == []
    assert len(again.turns[0].requests) == 1  # it was paid for
    assert [turn.outputs for turn in again.state.node_states["plan"].turns] == [{"plan": "P1"}]
    assert again.turns[1].outputs == {"answer": "A1"}


def test_an_interrupt_keeps_the_turns_that_are_done():
    session = chat()
    with pytest.raises(KeyboardInterrupt):
        session.replay(name="v2", lm=new_lm("a", KeyboardInterrupt(), "c"))
    assert answers(session.branches["v2"]) == ["a"]
    with pytest.raises(KeyboardInterrupt):
        session.replay(name="v3", lm=new_lm(KeyboardInterrupt()))
    assert list(session.branches) == ["main", "v2"]


def test_a_replay_can_be_cancelled_between_turns():
    session, cancel = chat(), threading.Event()
    again = session.replay(
        lm=new_lm("a", "b", "c"),
        cancel=cancel,
        progress=lambda done, total: cancel.set() if done == 2 else None,
    )
    assert answers(again) == ["a", "b"]


def test_progress_is_told_turn_by_turn(capfd):
    session, told = chat(), []
    session.replay(lm=new_lm("a", "b", "c"), progress=lambda *at: told.append(at))
    assert told == [(1, 3), (2, 3), (3, 3)]
    session.replay(name="shown", lm=new_lm("a", "b", "c"), progress=True)
    assert "3/3" in capfd.readouterr().err


def test_one_undo_takes_the_whole_replay_back():
    session = chat()
    session.replay(name="v2", lm=new_lm("a", "b", "c"))
    conversation = session._conversation
    assert conversation.undo() == "replay of 'main' as 'v2'"
    assert list(session.branches) == ["main"]
    conversation.redo()
    assert answers(session.branches["v2"]) == ["a", "b", "c"]


def test_the_branch_can_be_watched_and_amended_while_it_grows():
    session, held = chat(), Held({"answer": "b"})
    thread = threading.Thread(
        target=session.replay, kwargs={"name": "v2", "lm": new_lm("a", held, "c")}
    )
    thread.start()
    assert held.reached.wait(30)
    growing = session.branches["v2"]
    assert answers(growing) == ["a"]
    assert [call.index for call in session._conversation.running] == [1]
    growing.edit_turn(0, outputs={"answer": "edited"})
    session(question="meanwhile")
    held.release()
    thread.join(30)
    assert answers(growing) == ["edited", "b", "c"]
    assert len(session.turns) == 4


def test_on_turn_hears_of_each_answer():
    heard = []
    session = chat(2, on_turn=lambda one, turn: heard.append((one.name, turn.index)))
    heard.clear()
    session.replay(name="v2", lm=new_lm("a", ValueError("no")), on_error="continue")
    assert heard == [("v2", 0)]


# --- asynchronous --------------------------------------------------------------------------------


async def test_a_replay_can_be_awaited():
    session, told = chat(), []

    async def hear(one, turn):
        told.append(turn.index)

    session._settings = session._settings.__class__(on_turn=hear)
    again = await session.areplay(name="v2", lm=new_lm("a", "b", "c"))
    assert answers(again) == ["a", "b", "c"]
    assert told == [0, 1, 2]
    with pytest.raises(errors.ReplayError, match="turn 0 of 3"):
        await session.areplay(lm=new_lm(ValueError("boom")))


async def test_cancelling_the_task_keeps_the_turns_that_are_done():
    session, held = chat(), Held({"answer": "b"})
    task = asyncio.create_task(session.areplay(name="v2", lm=new_lm("a", held)))
    await asyncio.to_thread(held.reached.wait, 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert answers(session.branches["v2"]) == ["a"]


# --- programs shared or copied -------------------------------------------------------------------


def test_a_shared_program_keeps_its_model():
    program = dspy.Predict(QA)
    own = new_lm("x")
    program.set_lm(own)
    app = with_memory(program)
    app(question="q0")
    other = new_lm("y")
    assert answers(app.replay(lm=other)) == ["y"]
    assert program.lm is own


def test_an_empty_conversation_gives_an_empty_branch():
    assert len(chat(0).replay().turns) == 0


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"module": "gpt"}, errors.ArgumentTypeError, "dspy.Module or a session, got str"),
        ({"lm": "gpt"}, errors.ArgumentTypeError, "dspy.LM, got str"),
        ({"name": "main"}, errors.NameTakenError, "main"),
        ({"at": 9}, errors.TurnNotFoundError, "no turn 9"),
        ({"on_error": "ignore"}, errors.ArgumentError, "'stop' or 'continue'"),
        ({"progress": 3}, errors.ArgumentTypeError, "progress is True, False"),
        ({"module": dspy.Predict("a -> b")}, errors.ArgumentError, "no input 'question'"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_asked(arguments, error, match):
    session = chat(1)
    asked = len(session.turns)
    with pytest.raises(error, match=match):
        session.replay(**arguments)
    assert (len(session.turns), list(session.branches)) == (asked, ["main"])


# --- nodes and stores ----------------------------------------------------------------------------


class Two(dspy.Module):
    def __init__(self, fails_on=""):
        super().__init__()
        self.fails_on = fails_on
        self.plan = dspy.Predict("question -> plan")
        self.say = dspy.Predict("plan -> answer")

    def forward(self, question):
        plan = self.plan(question=question).plan
        if question == self.fails_on:
            raise ValueError("no")
        return self.say(plan=plan)


def planned(call):
    field = "plan" if "`[[ ## plan ## ]]`" in call.last else "answer"
    return {field: f"{field} {len(call.turns) // 2}"}


def test_a_replay_builds_ledgers_and_memories_anew():
    def counted(past_memory, episode_transcript):
        return f"{past_memory}|"

    episodic = {"lifespan": "episodic", "consolidator": counted}
    app = with_memory(Two(), child_configs={"plan": episodic}, copy_mode="deep")
    app.set_lm(scripted_lm(planned))
    for question in "abc":
        app(question=question)
    again = app.replay()
    assert again.state.node_states["plan"].l2_memory == "|||"
    assert len(again.module.say.turns) == 3
    assert not app.compare(again).changed
    shaky = Two(fails_on="b")
    shaky.set_lm(scripted_lm(planned))
    failed = app.replay(shaky, on_error="continue")
    assert failed.state.node_states["plan"].l2_memory == "||"
    assert [turn.outputs for turn in failed.module.say.turns] == [
        {"answer": "answer 0"},
        {"answer": "answer 1"},
    ]


def test_a_replay_of_a_stored_conversation_is_stored(tmp_path):
    store = f"sqlite:///{tmp_path}/chats.db"

    def opened():
        return sessionify(dspy.Predict(QA), store=store).open("mia")

    session = opened()
    session.set_lm(new_lm("a", "b"))
    session(question="q0")
    session(question="q1")
    session.replay(name="v2", lm=new_lm("c", ValueError("boom")), on_error="continue")
    with pytest.raises(errors.ReplayError):
        session.replay(name="v3", lm=new_lm(ValueError("boom")))
    kept = opened().branches
    assert list(kept) == ["main", "v2"]
    assert answers(kept["v2"]) == ["c", None]
    assert kept["v2"].turns[1].excluded
