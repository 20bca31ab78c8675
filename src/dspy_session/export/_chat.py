"""Turns as chat messages for training: the prompt as it was sent, the answer as it counts now."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .._tree.branch import Branch
from .._tree.record import Record
from .._tree.values import Fields

Message = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Exchange:
    """What a model was asked, what it said, and what it should have said."""

    prompt: list[Message]
    recorded: str
    final: str
    """The answer with the edits in it; the same text when nothing was edited."""


def exchange_at(branch: Branch, index: int) -> Exchange:
    """Return one turn as messages.

    They are the recorded ones of the turn's last LM request, when all that the turn put out
    stands in that request's answer. Otherwise (turns added by hand, programs that compute their
    outputs) they are made from the fields, see :func:`plain_messages`.
    """
    record = branch.record(index)
    final = branch.outputs(record)
    sent = _as_sent(record, final)
    if sent is not None:
        return sent
    prompt: list[Message] = []
    for message in branch.messages_seen(record, index):
        prompt += plain_messages(message, record.inputs)
    prompt += plain_messages(record.inputs, record.inputs)
    return Exchange(prompt, fields_text(record.outputs), fields_text(final))


def preference_at(branch: Branch, index: int) -> dict[str, list[Message]] | None:
    """Return an edited turn as ``prompt``, ``chosen`` and ``rejected`` messages; None: no edit.

    The shape is TRL's conversational preference format.
    """
    record = branch.record(index)
    if record.id not in branch.edits:
        return None
    exchange = exchange_at(branch, index)
    return {
        "prompt": exchange.prompt,
        "chosen": [{"role": "assistant", "content": exchange.final}],
        "rejected": [{"role": "assistant", "content": exchange.recorded}],
    }


def plain_messages(fields: Fields, asked: Fields) -> list[Message]:
    """Return fields as a user message and an assistant message; a side without fields is left out.

    Args:
        fields: A turn's inputs and outputs together.
        asked: The fields that are the user's.
    """
    sides = [
        ("user", {name: value for name, value in fields.items() if name in asked}),
        ("assistant", {name: value for name, value in fields.items() if name not in asked}),
    ]
    return [{"role": role, "content": fields_text(side)} for role, side in sides if side]


def fields_text(fields: Fields) -> str:
    """Return fields as text: the value alone when there is one, else ``name: value`` lines."""
    if len(fields) == 1:
        return value_text(next(iter(fields.values())))
    return "\n".join(f"{name}: {value_text(value)}" for name, value in fields.items())


def value_text(value: Any) -> str:
    """Return a value as a reader would want it: text as it is, data as JSON where it can be."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, dict, bool, int, float)) or value is None:
        try:
            return json.dumps(value, ensure_ascii=False)
        except (TypeError, ValueError):
            return str(value)
    return str(value)


def branch_messages(branch: Branch, indices: Sequence[int]) -> list[Message]:
    """Return some turns of a branch as one conversation.

    It is the last turn's prompt and answer where that prompt holds just these turns as they read
    now; else it is made from the fields, with every edit in it.
    """
    if not indices:
        return []
    last = branch.record(indices[-1])
    if _tells_all(branch, last, indices):
        sent = _as_sent(last, branch.outputs(last))
        if sent is not None:
            return [*sent.prompt, {"role": "assistant", "content": sent.final}]
    messages: list[Message] = []
    for message in branch.seed or ():
        messages += plain_messages(message, last.inputs)
    for index in indices:
        record = branch.record(index)
        fields = {**branch.outputs(record), **record.inputs}
        messages += plain_messages(fields, record.inputs)
    return messages


def _tells_all(branch: Branch, last: Record, indices: Sequence[int]) -> bool:
    window = last.window
    return (
        window.given is None
        and list(indices) == list(range(window.start, indices[-1] + 1))
        and window.stop == indices[-1]
        and not branch.stale_because(last, indices[-1])
    )


# --- the recorded request ------------------------------------------------------------------------


def _as_sent(record: Record, final: Fields) -> Exchange | None:
    requests = record.all_requests()
    if not requests or not requests[-1].answers:
        return None
    answer = requests[-1].answers[0]
    recorded = answer.get("text") if isinstance(answer, Mapping) else answer
    if not isinstance(recorded, str) or not recorded:
        return None
    if not all(_spellings(name, value, recorded) for name, value in record.outputs.items()):
        return None
    edited = recorded
    for name, value in final.items():
        if name not in record.outputs:
            return None
        if value is not record.outputs[name]:
            edited = _with_value(edited, name, record.outputs[name], value)
    prompt = [dict(message) for message in requests[-1].prompt]
    return Exchange(prompt, recorded, edited)


def _spellings(name: str, value: Any, text: str) -> list[tuple[str, bool]]:
    """The ways in which adapters write a field that occur in a text, and whether as JSON."""
    plain, quoted = value_text(value).strip(), json.dumps(value_text(value))
    unescaped = json.dumps(value_text(value), ensure_ascii=False)
    written = [
        (f"[[ ## {name} ## ]]\n{plain}", False),
        (f"<{name}>{plain}", False),
        (f"<{name}>\n{plain}", False),
        (f'"{name}": {quoted if isinstance(value, str) else plain}', True),
        (f'"{name}": {unescaped}', True),
    ]
    return [(one, as_json) for one, as_json in written if one in text]


def _with_value(text: str, name: str, old: Any, new: Any) -> str:
    """Put another value in a field's place in an answer."""
    spelling, as_json = _spellings(name, old, text)[0]
    if not as_json:
        head = spelling[: len(spelling) - len(value_text(old).strip())]
        return text.replace(spelling, head + value_text(new).strip(), 1)
    head = re.match(r'"[^"]*": ', spelling)
    written = json.dumps(new, ensure_ascii=False) if isinstance(new, str) else value_text(new)
    return text.replace(spelling, (head[0] if head else "") + written, 1)
