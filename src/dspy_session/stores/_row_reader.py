"""One row of a conversation as records, branches or amendments again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from .._files.document_item import Item, damaged
from .._files.document_reader import Reader, read_filter
from .._files.known_types import Types
from .._tree.branch import Branch
from .._tree.record import Record
from .._tree.values import Fields
from ._texts import Rows, RowTextReader


class RowReader(Reader):
    """Reads one row.

    Args:
        data: What stands in the row.
        types: The classes that may be rebuilt.
        rows: The rows around it.
        tables: ``runs``, ``prompts``, ``edits``, ``marks`` and ``seeds`` of the whole session,
            and ``nodes``, which returns the first of equal standings of all nodes.
    """

    def __init__(self, data: Any, types: Types, rows: Rows, tables: Mapping[str, Any]) -> None:
        item = Item(data)
        self.json = item.data
        self._types = types
        self._records = item.items("records", [])
        self._texts: Any = RowTextReader(rows, self._records)
        self._runs, self._prompts = tables["runs"], tables["prompts"]
        self._edits, self._marks, self._seeds = tables["edits"], tables["marks"], tables["seeds"]
        self._filters = [read_filter(one, n) for n, one in enumerate(item.items("filters", []))]
        self._histories = self._read_histories(
            Item({"said": item.items("said", []), "histories": item.items("histories", [])})
        )
        shared = tables["nodes"]
        self._nodes = [shared(nodes) for nodes in self._read_nodes(item.items("nodes", []))]
        self._data = item

    def records(self) -> list[Record]:
        """Return the records of a turn's row, the turn first."""
        return self._read_records()

    def branch(self) -> Branch:
        """Return the branch of a branch's row, without its seed."""
        data = dict(Item(self._data.data.get("branch"), "branch").data)
        data.pop("seed", None)
        return self._branch(data, 0)

    def message(self, number: int) -> dict[str, Any]:
        """Return one of the messages of the row's prompts."""
        return self._message(self._data.items("messages")[number], number)

    def edit(self, record_id: str, data: Any) -> Fields:
        """Return the edited fields in JSON data."""
        return self._edit(record_id, data)

    @override
    def _read_histories(self, document: Item) -> list[tuple[Fields, ...]]:
        # Parts of the seed stand among the others and take no part in what those share.
        entries = document.items("histories")
        own = [entry for entry in entries if type(entry) is not dict]
        read = iter(super()._read_histories(Item({**document.data, "histories": own})))
        return [self._seed_part(entry) if type(entry) is dict else next(read) for entry in entries]

    def _seed_part(self, entry: dict[str, Any]) -> tuple[Fields, ...]:
        item = Item(entry, "histories")
        seed, start = self._seeds[item.count("seed")], item.count("from")
        if start > len(seed):
            raise damaged("it begins behind the seed's end", "histories")
        return seed if start == 0 else seed[start:]
