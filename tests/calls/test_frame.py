"""What nested predictors see of a running call, and what they leave in it."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import carry_frame, get_current_history, sessionify
from dspy_session._calls.frame import current_frame, legible

ANSWER = dspy.Signature("question -> answer")


def fields(call):
    """Answer whatever is asked for, with the number of turns seen."""
    seen = str(len(call.turns) // 2)
    return dict.fromkeys(("answer", "plan", "reasoning", "rewritten"), seen)


class Pipeline(dspy.Module):
    """A rewriter, a thinker and a writer; only the writer's answer is returned."""

    def __init__(self, times=1):
        super().__init__()
        self.rewriter = dspy.Predict("question -> rewritten")
        self.thinker = dspy.ChainOfThought("rewritten -> plan")
        self.writer = dspy.Predict("question, plan -> answer")
        self.times = times

    def forward(self, question):
        for _ in range(self.times):
            rewritten = self.rewriter(question=question).rewritten
        plan = self.thinker(rewritten=rewritten).plan
        return dspy.Prediction(answer=self.writer(question=question, plan=plan).answer)


def talk(program, *questions, **settings):
    session, lm = sessionify(program, **settings), scripted_lm(fields)
    with dspy.context(lm=lm):
        for question in questions:
            session(question=question)
    return session, lm


def outputs(session, node):
    return [
        next(iter(call.outputs.values()))
        for turn in session.turns
        for call in turn.calls
        if call.node == node
    ]


def test_a_node_that_can_read_the_conversation_sees_it():
    session, _ = talk(Pipeline(), "a", "b", "c")
    call = session.turns[2].calls[-1]
    assert call.node == "writer"
    assert call.history_snapshot.messages == [
        {"question": "a", "answer": "0"},
        {"question": "b", "answer": "1"},
    ]


def test_other_nodes_see_their_own_calls_of_earlier_turns():
    session, _ = talk(Pipeline(), "a", "b", "c")
    rewriter, thinker, _ = session.turns[2].calls
    assert rewriter.history_snapshot.messages == [
        {"question": "a", "rewritten": "0"},
        {"question": "b", "rewritten": "1"},
    ]
    assert thinker.node == "thinker.predict"
    assert thinker.history_snapshot.messages[1] == {
        "rewritten": "1",
        "reasoning": "1",
        "plan": "1",
    }


def test_calls_of_one_turn_do_not_see_each_other():
    session, _ = talk(Pipeline(times=3), "a", "b")
    assert outputs(session, "rewriter") == ["0", "0", "0", "3", "3", "3"]


@pytest.mark.parametrize(("max_turns", "seen"), [(None, 4), (0, 0), (1, 2), (2, 4), (5, 4)])
def test_a_window_of_turns_holds_for_every_node(max_turns, seen):
    session, _ = talk(Pipeline(times=2), "a", "b", "c", max_turns=max_turns)
    assert outputs(session, "rewriter")[-1] == str(seen)
    assert outputs(session, "writer")[-1] == str(seen // 2)


def test_nodes_forget_with_the_turns_that_are_no_longer_stored():
    session, _ = talk(Pipeline(times=2), *"abcdef", max_stored_turns=2)
    assert outputs(session, "rewriter") == ["4"] * 4
    assert outputs(session, "writer") == ["2"] * 2


@pytest.mark.parametrize("settings", [{}, {"max_turns": 1}, {"max_stored_turns": 3}])
def test_a_replay_puts_every_node_where_it_stood(settings):
    session, lm = talk(Pipeline(times=2), *"abcd", **settings)
    for turn in session.turns:
        first = [prompt for call in turn.calls for prompt in call.prompts]
        sent = len(lm.calls)
        with dspy.context(lm=lm):
            session(question=turn.inputs["question"], history=turn.history_snapshot)
        assert lm.prompts[sent:] == first
    assert len(session.turns) == min(4, settings.get("max_stored_turns", 4))


def test_a_hand_made_history_starts_nodes_from_nothing():
    session, lm = talk(Pipeline(), *"abc")
    sent = len(lm.calls)
    with dspy.context(lm=lm):
        history = dspy.History(messages=[{"question": "q", "answer": "a"}])
        assert session(question="?", history=history).answer == "1"
    assert [len(call.turns) // 2 for call in lm.calls[sent:]] == [0, 0, 1]


@pytest.mark.parametrize(
    "program",
    [
        Pipeline(),
        dspy.ChainOfThought("question -> answer"),
        dspy.ReAct("question -> answer", tools=[]),
        dspy.Predict("question -> answer, plan"),
    ],
    ids=lambda p: type(p).__name__,
)
def test_no_prompt_shows_a_turn_as_none(program):
    session = sessionify(program)
    lm = scripted_lm(
        lambda call: {
            **fields(call),
            "next_thought": "done",
            "next_tool_name": "finish",
            "next_tool_args": {},
        }
    )
    with dspy.context(lm=lm):
        session(question="a")
        session.add_turn(inputs={"question": "by hand"}, outputs={"answer": "with no reasoning"})
        session(question="b")
    turns = [message["content"] for call in lm.calls for message in call.turns]
    assert turns
    assert "None" not in str(turns)


def test_a_turn_added_by_hand_reaches_a_program_that_thinks_first():
    session, lm = sessionify(dspy.ChainOfThought("question -> answer")), scripted_lm(fields)
    session.add_turn(inputs={"question": "capital?"}, outputs={"answer": "It is Paris."})
    with dspy.context(lm=lm):
        session(question="And Germany?")
    assert "It is Paris." in lm.calls[0].turns[1]["content"]


def test_an_edit_reaches_nodes_that_said_the_same():
    session, lm = talk(Pipeline(), "a")
    session.edit_turn(0, outputs={"answer": "edited"})
    with dspy.context(lm=lm):
        session(question="b")
    assert "edited" in str(lm.calls[-1].turns)
    assert session.turns[0].calls[-1].outputs == {"answer": "edited"}
    assert session.turns[0].calls[-1].recorded == {"answer": "0"}


def test_a_caught_error_of_a_node_leaves_its_request_in_the_turn():
    class Tries(dspy.Module):
        def __init__(self):
            super().__init__()
            self.first = dspy.Predict("question -> answer")
            self.second = dspy.Predict("question -> answer")

        def forward(self, question):
            try:
                return self.first(question=question)
            except Exception:  # noqa: BLE001  # whatever the adapter raises
                return self.second(question=question)

    session = sessionify(Tries())
    lm = scripted_lm("unreadable", "unreadable", {"answer": "x"})
    with dspy.context(lm=lm):
        session(question="?")
    assert [call.node for call in session.turns[0].calls] == ["second"]
    assert len(session.turns[0].requests) == 3


# --- threads, pools and tasks ---------------------------------------------------------------------


class Threaded(dspy.Module):
    def __init__(self, run):
        super().__init__()
        self.ask = dspy.Predict(ANSWER)
        self.run = run

    def forward(self, question):
        return self.run(self.ask, question)


def in_dspys_pool(ask, question):
    pairs = [(ask, {"question": question})] * 2
    return dspy.Parallel(num_threads=2, disable_progress_bar=True)(pairs)[1]


def in_a_carried_thread(ask, question):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(carry_frame(ask), question=question).result()


def in_a_raw_thread(ask, question):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ask, question=question).result()


@pytest.mark.parametrize(
    ("run", "calls", "seen"),
    [(in_dspys_pool, 2, ["0", "1"]), (in_a_carried_thread, 1, ["0", "1"])],
)
def test_threads_that_carry_the_call_see_and_record(run, calls, seen):
    session, _ = talk(Threaded(run), "a", "b")
    assert [turn.outputs["answer"] for turn in session.turns] == seen
    assert [len(turn.calls) for turn in session.turns] == [calls, calls]


def test_a_raw_thread_behaves_as_if_never_wrapped():
    program = Threaded(in_a_raw_thread)
    lm = scripted_lm(fields)
    program.set_lm(lm)
    session = sessionify(program, copy_mode="none")
    session(question="a")
    session(question="b")
    assert [turn.outputs["answer"] for turn in session.turns] == ["0", "0"]
    assert session.turns[1].calls == []
    assert "history" not in lm.calls[1].system


async def test_tasks_inside_a_call_see_and_record():
    class Gathers(dspy.Module):
        def __init__(self):
            super().__init__()
            self.ask = dspy.Predict(ANSWER)

        async def aforward(self, question):
            both = [self.ask.acall(question=question) for _ in range(2)]
            return (await asyncio.gather(*both))[0]

    session = sessionify(Gathers())
    with dspy.context(lm=scripted_lm(fields)):
        await session.acall(question="a")
        assert (await session.acall(question="b")).answer == "1"
    assert [len(turn.calls) for turn in session.turns] == [2, 2]


def test_two_conversations_in_two_threads_do_not_mix():
    sessions = [sessionify(Pipeline()) for _ in range(4)]
    for session in sessions:
        session.set_lm(scripted_lm(fields))
    start = threading.Barrier(4)

    def work(session):
        start.wait()
        for number in range(5):
            session(question=str(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, sessions))
    for session in sessions:
        assert outputs(session, "writer") == ["0", "1", "2", "3", "4"]
        assert outputs(session, "rewriter") == ["0", "1", "2", "3", "4"]


# --- from inside ---------------------------------------------------------------------------------


def test_code_inside_a_call_reads_the_history():
    class Reads(dspy.Module):
        def forward(self, question):
            history = get_current_history()
            history.messages.append({"question": "spoilt"})
            return {"answer": [m["question"] for m in get_current_history().messages]}

    session = sessionify(Reads())
    for question in "abc":
        session(question=question)
    assert session.turns[2].outputs == {"answer": ["a", "b"]}
    assert get_current_history() == dspy.History(messages=[])
    assert current_frame() is None


def test_a_program_that_names_the_history_gets_it():
    class Named(dspy.Module):
        def forward(self, question, past: dspy.History | None = None):
            return {"answer": len(past.messages)}

    class Anything(dspy.Module):
        def forward(self, **inputs):
            return {"answer": sorted(inputs)}

    named = sessionify(Named())
    assert named.history_field == "past"
    assert [named(question=q)["answer"] for q in "abc"] == [0, 1, 2]
    assert "past" not in named.turns[0].inputs
    assert sessionify(Anything())(question="a", more=1) == {"answer": ["more", "question"]}


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([], True),
        ([{"answer": "a"}], True),
        ([{"answer": "a", "more": 1}, {"answer": ""}], True),
        ([{"answer": "a"}, {"question": "q"}], False),
        ([{"answer": None}], False),
    ],
)
def test_a_past_is_legible_when_no_answer_is_missing(messages, expected):
    assert legible(messages, ANSWER) is expected


# --- explicit histories that are recorded --------------------------------------------------------

GIVEN = dspy.History(messages=[{"question": "given", "answer": "so"}])


def test_a_turn_with_a_history_of_its_own_keeps_the_nodes_where_they_are():
    session, lm = talk(Pipeline(), "a", "b", history_policy="use_if_provided")
    with dspy.context(lm=lm):
        session(question="c", history=GIVEN)
        session(question="d")
    assert outputs(session, "writer") == ["0", "1", "1", "3"]
    assert outputs(session, "rewriter") == ["0", "1", "2", "3"]
    assert session.turns[2].history_snapshot == GIVEN
    assert not session.turns[2].stale


def test_a_replaced_session_starts_its_nodes_anew():
    session, lm = talk(Pipeline(), "a", "b", history_policy="replace_session")
    with dspy.context(lm=lm):
        session(question="c", history=GIVEN)
        session(question="d")
    assert outputs(session, "rewriter") == ["0", "1"]
    assert outputs(session, "writer") == ["1", "2"]
    assert [turn.index for turn in session.turns] == [0, 1]
    session.reset()
    assert session.session_history == GIVEN


def test_replacing_a_session_is_one_action():
    session, lm = talk(Pipeline(), "a", "b", history_policy="replace_session")
    with dspy.context(lm=lm):
        session(question="c", history=GIVEN)
    session._conversation.undo()
    assert [turn.inputs["question"] for turn in session.turns] == ["a", "b"]
    assert len(session.state.node_states["rewriter"].turns) == 2
    assert session.initial_history is None
