"""Agents of the SDK against a model server on the loopback interface, over real HTTP."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Iterator

import agents
import pytest
from openai import AsyncOpenAI
from support.loopback import LoopbackServer, Messages, ToolCalls

with warnings.catch_warnings():  # it warns of its own type hints when it is imported
    warnings.simplefilter("ignore")
    import mlflow.pyfunc  # noqa: F401


@pytest.fixture(autouse=True)
def _nothing_leaves_this_machine() -> None:
    agents.set_tracing_disabled(True)


def shown(messages: Messages) -> str:
    """The conversation as the model was sent it, in one line, instructions left out."""
    parts = []
    for message in messages:
        if message["role"] == "tool":
            parts.append(f"tool={message['content']}")
        elif message["role"] != "system" and message.get("tool_calls"):
            parts.append("calls=" + ",".join(c["function"]["name"] for c in message["tool_calls"]))
        elif message["role"] != "system":
            parts.append(f"{message['role']}={_text(message['content'])}")
    return " | ".join(parts)


def _text(content: object) -> str:
    if isinstance(content, list):
        return "".join(part["text"] for part in content)
    return str(content)


def answer(messages: Messages) -> str | ToolCalls:
    """Adds with its tool when asked to, gives a result back, and otherwise counts what it saw."""
    last = messages[-1]
    if last["role"] == "tool":
        return f"It is {last['content']}."
    if "add" in _text(last["content"]):
        return ToolCalls((("add", {"a": 1, "b": 2}), ("add", {"a": 3, "b": 4})))
    if "expert" in _text(last["content"]):
        return ToolCalls((("transfer_to_expert", {}),))
    users = [_text(m["content"]) for m in messages if m["role"] == "user"]
    return " + ".join(users)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(answer) as server:
        yield server


@pytest.fixture
async def model(server: LoopbackServer) -> AsyncIterator[agents.OpenAIChatCompletionsModel]:
    async with AsyncOpenAI(base_url=server.url, api_key="none", max_retries=0) as client:
        yield agents.OpenAIChatCompletionsModel("loopback", client)


@agents.function_tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b
