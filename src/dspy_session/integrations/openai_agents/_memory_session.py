"""A session memory as one session of the Agents SDK."""

from __future__ import annotations

from agents.items import TResponseInputItem
from agents.memory import SessionABC, SessionSettings

from ...session_memory import SessionMemory, SQLiteSessionMemory
from ._limit import newest


class MemorySession(SessionABC):
    """One conversation of a :class:`SessionMemory`, as the SDK's ``Runner`` wants it.

    Args:
        session_id: Which conversation.
        memory: Where it is kept.
        session_settings: The SDK's settings, e.g. how many items a run is given.
    """

    def __init__(
        self,
        session_id: str,
        memory: SessionMemory,
        session_settings: SessionSettings | None = None,
    ) -> None:
        self.session_id = session_id
        self.memory = memory
        self.session_settings = session_settings

    async def get_items(self, limit: int | None = None) -> list[TResponseInputItem]:
        """Return the items, oldest first; with a limit, at most that many of the newest."""
        if limit is None and self.session_settings is not None:
            limit = self.session_settings.limit
        return newest(await self.memory.load_session(self.session_id), limit)  # type: ignore[return-value]

    async def add_items(self, items: list[TResponseInputItem]) -> None:
        """Put items behind the others."""
        if items:
            await self.memory.append_to_session(self.session_id, items)  # type: ignore[arg-type]

    async def pop_item(self) -> TResponseInputItem | None:
        """Take the newest item off and return it; None when there is none."""
        if isinstance(self.memory, SQLiteSessionMemory):
            popped = await self.memory.pop_items(self.session_id)
            return popped[0] if popped else None  # type: ignore[return-value]
        items = await self.memory.load_session(self.session_id)
        if not items:
            return None
        await self.memory.save_session(self.session_id, items[:-1])
        return items[-1]  # type: ignore[return-value]

    async def clear_session(self) -> None:
        """Forget the conversation."""
        await self.memory.clear_session(self.session_id)
