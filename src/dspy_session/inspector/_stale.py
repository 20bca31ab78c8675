"""Which turns were made from a history that reads differently now; quick for a whole branch."""

from __future__ import annotations

from .._amendments import NO_EDITS, Edits, changed_ids
from .._branch import Branch
from .._record import Record, record_key


class StaleMarks:
    """Answers ``branch.stale_because`` for many turns of one branch.

    Turns made between two edits share one version of the edits, so comparing versions once for
    each, and not once for each turn, keeps a branch with many edits quick.
    """

    def __init__(self, branch: Branch) -> None:
        self._branch = branch
        self._changed: dict[int, tuple[Edits, list[int]]] = {}

    def is_stale(self, position: int) -> bool:
        """Whether the turn at a position saw something else than its history is now."""
        record = self._branch.log[position]
        window = record.window
        if window.given is not None or not self._may_be(record):
            return False
        return bool(self._branch.stale_because(record, position))

    def _may_be(self, record: Record) -> bool:
        """Whether any turn that the record saw was edited or reverted since."""
        window = record.window
        seen = window.edits if window.edits is not None else NO_EDITS
        if seen is self._branch.edits:
            return False
        return any(window.start <= one < window.stop for one in self._positions(seen))

    def _positions(self, seen: Edits) -> list[int]:
        # The tuple keeps `seen` alive, so that its id stays its own.
        known = self._changed.get(id(seen))
        if known is None:
            log = self._branch.log.reaching_back_to(0)
            changed = changed_ids(seen, self._branch.edits)
            found = [log.position_of(one, record_key) for one in changed]
            known = (seen, sorted(one for one in found if one is not None))
            self._changed[id(seen)] = known
        return known[1]
