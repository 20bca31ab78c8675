"""A chat service over the agents of a YAML file.

    pip install dspy-session starlette uvicorn
    uvicorn agents_service:app --app-dir examples

    curl localhost:8000/chat -d '{"message": "Hi, this is Mia."}'
    curl localhost:8000/chat -d '{"message": "What is my name?", "session_id": "…"}'

The first answer tells the session id in its metadata; send it along with what follows. With
``"stream": true`` the answer comes piece by piece, as server-sent events. ``AGENTS`` names another
file, ``DSPY_SESSION_LM`` a model; without it the answers are made offline.

Conversations are in the SQLite files that the YAML names, so several workers may serve them. Two of
them that answer in one conversation at once do not lose a turn: the second asks again.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import dspy
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from dspy_session.config import AgentFactory, Reply
from dspy_session.demo import demo_lm
from dspy_session.errors import ArgumentError, ConfigError, SessionConflictError, StoreError

AGENTS = os.environ.get("AGENTS", Path(__file__).with_name("agents.yaml"))

factory = AgentFactory.from_yaml(AGENTS)
model = dspy.LM(os.environ["DSPY_SESSION_LM"]) if "DSPY_SESSION_LM" in os.environ else demo_lm()


async def chat(request: Request) -> Response:
    """Answer ``{"message", "agent"?, "session_id"?, "stream"?}``."""
    asked = await _body(request)
    agent = asked.get("agent") or factory.names[-1]
    if agent not in factory.names:
        raise HTTPException(404, f"no agent {agent!r}; there are {', '.join(factory.names)}")
    session_id = asked.get("session_id")
    if asked.get("stream"):
        pieces = factory.stream(agent, asked["message"], session_id)
        return StreamingResponse(_events(pieces, agent), media_type="text/event-stream")
    reply = await factory.ask(agent, asked["message"], session_id)
    return JSONResponse(_told(reply, agent))


async def agents(_: Request) -> Response:
    """The names of all agents."""
    return JSONResponse({"agents": factory.names})


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    message = body.get("message") if isinstance(body, dict) else None
    if not isinstance(message, str) or not message.strip():
        raise HTTPException(422, "send {'message': '…'}, and the session_id to go on with one")
    return body


def _told(reply: Reply, agent: str) -> dict[str, Any]:
    specialist = reply.outputs.get("specialist")
    metadata = {"session_id": reply.session_id, "agent": agent, "specialist": specialist}
    return {"answer": reply.answer, "metadata": metadata}


async def _events(pieces: AsyncIterator[str | Reply], agent: str) -> AsyncIterator[str]:
    try:
        async for piece in pieces:
            told = {"delta": piece} if isinstance(piece, str) else _told(piece, agent)
            yield f"data: {json.dumps(told)}\n\n"
    except Exception as error:  # noqa: BLE001  # the headers are sent: the stream itself must tell
        yield f"data: {json.dumps({'error': f'{type(error).__name__}: {error}'})}\n\n"


def _refused(code: int) -> Any:
    def answer(_: Request, error: Any) -> Response:
        return JSONResponse({"error": getattr(error, "detail", str(error))}, code)

    return answer


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """Set the model; let go of the stores at the end."""
    dspy.configure(lm=model)
    yield
    factory.clear_session_cache()


app = Starlette(
    routes=[Route("/agents", agents), Route("/chat", chat, methods=["POST"])],
    exception_handlers={
        404: _refused(404),
        422: _refused(422),
        ArgumentError: _refused(422),
        ConfigError: _refused(500),
        SessionConflictError: _refused(409),
        StoreError: _refused(503),
    },
    lifespan=lifespan,
)
