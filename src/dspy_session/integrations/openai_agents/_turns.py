"""Items of the Agents SDK as turns, and back, each item exactly as it came.

A turn is what was asked (messages of the user, the system or a developer) and all that followed
until somebody asked again. Its fields:

``user``
    The text that was asked. A message with more to it than text is the item itself; several
    messages are a list.
``assistant``
    The text of the last message of the agent; empty as long as there is none.

What the agent and its tools said, item by item, are the events of the turn's record, and the calls
of tools are its nested calls.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..._state import added_record
from ..._tree.branch import Branch
from ..._tree.record import Record, Window, new_id, now
from ..._tree.values import Fields
from ...session_memory import Item
from ...session_memory._items import item_text

USER, ASSISTANT, ITEMS = "user", "assistant", "items"
SOURCE = "agents"
"""How the records of these turns say where they come from."""

_ASKING = frozenset({"user", "system", "developer"})


def is_asking(item: Mapping[str, Any]) -> bool:
    """Whether an item is a message to the agent, not one of what it did."""
    return item.get("role") in _ASKING


def grouped(items: Iterable[Item]) -> list[list[Item]]:
    """Return items as turns: each begins where somebody asks after the agent did something."""
    turns: list[list[Item]] = []
    for item in items:
        if not turns or (is_asking(item) and not is_asking(turns[-1][-1])):
            turns.append([])
        turns[-1].append(item)
    return turns


def continues(turn: Sequence[Item], item: Item) -> bool:
    """Whether an item belongs to a turn that holds these, not to a new one."""
    return bool(turn) and not (is_asking(item) and not is_asking(turn[-1]))


def turn_record(branch: Branch, turn: Sequence[Item]) -> Record:
    """Return a turn's items as a record that is to follow the turns of a branch."""
    asked = [item for item in turn if is_asking(item)]
    done = [item for item in turn if not is_asking(item)]
    inputs = {USER: _asked(asked)} if asked else {}
    window = Window(stop=len(branch.log), seed=branch.seed or (), edits=branch.edits)
    record = added_record(branch, inputs, {ASSISTANT: answer_of(done)}, window)
    return dataclasses.replace(
        record, source=SOURCE, events=events_of(done), calls=tuple(_tool_calls(done))
    )


def events_of(done: Sequence[Item]) -> tuple[Fields, ...]:
    """Return what an agent and its tools said as the events of a record."""
    return ({ITEMS: [dict(item) for item in done]},) if done else ()


def items_in(branch: Branch, record: Record) -> list[Item]:
    """Return the items of a turn, with its edits in them.

    An edited answer is put into the agent's last message.
    """
    done: list[Item] = [item for event in record.events for item in event.get(ITEMS, ())]
    outputs = branch.outputs(record)
    answer = outputs.get(ASSISTANT)
    if isinstance(answer, str) and answer != answer_of(done):
        done = _with_answer(done, answer)
    return [*asking_items(record.inputs.get(USER)), *done]


def message_items(message: Mapping[str, Any]) -> list[Item]:
    """Return a message of a ``dspy.History`` as items."""
    answer = message.get(ASSISTANT)
    asked = asking_items(message.get(USER))
    return [*asked, {"role": "assistant", "content": answer}] if answer else asked


def asking_items(value: Any) -> list[Item]:
    """Return the value of the field ``user`` as items."""
    if value is None:
        return []
    return [
        dict(one) if isinstance(one, Mapping) else {"role": "user", "content": str(one)}
        for one in (value if isinstance(value, list) else [value])
    ]


def answer_of(done: Sequence[Item]) -> str:
    """Return the text of the agent's last message; empty when there is none."""
    texts = [item_text(item) for item in done if item.get("role") == "assistant"]
    return texts[-1] if texts else ""


def _tool_calls(done: Sequence[Item]) -> Iterator[Record]:
    """Yield the calls of tools as nested calls of the turn."""
    results = {item["call_id"]: item.get("output") for item in done if _is_result(item)}
    for item in done:
        if _is_result(item) or "call_id" not in item:
            continue
        yield Record(
            id=new_id(),
            node=str(item.get("name") or item.get("type")),
            inputs=_arguments(item.get("arguments", item.get("input"))),
            outputs={"output": results.get(item["call_id"])},
            window=Window(),
            created_at=now(),
            source=SOURCE,
        )


def _is_result(item: Item) -> bool:
    return "call_id" in item and str(item.get("type")).endswith("_output")


def _arguments(written: Any) -> dict[str, Any]:
    try:
        found = json.loads(written)
    except (TypeError, ValueError):
        found = None
    return found if isinstance(found, dict) else {"arguments": written}


def _asked(items: Sequence[Item]) -> Any:
    values = [_short(item) for item in items]
    return values[0] if len(values) == 1 else values


def _short(item: Item) -> Any:
    plain = item.keys() == {"role", "content"} and item["role"] == "user"
    return item["content"] if plain and isinstance(item["content"], str) else item


def _with_answer(done: Sequence[Item], answer: str) -> list[Item]:
    items = list(done)
    for position in range(len(items) - 1, -1, -1):
        if items[position].get("role") == "assistant":
            items[position] = _with_text(items[position], answer)
            return items
    return [*items, {"role": "assistant", "content": answer}]


def _with_text(item: Item, text: str) -> Item:
    content = item.get("content")
    if not isinstance(content, list):
        return {**item, "content": text}
    kept = [part for part in content if not _is_text(part)]
    first = next((part for part in content if _is_text(part)), {"type": "output_text"})
    return {**item, "content": [{**first, "text": text}, *kept]}


def _is_text(part: Any) -> bool:
    return isinstance(part, Mapping) and isinstance(part.get("text"), str)
