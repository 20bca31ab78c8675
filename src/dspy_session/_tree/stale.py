"""Which turns were made from a history that reads differently now."""

from __future__ import annotations

from bisect import bisect_left

from .amendments import NO_EDITS, Edits, changed_ids
from .log import Log
from .record import FieldFilter, Record, Window, record_key
from .values import same_fields


class StaleMarks:
    """Compares what was seen with what is there now, quickly for a whole branch.

    Turns made between two edits share one version of the edits, so versions are compared once for
    each and not once for each turn: a branch with thousands of edits stays quick.

    Args:
        log: What windows count in: a conversation, or a nested node's ledger.
        edits: The edits that count now.
    """

    __slots__ = ("_changed", "_edits", "_log")

    def __init__(self, log: Log[Record], edits: Edits) -> None:
        self._log = log.reaching_back_to(0)
        self._edits = edits
        self._changed: dict[tuple[int, FieldFilter], tuple[Edits, list[int]]] = {}

    def within(self, window: Window) -> list[int]:
        """Return positions of the turns in a window that read differently now, in order."""
        seen = window.edits if window.edits is not None else NO_EDITS
        if window.given is not None or seen is self._edits:
            return []
        changed = self._positions(seen, window.fields)
        return changed[bisect_left(changed, window.start) : bisect_left(changed, window.stop)]

    def _positions(self, seen: Edits, fields: FieldFilter) -> list[int]:
        key = id(seen), fields
        if key not in self._changed:
            ids = changed_ids(seen, self._edits)
            found = (self._log.position_of(one, record_key) for one in ids)
            there = sorted(one for one in found if one is not None)
            differing = [one for one in there if self._differs(self._log[one], seen, fields)]
            # `seen` is kept, so that its id stays its own.
            self._changed[key] = seen, differing
        return self._changed[key][1]

    def _differs(self, record: Record, seen: Edits, fields: FieldFilter) -> bool:
        before, now = (
            fields.message(record.inputs, {**record.outputs, **(edits.get(record.id) or {})})
            for edits in (seen, self._edits)
        )
        return not same_fields(before, now)
