"""Format each recorded message once per adapter and signature, and reuse it.

Adapters format the whole history afresh on every call, which is most of the time of a deep call,
and describe the signature afresh, which is a good part of a short one. What is mixed into an
adapter's class here keeps the results; the prompts are the same, byte for byte.
"""

from __future__ import annotations

from collections.abc import Hashable, MutableMapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

import dspy
from pydantic import PrivateAttr

from .._tree.window import MessageKey

_KEPT = 20_000
"""The most formatted messages kept for one adapter and signature; the oldest go first."""


class RecordedHistory(dspy.History):
    """A history that knows which recorded turn each of its messages was made from."""

    _keys: Sequence[MessageKey] = PrivateAttr(default=())

    def __repr_name__(self) -> str:
        return "History"


def recorded_history(messages: list[dict[str, Any]], keys: Sequence[MessageKey]) -> dspy.History:
    """Return messages as a history whose formatting can be reused."""
    # The messages are dicts of ours; validation would only copy them once more.
    history = RecordedHistory.model_construct(messages=messages)
    history._keys = keys
    return history


class ReusingFormats:
    """Mixed into an adapter's class: formats a recorded history from kept pieces."""

    _formatted: dict[Hashable, dict[MessageKey, list[dict[str, Any]]]]
    """By the shape of the signature, then by message; one per adapter."""

    @staticmethod
    def fits(adapter_class: type) -> bool:
        """Whether an adapter class formats each message on its own, as DSPy's base class does."""
        own = getattr(adapter_class, "format_conversation_history", None)
        return own is dspy.Adapter.format_conversation_history

    def format_conversation_history(
        self, signature: Any, history_field_name: str, inputs: dict[str, Any]
    ) -> list[dict[str, Any]]:
        history = inputs.get(history_field_name)
        plain: Any = super()
        if not isinstance(history, RecordedHistory):
            return plain.format_conversation_history(signature, history_field_name, inputs)
        known = self._formatted.setdefault(_shape(signature), {})
        keys = history._keys
        formatted: list[Any] = list(map(known.get, keys))
        for place, kept in enumerate(formatted):
            if kept is None:
                message = history.messages[place]
                one = {history_field_name: dspy.History.model_construct(messages=[message])}
                kept = plain.format_conversation_history(signature, history_field_name, one)
                formatted[place] = kept
                if keys[place] is not None:
                    _keep(known, keys[place], kept)
        del inputs[history_field_name]
        # Whoever gets the messages may change them.
        return list(map(dict.copy, chain.from_iterable(formatted)))


class ReusingDescriptions:
    """Mixed into an adapter's class: describes each signature once, in the system message."""

    _described: MutableMapping[Any, tuple[Hashable, str]]
    """By signature: its shape then, for it may be changed in place, and what was written."""

    @staticmethod
    def fits(adapter_class: type) -> bool:
        """Whether an adapter class describes signatures as DSPy does, from nothing but them."""
        return all(
            str(getattr(getattr(adapter_class, name, None), "__module__", "")).startswith("dspy.")
            for name in _DESCRIBING
        )

    def format_system_message(self, signature: Any) -> str:
        shape, known = _shape(signature), self._described.get(signature)
        if known is not None and known[0] == shape:
            return known[1]
        plain: Any = super()
        text: str = plain.format_system_message(signature)
        self._described[signature] = shape, text
        return text


_DESCRIBING = (
    "format_system_message",
    "format_field_description",
    "format_field_structure",
    "format_task_description",
)


def _keep(known: dict[MessageKey, Any], key: MessageKey, formatted: list[dict[str, Any]]) -> None:
    if len(known) >= _KEPT:
        with suppress(StopIteration, RuntimeError):  # another thread made room meanwhile
            known.pop(next(iter(known)), None)
    known[key] = formatted


def _shape(signature: Any) -> Hashable:
    """What an adapter's formatting of a message may depend on in a signature."""
    return (
        signature.__name__,
        signature.instructions,
        tuple(
            (name, str(field.annotation), repr(field.json_schema_extra))
            for name, field in signature.fields.items()
        ),
    )
