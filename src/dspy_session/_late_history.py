"""Examples whose history is read when it is looked at.

The histories of n turns hold n²/2 messages; few metrics look at them, and optimizers only at those
of the examples they try.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dspy


def with_late_history(
    example: dspy.Example, field: str, read: Callable[[], dspy.History]
) -> dspy.Example:
    """Return the example with one more field, last, that is read when it is needed.

    That is when anything but the value of another field is asked of the example. From then on it
    is a plain ``dspy.Example``, as are its copies and what its pickle makes.
    """
    example._late = field, read
    example.__class__ = _Unread
    return example


class _Unread(dspy.Example):  # type: ignore[misc]
    """An example that has not read its history yet.

    It becomes a plain one under the hands of whoever holds it, in any thread: so no ``super()``.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return dspy.Example(*args, **kwargs)  # what is made from one is plain

    def __getattribute__(self, name: str) -> Any:
        if name == "_store":
            _fill(self)
        return object.__getattribute__(self, name)

    def __getattr__(self, key: str) -> Any:
        known = _fields(self)
        return known[key] if key in known else dspy.Example.__getattr__(self, key)

    def __getitem__(self, key: str) -> Any:
        known = _fields(self)
        return known[key] if key in known else dspy.Example.__getitem__(self, key)

    def __contains__(self, key: object) -> bool:
        return key in _fields(self) or dspy.Example.__contains__(self, key)

    def get(self, key: str, default: Any = None) -> Any:
        known = _fields(self)
        return known[key] if key in known else dspy.Example.get(self, key, default)

    def __reduce_ex__(self, protocol: Any) -> Any:
        _fill(self)
        return self.__reduce_ex__(protocol)


def _fields(example: dspy.Example) -> dict[str, Any]:
    """The fields there are, without reading the one that is missing."""
    return vars(example)["_store"]


def _fill(example: dspy.Example) -> None:
    late = vars(example).get("_late")
    if late is not None:
        field, read = late
        _fields(example)[field] = read()
        vars(example).pop("_late", None)
    example.__class__ = dspy.Example
