"""Reads back what a DSPy adapter wrote: the fields asked for, the turns before, the inputs now.

Knows the wording of DSPy's Chat, JSON and XML adapters. A prompt of any other shape is read as one
plain message that wants one plain text back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from itertools import pairwise
from typing import Any, Literal, cast

MODEL = "demo/tidepool"
"""The demo model's name, as it stands in histories and usage."""

CHARS_PER_TOKEN = 4

Style = Literal["chat", "json", "xml", "text"]

# The reminder that ends a request, by the adapter that writes it.
_REMINDERS: dict[Style, str] = {
    "chat": "Respond with the corresponding output fields, starting with the field",
    "json": "Respond with a JSON object in the following order of fields:",
    "xml": "Respond with the corresponding output fields wrapped in XML tags",
}
_HEADER = re.compile(r"^\[\[ ## (\w+) ## \]\]\s*?$", re.MULTILINE)
_ELEMENT = re.compile(r"<(\w+)>\n?(.*?)\n?</\1>", re.DOTALL)
_LISTED = re.compile(r"^\d+\. `(\w+)` \((.*?)\):", re.MULTILINE)
_NOTE = "# note: the value you produce "
_JSON_SKELETON = "Outputs will be a JSON object with the following fields."


@dataclass(frozen=True, slots=True)
class OutputField:
    """An output field as the prompt describes it.

    ``note`` is the adapter's rule for its value, empty for plain text; ``skeleton`` the nested
    elements that the XML adapter wants.
    """

    name: str
    annotation: str = "str"
    note: str = ""
    skeleton: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One earlier turn: what was said to the model and what it answered, by field."""

    inputs: dict[str, str]
    outputs: dict[str, str]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request, read back: everything the demo model knows when it answers."""

    style: Style
    outputs: tuple[OutputField, ...]
    past: tuple[Exchange, ...]
    inputs: dict[str, str]


def read_prompt(system: str, messages: Iterable[tuple[str, str]]) -> Prompt:
    """The request behind a system text and its ``(role, text)`` messages, oldest first."""
    said = [(role, text) for role, text in messages if role in {"user", "assistant"}]
    now = next((text for role, text in reversed(said) if role == "user"), "")
    style = _style(now)
    if style == "text":
        return Prompt(style, (OutputField("text"),), (), {"text": now})
    past = tuple(
        Exchange(_read_inputs(before, style), _read_outputs(after, style))
        for (role, before), (reply, after) in pairwise(said)
        if (role, reply) == ("user", "assistant")
    )
    return Prompt(style, _read_output_fields(system, style), past, _read_inputs(now, style))


def _style(text: str) -> Style:
    """The style whose reminder comes last; a user may quote the others."""
    found: list[tuple[int, Style]] = [(text.rfind(words), s) for s, words in _REMINDERS.items()]
    at, style = max(found)
    return style if at >= 0 else "text"


def _read_inputs(text: str, style: Style) -> dict[str, str]:
    # Adapters repeat the reminder under every user message, also those of the history.
    text = text.rpartition(_REMINDERS[style])[0] or text
    return _fields(text, style)


def _read_outputs(text: str, style: Style) -> dict[str, str]:
    if style == "json":
        try:
            found = json.loads(text)
        except ValueError:
            return {"text": text}
        return {k: v if isinstance(v, str) else json.dumps(v) for k, v in _items(found)}
    found = _fields(text, style)
    found.pop("completed", None)
    return found or {"text": text}


def _read_output_fields(system: str, style: Style) -> tuple[OutputField, ...]:
    listing = system.partition("Your output fields are:")[2]
    listing, _, structure = listing.partition("All interactions will be structured")
    notes = _notes(structure, style)
    skeletons = _elements(structure) if style == "xml" else {}
    return tuple(
        OutputField(name, kind, notes.get(name, ""), _nested(skeletons.get(name, "")))
        for name, kind in _LISTED.findall(listing)
    )


def _notes(structure: str, style: Style) -> dict[str, str]:
    if style == "json":
        _, found, skeleton = structure.partition(_JSON_SKELETON)
        fields, _ = json.JSONDecoder().raw_decode(skeleton.strip()) if found else ({}, 0)
        values = {name: str(value) for name, value in _items(fields)}
    else:
        values = _elements(structure) if style == "xml" else {}
        values = values or _sections(structure)
    return {name: value.partition(_NOTE)[2].strip() for name, value in values.items()}


def _items(value: object) -> Iterable[tuple[str, Any]]:
    return cast("dict[str, Any]", value).items() if isinstance(value, dict) else ()


def _nested(skeleton: str) -> str:
    return skeleton if skeleton.startswith("<") or skeleton == "..." else ""


def _fields(text: str, style: Style) -> dict[str, str]:
    # The XML adapter of DSPy 3.0 writes some messages as the chat adapter does.
    as_chat = style != "xml" or text.lstrip().startswith("[[ ## ")
    return _sections(text) if as_chat else _elements(text)


def _sections(text: str) -> dict[str, str]:
    """The ``[[ ## field ## ]]`` sections of a text."""
    _, *parts = _HEADER.split(text)
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}


def _elements(text: str) -> dict[str, str]:
    return {name: unescape(body).strip() for name, body in _ELEMENT.findall(text)}
