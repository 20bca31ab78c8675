"""Sources of notebook cells that the journeys begin with."""

from __future__ import annotations

import pytest

IN_LAB = pytest.mark.parametrize("lab", ["lab"], indirect=True)
"""For what does not depend on the application around the inspector."""

CHAT = """\
import dspy
from dspy_session import sessionify
from dspy_session.demo import LOGIN_TROUBLE, SupportAgent, concise, demo_lm, helpful
dspy.configure(lm=demo_lm(word_seconds=0))
chat = sessionify(SupportAgent())
for question in LOGIN_TROUBLE:
    chat(question=question)"""

SHOW = """\
inspector = chat.inspect(metrics=[helpful, concise])
inspector"""

CORRECTED = """\
inspector = chat.inspect(metrics=[helpful, concise])
inspector.rescore("helpful")
inspector.edit(1, reply="Please check your spam folder for a mail from help@tidepool.example, Mia.")
inspector.label(0, "greeting")
inspector.fork(2, name="other browser")
inspector.send(question="It works in another browser.")
inspector.switch("main")
inspector"""
"""Scores, an edit with stale turns after it, a label, and a fork."""


def recorded(signature: str, turns: str, *, more: str = "") -> str:
    """A conversation ``chat`` of turns that nobody's model made; ``turns`` is Python.

    Args:
        signature: Of the program, as ``question -> answer``.
        turns: An expression for the turns' (inputs, outputs) pairs.
        more: Statements before that expression is evaluated.
    """
    return f"""\
import dspy
from typing import Literal
from dspy_session import sessionify
from dspy_session.demo import concise, demo_lm, helpful
dspy.configure(lm=demo_lm(word_seconds=0))
chat = sessionify(dspy.Predict({signature!r}))
{more}
for inputs, outputs in {turns}:
    chat.add_turn(inputs, outputs)"""


MARKDOWN = '''\
import dspy
from dspy_session import sessionify
ANSWER = """# Deploying

Before you *begin*, read [the guide](https://example.org/guide "Guide"):

1. Build the image:
   ```bash
   docker build --tag registry.example.org/team/service:2026-11-30 --file Dockerfile --pull .
   ```
2. Run `make check`, and fix what it finds
   - formatting
   - **types**

> It takes ~~an hour~~ ten minutes.

## What it costs

| size | memory | price |
|---|---|---|
| small | 2 GB | 10 |
| large | 16 GB | 80 |

![The rocket](https://example.org/rocket.png)

---

<b>Not HTML.</b>"""
chat = sessionify(dspy.Predict("question -> answer, reason"))
chat.add_turn({"question": "*How* do I deploy?"}, {"answer": ANSWER, "reason": "**asked** for"})
chat.add_turn({"question": "And then?"}, {"answer": "- wait\\n- look", "reason": "`next`"})'''
"""A conversation in Markdown, one of its texts with everything that there is."""
