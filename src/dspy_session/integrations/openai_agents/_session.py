"""The SDK's own sessions, kept in any of our stores."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import agents
from agents.items import TResponseInputItem
from agents.memory import SessionABC, SessionSettings

from ..._session import Session
from ..._tree.branch import Branch
from ..._tree.record import Record
from ..._wrap import sessionify
from ...errors import SessionConflictError
from ...inspector import SessionInspector
from ...session_memory import Item
from ...session_memory._interface import checked_items
from ...stores import MemorySessionStore, SessionStore, open_store
from ...stores._checks import checked_id
from ._limit import newest
from ._program import AgentProgram
from ._turns import continues, grouped, items_in, turn_record

T = TypeVar("T")

_ATTEMPTS = 50
"""How often a change is tried again when other processes were first."""


class AgentsSession(SessionABC):
    """A session of the Agents SDK over one of our stores: ``Runner.run(agent, …, session=…)``.

    Items are kept exactly, and grouped into turns: what was asked, and all that followed. So the
    conversation can be looked at, forked, edited, scored and exported like any other, see
    :attr:`session`. What is edited there is what the next run is given.

    Several runs, tasks and processes may use one id: every ``add_items`` is one write, in the
    order in which they come; none is lost.

    Args:
        session_id: Which conversation; it begins now if the store has none.
        store: A store or its URL, e.g. ``"sqlite:///agents.db"``. None: in memory, for as long as
            this object lasts.
        user_id: Whose conversation it is.
        metadata: JSON values for a new conversation, by which it can be found.
        branch: Name of the branch to talk on; None: the first one.
        session_settings: The SDK's settings, e.g. ``SessionSettings(limit=50)``.
        agent: The agent, for running turns again from :attr:`session` or the inspector.

    Raises:
        ArgumentError: The id cannot be kept, or no store has such a URL.

    Example:
        >>> session = AgentsSession("user_123", "sqlite:///agents.db")
        >>> await Runner.run(agent, "Hi, I'm Alice", session=session)
    """

    def __init__(  # noqa: PLR0913  # what the SDK's sessions take, and what ours do
        self,
        session_id: str,
        store: str | SessionStore | None = None,
        *,
        user_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        branch: str | None = None,
        session_settings: SessionSettings | None = None,
        agent: agents.Agent[Any] | None = None,
    ) -> None:
        self.session_id = checked_id(session_id)
        self.session_settings = session_settings
        self.store = MemorySessionStore() if store is None else open_store(store)
        self._opening: dict[str, Any] = {"user_id": user_id, "metadata": metadata, "branch": branch}
        self._program = AgentProgram(agent)
        self._session: Session | None = None
        self._lock = threading.RLock()

    # --- the SDK's protocol ------------------------------------------------------------------

    async def get_items(self, limit: int | None = None) -> list[TResponseInputItem]:
        """Return the items, oldest first, as they read now.

        Args:
            limit: The most to return, newest kept; None: what ``session_settings`` says. A tool's
                result never comes without its call, so there may be fewer.
        """
        if limit is None and self.session_settings is not None:
            limit = self.session_settings.limit
        return newest(await self._aside(self._items), limit)  # type: ignore[return-value]

    async def add_items(self, items: list[TResponseInputItem]) -> None:
        """Put items behind the others; when this returns, they are in the store.

        Raises:
            ArgumentTypeError: Something among them is no item.
            StoreError: The store cannot be written; nothing was.
        """
        new = checked_items(items)
        if new:
            await self._aside(lambda: self._change("items", lambda branch: _added(branch, new)))

    async def pop_item(self) -> TResponseInputItem | None:
        """Take the newest item off and return it; None when there is none."""
        popped: list[Item] = []

        def pop(branch: Branch) -> Branch:
            popped.clear()
            return _popped(branch, popped)

        await self._aside(lambda: self._change("item taken off", pop))
        return popped[0] if popped else None  # type: ignore[return-value]

    async def clear_session(self) -> None:
        """Take all items off; other branches stay."""
        await self._aside(lambda: self._change("reset", lambda branch: branch.emptied(branch.seed)))

    # --- ours --------------------------------------------------------------------------------

    @property
    def session(self) -> Session:
        """The conversation as one of our sessions: turns, branches, scores, examples, exports."""
        with self._lock:
            if self._session is None:
                blueprint = sessionify(self._program, store=self.store, copy_mode="none")
                self._session = blueprint.open(self.session_id, **self._opening)
            return self._session

    def inspect(self, **options: Any) -> SessionInspector:
        """Return the session inspector on the conversation; see :meth:`Session.inspect`."""
        return self._present().inspect(**options)

    def fork(self, at: int | None = None, name: str | None = None) -> AgentsSession:
        """Return a session on a new branch that keeps the first ``at`` turns; None: all."""
        forked = self._present().fork(at=at, name=name)
        return AgentsSession(
            self.session_id,
            self.store,
            branch=forked.name,
            session_settings=self.session_settings,
            agent=self._program.agent,
        )

    def __repr__(self) -> str:
        return f"AgentsSession({self.session_id!r}, {type(self.store).__name__})"

    # --- the conversation ----------------------------------------------------------------------

    async def _aside(self, work: Callable[[], T]) -> T:
        """Run some work in a thread, so that the event loop never waits for the store."""
        return await asyncio.to_thread(work)

    def _present(self) -> Session:
        """Return the session with what other processes wrote meanwhile."""
        session, info = self.session, self.store.info(self.session_id)
        stored = session._stored_as
        if stored is not None and (info is None or stored.is_behind(info)):
            session.refresh()
        return session

    def _items(self) -> list[Item]:
        branch = self._present()._branch
        return [item for record in branch.log for item in items_in(branch, record)]

    def _change(self, label: str, make: Callable[[Branch], Branch]) -> None:
        with self._lock:
            for _ in range(_ATTEMPTS):
                session = self._present()
                try:
                    session._conversation.update(session._key, label, make)
                except SessionConflictError:
                    stored = session._stored_as
                    if stored is not None:
                        stored.forget_unsaved()  # tried again, on what the others wrote
                    continue
                return
        msg = f"session {self.session_id!r}: {_ATTEMPTS} times another writer was first; try again"
        raise SessionConflictError(msg)


def _added(branch: Branch, items: Sequence[Item]) -> Branch:
    last = branch.log.last
    present = [] if last is None else items_in(branch, last)
    rest = list(items)
    if last is not None and continues(present, rest[0]):
        first, *turns = grouped([*present, *rest])
        branch = _replaced(branch, last, first)
    else:
        turns = grouped(rest)
    for turn in turns:
        branch = branch.appended(turn_record(branch, turn))
    return branch


def _popped(branch: Branch, popped: list[Item]) -> Branch:
    last = branch.log.last
    if last is None:
        return branch
    *kept, item = items_in(branch, last)
    popped.append(item)
    return _replaced(branch, last, kept) if kept else _without_last(branch)


def _replaced(branch: Branch, last: Record, turn: Sequence[Item]) -> Branch:
    """Put a turn that grew or shrank in its own place, with its scores and notes."""
    mark = branch.mark(last)
    shorter = _without_last(branch)
    record = turn_record(shorter, turn)
    return shorter.appended(record).marked(record.id, mark)


def _without_last(branch: Branch) -> Branch:
    return branch.cut(len(branch.log) - 1)
