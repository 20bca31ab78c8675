"""Branches built by hand, without a program: what the inspector's view is a function of."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from dspy_session._tree.branch import Branch
from dspy_session._tree.conversation import Conversation
from dspy_session._tree.log import Log
from dspy_session._tree.record import Record, Request, Window, new_id

BEGAN = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


def turn_after(
    branch: Branch, inputs: dict[str, Any], outputs: dict[str, Any], **more: Any
) -> Record:
    """A turn that saw all of the branch as it is now."""
    length = len(branch.log)
    defaults: dict[str, Any] = {
        "id": new_id(),
        "node": "self",
        "window": Window(branch.log.first, length, seed=branch.seed or (), edits=branch.edits),
        "created_at": BEGAN + datetime.timedelta(seconds=length),
        "latency_s": 0.5,
    }
    return Record(inputs=inputs, outputs=outputs, **{**defaults, **more})


def said(branch: Branch, question: Any, answer: Any, **more: Any) -> Branch:
    """The branch with one more turn."""
    return branch.appended(turn_after(branch, {"question": question}, {"answer": answer}, **more))


def branch_of(*turns: tuple[Any, Any], name: str = "main") -> Branch:
    """A branch of questions and answers."""
    branch = Branch(name=name)
    for question, answer in turns:
        branch = said(branch, question, answer)
    return branch


def numbered(count: int, name: str = "main") -> Branch:
    """A branch with questions ``q0 …`` and answers ``a0 …``."""
    return branch_of(*((f"q{number}", f"a{number}") for number in range(count)), name=name)


def conversation_of(*turns: tuple[Any, Any]) -> Conversation:
    return Conversation(branch_of(*turns))


def nested(node: str, outputs: dict[str, Any], **more: Any) -> Record:
    """A nested call that saw nothing."""
    record = turn_after(Branch(), {"text": f"for {node}"}, outputs, node=node)
    return dataclasses.replace(record, **more)


def request(*contents: str, **more: Any) -> Request:
    """An LM request with one user message for each content."""
    messages = [{"role": "user", "content": content} for content in contents]
    return Request(model=more.pop("model", "some/model"), prompt=Log(messages), **more)
