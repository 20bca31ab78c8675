"""The measurements themselves; run once per environment, prints one JSON object.

Both packages offer ``sessionify`` and the same methods, so one script measures either.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path
from random import Random

import dspy
from dspy.lm15 import Message, Response, TextPart, Usage

from dspy_session import Session, sessionify

WORDS = ("quick", "brown", "fox", "lazy", "dog", "while", "seven", "wizards", "jolly", "ghosts")
ANSWER = "a" * 300
TURNS = 5_000


class Instant:
    """An LM engine that answers at once, so that what is left is our own time."""

    def complete(self, request):
        text = f"[[ ## answer ## ]]\n{ANSWER}\n\n[[ ## completed ## ]]"
        usage = Usage(input_tokens=10, output_tokens=5, total_tokens=15)
        message = Message.assistant([TextPart(text)])
        return Response(
            id=None, model="instant", message=message, finish_reason="stop", usage=usage
        )

    def close(self):
        pass


class Chat(dspy.Signature):
    """Answer."""

    question: str = dspy.InputField()
    answer: str = dspy.OutputField()


def once_ms(call, clock=time.perf_counter):
    started = clock()
    call()
    return (clock() - started) * 1000


def median_ms(call, repeat):
    call()
    return statistics.median(once_ms(call) for _ in range(repeat))


def text(random):
    """300 characters that no other turn has."""
    return " ".join(random.choices(WORDS, k=80))[:300].ljust(300, "x")


def filled(turns):
    random = Random(1)
    chat = sessionify(dspy.Predict(Chat))
    for _ in range(turns):
        chat.add_turn({"question": text(random)}, {"answer": text(random)})
    return chat


def call_costs(lm):
    """A session's call beside plain DSPy with the same history, passed by hand."""
    with_field = Chat.append("history", dspy.InputField(), type_=dspy.History)
    plain = dspy.Predict(with_field)
    rows = {}
    for depth in (0, 100, 1_000):
        chat = filled(depth)
        messages = [{**t.inputs, **t.outputs} for t in chat.turns]
        history = dspy.History(messages=messages)

        def by_hand(history=history):
            plain(question="And now?", history=history)

        def by_session(chat=chat):
            chat(question="And now?")

        by_hand()
        wanted = lm.history[-1]["messages"]
        by_session()
        chat.pop_turn()
        same = lm.history[-1]["messages"] == wanted
        times = {"plain": [], "session": []}
        # By turns and in processor time, so that whatever else the machine does slows both alike.
        for _ in range(10):
            for _ in range({0: 50, 100: 15, 1_000: 4}[depth]):
                times["plain"].append(once_ms(by_hand, time.thread_time))
            for _ in range({0: 50, 100: 30, 1_000: 8}[depth]):
                times["session"].append(once_ms(by_session, time.thread_time))
                chat.pop_turn()
        rows[depth] = {
            **{name: statistics.median(one) for name, one in times.items()},
            **{f"best_{name}": min(one) for name, one in times.items()},
            "same_prompt": same,
        }
    return rows


def growth():
    """5,000 turns of 600 characters: memory above the text, and what it takes to keep them."""
    gc.collect()
    tracemalloc.start()
    started = time.perf_counter()
    chat = filled(TURNS)
    seconds = time.perf_counter() - started
    gc.collect()
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    said = TURNS * 600
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chat.json"
        save = median_ms(lambda: chat.save(path), 3)
        load = median_ms(lambda: Session.load_from(path, dspy.Predict(Chat)), 3)
        size = path.stat().st_size
    return {
        "add_s": seconds,
        "memory_mb": (used - said) / 1e6,
        "fork_ms": median_ms(chat.fork, 5),
        "save_ms": save,
        "load_ms": load,
        "file_over_text": size / said,
    }


def main():
    lm = dspy.LM("instant/model", engine=Instant(), cache=False)
    dspy.configure(lm=lm)
    dspy.settings.configure(max_history_size=10)
    json.dump({"calls": call_costs(lm), "growth": growth()}, sys.stdout)


main()
