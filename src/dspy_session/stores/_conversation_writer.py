"""A change of a conversation as the batch of rows that stores it, and nothing that is stored."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from .._files.document_writer import written_mark
from .._files.tagged_json import encode
from .._tree.branch import Branch
from .._tree.conversation import Branches, Change
from .._tree.log import Log
from .._tree.record import Record
from .._tree.values import Fields
from ._checks import searchable
from ._known import Known
from ._row_writer import RowWriter, VersionRows
from ._runs import RunWriter
from ._texts import packed
from ._values import Batch, Row

TEXT_KEPT = 20_000
"""Characters of one turn, and of one edit, that a text search looks through."""
_PREVIEW = 120


class ConversationWriter:
    """Turns changes into batches.

    Args:
        known: What is stored already; see :meth:`Known.keep` and :meth:`Known.drop`.
    """

    def __init__(self, known: Known) -> None:
        self._known = known

    def batch(
        self, before: Branches, change: Change, made: int, info: Mapping[str, Any] | None = None
    ) -> Batch:
        """Return the rows that a change adds; when this raises, nothing of it counts as stored.

        Args:
            before: The branches before the change.
            change: Branch key to its new value; None: it is taken away.
            made: How many branches were ever made.
            info: More fields of the session's summary to write.

        Raises:
            EncodeError: An amendment cannot be written; the message names it.
        """
        try:
            return self._batch(before, change, made, info or {})
        except BaseException:
            self._known.drop()
            raise

    def _batch(self, before: Branches, change: Change, made: int, info: Mapping[str, Any]) -> Batch:
        writing = _Writing(self._known)
        after = {key: one for key, one in {**before, **change}.items() if one is not None}
        for branch in change.values():
            if branch is not None:
                writing.write_branch(branch, before.get(branch.key), set(after))
        self._known.counts.made = made
        first = min(after.values(), key=lambda branch: branch.order)
        summary = {
            **info,
            "turns": len(first.log),
            "branches": len(after),
            "preview": _preview(first),
            "layout": json.dumps(dataclasses.asdict(self._known.counts)),
        }
        gone = [("branch", key) for key, branch in change.items() if branch is None]
        return Batch(rows=writing.all_rows(), gone=gone, info=summary)


class _Writing:
    """The rows of one batch."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._rows: list[Row] = []
        self._runs = RunWriter(known)
        self._edits = VersionRows(known, "edits", _edit)
        self._marks = VersionRows(known, "marks", written_mark)

    def write_branch(self, branch: Branch, before: Branch | None, keys: set[str]) -> None:
        """Write a branch, and first what it speaks of."""
        if before is not None:
            self._edits.base, self._marks.base = before.edits, before.marks
        seed = None if branch.seed is None else self._seed(branch.seed)
        for log in (branch.log, branch.ahead):
            if log is not None:
                self._write_log(log)
        body = self._writer(f"branch {branch.key}").branch(branch, keys, seed)
        self._rows.append(Row("branch", branch.key, body))

    def _writer(self, key: str) -> RowWriter:
        return RowWriter(self._known, self._runs, (self._edits, self._marks), key)

    def _write_log(self, log: Log[Record]) -> None:
        for number, position, record in self._runs.unplaced(log):
            place = self._known.records.get(record.id)
            if place is not None:
                self._runs.aliases.append([number, position, *place])
                continue
            key = f"{number}:{position}"
            body = self._writer(key).turn(record)
            self._rows.append(
                _row("turn", key, body, [*_texts(record.inputs), *_texts(record.outputs)])
            )

    def _seed(self, seed: tuple[Fields, ...]) -> int:
        known = self._known
        found = known.seeds.get(id(seed))
        if found is not None:
            return found[0]
        number = known.counts.seeds
        known.counts.seeds += 1
        known.seeds[id(seed)] = (number, seed)
        messages = [encode(dict(message), at=("the seed history",)) for message in seed]
        self._rows.append(Row("seed", str(number), packed(messages, known.share)))
        return number

    def all_rows(self) -> list[Row]:
        """Return all rows of the batch."""
        known = self._known
        rows = [*self._rows, *(Row("run", key, body) for key, body in self._runs.rows.items())]
        for key, body in self._edits.rows.items():
            rows.append(_row("edits", key, body, _texts(self._edits.said[key])))
        rows += [Row("marks", key, body) for key, body in self._marks.rows.items()]
        if self._runs.aliases:
            rows.append(Row("alias", str(known.counts.aliases), json.dumps(self._runs.aliases)))
            known.counts.aliases += 1
        rows += [Row("text", key, packed_text(text)) for key, text in known.new_texts().items()]
        return rows


def packed_text(text: str) -> str:
    """Return the body of a text's own row."""
    return json.dumps(encode(text), ensure_ascii=False)


def _edit(record_id: str, fields: Fields) -> Any:
    return encode(dict(fields), at=(f"the edited turn {record_id}",))


def _row(kind: str, key: str, body: str, said: list[str]) -> Row:
    return Row(kind, key, body, searchable("\n".join(said)[:TEXT_KEPT]) if said else None)


def _texts(value: Any) -> list[str]:
    """The texts in field values that people would search for."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in _texts(item)]
    return []


def _preview(branch: Branch) -> str:
    oldest = branch.log[branch.log.first] if len(branch.log) > branch.log.first else None
    said = [] if oldest is None else [*_texts(oldest.inputs), *_texts(oldest.outputs)]
    line = " ".join(said[0][: 4 * _PREVIEW].split()) if said else ""
    clean = line.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return clean if len(clean) <= _PREVIEW else clean[: _PREVIEW - 1] + "…"
