"""The Python of ``docs/stores.md`` runs as it is printed, in its order."""

from __future__ import annotations

import re
from pathlib import Path

import dspy

from dspy_session.demo import demo_lm

PAGE = Path(__file__).parents[2] / "docs" / "stores.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_page_runs_from_top_to_bottom(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    with dspy.context(lm=demo_lm()):
        for block in BLOCKS:
            if "store.delete" in block:  # the next block goes on with what this one takes away
                block, rest = block.split("store.delete")
            exec(compile(block, PAGE.name, "exec"), names)  # noqa: S102  # our own text
    assert rest == '("mia")\n'
    assert [turn.index for turn in names["mia"].turns] == [0, 1]
    assert sorted(names["again"].branches) == ["main", "what-if"]
    assert "StoreContract" in [base.__name__ for base in names["TestMyStore"].__bases__]
    names["store"].close()
