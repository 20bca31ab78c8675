"""The fields of the program: how each is edited, and what a typed text means in it."""

from __future__ import annotations

import dataclasses
import enum
import json
import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import PydanticSchemaGenerationError, TypeAdapter, ValidationError
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError

from ...errors import ArgumentError
from .._protocol.messages import EDIT_CHARS
from .._protocol.shapes import FieldSpec
from .text import as_text, safe

Kind = Literal["text", "json", "number", "boolean", "choice"]

_SHOWN_ERRORS = 3


@dataclasses.dataclass(frozen=True, slots=True)
class ProgramFields:
    """What the program takes and gives: field name to annotation."""

    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]


def field_specs(fields: Mapping[str, Any], recorded: Iterable[str] = ()) -> list[FieldSpec]:
    """Return how to head each field's column and how to edit it.

    Args:
        fields: The program's fields, to their types.
        recorded: Names of fields that turns have; those that the program has not come last.
    """
    known = [
        FieldSpec(
            name=safe(name),
            kind=field_kind(annotation),
            annotation=safe(annotation_name(annotation)),
            choices=[safe(as_text(choice)) for choice in _choices(annotation)],
            known=True,
        )
        for name, annotation in fields.items()
    ]
    others = [
        FieldSpec(
            name=safe(name),
            kind="text",
            annotation="recorded by another program",
            choices=[],
            known=False,
        )
        for name in recorded
        if name not in fields
    ]
    return known + others


def field_kind(annotation: Any) -> Kind:
    """Return how a field of that type is edited."""
    bare = _bare(annotation)
    if _choices(bare):
        return "choice"
    if bare is bool:
        return "boolean"
    if bare in (int, float):
        return "number"
    return "text" if bare is str or bare is Any else "json"


def annotation_name(annotation: Any) -> str:
    """Return a type as a person would write it."""
    if annotation is None or annotation is type(None):
        return "None"
    origin = get_origin(annotation)
    if origin is Annotated:
        return annotation_name(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return " | ".join(annotation_name(part) for part in get_args(annotation))
    if isinstance(annotation, type) and origin is None:
        return annotation.__name__
    if origin is Literal:
        return f"Literal[{', '.join(repr(choice) for choice in get_args(annotation))}]"
    if origin is not None and get_args(annotation):
        name = getattr(origin, "__name__", str(origin))
        return f"{name}[{', '.join(annotation_name(part) for part in get_args(annotation))}]"
    return "..." if annotation is ... else str(annotation).replace("typing.", "")


def _bare(annotation: Any) -> Any:
    """The type behind ``Annotated`` and ``Optional``."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        parts = [part for part in get_args(annotation) if part is not type(None)]
        if len(parts) == 1:
            return _bare(parts[0])
    return annotation


def _choices(annotation: Any) -> list[Any]:
    bare = _bare(annotation)
    if get_origin(bare) is Literal:
        return list(get_args(bare))
    if isinstance(bare, type) and issubclass(bare, enum.Enum):
        return list(bare)
    return []


def parsed(name: str, text: str, annotation: Any, now: Any = None) -> Any:
    """Return the value that a typed text means in a field.

    Args:
        name: The field, for the message of an error.
        text: What was typed.
        annotation: The field's type; ``str`` and ``Any`` take the text as it is, unless the
            present value is something else than a text.
        now: The present value, if there is one.

    Raises:
        ArgumentError: The text is no value of that type, or too long; the message says why.
    """
    if len(text) > EDIT_CHARS:
        msg = (
            f"{name}: {len(text):,} characters are more than one edit may carry ({EDIT_CHARS:,}); "
            f"set such a value from Python with session.edit_turn"
        )
        raise ArgumentError(msg)
    kind = field_kind(annotation)
    if kind != "text" and _optional(annotation) and text.strip() in ("", "null"):
        return None
    if kind == "choice":
        return _chosen(name, text, annotation)
    if kind == "text":
        # A program that declares nothing may well give dicts or numbers; they stay what they are.
        return text if now is None or isinstance(now, str) else _from_json(name, text, Any)
    if kind in ("boolean", "number"):
        return _validated(name, text.strip(), annotation)
    return _from_json(name, text, annotation)


def _chosen(name: str, text: str, annotation: Any) -> Any:
    choices = _choices(annotation)
    for choice in choices:
        if as_text(choice) == text.strip():
            return choice
    allowed = ", ".join(repr(as_text(choice)) for choice in choices)
    msg = f"{name}: {text!r:.80} is not one of the allowed values {allowed}"
    raise ArgumentError(msg)


def _from_json(name: str, text: str, annotation: Any) -> Any:
    try:
        value = json.loads(text)
    except ValueError as error:
        wanted = "" if annotation is Any else f" of type {annotation_name(annotation)}"
        msg = f'{name}: write a JSON value{wanted}, such as 3 or [1, 2] or "text"; {error}'
        raise ArgumentError(msg) from None
    except RecursionError:
        msg = f"{name}: this JSON is nested too deeply"
        raise ArgumentError(msg) from None
    return value if annotation is Any else _validated(name, value, annotation, text)


def _validated(name: str, value: Any, annotation: Any, source: str | None = None) -> Any:
    adapter = _adapter(name, annotation)
    try:
        # JSON has fewer types than Python: validate_json reads dates, sets and tuples from it.
        return adapter.validate_python(value) if source is None else adapter.validate_json(source)
    except ValidationError as error:
        told = "; ".join(_told(one) for one in error.errors(include_url=False)[:_SHOWN_ERRORS])
        msg = f"{name} is {annotation_name(annotation)}: {told}"
        raise ArgumentError(msg) from None


def _adapter(name: str, annotation: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(annotation)
    except (PydanticSchemaGenerationError, PydanticUndefinedAnnotation, PydanticUserError):
        msg = (
            f"{name}: a value of type {annotation_name(annotation)} cannot be typed in; "
            f"set it from Python with session.edit_turn"
        )
        raise ArgumentError(msg) from None


def _told(error: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in error["loc"])
    return f"{where}: {error['msg']}" if where else str(error["msg"])


def parsed_inputs(texts: Mapping[str, str], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that typed texts mean.

    Raises:
        ArgumentError: A text is no value of its field's type.
    """
    return {name: parsed(name, text, fields.get(name, str)) for name, text in texts.items()}


def _optional(annotation: Any) -> bool:
    return type(None) in get_args(annotation)
