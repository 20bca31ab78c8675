"""The classes that a file may bring back: those named here by the program, and no others."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import pydantic

from ..errors import ArgumentTypeError

C = TypeVar("C", bound=type)

Types = Mapping[str, type]
"""Name of a class, as files write it, to the class."""


@dataclasses.dataclass(frozen=True, slots=True)
class Coder:
    """How values of one class become something that can be written, and come back."""

    cls: type
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


_registered: dict[str, type] = {}
_coders: dict[type, Coder] = {}


def type_name(cls: type) -> str:
    """Return the name under which files know a class, e.g. ``shop.models.Order``."""
    return f"{cls.__module__}.{cls.__qualname__}"


def register_type(
    cls: C,
    *,
    encode: Callable[[Any], Any] | None = None,
    decode: Callable[[Any], Any] | None = None,
) -> C:
    """Let values of a class be written to files and rebuilt from them; returns the class.

    Classes that a program's signatures name are known without this. It is for those that only
    turn up as values, and it works as a decorator. Files never name code to import: what is not
    known here or by a signature is refused when a file is read.

    Args:
        cls: A dataclass, pydantic model, enum or named tuple; any class with the two functions.
        encode: Returns what to write in place of a value: anything that can be written itself.
        decode: Makes the value again from what ``encode`` returned.

    Raises:
        ArgumentTypeError: ``cls`` is no class, or one that only the two functions could write.

    Example:
        >>> import fractions
        >>> register_type(
        ...     fractions.Fraction, encode=str, decode=fractions.Fraction
        ... )
        <class 'fractions.Fraction'>
    """
    # Callers without a type checker may hand over anything.
    if not isinstance(cls, type):  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = f"register_type takes a class, got {type(cls).__name__}; pass type(value)"
        raise ArgumentTypeError(msg)
    if (encode is None) != (decode is None):
        msg = "register_type takes encode= and decode= together, or neither"
        raise ArgumentTypeError(msg)
    if encode is not None and decode is not None:
        _coders[cls] = Coder(cls, encode, decode)
    elif not is_rebuildable(cls):
        msg = (
            f"{type_name(cls)} is no dataclass, pydantic model, enum or named tuple; "
            f"say how it is written with register_type(…, encode=…, decode=…)"
        )
        raise ArgumentTypeError(msg)
    _registered[type_name(cls)] = cls
    return cls


def coder_of(cls: type) -> Coder | None:
    """Return the functions a class was registered with, if it was."""
    return _coders.get(cls)


def is_registered(cls: type) -> bool:
    """Whether a class was registered."""
    return _registered.get(type_name(cls)) is cls


def is_named_tuple(cls: type) -> bool:
    """Whether a class was made by ``NamedTuple`` or ``namedtuple``."""
    return issubclass(cls, tuple) and isinstance(getattr(cls, "_fields", None), tuple)


def is_rebuildable(cls: type) -> bool:
    """Whether values of a class can be written field by field."""
    return (
        issubclass(cls, (enum.Enum, pydantic.BaseModel))
        or dataclasses.is_dataclass(cls)
        or is_named_tuple(cls)
    )


def find_type(name: str, known: Types) -> type | None:
    """Return the class of that name, if the program named it.

    A class that was defined in a script or notebook (``__main__``) and now lives in a module, or
    the other way round, is found by the rest of its name, as long as there is one such class.
    """
    found = known.get(name) or _registered.get(name)
    if found is not None:
        return found
    twins = {
        cls
        for other, cls in {**_registered, **known}.items()
        if cls.__qualname__ in name
        and "__main__" in (cls.__module__, name.removesuffix(f".{cls.__qualname__}"))
        and (name.endswith(f".{cls.__qualname__}") and other != name)
    }
    return twins.pop() if len(twins) == 1 else None


def types_in(annotations: Iterable[Any]) -> dict[str, type]:
    """Return the rebuildable classes that annotations name, and those that their fields name."""
    found: dict[str, type] = {}
    waiting = list(annotations)
    seen: set[int] = set()
    kept: list[Any] = []  # ids are only unique while their objects live
    while waiting:
        annotation = waiting.pop()
        if id(annotation) in seen:
            continue
        seen.add(id(annotation))
        kept.append(annotation)
        if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
            if is_rebuildable(annotation):
                found[type_name(annotation)] = annotation
            waiting.extend(_field_annotations(annotation))
        else:
            waiting.extend(_parts(annotation))
    return found


def _parts(annotation: Any) -> Iterator[Any]:
    """What an annotation that is no class is made of."""
    yield from (type(a) if isinstance(a, enum.Enum) else a for a in typing.get_args(annotation))
    for attribute in ("__origin__", "__value__", "__supertype__", "__bound__"):
        part = getattr(annotation, attribute, None)
        if part is not None:
            yield part


def _field_annotations(cls: type) -> Iterable[Any]:
    if issubclass(cls, pydantic.BaseModel):
        return [field.annotation for field in cls.model_fields.values()]
    if not (dataclasses.is_dataclass(cls) or is_named_tuple(cls) or typing.is_typeddict(cls)):
        return []
    try:
        return typing.get_type_hints(cls).values()
    except (NameError, TypeError, AttributeError, SyntaxError):
        return []  # an annotation names something that is only there for type checkers
