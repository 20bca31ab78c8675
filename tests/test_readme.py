"""The README's Python runs as it is printed, in its order, with the demo model."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import dspy

from dspy_session.demo import demo_lm

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_readme_runs_from_top_to_bottom(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DSPY_SESSION_LM", raising=False)
    dspy.configure(lm=demo_lm())
    names = {}
    for block in BLOCKS:
        # The one line that would reach for a provider; the demo model is configured already.
        code = re.sub(r"dspy\.LM\(\"openai/[^\"]+\"\)", "dspy.settings.lm", block)
        exec(compile(code, "README.md", "exec"), names)  # noqa: S102  # our own text
    assert names["turn"].prompt
    assert names["chat"].turns[0].edited
    assert Path("chat.json").exists()
    assert Path("turns.jsonl").exists()
    reply, stored = asyncio.run(names["handle"]("Hi, I'm Ann", None))
    again, _ = asyncio.run(names["handle"]("What is my name?", stored))
    assert reply.reply
    assert "Ann" in again.reply
