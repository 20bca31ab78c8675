"""The Python of the pages in ``docs`` runs as it is printed, page by page."""

from __future__ import annotations

import re
from pathlib import Path

import dspy
import pytest

from dspy_session.demo import demo_lm

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = ["import_and_export.md", "manager.md", "sessionify-vs-with-memory.md", "stores.md"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_from_top_to_bottom(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DSPY_SESSION_LM", raising=False)
    text = (DOCS / page).read_text(encoding="utf-8")
    names = {}
    with dspy.context(lm=demo_lm()):
        for block in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL):
            exec(compile(block, page, "exec"), names)  # noqa: S102  # our own text
            # What a line shows is what its comment says.
            for value, comment in re.findall(r"^(\S.*?)  # (Imported\(.*\))$", block, re.MULTILINE):
                assert repr(eval(value, names)) == comment  # noqa: S307
    assert names
