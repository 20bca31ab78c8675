"""What keeps conversations by session id, as lists of items."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeAlias

from ..errors import ArgumentTypeError

Item: TypeAlias = "dict[str, Any]"
"""One item of a conversation in the OpenAI Responses shape, e.g. ``{"role": …, "content": …}``."""


class SessionMemory(ABC):
    """Keeps conversations by session id. Subclass it to keep them where you like.

    Each conversation is a list of items, oldest first: messages, tool calls, tool results. What
    was put in comes out equal. A session that was never written is an empty list.
    """

    @abstractmethod
    async def load_session(self, session_id: str) -> list[Item]:
        """Return the items of a session, oldest first; empty when there is none."""

    @abstractmethod
    async def save_session(self, session_id: str, conversation_history: list[Item]) -> None:
        """Put these items in the place of all that the session held."""

    @abstractmethod
    async def append_to_session(self, session_id: str, new_items: list[Item]) -> None:
        """Put items behind those of the session; make the session when there is none."""

    @abstractmethod
    async def clear_session(self, session_id: str) -> None:
        """Forget a session; no error when there is none."""

    @abstractmethod
    async def list_sessions(self) -> list[str]:
        """Return the ids of all sessions, the one that changed last first."""

    @abstractmethod
    async def session_exists(self, session_id: str) -> bool:
        """Whether something was written under this id, and not cleared since."""

    async def cleanup(self) -> None:  # noqa: B027  # optional: some memories hold nothing open
        """Let go of files and connections. The memory is not used after it."""


def checked_items(items: object) -> list[Item]:
    """Return items that are dicts with str keys.

    Raises:
        ArgumentTypeError: They are something else.
    """
    if not isinstance(items, (list, tuple)):
        msg = f"items are a list of dicts, got {type(items).__name__}"
        raise ArgumentTypeError(msg)
    for number, item in enumerate(items):
        if not isinstance(item, dict) or not all(isinstance(key, str) for key in item):
            msg = f"item {number} is a dict such as {{'role': …, 'content': …}}, got {item!r:.80}"
            raise ArgumentTypeError(msg)
    return list(items)


def chosen_memory(memory: object, default: type[SessionMemory]) -> SessionMemory | None:
    """Return what ``memory=`` means: nothing, the default one, or the one that was given.

    Raises:
        ArgumentTypeError: It is none of these.
    """
    if memory is None or memory is False:
        return None
    if memory is True:
        return default()
    if isinstance(memory, SessionMemory):
        return memory
    msg = f"memory is None, True or a SessionMemory, got {type(memory).__name__}"
    if isinstance(memory, type) and issubclass(memory, SessionMemory):
        msg += f"; make an instance of it: {memory.__name__}(…)"
    raise ArgumentTypeError(msg)
