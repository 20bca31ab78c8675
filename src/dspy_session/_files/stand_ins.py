"""Values of classes that are not known here, to be shown and written on, not to be worked with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from typing_extensions import override

from .tags import TAG, Reader

CLASS = "class"


class StandIn(Mapping[str, Any]):
    """What a file holds of a value whose class nobody named: its class's name and its fields.

    Readers make these only where they are told to, by having this class among the known types:
    to look at a conversation without its program. It is written as the value it stands for.
    """

    __slots__ = ("class_name", "parts", "tag")

    def __init__(self, tag: str, class_name: str, parts: Mapping[str, Any]) -> None:
        self.tag = tag
        self.class_name = class_name
        self.parts = parts
        """All that was written of it, by name; ``fields`` where it had fields."""

    @property
    def _shown(self) -> Mapping[str, Any]:
        fields = self.parts.get("fields")
        return fields if isinstance(fields, Mapping) else self.parts

    @override
    def __getitem__(self, name: str) -> Any:
        return self._shown[name]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._shown)

    @override
    def __len__(self) -> int:
        return len(self._shown)

    @override
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StandIn):
            return NotImplemented
        return (self.class_name, self.tag, self.parts) == (other.class_name, other.tag, other.parts)

    __hash__ = None  # type: ignore[assignment]

    def __deepcopy__(self, memo: dict[int, Any]) -> StandIn:
        return self

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={value!r}" for name, value in self.items())
        return f"{self.class_name.rpartition('.')[2]}({said})"


def stand_in(data: Mapping[str, Any], reader: Reader) -> StandIn:
    """Return what a tagged value of an unknown class holds."""
    parts = {name: reader.read(part) for name, part in data.items() if name not in (TAG, CLASS)}
    return StandIn(data[TAG], str(data[CLASS]), parts)


def allowed(types: Mapping[str, type]) -> bool:
    """Whether values of unknown classes may be read as stand-ins."""
    return any(cls is StandIn for cls in types.values())
