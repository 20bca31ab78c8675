"""A stored session in memory: its conversation and the rest, and how much of it is stored."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from typing_extensions import Self

from .._files.known_types import Types
from .._messages import Beside
from .._tree.branch import Branch
from .._tree.conversation import Branches, Conversation
from .._tree.record import Record
from ..stores import Batch, SessionInfo, SessionRows
from ..stores._conversation_reader import ConversationReader
from ..stores._conversation_writer import ConversationWriter
from ..stores._known import Known
from ._kept_rows import KeptRows, changed_rows, kept_rows

_PREVIEW = 120


class Kept:
    """What a session holds; what was stored last stands beside it, so that only news is written."""

    def __init__(self, conversation: Conversation | None = None) -> None:
        self.conversation = conversation or Conversation()
        self.state: dict[str, Any] = {}
        """Name to encoded value."""
        self.beside: dict[int, Beside] = {}
        """Messages that are no side of a turn, by the key of their row, in their order."""
        self.version = 0
        self._known = Known()
        self._stored: Branches = {}
        self._stored_rows = KeptRows({}, {})
        self._made = 0

    @classmethod
    def of(cls, stored: SessionRows, types: Types) -> Self:
        """Read a session.

        Raises:
            DamagedRowError: It cannot be read; the error names the row.
        """
        kept = cls()
        reader = ConversationReader(stored, types, kept._known)
        kept.conversation = reader.conversation()
        rows = kept_rows(stored.info.session_id, stored.rows)
        kept.state, kept.beside = dict(rows.state), dict(rows.beside)
        kept._is_stored(stored.info.version)
        return kept

    @property
    def key(self) -> str:
        """The key of the first branch, on which messages are read and added."""
        return self.conversation.branches[0].key

    @property
    def branch(self) -> Branch:
        """The first branch."""
        return self.conversation.branches[0]

    def append(self, record: Record) -> None:
        """Add a turn."""
        label = f"turn {len(self.branch.log)}"
        self.conversation.update(self.key, label, lambda branch: branch.appended(record))

    def add_beside(self, one: Beside) -> None:
        """Add a message that is no side of a turn; it is the last one."""
        self._made = max([self._made, *self._stored_rows.beside, *self.beside]) + 1
        self.beside[self._made] = one

    # --- storing -------------------------------------------------------------------------------

    def batch(self, stored: SessionInfo, user_id: str | None, metadata: Mapping[str, Any]) -> Batch:
        """Return what is new since the session was stored.

        Args:
            stored: The session's summary, as it was stored last.
            user_id: Whose it is.
            metadata: Its metadata.

        Raises:
            EncodeError: A value cannot be written; the message names it.
        """
        branches = {branch.key: branch for branch in self.conversation.branches}
        change: dict[str, Branch | None] = {
            key: branch for key, branch in branches.items() if self._stored.get(key) is not branch
        }
        change |= dict.fromkeys(self._stored.keys() - branches.keys())
        info: dict[str, Any] = {}
        if user_id != stored.user_id or not self.version:
            info["user_id"] = user_id
        if metadata != stored.metadata or not self.version:
            info["metadata"] = metadata
        rows, gone = changed_rows(self._stored_rows, self.state, self.beside)
        batch = self._written(change, info) if change else Batch(info=info)
        summary = dict(batch.info)
        if not len(self.branch.log) and self.beside:
            summary["preview"] = _preview(next(iter(self.beside.values())))
        return dataclasses.replace(
            batch, rows=[*batch.rows, *rows], gone=[*batch.gone, *gone], info=summary
        )

    def _written(self, change: Mapping[str, Branch | None], info: Mapping[str, Any]) -> Batch:
        made = self.conversation._made
        try:
            return ConversationWriter(self._known).batch(self._stored, change, made, info)
        except BaseException:
            self._known.drop()
            raise

    def was_refused(self) -> None:
        """The batch was not stored."""
        self._known.drop()

    def was_stored(self, version: int) -> None:
        """The batch was stored, and made this version."""
        self._known.keep()
        self._is_stored(version)

    def _is_stored(self, version: int) -> None:
        self.version = version
        self._stored = {branch.key: branch for branch in self.conversation.branches}
        self._stored_rows = KeptRows(dict(self.state), dict(self.beside))


def _preview(one: Beside) -> str:
    line = " ".join(str(one.message.get("content", ""))[: 4 * _PREVIEW].split())
    clean = line.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return clean if len(clean) <= _PREVIEW else clean[: _PREVIEW - 1] + "…"
