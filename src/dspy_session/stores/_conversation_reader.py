"""The rows of a session as a conversation again; each turn is read when somebody looks at it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import Any

from .._files.document_reader import check_family
from .._files.known_types import Types
from .._files.tagged_json import decode
from .._files.tags import Undecodable
from .._tree.branch import Branch
from .._tree.conversation import Conversation
from .._tree.log import Log, _Run  # pyright: ignore[reportPrivateUsage]
from .._tree.record import NO_NODES, Nodes, Record
from .._tree.values import Fields
from ..errors import DamagedRowError
from ._damage import Damage
from ._known import Counts, Known
from ._lazy import LazyItems, Slot, log_in
from ._texts import unpacked
from ._turn_reader import TurnReader
from ._values import Problem, SessionRows
from ._version_reader import VersionReader


class ConversationReader:
    """Reads one stored session.

    Args:
        stored: All that is stored of it.
        types: The classes that may be rebuilt.
        known: Learns what stands where, so that it is never written again.
        skips: Whether a damaged row is reported when it is read, and an empty turn, or no
            amendment, takes its place; else it raises.
    """

    def __init__(
        self, stored: SessionRows, types: Types, known: Known, *, skips: bool = False
    ) -> None:
        self.damage = Damage(stored.info.session_id, skips=skips)
        self._damage, self._types, self._known = self.damage, types, known
        self._layout = stored.info.layout
        self._rows: dict[str, dict[str, str]] = {}
        for row in stored.rows:
            self._rows.setdefault(row.kind, {})[row.key] = row.body
        self._seeds: dict[int, tuple[Fields, ...]] = {}
        self._runs: dict[int, _Run[Record]] = {}
        self._nodes: dict[Any, Nodes] = {}
        tables: dict[str, Any] = {
            "runs": self,
            "seeds": _Seeds(self._seed),
            "nodes": self._shared_nodes,
        }
        self._turns = TurnReader(self._rows, types, known, self._damage, tables)
        for kind in ("edits", "marks"):
            tables[kind] = VersionReader(
                kind, self._rows, known, self._damage, self._edit, self._turns.shared_text
            )
        self._versions = tables

    def _edit(self, record_id: str, data: Any) -> Fields:
        return self._turns.row_reader({}).edit(record_id, data)

    # --- the whole -----------------------------------------------------------------------------

    def conversation(self) -> Conversation:
        """Return the conversation.

        Raises:
            DamagedRowError: A branch or another row that all depend on cannot be read.
        """
        counts = self._damage.guarded("session", "", self._counts) or self._counted()
        self._known.start_from(counts)
        self._known.learn_shared(self._rows.get("text", {}))
        self._make_runs()
        branches = self._branches()
        conversation = Conversation(branches[0])
        conversation.restore(branches, counts.made)
        return conversation

    def everything(self) -> None:
        """Read every row of every turn, which reports or raises what is damaged."""
        for key in self._rows.get("turn", {}):
            for record in self._turns.records(key):
                for request in record.all_requests():
                    self._damage.guarded("turn", key, lambda request=request: list(request.prompt))
        for kind in ("edits", "marks"):
            for key in self._rows.get(kind, {}):
                self._versions[kind][int(key)]

    def _counts(self) -> Counts:
        layout = json.loads(self._layout) if self._layout else {}
        return Counts(**{name: int(value) for name, value in layout.items()})

    def _counted(self) -> Counts:
        """What the counts must be at least, judged by the rows."""

        def behind(kind: str, least: int) -> int:
            return max([least, *(int(key) + 1 for key in self._rows.get(kind, {}))])

        return Counts(
            made=1_000_000,  # only ever compared with others
            runs=behind("run", 0),
            edits=behind("edits", 2),
            marks=behind("marks", 2),
            seeds=behind("seed", 0),
            aliases=behind("alias", 0),
        )

    def _branches(self) -> list[Branch]:
        found: list[Branch] = []
        for key, body in self._rows.get("branch", {}).items():
            branch = self._damage.guarded(
                "branch", key, lambda key=key, body=body: self._branch(key, body)
            )
            if branch is not None:
                found.append(branch)
        keys = {branch.key for branch in found}
        found = [
            branch if branch.parent in keys else dataclasses.replace(branch, parent=None)
            for branch in found
        ]
        found.sort(key=lambda branch: branch.order)
        if not found:
            raise self._damage.error("branch", "", "none of its branches can be read")
        self._damage.guarded("branch", "", lambda: check_family(found))
        return found

    def _branch(self, key: str, body: str) -> Branch:
        data = unpacked(body, self._turns.shared_text)
        branch = self._turns.row_reader(data).branch()
        if branch.key != key:
            raise Undecodable(f"it holds the branch {branch.key!r:.40}")
        seed = data["branch"].get("seed")
        return branch if seed is None else dataclasses.replace(branch, seed=self._seed(seed))

    # --- logs ----------------------------------------------------------------------------------

    def _make_runs(self) -> None:
        """Make every run, with a slot for each record."""
        places: dict[int, dict[int, tuple[str, int]]] = {}
        ids: dict[int, dict[str, int]] = {}
        for key, body in self._rows.get("turn", {}).items():
            run, position = _numbers(key)
            places.setdefault(run, {})[position] = (key, 0)
            head = self._damage.guarded(
                "turn", key, lambda body=body: json.loads(body.split("\n", 1)[0])
            )
            if type(head) is list and head:
                ids.setdefault(run, {})[str(head[0])] = position
                self._known.records.learn(str(head[0]), (key, 0))
                for number, at, record in head[1:]:
                    places.setdefault(number, {})[at] = (key, record)
        for key, body in self._rows.get("alias", {}).items():
            for run, position, row, record in (
                self._damage.guarded("alias", key, lambda body=body: json.loads(body)) or ()
            ):
                places.setdefault(run, {})[position] = (row, record)
        bodies = self._rows.get("run", {})
        for key in sorted(bodies, key=int):
            self._damage.guarded(
                "run", key, lambda key=key: self._make_run(int(key), bodies[key], places, ids)
            )

    def _make_run(
        self,
        number: int,
        body: str,
        places: dict[int, dict[int, tuple[str, int]]],
        ids: dict[int, dict[str, int]],
    ) -> None:
        data = json.loads(body)
        start: int = data["start"]
        here = places.get(number, {})
        stop = 1 + max(here, default=start - 1)
        items: LazyItems[Record] = LazyItems()
        for position in range(start, stop):
            row, record = here.get(position, (f"{number}:{position}", 0))
            items.append(Slot(self._record_loader(row, record)))  # type: ignore[arg-type]
        base = None if data["base"] is None else self.log(data["base"])
        run: _Run[Record] = _Run(base, start, items)
        found = ids.get(number, {})
        if len(found) == len(items):
            run.positions = dict(found)
        self._runs[number] = run
        self._known.runs.learn(id(run), (number, run))
        self._known.placed.learn(number, len(items))

    def _shared_nodes(self, nodes: Nodes) -> Nodes:
        """Return the first of equal standings: between turns that touch no node it is one."""
        if not nodes:
            return NO_NODES
        name: list[Any] = []
        for path, node in sorted(nodes.items()):
            ledger = node.ledger
            run = id(ledger._run) if len(ledger) else 0  # pyright: ignore[reportPrivateUsage]
            name += (path, run, len(ledger), ledger.first, node.memory, node.closed)
        return self._nodes.setdefault(tuple(name), nodes)

    def _record_loader(self, row: str, number: int) -> Callable[[], Record]:
        return lambda: self._turns.records(row)[number]

    def log(self, place: Any) -> Log[Record]:
        """Return the log at a place that a row names."""
        if place is None:
            return Log()
        number, length, first = [*place, 0][:3]
        run = self._runs.get(number)
        if run is None:
            raise Undecodable(f"it speaks of run {number!r:.40}, which is not there")
        missing = length - run.start - len(run.items)
        for position in range(length - missing, length):  # their rows are gone
            slot: Any = Slot(self._record_loader(f"{number}:{position}", 0))
            run.items.append(slot)
        return log_in(run, length, first)

    def _seed(self, number: int) -> tuple[Fields, ...]:
        if number not in self._seeds:
            self._seeds[number] = (
                self._damage.guarded("seed", str(number), lambda: self._read_seed(number)) or ()
            )
            seed = self._seeds[number]
            self._known.seeds.learn(id(seed), (number, seed))
        return self._seeds[number]

    def _read_seed(self, number: int) -> tuple[Fields, ...]:
        body = self._rows.get("seed", {}).get(str(number))
        if body is None:
            raise Undecodable("it is missing")
        return tuple(decode(one, self._types) for one in unpacked(body, self._turns.shared_text))


def problems_in(stored: SessionRows) -> list[Problem]:
    """Return what cannot be read of a session, whatever classes its values are of."""
    if not any(row.kind == "branch" for row in stored.rows):
        return []  # it keeps something else than a conversation
    reader = ConversationReader(stored, {}, Known(), skips=True)
    try:
        reader.conversation()
        reader.everything()
    except DamagedRowError as problem:
        reader.damage.problems.append(Problem(stored.info.session_id, "", str(problem)))
    return [one for one in reader.damage.problems if "is not known here" not in one.message]


class _Seeds(Sequence[Any]):
    """The seeds, read one by one."""

    def __init__(self, get: Callable[[int], Any]) -> None:
        self._get = get

    def __len__(self) -> int:
        return 2**53

    def __getitem__(self, number: Any) -> Any:
        return self._get(number)


def _numbers(key: str) -> tuple[int, int]:
    run, _, position = key.partition(":")
    return int(run), int(position)
