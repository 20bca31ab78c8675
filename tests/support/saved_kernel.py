"""What stands in the kernel's place in a saved page, run by Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

JS = Path(__file__).resolve().parents[2] / "js"


class SavedKernel:
    """Answers from the data of a saved page; one process serves many pages."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def replies(self, page: Any, asks: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The replies to some requests."""
        return self._answer({"page": page, "asks": asks})

    def word_diffs(self, pairs: list[tuple[str, str]]) -> list[list[list[str]]]:
        """The word diffs of some pairs of texts."""
        return self._answer({"texts": pairs})

    def folded(self, texts: list[str]) -> list[str]:
        """Texts as they are compared in whichever case."""
        return self._answer({"folded": texts})

    def _answer(self, asked: Any) -> Any:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(asked) + "\n")
        stdin.flush()
        return json.loads(stdout.readline())


@contextmanager
def saved_kernel() -> Iterator[SavedKernel]:
    """Run it for as long as it is wanted."""
    node = shutil.which("node")
    assert node, "Node builds the page; it has to be there to test it"
    process = subprocess.Popen(
        [node, "dev/answers.mjs"],
        cwd=JS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield SavedKernel(process)
    finally:
        process.communicate(timeout=30)  # no more input ends it
