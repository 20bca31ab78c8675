"""Which turns were made from a history that reads differently now; quick for a whole branch."""

from __future__ import annotations

from bisect import bisect_left

from .._amendments import NO_EDITS, Edits, changed_ids
from .._branch import Branch
from .._record import FieldFilter, Record, record_key


class StaleMarks:
    """Says of many turns of one branch what ``branch.stale_because`` says of one.

    Turns made between two edits share one version of the edits, so versions are compared once for
    each and not once for each turn: a branch with thousands of edits stays quick.
    """

    def __init__(self, branch: Branch) -> None:
        self._branch = branch
        self._log = branch.log.reaching_back_to(0)
        self._changed: dict[tuple[int, FieldFilter], tuple[Edits, list[int]]] = {}

    def is_stale(self, position: int) -> bool:
        """Whether the turn at a position saw something else than its history is now."""
        window = self._branch.log[position].window
        seen = window.edits if window.edits is not None else NO_EDITS
        if window.given is not None or seen is self._branch.edits:
            return False
        changed = self._positions(seen, window.fields)
        first = bisect_left(changed, window.start)
        return first < len(changed) and changed[first] < window.stop

    def _positions(self, seen: Edits, fields: FieldFilter) -> list[int]:
        """The turns that read differently now than under older edits, in order."""
        key = id(seen), fields
        if key not in self._changed:
            ids = changed_ids(seen, self._branch.edits)
            found = (self._log.position_of(one, record_key) for one in ids)
            there = sorted(one for one in found if one is not None)
            differing = [one for one in there if self._differs(self._log[one], seen, fields)]
            # `seen` is kept, so that its id stays its own.
            self._changed[key] = seen, differing
        return self._changed[key][1]

    def _differs(self, record: Record, seen: Edits, fields: FieldFilter) -> bool:
        before = {**record.outputs, **(seen.get(record.id) or {})}
        now = self._branch.outputs(record)
        try:
            same = fields.message(record.inputs, before) == fields.message(record.inputs, now)
        except ValueError:  # an array does not say plainly that it is equal
            return True
        return not same
