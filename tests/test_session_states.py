"""One session for many users: states, tasks, threads and the order of calls."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import dspy
import pytest
from support.scripted import Held, scripted_lm

from dspy_session import SessionState, errors, sessionify, with_memory


def after(call):
    return {"answer": f"after {len(call.turns) // 2}"}


def blueprint(*answers, **settings):
    app = with_memory(dspy.Predict("question -> answer"), **settings)
    app.set_lm(scripted_lm(*(answers or (after,))))
    return app


def said(state):
    return [turn.inputs["question"] for turn in state.turns]


# --- binding -------------------------------------------------------------------------------------


def test_a_blueprint_wraps_the_program_itself():
    program = dspy.Predict("question -> answer")
    assert with_memory(program).module is program
    assert sessionify(program).module is not program


def test_a_bound_state_takes_every_turn():
    app, alice = blueprint(), None
    alice = app.new_state()
    with app.use_state(alice) as bound:
        assert bound is alice is app.state
        app(question="a")
        app.add_turn(inputs={"question": "b"}, outputs={"answer": "x"})
        assert len(app) == 2
        assert app.turns[1].inputs == {"question": "b"}
    assert said(alice) == ["a", "b"]
    assert len(app) == 0


def test_bindings_nest_and_end_also_after_an_error():
    app = blueprint()
    outer, inner = app.new_state(), app.new_state()
    with app.use_state(outer):
        app(question="outer")
        with contextlib.suppress(ZeroDivisionError), app.use_state(inner):
            app(question="inner")
            raise ZeroDivisionError
        app(question="outer again")
    assert (said(outer), said(inner)) == (["outer", "outer again"], ["inner"])


def test_a_state_bound_to_one_session_is_not_seen_by_another():
    one, two = blueprint(), blueprint()
    state = one.new_state()
    with one.use_state(state):
        two(question="mine")
    assert (len(state), len(two)) == (0, 1)


def test_one_binding_can_be_entered_again():
    app = blueprint()
    binding = app.use_state(app.new_state())
    with binding:
        app(question="a")
        with binding:
            app(question="b")
        assert said(app.state) == ["a", "b"]
    assert len(app) == 0


def test_a_dict_is_refused_with_the_way_to_read_it():
    with pytest.raises(errors.ArgumentTypeError, match="from_dict"):
        blueprint().use_state({"turns": []})


def test_an_empty_state_is_a_state():
    app = blueprint()
    state = app.new_state()
    assert state
    assert len(state) == 0
    assert repr(state) == "SessionState(turns=0, branch='main')"


def test_states_begin_with_the_initial_history():
    seed = dspy.History(messages=[{"question": "q", "answer": "a"}])
    app = blueprint(initial_history=seed)
    state = app.new_state()
    assert state.initial_history == seed
    state.initial_history.messages[0]["question"] = "changed"
    with app.use_state(state):
        assert app(question="?").answer == "after 1"
        assert app.session_history.messages[0] == {"question": "q", "answer": "a"}


def test_a_state_can_be_made_of_turns():
    app = blueprint()
    app(question="a")
    state = SessionState(turns=[*app.turns, {"inputs": {"question": "b"}, "outputs": {}}])
    assert said(state) == ["a", "b"]
    assert state.turns[1].history_snapshot.messages == [{"question": "a", "answer": "after 0"}]


@pytest.mark.parametrize("turn", ["text", 3, {"inputs": {}}])
def test_a_state_refuses_what_is_no_turn(turn):
    with pytest.raises(errors.ArgumentTypeError):
        SessionState(turns=[turn])


def test_a_fork_of_a_bound_state_belongs_to_its_user():
    app = blueprint()
    alice = app.new_state()
    with app.use_state(alice):
        app(question="a")
        branch = app.fork(name="what-if")
    branch(question="b")
    assert said(branch.state) == ["a", "b"]
    assert said(alice) == ["a"]
    assert len(app) == 0
    assert list(app.branches) == ["main"]


# --- tasks, threads and pools --------------------------------------------------------------------


async def test_tasks_bind_states_of_their_own():
    app = blueprint()
    states = [app.new_state() for _ in range(5)]

    async def serve(number, state):
        async with app.use_state(state):
            for turn in range(3):
                await app.acall(question=f"{number}.{turn}")
                await asyncio.sleep(0)

    await asyncio.gather(*(serve(number, state) for number, state in enumerate(states)))
    assert [said(s) for s in states] == [[f"{n}.{t}" for t in range(3)] for n in range(5)]
    assert len(app) == 0


def test_threads_bind_states_of_their_own():
    app = blueprint()
    states = [app.new_state() for _ in range(4)]

    def serve(number):
        with app.use_state(states[number]):
            for turn in range(5):
                app(question=f"{number}.{turn}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(serve, range(4)))
    assert [said(s) for s in states] == [[f"{n}.{t}" for t in range(5)] for n in range(4)]


class Fans(dspy.Module):
    """A program that asks two predictors at once, through DSPy's own pool."""

    def __init__(self):
        super().__init__()
        self.left = dspy.Predict("question -> left")
        self.right = dspy.Predict("question -> right")

    def forward(self, question):
        pairs = [(one, {"question": question}) for one in (self.left, self.right)]
        left, right = dspy.Parallel(num_threads=2, disable_progress_bar=True)(pairs)
        return dspy.Prediction(left=left.left, right=right.right)


def test_what_a_pool_does_stays_with_the_user_it_works_for():
    app = with_memory(Fans())
    app.set_lm(
        scripted_lm(lambda call: dict.fromkeys(("left", "right"), f"{len(call.turns) // 2}"))
    )
    alice, bob = app.new_state(), app.new_state()
    for state, turns in ((alice, 3), (bob, 1)):
        with app.use_state(state):
            for _ in range(turns):
                app(question="?")
    assert [turn.outputs["left"] for turn in alice.turns] == ["0", "1", "2"]
    assert [turn.outputs["right"] for turn in bob.turns] == ["0"]
    assert {path: len(node.turns) for path, node in alice.node_states.items()} == {
        "left": 3,
        "right": 3,
    }
    assert {path: len(node.turns) for path, node in bob.node_states.items()} == {
        "left": 1,
        "right": 1,
    }


def test_a_pool_outside_takes_turns_on_the_bound_state():
    app = blueprint()
    state = app.new_state()
    with app.use_state(state):
        pairs = [(app, dspy.Example(question=q).with_inputs("question")) for q in "abcd"]
        dspy.Parallel(num_threads=4, disable_progress_bar=True)(pairs)
    assert sorted(said(state)) == list("abcd")
    assert sorted(turn.outputs["answer"] for turn in state.turns) == [
        f"after {n}" for n in range(4)
    ]


# --- the order of calls ---------------------------------------------------------------------------


def test_two_calls_on_one_state_run_one_after_the_other():
    held = Held({"answer": "first"})
    app = blueprint(held, {"answer": "second"})
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(app, question="a")
        assert held.reached.wait(10)
        second = pool.submit(app, question="b")
        assert [call.inputs for call in app._conversation.running] == [{"question": "a"}]
        held.release()
        assert (first.result(10).answer, second.result(10).answer) == ("first", "second")
    assert said(app.state) == ["a", "b"]
    assert len(app.turns[1].history_snapshot.messages) == 1


def test_two_users_never_wait_for_each_other():
    held = Held({"answer": "late"})
    app = blueprint(held, {"answer": "at once"})
    alice, bob = app.new_state(), app.new_state()

    def ask(state):
        with app.use_state(state):
            return app(question="?").answer

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask, alice)
        assert held.reached.wait(10)
        assert ask(bob) == "at once"
        held.release()
        assert waiting.result(10) == "late"


def test_undo_waits_for_the_call_under_way():
    held = Held({"answer": "first"})
    app = blueprint(held)
    with ThreadPoolExecutor(2) as pool:
        call = pool.submit(app, question="a")
        assert held.reached.wait(10)
        undo = pool.submit(app.undo)
        held.release()
        call.result(10)
        assert [turn.inputs for turn in undo.result(10)] == [{"question": "a"}]
    assert len(app) == 0


def test_an_edit_during_a_call_makes_its_turn_stale():
    held = Held({"answer": "late"})
    app = blueprint({"answer": "early"}, held)
    app(question="a")
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(app, question="b")
        assert held.reached.wait(10)
        app.edit_turn(0, outputs={"answer": "edited"})
        branch = app.fork()
        held.release()
        call.result(10)
    assert [turn.stale for turn in app.turns] == [False, True]
    assert app.turns[1].history_snapshot.messages[0]["answer"] == "early"
    assert said(branch.state) == ["a"]


async def test_a_thread_and_a_coroutine_share_the_lock():
    held = Held({"answer": "first"})
    app = blueprint(held, {"answer": "second"})
    thread = asyncio.create_task(asyncio.to_thread(app, question="a"))
    assert await asyncio.to_thread(held.reached.wait, 10)
    task = asyncio.create_task(app.acall(question="b"))
    await asyncio.sleep(0)
    assert not task.done()
    held.release()
    assert ((await thread).answer, (await task).answer) == ("first", "second")


async def test_calling_in_the_middle_of_an_awaited_call_is_refused_not_a_deadlock():
    held = Held({"answer": "first"})
    app = blueprint(held, {"answer": "second"})
    task = asyncio.create_task(app.acall(question="a"))
    assert await asyncio.to_thread(held.reached.wait, 10)
    with pytest.raises(errors.ConflictError, match="acall"):
        app(question="b")
    held.release()
    await task
    assert said(app.state) == ["a"]


async def test_a_cancelled_call_leaves_no_trace():
    held = Held({"answer": "never"})
    app = blueprint(held, {"answer": "next"})
    task = asyncio.create_task(app.acall(question="a"))
    assert await asyncio.to_thread(held.reached.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(app) == 0
    assert app._conversation.running == []
    assert (await app.acall(question="b")).answer == "next"


async def test_a_call_cancelled_while_it_waits_frees_the_queue():
    held = Held({"answer": "first"})
    app = blueprint(held, {"answer": "third"})
    first = asyncio.create_task(app.acall(question="a"))
    assert await asyncio.to_thread(held.reached.wait, 10)
    second = asyncio.create_task(app.acall(question="b"))
    third = asyncio.create_task(app.acall(question="c"))
    await asyncio.sleep(0)
    second.cancel()
    held.release()
    results = await asyncio.gather(first, second, third, return_exceptions=True)
    assert isinstance(results[1], asyncio.CancelledError)
    assert said(app.state) == ["a", "c"]


def test_a_session_serves_one_event_loop_after_another():
    app = blueprint()
    for number in range(3):
        assert asyncio.run(app.acall(question="?")).answer == f"after {number}"


def test_two_event_loops_at_once_share_the_lock():
    held = Held({"answer": "first"})
    app = blueprint(held, {"answer": "second"})

    def ask(question):
        return asyncio.run(app.acall(question=question)).answer

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, "a")
        assert held.reached.wait(10)
        second = pool.submit(ask, "b")
        held.release()
        assert (first.result(10), second.result(10)) == ("first", "second")


@pytest.mark.parametrize("move", ["undo", "redo", "reset"])
def test_moving_inside_a_call_is_refused_not_a_deadlock(move):
    class Moves(dspy.Module):
        def forward(self, question):
            getattr(session, move)()
            return question

    session = sessionify(Moves(), copy_mode="none")
    session.add_turn(inputs={"question": "a"}, outputs={"output": "b"})
    done = []

    def call():
        with pytest.raises(errors.ConflictError, match="in the middle of a call"):
            session(question="?")
        done.append(True)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(10)
    assert done, "the call waits for itself"
    assert len(session) == 1


def test_a_session_may_call_itself():
    class Twice(dspy.Module):
        def forward(self, question):
            return question if question == "inner" else session(question="inner")

    session = sessionify(Twice(), copy_mode="none")
    assert session(question="outer") == "inner"
    assert [turn.inputs["question"] for turn in session.turns] == ["inner", "outer"]
