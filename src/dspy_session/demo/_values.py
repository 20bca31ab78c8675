"""Writes an answer in the form an adapter asked for, every field with a value of its type."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any, cast

from ._prompt import OutputField, Style

JsonSchema = Mapping[str, Any]

_ONE_OF = re.compile(r"must (?:exactly match \(no extra characters\) one of|be one of): (.*)", re.S)
_SCHEMA = "must adhere to the JSON schema: "
_LITERAL = re.compile(r"['\"](.*?)['\"]")


def options(field: OutputField) -> list[str]:
    """The values a closed choice (a ``Literal`` or an enum) allows; empty for any other field."""
    if match := _ONE_OF.match(field.note):
        return match[1].split("; ")
    if field.annotation.startswith("Literal["):
        return _LITERAL.findall(field.annotation)
    return []


def kind(field: OutputField) -> str:
    """What sort of value the field wants: ``text``, ``bool``, ``int``, ``float`` or ``json``."""
    if "True or False" in field.note or field.annotation == "bool":
        return "bool"
    for number in ("int", "float"):
        if f"single {number} value" in field.note or field.annotation == number:
            return number
    return "json" if field.skeleton or field.note.startswith(_SCHEMA) else "text"


def example_value(field: OutputField, text: str) -> Any:
    """A value that fits the field's JSON schema, with ``text`` wherever it wants a string."""
    if not field.note.startswith(_SCHEMA):
        return text
    schema = json.JSONDecoder().raw_decode(field.note[len(_SCHEMA) :])[0]
    return _fill(schema, schema.get("$defs", {}), text)


def write(style: Style, values: Mapping[OutputField, Any]) -> str:
    """The answer's text: the fields in order, in the adapter's own form."""
    if style == "json":
        return json.dumps({field.name: value for field, value in values.items()}, indent=2)
    if style == "xml":
        return "\n\n".join(_element(field, value) for field, value in values.items())
    if style == "chat":
        parts = [f"[[ ## {field.name} ## ]]\n{_plain(value)}" for field, value in values.items()]
        return "\n\n".join([*parts, "[[ ## completed ## ]]"])
    return "\n\n".join(_plain(value) for value in values.values())


def _plain(value: Any) -> str:
    if isinstance(value, str | bool | int | float):
        return str(value)
    return json.dumps(value)


def _element(field: OutputField, value: Any) -> str:
    if field.skeleton:
        # The XML adapter shows the elements it wants but not their types, and "1" reads as a
        # string, a number and a truth value alike. An open mapping or list may be empty.
        body = "" if field.skeleton == "..." else field.skeleton.replace("...", "1")
        return f"<{field.name}>{body}</{field.name}>"
    return f"<{field.name}>\n{escape(_plain(value), quote=False)}\n</{field.name}>"


def _fill(schema: JsonSchema, defs: JsonSchema, text: str) -> Any:
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    if "$ref" in schema:
        return _fill(defs[schema["$ref"].rsplit("/", 1)[-1]], defs, text)
    if choices := schema.get("anyOf") or schema.get("allOf"):
        return _fill(choices[0], defs, text)
    return _fill_type(schema, defs, text)


def _fill_type(schema: JsonSchema, defs: JsonSchema, text: str) -> Any:
    wanted = schema.get("type")
    if wanted == "array":
        return [_fill(schema["items"], defs, text)] if "items" in schema else []
    if wanted == "object":
        properties = cast("JsonSchema", schema.get("properties", {}))
        return {name: _fill(part, defs, text) for name, part in properties.items()}
    if wanted in {"integer", "number"}:
        return schema.get("minimum", 1)
    return {"boolean": True, "null": None}.get(wanted or "", _string(schema, text))


def _string(schema: JsonSchema, text: str) -> str:
    formats = {"date": "2026-01-05", "date-time": "2026-01-05T09:00:00", "time": "09:00:00"}
    return formats.get(schema.get("format", ""), text)
