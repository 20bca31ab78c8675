"""Values of classes as tagged JSON and back: field by field, without running their code."""

from __future__ import annotations

import dataclasses
import enum
import functools
from collections.abc import Callable
from typing import Any, cast

import pydantic
from pydantic_core import PydanticUndefined

from .known_types import Types, coder_of, find_type, is_named_tuple, type_name
from .stand_ins import StandIn, allowed, stand_in
from .tagged_arrays import array_decoders, encode_numpy
from .tags import Reader, Undecodable, Unencodable, tagged

Encode = Callable[[Any, int], Any]
Decoder = Callable[[dict[str, Any], Reader], Any]


def encode_object(value: Any, depth: int, encode: Encode) -> Any:
    """Return a value of no built-in type as tagged JSON."""
    cls: type[Any] = type(value)
    if cls is StandIn:
        parts = {name: _within(encode, part, depth) for name, part in value.parts.items()}
        return tagged(value.tag, **{"class": value.class_name}, **parts)
    coder = coder_of(cls)
    if coder is not None:
        written = _within(encode, coder.encode(value), depth)
        return tagged("object", **{"class": type_name(cls)}, value=written)
    numpy_value = encode_numpy(value, lambda items: _within(encode, items, depth))
    if numpy_value is not None:
        return numpy_value
    if isinstance(value, enum.Enum):
        return _encode_enum(value, depth, encode)
    if isinstance(value, pydantic.BaseModel):
        return _encode_model(value, depth, encode)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _encode_dataclass(value, depth, encode)
    if is_named_tuple(cls):
        items = _within(encode, list(cast("Any", value)), depth)
        return tagged("namedtuple", **{"class": type_name(cls)}, items=items)
    raise Unencodable(_advice(value))


def _advice(value: Any) -> str:
    cls: type[Any] = type(value)
    if isinstance(value, type) or callable(value):
        return f"it is code ({value!r:.80}), and files hold none"
    return (
        f"files know no {type_name(cls)}; say how it is written with "
        f"dspy_session.register_type({cls.__name__}, encode=…, decode=…)"
    )


def _within(encode: Encode, value: Any, depth: int) -> Any:
    return encode(value, depth + 1)


def _encode_enum(value: enum.Enum, depth: int, encode: Encode) -> Any:
    cls = type(value)
    named = {"class": type_name(cls)}
    if cls.__members__.get(value.name) is value:
        return tagged("enum", **named, name=value.name)
    return tagged("enum", **named, value=_within(encode, value.value, depth))  # combined flags


def _encode_model(value: pydantic.BaseModel, depth: int, encode: Encode) -> Any:
    cls = type(value)
    state = pydantic.BaseModel.__getstate__(value)
    fields = {k: v for k, v in state["__dict__"].items() if k in cls.model_fields}
    written = tagged("model", **{"class": type_name(cls)}, fields=_within(encode, fields, depth))
    given = state["__pydantic_fields_set__"]
    if given != set(fields):
        written["set"] = sorted(given)
    if state["__pydantic_extra__"]:
        written["extra"] = _within(encode, dict(state["__pydantic_extra__"]), depth)
    if state["__pydantic_private__"]:
        written["private"] = _within(encode, dict(state["__pydantic_private__"]), depth)
    return written


def _encode_dataclass(value: Any, depth: int, encode: Encode) -> Any:
    cls = type(value)
    names = [field.name for field in dataclasses.fields(cls)]
    fields = {name: getattr(value, name) for name in names if hasattr(value, name)}
    others = {
        name: other
        for name, other in getattr(value, "__dict__", {}).items()
        if name not in fields and not _is_cache(cls, name)
    }
    written = tagged(
        "dataclass", **{"class": type_name(cls)}, fields=_within(encode, fields, depth)
    )
    if others:
        written["others"] = _within(encode, others, depth)
    return written


def _is_cache(cls: type, name: str) -> bool:
    return isinstance(getattr(cls, name, None), functools.cached_property)


# --- reading -----------------------------------------------------------------------------------


def _class(data: dict[str, Any], types: Types) -> type:
    name = data["class"]
    found = find_type(name, types) if type(name) is str else None
    if found is None:
        short = str(name).rpartition(".")[2]
        raise Undecodable(
            f"its type {name!r:.200} is not known here; name it in the program's signature, or "
            f"call dspy_session.register_type({short:.80}) first"
        )
    return found


def _check(cls: type, data: dict[str, Any], *, fits: bool) -> None:
    if not fits:
        raise Undecodable(f"{type_name(cls)} is no {data['$type']} any more")


def _decode_object(data: dict[str, Any], reader: Reader) -> Any:
    coder = coder_of(_class(data, reader.types))
    if coder is None:
        raise Undecodable(f"{data['class']} was registered with encode= and decode=; do so again")
    return coder.decode(reader.read(data["value"]))


def _decode_enum(data: dict[str, Any], reader: Reader) -> enum.Enum:
    cls = _class(data, reader.types)
    _check(cls, data, fits=issubclass(cls, enum.Enum))
    members = cast("type[enum.Enum]", cls)
    if "name" not in data:
        return members(reader.read(data["value"]))
    if data["name"] not in members.__members__:
        raise Undecodable(f"{type_name(cls)} has no member {data['name']!r:.80}")
    return members.__members__[data["name"]]


def _decode_named_tuple(data: dict[str, Any], reader: Reader) -> Any:
    cls = _class(data, reader.types)
    _check(cls, data, fits=is_named_tuple(cls))
    items = reader.read(data["items"])
    if len(items) != len(cls._fields):  # type: ignore[attr-defined]
        raise Undecodable(f"a {type_name(cls)} has other fields now")
    return tuple.__new__(cls, items)


def _decode_dataclass(data: dict[str, Any], reader: Reader) -> Any:
    cls = _class(data, reader.types)
    _check(cls, data, fits=dataclasses.is_dataclass(cls))
    fields = {field.name: field for field in dataclasses.fields(cast("Any", cls))}
    values = _fields(data["fields"], cls, fields, reader)
    for name, field in fields.items():
        if name not in values:
            if field.default is not dataclasses.MISSING:
                values[name] = field.default
            elif field.default_factory is not dataclasses.MISSING:
                values[name] = field.default_factory()
            elif field.init:
                raise Undecodable(f"a {type_name(cls)} needs {name!r} now")
    made = object.__new__(cls)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    if "others" in data:
        vars(made).update(reader.read(data["others"]))
    return made


def _fields(data: Any, cls: type, known: Any, reader: Reader) -> dict[str, Any]:
    values = reader.read(data)
    if type(values) is not dict:
        raise Undecodable(f"the fields of a {type_name(cls)} are an object")
    for name in values:
        if name not in known:
            raise Undecodable(f"a {type_name(cls)} has no field {name!r:.80} any more")
    return values


def _decode_model(data: dict[str, Any], reader: Reader) -> Any:
    cls = _class(data, reader.types)
    _check(cls, data, fits=issubclass(cls, pydantic.BaseModel))
    model = cast("type[pydantic.BaseModel]", cls)
    values = _fields(data["fields"], cls, model.model_fields, reader)
    given = set(reader.read(data["set"])) if "set" in data else set(values)
    for name, field in model.model_fields.items():
        if name not in values:
            if field.is_required():
                raise Undecodable(f"a {type_name(cls)} needs {name!r} now")
            values[name] = field.get_default(call_default_factory=True, validated_data=values)
    extra = dict(reader.read(data["extra"])) if "extra" in data else None
    if model.model_config.get("extra") == "allow":
        extra = extra or {}
    elif extra:
        raise Undecodable(f"a {type_name(cls)} allows no extra fields any more")
    made = model.__new__(model)
    # Validating would run the model's own code, and may change what was recorded.
    pydantic.BaseModel.__setstate__(
        made,
        {
            "__dict__": values,
            "__pydantic_fields_set__": given,
            "__pydantic_extra__": extra,
            "__pydantic_private__": _private(model, reader.read(data.get("private", {}))),
        },
    )
    return made


def _private(model: type[pydantic.BaseModel], saved: dict[str, Any]) -> dict[str, Any] | None:
    attributes = model.__private_attributes__
    if not attributes:
        return None
    private = {name: attribute.get_default() for name, attribute in attributes.items()}
    private.update({name: value for name, value in saved.items() if name in attributes})
    return {name: value for name, value in private.items() if value is not PydanticUndefined}


def _or_stand_in(decoder: Decoder) -> Decoder:
    """Read a value of a class that is not known as a stand-in, where that is wanted."""

    def decode(data: dict[str, Any], reader: Reader) -> Any:
        if allowed(reader.types) and find_type(str(data["class"]), reader.types) is None:
            return stand_in(data, reader)
        return decoder(data, reader)

    return decode


def object_decoders() -> dict[str, Decoder]:
    """Return the readers, by tag."""
    decoders: dict[str, Decoder] = {
        "object": _decode_object,
        "enum": _decode_enum,
        "namedtuple": _decode_named_tuple,
        "dataclass": _decode_dataclass,
        "model": _decode_model,
    }
    return {
        **{tag: _or_stand_in(decoder) for tag, decoder in decoders.items()},
        **array_decoders(),
    }
