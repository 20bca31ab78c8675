"""Scalars that JSON does not know, as tagged JSON and back: times, numbers, bytes, ids, paths."""

from __future__ import annotations

import base64
import datetime
import decimal
import functools
import pathlib
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any

from .tags import Undecodable, Unencodable, tagged

# --- times -------------------------------------------------------------------------------------


def _zone(value: datetime.datetime | datetime.time) -> dict[str, Any]:
    """What ``isoformat`` does not say: which half of a doubled hour, and the zone by name."""
    told: dict[str, Any] = {"fold": 1} if value.fold else {}
    zone = value.tzinfo
    if zone is None:
        return told
    if type(zone) is zoneinfo.ZoneInfo and zone.key:
        return {**told, "zone": zone.key}
    if type(zone) is not datetime.timezone:
        raise Unencodable(
            f"its time zone is a {type(zone).__module__}.{type(zone).__qualname__}; "
            f"use zoneinfo.ZoneInfo or datetime.timezone"
        )
    name = zone.tzname(None)
    unnamed = name == datetime.timezone(zone.utcoffset(None)).tzname(None)
    return told if unnamed else {**told, "name": name}


def _encode_datetime(value: datetime.datetime) -> Any:
    told = _zone(value)
    plain = value.replace(tzinfo=None) if "zone" in told else value
    return tagged("datetime", value=plain.isoformat(), **told)


def _encode_time(value: datetime.time) -> Any:
    told = _zone(value)
    plain = value.replace(tzinfo=None) if "zone" in told else value
    return tagged("time", value=plain.isoformat(), **told)


def _zoned(value: Any, data: dict[str, Any]) -> Any:
    if "zone" in data:
        value = value.replace(tzinfo=_named_zone(data["zone"]))
    elif "name" in data:
        value = value.replace(tzinfo=datetime.timezone(value.tzinfo.utcoffset(None), data["name"]))
    return value.replace(fold=data.get("fold", 0))


def _named_zone(key: Any) -> zoneinfo.ZoneInfo:
    # ZoneInfo may look into packages by the key's name, so only keys that exist reach it.
    if key not in _zones():
        raise Undecodable(f"time zone {key!r:.80} is not known here; installing tzdata may help")
    return zoneinfo.ZoneInfo(key)


@functools.cache
def _zones() -> set[str]:
    return zoneinfo.available_timezones()


def _decode_datetime(data: dict[str, Any]) -> datetime.datetime:
    return _zoned(datetime.datetime.fromisoformat(data["value"]), data)


def _decode_time(data: dict[str, Any]) -> datetime.time:
    return _zoned(datetime.time.fromisoformat(data["value"]), data)


def _encode_date(value: datetime.date) -> Any:
    return tagged("date", value=value.isoformat())


def _decode_date(data: dict[str, Any]) -> datetime.date:
    return datetime.date.fromisoformat(data["value"])


def _encode_timedelta(value: datetime.timedelta) -> Any:
    return tagged("timedelta", value=[value.days, value.seconds, value.microseconds])


def _decode_timedelta(data: dict[str, Any]) -> datetime.timedelta:
    days, seconds, microseconds = data["value"]
    return datetime.timedelta(days, seconds, microseconds)


# --- numbers, bytes, ids, paths ----------------------------------------------------------------


def _encode_complex(value: complex) -> Any:
    return tagged("complex", value=[repr(value.real), repr(value.imag)])


def _decode_complex(data: dict[str, Any]) -> complex:
    real, imaginary = data["value"]
    return complex(float(real), float(imaginary))


def _encode_decimal(value: decimal.Decimal) -> Any:
    return tagged("decimal", value=str(value))


def _decode_decimal(data: dict[str, Any]) -> decimal.Decimal:
    return decimal.Decimal(_text(data))


def _encode_bytes(kind: str) -> Callable[[Any], Any]:
    def encoder(value: bytes | bytearray) -> Any:
        return tagged(kind, base64=base64.b64encode(value).decode("ascii"))

    return encoder


def _decode_bytes(data: dict[str, Any]) -> bytes:
    return base64.b64decode(data["base64"], validate=True)


def _decode_bytearray(data: dict[str, Any]) -> bytearray:
    return bytearray(base64.b64decode(data["base64"], validate=True))


def _encode_uuid(value: uuid.UUID) -> Any:
    return tagged("uuid", value=str(value))


def _decode_uuid(data: dict[str, Any]) -> uuid.UUID:
    return uuid.UUID(_text(data))


_PURE = {
    "PosixPath": pathlib.PurePosixPath,
    "WindowsPath": pathlib.PureWindowsPath,
    "PurePosixPath": pathlib.PurePosixPath,
    "PureWindowsPath": pathlib.PureWindowsPath,
}


def _encode_path(value: pathlib.PurePath) -> Any:
    text = str(value)
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise Unencodable("it is a path whose bytes are no text") from None
    return tagged("path", kind=type(value).__name__, value=text)


def _decode_path(data: dict[str, Any]) -> pathlib.PurePath:
    """The path as it was; a path of another operating system as a pure one."""
    kind, pure = data["kind"], _PURE[data["kind"]]
    here = type(pathlib.Path())
    return here(_text(data)) if kind == here.__name__ else pure(_text(data))


def _text(data: dict[str, Any]) -> str:
    value = data["value"]
    if type(value) is not str:
        msg = f"its value is a {type(value).__name__}, not text"
        raise TypeError(msg)
    return value


def scalar_encoders() -> dict[type, Callable[[Any], Any]]:
    """Return the writers, by exact type."""
    return {
        datetime.datetime: _encode_datetime,
        datetime.date: _encode_date,
        datetime.time: _encode_time,
        datetime.timedelta: _encode_timedelta,
        complex: _encode_complex,
        decimal.Decimal: _encode_decimal,
        bytes: _encode_bytes("bytes"),
        bytearray: _encode_bytes("bytearray"),
        uuid.UUID: _encode_uuid,
        type(pathlib.Path()): _encode_path,
        pathlib.PurePosixPath: _encode_path,
        pathlib.PureWindowsPath: _encode_path,
    }


def scalar_decoders() -> dict[str, Callable[[dict[str, Any]], Any]]:
    """Return the readers, by tag."""
    return {
        "datetime": _decode_datetime,
        "date": _decode_date,
        "time": _decode_time,
        "timedelta": _decode_timedelta,
        "complex": _decode_complex,
        "decimal": _decode_decimal,
        "bytes": _decode_bytes,
        "bytearray": _decode_bytearray,
        "uuid": _decode_uuid,
        "path": _decode_path,
    }
