"""An interrupt may come at any step of a call: the turn is there, whole, or it is not there."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import inspect
import signal
import sys
import threading
from pathlib import Path

import dspy
import pytest
from support.scripted import ENGINES, scripted_lm

import dspy_session
from dspy_session import sessionify

PACKAGE = str(Path(dspy_session.__file__).parent)
YIELDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def answer(call):
    return {"answer": f"after {len(call.turns) // 2}", "plan": "p"}


class Agent(dspy.Module):
    def __init__(self):
        super().__init__()
        self.planner = dspy.Predict("question -> plan")
        self.writer = dspy.Predict("question, plan -> answer")

    def forward(self, question):
        return self.writer(question=question, plan=self.planner(question=question).plan)


class Interrupter:
    """Presses Ctrl-C at one step: where a function of the package begins or has ended.

    Those, and the same in what it calls directly, are where Python looks for signals.
    """

    def __init__(self, step):
        self.left = step
        self.pressed = False

    def __enter__(self):
        self._before = sys.gettrace()
        sys.settrace(self._trace)
        return self

    def __exit__(self, *error):
        sys.settrace(self._before)

    def _press(self):
        self.left -= 1
        if self.left < 0 and not self.pressed:
            self.pressed = True
            raise KeyboardInterrupt

    def _trace(self, frame, event, arg):
        caller = frame.f_back
        ours = frame.f_code.co_filename.startswith(PACKAGE)
        if not ours and not (caller and caller.f_code.co_filename.startswith(PACKAGE)):
            return None
        # What is raised as one of these is thrown away; in a callback of a weak reference or of the
        # garbage collector it is lost.
        if frame.f_code.co_name in ("<genexpr>", "remove", "gc_callback"):
            return None
        if sys.version_info >= (3, 11) or frame.f_lasti < 0:
            self._press()  # in 3.10, what is raised as a generator goes on skips its `finally`
        frame.f_trace_lines = False
        return None if frame.f_code.co_flags & YIELDS else self._ended

    def _ended(self, frame, event, arg):
        if event == "return" and frame.f_code.co_name != "__enter__":
            self._press()
        return self._ended


def told(session):
    """A turn as its reader sees it, and what stands around it."""
    turn = session.turns[-1]
    return (
        turn.inputs,
        turn.outputs,
        len(turn.calls),
        len(turn.requests),
        {path: len(node.turns) for path, node in session.state.node_states.items()},
    )


def cut_short(program, step, *, watched=False):
    """Interrupt a session's second call; return how it stands, or None when the call ended."""
    session = sessionify(program)
    session._conversation.watched = watched
    session(question="a")
    with Interrupter(step) as key, contextlib.suppress(KeyboardInterrupt):
        session(question="b")
    if not key.pressed:
        return None
    found = len(session.turns), told(session)
    assert session._conversation.running == [], step
    after = threading.Thread(target=session, kwargs={"question": "c"}, daemon=True)
    after.start()
    after.join(20)
    assert not after.is_alive(), f"after an interrupt at step {step} the next call waits forever"
    assert session.turns[-1].inputs == {"question": "c"}, step
    assert [turn.inputs for turn in session.undo()] == [{"question": "c"}], step
    return found


@pytest.mark.parametrize(
    ("make", "stride", "watched"),
    [
        (lambda: dspy.Predict("question -> answer"), 1, False),
        (lambda: dspy.Predict("question -> answer"), 2, True),
        # Before 3.4, DSPy walks the whole stack at each call of a module: fewer steps there.
        (Agent, 3 if ENGINES else 17, False),
    ],
)
def test_wherever_an_interrupt_comes_the_state_is_whole_and_the_next_call_runs(
    make, stride, watched
):
    dspy.configure(lm=scripted_lm(answer))
    whole = sessionify(make())
    whole(question="a")
    first = told(whole)
    whole(question="b")
    both = told(whole)
    step, outcomes = 0, set()
    cut = functools.partial(cut_short, watched=watched)
    while (turns := contextvars.copy_context().run(cut, make(), step)) is not None:
        seen, what = turns
        assert what == (first if seen == 1 else both), step
        outcomes.add(seen)
        step += stride
    assert outcomes == {1, 2}
    assert step > 100


def test_ctrl_c_while_the_model_thinks(request):
    def thinking(call):
        if "\nb\n" in call.last:
            signal.raise_signal(signal.SIGINT)
        return answer(call)

    dspy.configure(lm=scripted_lm(thinking))
    session = sessionify(Agent())
    session(question="a")
    before = session._branch
    # A process that a shell started in the background ignores the signal.
    old = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, old))
    with pytest.raises(KeyboardInterrupt):
        session(question="b")
    assert session._branch is before
    assert session(question="c").answer == "after 1"
