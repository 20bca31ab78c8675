"""Which fields the turns of a conversation have, whatever program recorded them."""

from __future__ import annotations

import dataclasses
import operator
import threading
from collections.abc import Iterable

from ..._tree.branch import Branch
from ..._tree.log import Log
from ..._tree.record import Record


@dataclasses.dataclass(frozen=True, slots=True)
class RecordedFields:
    """Names of fields, in the order in which they were first recorded."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    def and_those_of(self, turns: Iterable[Record]) -> RecordedFields:
        """Return the names with those of some turns."""
        # Thousands of turns have a handful of shapes: each is looked at once.
        turns = list(turns)
        taken_by, given_by = (map(tuple, map(side, turns)) for side in _SIDES)
        shapes = dict.fromkeys(zip(taken_by, given_by, strict=True))
        inputs = dict.fromkeys(self.inputs)
        outputs = dict.fromkeys(self.outputs)
        for taken, given in shapes:
            inputs.update(dict.fromkeys(taken))
            outputs.update(dict.fromkeys(given))
        return RecordedFields(tuple(inputs), tuple(outputs))


_SIDES = operator.attrgetter("inputs"), operator.attrgetter("outputs")

_Known = tuple[Log[Record], RecordedFields]


class FieldFacts:
    """Remembers what fields the turns of each branch have, and looks only at new ones.

    A field whose last turn was undone stays until the branch is gone: its turns may come back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    def of(self, branches: Iterable[Branch]) -> RecordedFields:
        """Return the fields of all turns of some branches."""
        now: dict[str, _Known] = {}
        with self._lock:
            for branch in branches:
                before = self._known.get(branch.key) or now.get(branch.parent or "")
                now[branch.key] = branch.log, _fields(branch.log, before)
            self._known = now
        return RecordedFields(
            _united(fields.inputs for _, fields in now.values()),
            _united(fields.outputs for _, fields in now.values()),
        )


def _fields(log: Log[Record], before: _Known | None) -> RecordedFields:
    """The fields of a log; of one that shares turns with a known log, only the rest is read."""
    if before is None:
        return RecordedFields().and_those_of(log)
    old, fields = before
    shared = log.shared_with(old)
    return fields if shared == len(log) else fields.and_those_of(log.between(shared, len(log)))


def _united(names: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for some in names for name in some))
