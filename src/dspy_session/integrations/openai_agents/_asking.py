"""One message to an agent of the SDK, and the text it answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import agents


async def final_text(agent: Any, session: Any, message: str) -> str:
    """Return the agent's final output as text."""
    return str((await agents.Runner.run(agent, message, session=session)).final_output)


async def text_pieces(
    agent: Any, session: Any, message: str, said: list[str]
) -> AsyncIterator[str]:
    """Yield the agent's text as it is written; put the final output into ``said`` at the end."""
    result = agents.Runner.run_streamed(agent, message, session=session)
    async for event in result.stream_events():
        data: Any = getattr(event, "data", None)
        if getattr(data, "type", None) == "response.output_text.delta":
            yield data.delta
    said.append(str(result.final_output))
