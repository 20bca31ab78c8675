"""The request and reply channel: every message gets one answer, whatever it holds."""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ...errors import ConflictError, DspySessionError, NotFoundError
from .._jobs import told
from .._protocol.messages import REQUESTS, Problem, Reply
from .._view.text import safe

_LOG = logging.getLogger(__name__)

NO_NUMBER = -1
"""Answers a message that bears no number of its own."""

Requests = Mapping[str, tuple[type, type]]
"""Name of each request to the types of its arguments and of its result."""

Answer = Callable[[str, Any], Any]
"""Takes the name of a request and its checked arguments; returns its result."""


class BadRequestError(DspySessionError):
    """A message that is no request of the protocol; the message says what is wrong with it."""


def reply_to(
    message: Any, answer: Answer, revision: Callable[[], int], requests: Requests = REQUESTS
) -> Reply:
    """Return the answer to a message from the page: its result, or the problem with it."""
    number = _number(message)
    try:
        result = answer(*checked(message, requests))
    except Exception as error:  # noqa: BLE001
        # The rim: nothing that goes wrong here would show anywhere else.
        return Reply(re=number, revision=revision(), error=problem(error))
    return Reply(re=number, revision=revision(), result=transportable(result))


def _number(message: Any) -> int:
    number = message.get("seq") if isinstance(message, Mapping) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else NO_NUMBER


def checked(message: Any, requests: Requests = REQUESTS) -> tuple[str, Any]:
    """Return a request's name and arguments.

    Raises:
        BadRequestError: It is no request, an unknown one, or its arguments are not those.
    """
    if not isinstance(message, Mapping) or not isinstance(message.get("ask"), str):
        msg = 'a request looks like {"ask": name, "seq": number, "args": {...}}'
        raise BadRequestError(msg)
    if _number(message) == NO_NUMBER:
        msg = '"seq" is the whole number that the answer will bear'
        raise BadRequestError(msg)
    name = message["ask"]
    if name not in requests:
        msg = (
            f"this kernel knows no request {name!r:.80}; page and kernel may be of different "
            f"versions: restart the kernel and run the cell again"
        )
        raise BadRequestError(msg)
    try:
        # Strict: "3" is no number. Unknown keys are left out, so that a newer page still works.
        return name, _arguments(requests[name][0]).validate_python(
            message.get("args", {}), strict=True
        )
    except ValidationError as error:
        raise BadRequestError(f"{name}: {_told(error)}") from None


@functools.cache
def _arguments(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _told(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where or 'args'}: {first['msg']}"


def problem(error: Exception) -> Problem:
    """Return an error as the page shows it. Unforeseen ones are logged with their traceback."""
    if isinstance(error, BadRequestError):
        return Problem(code="bad-request", message=safe(str(error)))
    if isinstance(error, NotFoundError):
        return Problem(code="not-found", message=safe(str(error)))
    if isinstance(error, ConflictError):
        return Problem(code="conflict", message=safe(str(error)))
    if isinstance(error, DspySessionError):
        return Problem(code="refused", message=safe(str(error)))
    _LOG.error("a request of the inspector's page failed", exc_info=error)
    return Problem(code="failed", message=safe(told(error)))


def transportable(value: Any) -> Any:
    """Return a result with nothing in it that JSON cannot carry, lone surrogates above all."""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {safe(str(name)): transportable(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [transportable(item) for item in value]
    return value
