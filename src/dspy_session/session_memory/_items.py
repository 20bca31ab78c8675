"""Turns of a program as conversation items, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._files.known_types import Types
from .._files.tagged_json import decode, encode
from ..errors import FileFormatError
from ._interface import Item


def item_text(item: Mapping[str, Any]) -> str:
    """Return the text of a message, whichever way its content is written; else nothing."""
    content = item.get("content")
    if isinstance(content, str):
        return content
    parts: Iterable[Any] = content if isinstance(content, (list, tuple)) else ()
    texts = [part.get("text") for part in parts if isinstance(part, Mapping)]
    return "\n".join(text for text in texts if isinstance(text, str))


def items_of(inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> list[Item]:
    """Return a turn as a message of the user and one of the assistant.

    A side that is one text is that text; any other is a JSON object of its fields.

    Raises:
        EncodeError: A value cannot be written; the message names its field.
    """
    return [
        {"role": "user", "content": _content(inputs, "inputs")},
        {"role": "assistant", "content": _content(outputs, "outputs")},
    ]


def turns_of(
    items: Sequence[Mapping[str, Any]], inputs: Sequence[str], outputs: Sequence[str], types: Types
) -> list[dict[str, dict[str, Any]]]:
    """Return items as turns: dicts with ``inputs`` and ``outputs``.

    A turn begins with a message of the user and ends before the next one; its answer is the last
    message of the assistant in it. What has no answer yet, and what no user asked, is left out.

    Args:
        items: The items of a session, oldest first.
        inputs: Names of the program's inputs, the one for plain text first.
        outputs: Names of the program's outputs, the one for plain text first.
        types: The types that may be rebuilt from what was written.
    """
    turns: list[dict[str, dict[str, Any]]] = []
    asked: list[str] = []
    answer: str | None = None
    for item in [*items, {"role": "user", "content": ""}]:
        if item.get("role") == "user":
            if asked and answer is not None:
                said = _fields("\n".join(asked), inputs, types)
                turns.append({"inputs": said, "outputs": _fields(answer, outputs, types)})
                asked = []
            asked, answer = [*asked, item_text(item)], None
        elif item.get("role") == "assistant" and asked:
            answer = item_text(item)
    return turns


def _content(fields: Mapping[str, Any], side: str) -> str:
    if len(fields) == 1:
        value = next(iter(fields.values()))
        if type(value) is str and _object(value) is None:
            return value
    written = {name: encode(value, at=(side, name)) for name, value in fields.items()}
    return json.dumps(written, ensure_ascii=False)


def _fields(text: str, names: Sequence[str], types: Types) -> dict[str, Any]:
    written = _object(text)
    if written is not None and written.keys() <= set(names):
        try:
            return {name: decode(value, types, at=(name,)) for name, value in written.items()}
        except FileFormatError:
            pass  # some other program's JSON: it is text to this one
    return {names[0]: text} if names else {}


def _object(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
