"""How a session behaves: its settings, checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Literal, get_args

from .._tree.record import FieldFilter
from .._tree.values import Fields, frozen_copy
from ..errors import ArgumentError, ArgumentTypeError

HistoryPolicy = Literal["override", "use_if_provided", "replace_session"]
CopyMode = Literal["deep", "shallow", "none"]
LockMode = Literal["none", "thread", "async"]
MetricErrorPolicy = Literal["zero", "raise"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a session behaves; checked once, when it is made."""

    history_field: str = "history"
    max_turns: int | None = None
    max_stored_turns: int | None = None
    exclude_fields: frozenset[str] = frozenset()
    history_input_fields: frozenset[str] | None = None
    history_policy: HistoryPolicy = "override"
    on_metric_error: MetricErrorPolicy = "zero"
    strict_history_annotation: bool = False
    copy_mode: CopyMode = "deep"
    lock: LockMode = "none"
    on_turn: Callable[[Any, Any], Any] | None = None
    max_history_tokens: int | None = None
    trim_block: int | None = None
    memory: bool = True
    """False: every call is on its own, as in ``session.stateless()``."""

    def __post_init__(self) -> None:
        _check_name(self.history_field)
        _check_count("max_turns", self.max_turns)
        _check_count("max_stored_turns", self.max_stored_turns)
        _check_count("max_history_tokens", self.max_history_tokens)
        _check_count("trim_block", self.trim_block)
        self._check_block()
        check_choice("history_policy", self.history_policy, HistoryPolicy)
        check_choice("copy_mode", self.copy_mode, CopyMode)
        check_choice("lock", self.lock, LockMode)
        check_choice("on_metric_error", self.on_metric_error, MetricErrorPolicy)
        if self.on_turn is not None and not callable(self.on_turn):
            msg = f"on_turn is a function (session, turn), got {type(self.on_turn).__name__}"
            raise ArgumentTypeError(msg)
        both = self.exclude_fields & (self.history_input_fields or frozenset())
        if both:
            names = ", ".join(sorted(both))
            msg = f"exclude_fields and history_input_fields contradict each other about {names}"
            raise ArgumentError(msg)

    def _check_block(self) -> None:
        block, most = self.trim_block, self.max_turns
        if block is None:
            return
        if most is None and self.max_history_tokens is None:
            msg = "trim_block is a way of trimming; give max_turns or max_history_tokens as well"
            raise ArgumentError(msg)
        if most is not None and block > max(most, 1):
            msg = f"trim_block is at most max_turns ({most}), or the history would be empty"
            raise ArgumentError(msg)

    def records(self, *, given: bool) -> bool:
        """Whether a call becomes a turn; ``given``: it was handed its history."""
        return self.memory and not (given and self.history_policy == "override")

    @property
    def fields(self) -> FieldFilter:
        """The filter for history messages."""
        return FieldFilter(self.exclude_fields | {self.history_field}, self.history_input_fields)


def field_names(name: str, value: Iterable[str] | None) -> frozenset[str] | None:
    """Return field names as a set, or None; a single str is most likely a slip."""
    if value is None:
        return None
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        msg = f"{name} is a collection of field names such as {{'context'}}, got {value!r}"
        raise ArgumentTypeError(msg)
    names = frozenset(value)
    for one in names:
        if not isinstance(one, str):
            msg = f"{name} holds field names, got {one!r}"
            raise ArgumentTypeError(msg)
    return names


def _check_name(name: object) -> None:
    if not isinstance(name, str):
        msg = f"history_field is a str, got {type(name).__name__}"
        raise ArgumentTypeError(msg)
    if not name.isidentifier():
        msg = f"history_field is a field name, got {name!r}"
        raise ArgumentError(msg)


def _check_count(name: str, value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        msg = f"{name} is an int or None, got {type(value).__name__}"
        raise ArgumentTypeError(msg)
    least = 1 if name in ("max_stored_turns", "trim_block") else 0
    if value < least:
        msg = f"{name} is at least {least}, got {value}"
        raise ArgumentError(msg)


def check_choice(name: str, value: object, choices: Any) -> None:
    """Refuse a value that is none of a ``Literal``'s."""
    allowed: Collection[str] = get_args(choices)
    if value not in allowed:
        msg = f"{name} is one of {', '.join(map(repr, allowed))}, got {value!r}"
        raise ArgumentError(msg)


def frozen_messages(messages: Iterable[Mapping[str, Any]]) -> tuple[Fields, ...]:
    """Return history messages that later changes to the originals cannot reach."""
    return tuple({name: frozen_copy(value) for name, value in m.items()} for m in messages)
