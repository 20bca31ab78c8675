"""Ids, metadata and pages as callers give them, checked before they reach a backend."""

from __future__ import annotations

import datetime
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from ..errors import ArgumentError, ArgumentTypeError
from ._values import ACTIVE, ARCHIVED, SessionQuery

MAX_ID_BYTES = 255
MAX_METADATA_BYTES = 65_536
MAX_PAGE = 1_000
_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,64}")


def checked_id(value: Any, name: str = "session_id") -> str:
    """Return a session's or user's id if it is one.

    Raises:
        ArgumentTypeError: It is no str.
        ArgumentError: It is empty, longer than 255 bytes of UTF-8, holds a control character, or
            is no text.
    """
    if not isinstance(value, str):
        msg = f"{name} is a str, got {type(value).__name__}"
        raise ArgumentTypeError(msg)
    try:
        size = len(value.encode("utf-8"))
    except UnicodeEncodeError:
        msg = f"{name} holds half of a surrogate pair, which is no text: {value!r:.80}"
        raise ArgumentError(msg) from None
    if not 0 < size <= MAX_ID_BYTES:
        msg = f"{name} has 1 to {MAX_ID_BYTES} bytes of UTF-8, got {size}"
        raise ArgumentError(msg)
    if any(unicodedata.category(char) == "Cc" for char in value):
        msg = f"{name} holds a control character: {value!r:.80}"
        raise ArgumentError(msg)
    return value


def checked_metadata(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a session's metadata as JSON-ready data of its own.

    Raises:
        ArgumentTypeError: It is no mapping, or holds something that JSON does not know.
        ArgumentError: A name has characters besides letters, digits, ``_``, ``.`` and ``-``, or it
            takes more than 64 kB.
    """
    if metadata is None:
        return {}
    if not isinstance(metadata, Mapping):
        msg = f"metadata is a dict of names to JSON values, got {type(metadata).__name__}"
        raise ArgumentTypeError(msg)
    for name in metadata:
        _checked_name(name)
    written = json_text(dict(metadata), "metadata")
    if len(written) > MAX_METADATA_BYTES:
        msg = f"metadata takes at most {MAX_METADATA_BYTES} bytes as JSON, got {len(written)}"
        raise ArgumentError(msg)
    return json.loads(written)


def _checked_name(name: Any) -> str:
    if not isinstance(name, str):
        msg = f"the names of metadata are str, got {type(name).__name__}"
        raise ArgumentTypeError(msg)
    if not _NAME.fullmatch(name):
        msg = (
            f"a name of metadata has 1 to 64 characters, letters, digits, '_', '.' and '-', "
            f"got {name!r:.80}"
        )
        raise ArgumentError(msg)
    return name


def json_text(value: Any, name: str) -> str:
    """Return a value as compact JSON text with sorted keys, the same for equal values."""
    try:
        written = json.dumps(
            value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
        )
        written.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as problem:
        msg = f"{name} is made of what JSON knows: {problem}"
        raise ArgumentTypeError(msg) from None
    if "\\u0000" in written:
        msg = f"{name} holds a NUL character, which databases do not keep"
        raise ArgumentError(msg)
    return written


def metadata_items(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Return name to JSON text of what can be searched for in metadata: no lists or objects."""
    return {
        name: json_text(value, name)
        for name, value in metadata.items()
        if not isinstance(value, (dict, list))
    }


def checked_query(  # noqa: PLR0913  # one keyword for each thing to filter by
    *,
    user_id: str | None,
    status: str | None,
    metadata: Mapping[str, Any] | None,
    text: str | None,
    updated_before: datetime.datetime | None,
    limit: int,
    after: str | None,
) -> SessionQuery:
    """Return a query for a backend.

    Raises:
        ArgumentTypeError: An argument is of the wrong type.
        ArgumentError: An argument's value makes no sense.
    """
    if status not in (None, ACTIVE, ARCHIVED):
        msg = f"status is 'active', 'archived' or None for both, got {status!r:.80}"
        raise ArgumentError(msg)
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MAX_PAGE:
        msg = f"limit is an int from 1 to {MAX_PAGE}, got {limit!r:.80}"
        raise ArgumentError(msg)
    wanted = checked_metadata(metadata)
    for name, value in wanted.items():
        if isinstance(value, (dict, list)):
            msg = f"metadata is searched by text, numbers, true, false and null; {name!r} is none"
            raise ArgumentTypeError(msg)
    return SessionQuery(
        user_id=None if user_id is None else checked_id(user_id, "user_id"),
        status=status,
        metadata=metadata_items(wanted),
        text=_checked_text(text),
        updated_before=None if updated_before is None else aware(updated_before),
        before_place=None if after is None else _place(after),
        limit=limit,
    )


def _checked_text(text: Any) -> str | None:
    if text is not None and not isinstance(text, str):
        msg = f"text is a str, got {type(text).__name__}"
        raise ArgumentTypeError(msg)
    return searchable(text) if text else None


def searchable(text: str) -> str:
    """Return text as rows keep it for searching: case-folded, and all of it UTF-8 without NUL."""
    return text.casefold().replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _place(after: Any) -> int:
    if not isinstance(after, str) or not after.isascii() or not after.isdigit() or len(after) > 18:
        msg = f"after is the `after` of a page of this store, got {after!r:.80}"
        raise ArgumentError(msg)
    return int(after)


def aware(moment: datetime.datetime) -> datetime.datetime:
    """Return a moment in UTC.

    Raises:
        ArgumentTypeError: It is no datetime.
        ArgumentError: It has no time zone.
    """
    if not isinstance(moment, datetime.datetime):
        msg = f"a time is a datetime, got {type(moment).__name__}"
        raise ArgumentTypeError(msg)
    if moment.utcoffset() is None:
        msg = f"{moment!r} has no time zone; write datetime.now(timezone.utc)"
        raise ArgumentError(msg)
    return moment.astimezone(datetime.timezone.utc)
