"""Which values of a saved page are equal: their texts alone do not say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._tree.values import Fields, same_value
from .._protocol.saved_page import SavedValues
from .._view.text import safe


class EqualValues:
    """Gives values of one field at one depth the same number when they are equal."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str, str], list[Any]] = {}

    def of(self, position: int, inputs: Fields, outputs: Fields) -> SavedValues | None:
        """Return the numbers of a turn's values; None: all are texts, which say it themselves."""
        found = SavedValues(
            inputs=self._numbers(position, "inputs", inputs),
            outputs=self._numbers(position, "outputs", outputs),
        )
        return found if found["inputs"] or found["outputs"] else None

    def _numbers(self, position: int, side: str, values: Mapping[str, Any]) -> dict[str, int]:
        return {
            safe(name): self._number(self._known.setdefault((position, side, name), []), value)
            for name, value in values.items()
            if type(value) is not str or safe(value) != value
        }

    @staticmethod
    def _number(known: list[Any], value: Any) -> int:
        for number, one in enumerate(known):
            if same_value(one, value):
                return number
        known.append(value)
        return len(known) - 1
