"""A file whose bytes were hit by anything: it is read as what it says, or refused by name."""

from __future__ import annotations

import random

import dspy
import pytest
from support.trees import EVERYTHING, built

from dspy_session import Session
from dspy_session._files.document import document_of
from dspy_session._files.tagged_json import to_bytes
from dspy_session.errors import FileFormatError


def hit(content, rng):
    """Change some bytes, as bad disks, editors and half-finished copies do."""
    data = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 8])):
        start = rng.randrange(len(data))
        stop = min(len(data), start + rng.choice([1, 1, 4, 100]))
        kind = rng.randrange(4)
        if kind == 0:
            data[start:stop] = bytes(rng.randrange(256) for _ in range(stop - start))
        elif kind == 1:
            del data[start:stop]
        elif kind == 2:
            data[start:start] = rng.choice([b"[", b'"', b"null", b"1e999", b"\x00", b"[" * 5000])
        else:
            data[start:start] = data[start:stop]
    return bytes(data)


@pytest.mark.parametrize("seed", range(4))
def test_no_bytes_do_worse_than_a_clear_error(seed, tmp_path):
    rng = random.Random(seed)
    path = tmp_path / "chat.json"
    conversation, key = built(EVERYTHING[: 10 + 7 * seed], seeded=True)
    content = to_bytes(document_of(conversation, key, {"max_turns": 3}))
    refused = 0
    for _ in range(80):
        path.write_bytes(hit(content, rng))
        problem = ""
        try:
            session = Session.load_from(path, dspy.Predict("question -> answer"))
        except FileFormatError as error:
            problem = str(error)
        else:
            session.save(tmp_path / "again.json")
        refused += bool(problem)
        assert not problem or "chat.json" in problem
    assert refused > 40
