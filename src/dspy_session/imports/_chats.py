"""One row of a chat file, of any of the usual shapes, as a conversation."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .._messages import Beside, Message, Pair, content_text, paired
from ..errors import ArgumentError
from ._conversation import ImportedConversation, ImportedTurn

Row = Mapping[str, Any]


class BadRowError(ArgumentError):
    """A row that cannot be read; the message says what is wrong with it. Others are read on."""


@dataclasses.dataclass(frozen=True, slots=True)
class Names:
    """The fields that hold what was said."""

    input: str = "question"
    output: str = "answer"


def conversation_of(row: Any, where: str, shape: str | None, names: Names) -> ImportedConversation:
    """Return the conversation in a row.

    Args:
        row: A JSON object.
        where: Where it stands.
        shape: One of ``SHAPES``; None: the one that its keys tell of.
        names: The fields of the turns.

    Raises:
        BadRowError: It is no such row.
    """
    if not isinstance(row, Mapping):
        msg = f"a row is a JSON object, this is {_kind(row)}"
        raise BadRowError(msg)
    chosen = shape or _shape_of(row)
    conversation = SHAPES[chosen](row, names)
    if not conversation.turns and not conversation.beside:
        msg = "there is no message in it"
        raise BadRowError(msg)
    return dataclasses.replace(conversation, where=where)


def _shape_of(row: Row) -> str:
    for shape, keys in _TELLING:
        if all(key in row for key in keys):
            return shape
    keys = ", ".join(repr(key) for key in list(row)[:8]) or "none"
    msg = (
        f"this is no chat that is known here: a row has 'messages', 'conversations', or 'prompt' "
        f"with 'completion' or 'chosen'; its keys are {keys}"
    )
    raise BadRowError(msg)


# --- shapes --------------------------------------------------------------------------------------


def _messages(row: Row, names: Names) -> ImportedConversation:
    said = _checked(_there(row, "messages"), "messages")
    return _told(said, names, row, ("messages",))


def _preference(row: Row, names: Names) -> ImportedConversation:
    asked, chosen, rejected = (
        _there(row.get("input"), "messages", "input"),
        _there(row, "preferred_output"),
        _there(row, "non_preferred_output"),
    )
    prompt = _checked(asked, "input.messages")
    rest = {f"input.{key}": value for key, value in row["input"].items() if key != "messages"}
    left = {**{k: v for k, v in row.items() if k not in _PREFERENCE}, **rest}
    return _compared(
        prompt,
        _checked(chosen, "preferred_output"),
        _checked(rejected, "non_preferred_output"),
        names,
        left,
    )


_PREFERENCE = ("input", "preferred_output", "non_preferred_output")


def _trl(row: Row, names: Names) -> ImportedConversation:
    if "chosen" in row:
        return _trl_preference(row, names)
    if "messages" in row:
        return _messages(row, names)
    prompt = _said(_there(row, "prompt"), "user", "prompt")
    answer = _said(_there(row, "completion"), "assistant", "completion")
    told = _told([*prompt, *answer], names, row, ("prompt", "completion", "label"))
    if "label" not in row:
        return told
    if not isinstance(row["label"], bool):
        msg = f"'label' says true or false, this is {_kind(row['label'])}"
        raise BadRowError(msg)
    return _last_turn(told, scores={"label": (float(row["label"]), None)})


def _trl_preference(row: Row, names: Names) -> ImportedConversation:
    chosen = _said(row["chosen"], "assistant", "chosen")
    rejected = _said(_there(row, "rejected"), "assistant", "rejected")
    left = {key: row[key] for key in row if key not in ("prompt", "chosen", "rejected")}
    if "prompt" in row:
        prompt = _said(row["prompt"], "user", "prompt")
    else:
        # The prompt is what both begin with.
        same = 0
        for one, other in zip(chosen, rejected, strict=False):
            if one != other:
                break
            same += 1
        prompt, chosen, rejected = chosen[:same], chosen[same:], rejected[same:]
    return _compared(prompt, chosen, rejected, names, left)


_SPEAKERS = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "assistant": "assistant",
    "model": "assistant",
    "system": "system",
    "tool": "tool",
    "observation": "tool",
    "function_response": "tool",
}


def _sharegpt(row: Row, names: Names) -> ImportedConversation:
    said = _there(row, "conversations")
    if not isinstance(said, Sequence) or isinstance(said, str):
        msg = f"'conversations' is a list, this is {_kind(said)}"
        raise BadRowError(msg)
    messages: list[Message] = []
    if isinstance(row.get("system"), str) and row["system"]:
        messages.append({"role": "system", "content": row["system"]})
    for at, one in enumerate(said):
        if not isinstance(one, Mapping):
            msg = f"conversations[{at}] is an object with 'from' and 'value', this is {_kind(one)}"
            raise BadRowError(msg)
        speaker = one.get("from", one.get("role"))
        text = one.get("value", one.get("content"))
        if not isinstance(speaker, str) or not isinstance(text, str):
            msg = f"conversations[{at}] has no text under 'from' and 'value'"
            raise BadRowError(msg)
        more = {k: v for k, v in one.items() if k not in ("from", "value", "role", "content")}
        role = _SPEAKERS.get(speaker, speaker)
        messages.append({"role": role, "content": text, **more})
    return _told(messages, names, row, ("conversations", "system"))


SHAPES: dict[str, Callable[[Row, Names], ImportedConversation]] = {
    "openai": _messages,
    "openai-preference": _preference,
    "trl": _trl,
    "sharegpt": _sharegpt,
}
_TELLING = (
    ("openai-preference", ("preferred_output",)),
    ("trl", ("chosen",)),
    ("openai", ("messages",)),
    ("sharegpt", ("conversations",)),
    ("trl", ("prompt", "completion")),
)
"""Keys that tell a shape, the most telling first."""


# --- their parts -----------------------------------------------------------------------------


def _there(row: Any, key: str, at: str = "") -> Any:
    if not isinstance(row, Mapping) or row.get(key) is None:
        msg = f"there is no {(at + '.' if at else '') + key!r}"
        raise BadRowError(msg)
    return row[key]


def _said(value: Any, role: str, name: str) -> list[Message]:
    """Messages, or a bare text that one speaker said."""
    if isinstance(value, str):
        return [{"role": role, "content": value}]
    return _checked(value, name)


def _checked(messages: Any, name: str) -> list[Message]:
    if isinstance(messages, Mapping):
        messages = [messages]
    if not isinstance(messages, Sequence) or isinstance(messages, str):
        msg = f"{name!r} is a list of messages, this is {_kind(messages)}"
        raise BadRowError(msg)
    return [checked_message(message, f"{name}[{at}]") for at, message in enumerate(messages)]


def checked_message(message: Any, name: str) -> Message:
    """Return a message that has a role and a content.

    Raises:
        BadRowError: It has not; the error names it.
    """
    if not isinstance(message, Mapping):
        msg = f"{name} is an object with 'role' and 'content', this is {_kind(message)}"
        raise BadRowError(msg)
    role, content = message.get("role"), message.get("content")
    if not isinstance(role, str) or not role:
        msg = f"{name} has no 'role'"
        raise BadRowError(msg)
    if content is None and not any(message.get(key) for key in ("tool_calls", "function_call")):
        msg = f"{name} has no 'content'"
        raise BadRowError(msg)
    if not isinstance(content, (str, list, type(None))):
        msg = f"{name}.content is a text or a list of parts, this is {_kind(content)}"
        raise BadRowError(msg)
    # Loaders that need one type for all rows fill what a message has not with None.
    return {key: value for key, value in message.items() if value is not None or key == "content"}


def _told(
    messages: list[Message], names: Names, row: Row, mapped: Sequence[str]
) -> ImportedConversation:
    """Messages as a conversation; keys of the row that are not mapped go to the metadata."""
    pairs, beside = paired(messages)
    return turns_of(pairs, beside, names, {k: v for k, v in row.items() if k not in mapped})


def turns_of(
    pairs: Sequence[Pair], beside: Sequence[Beside], names: Names, metadata: Mapping[str, Any]
) -> ImportedConversation:
    """Return paired messages as a conversation; what is more than text goes to the metadata."""
    extras: list[dict[str, Any]] = []
    turns: list[ImportedTurn] = []
    for at, pair in enumerate(pairs):
        inputs, outputs = (
            {} if one is None else {name: content_text(one.get("content"))}
            for name, one in ((names.input, pair.user), (names.output, pair.assistant))
        )
        weight = pair.assistant.get("weight") if pair.assistant is not None else None
        turns.append(ImportedTurn(inputs, outputs, excluded=weight == 0))
        for one in (pair.user, pair.assistant):
            extras += _more_than_text(at, one)
    left = {"id", "conversation_id"} & metadata.keys()
    name = next((str(metadata[key]) for key in left if isinstance(metadata[key], (str, int))), None)
    told = {**metadata, **({"messages": extras} if extras else {})}
    return ImportedConversation(
        tuple(turns), where="", id=name, metadata=told, beside=tuple(beside)
    )


def _more_than_text(turn: int, message: Message | None) -> list[dict[str, Any]]:
    if message is None:
        return []
    more = {k: v for k, v in message.items() if k not in ("role", "content", "weight")}
    if not isinstance(message.get("content"), str) and message.get("content") is not None:
        more["content"] = message["content"]
    return [{"turn": turn, "role": message["role"], **more}] if more else []


def _compared(
    prompt: list[Message],
    chosen: list[Message],
    rejected: list[Message],
    names: Names,
    metadata: Mapping[str, Any],
) -> ImportedConversation:
    """A preference: the rejected answer as it was said, the chosen one as its correction."""
    pairs, beside = paired([*prompt, *rejected])
    told = turns_of(pairs, beside, names, metadata)
    better = content_text(chosen[-1].get("content")) if chosen else ""
    if not rejected or not chosen or rejected[-1]["role"] != "assistant" or not told.turns:
        msg = "a preference needs an assistant's answer on both sides, chosen and rejected"
        raise BadRowError(msg)
    if len(chosen) > 1:
        told = dataclasses.replace(told, metadata={**told.metadata, "chosen": list(chosen)})
    return _last_turn(told, edits={names.output: better})


def _last_turn(conversation: ImportedConversation, **changes: Any) -> ImportedConversation:
    if not conversation.turns:
        msg = "there is no answer in it"
        raise BadRowError(msg)
    *before, last = conversation.turns
    return dataclasses.replace(conversation, turns=(*before, dataclasses.replace(last, **changes)))


def _kind(value: Any) -> str:
    kinds = {
        dict: "an object",
        list: "a list",
        str: "a text",
        type(None): "null",
        bool: "a boolean",
    }
    return kinds.get(type(value), f"{type(value).__name__}")
