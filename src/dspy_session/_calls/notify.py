"""Tell the user's ``on_turn`` of a recorded turn: its errors are reported and change nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

_log = logging.getLogger("dspy_session")


def notify(on_turn: Callable[[Any, Any], Any] | None, session: Any, turn: Any) -> Any:
    """Call ``on_turn``; return what is left to await, or None."""
    if on_turn is None:
        return None
    try:
        result = on_turn(session, turn)
    except Exception:  # noqa: BLE001  # a callback of the user's; reported, and the turn stands
        _log.exception("on_turn failed for turn %d; the turn is recorded", turn.index)
        return None
    return _guarded(result, turn) if hasattr(result, "__await__") else None


async def _guarded(awaitable: Any, turn: Any) -> None:
    try:
        await awaitable
    except Exception:  # noqa: BLE001  # a callback of the user's; reported, and the turn stands
        _log.exception("on_turn failed for turn %d; the turn is recorded", turn.index)


_settling: set[asyncio.Task[None]] = set()


def settle(awaitable: Coroutine[Any, Any, None] | None) -> None:
    """Run an async callback from synchronous code: now, or soon where an event loop runs."""
    if awaitable is None:
        return
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(awaitable)
        return
    task = loop.create_task(awaitable)
    _settling.add(task)  # a loop holds its tasks only weakly
    task.add_done_callback(_settling.discard)
