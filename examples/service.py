"""A chat service of several processes on one Redis or PostgreSQL.

    pip install 'dspy-session[redis]' starlette uvicorn
    CHATS=redis://localhost:6379/0 uvicorn service:app --app-dir examples --workers 4

Any worker answers any chat: what was said is in the store before a client reads the answer.

    curl -H 'X-User: mia' -d '{"question": "Hi, I am Mia."}' localhost:8000/chats/1/turns
    curl -H 'X-User: mia' -d '{"question": "What is my name?"}' localhost:8000/chats/1/turns
    curl -H 'X-User: mia' localhost:8000/chats/1
    curl -H 'X-User: mia' localhost:8000/chats

The model answers offline; name another in ``DSPY_SESSION_LM``, e.g. ``openai/gpt-4o-mini``.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import random
from typing import Any
from weakref import WeakValueDictionary

import dspy
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dspy_session import Session, with_memory
from dspy_session.demo import SupportAgent, demo_lm
from dspy_session.errors import (
    ArgumentError,
    SessionArchivedError,
    SessionConflictError,
    StoreUnavailableError,
)
from dspy_session.stores import open_store

ATTEMPTS = 5
"""How often a question is asked again because another process answered in the same chat."""

store = open_store(os.environ.get("CHATS", "sqlite:///chats.db"))
program = with_memory(SupportAgent(), store=store)
model = dspy.LM(os.environ["DSPY_SESSION_LM"]) if "DSPY_SESSION_LM" in os.environ else demo_lm()


# --- conflicts ------------------------------------------------------------------------------------


# In this process, the questions of one chat wait for each other. Two processes may still answer in
# one chat at the same moment: the store refuses the second, and ``say`` asks again. Where the load
# balancer sends all requests of a chat to one process (a hash of the path), that hardly happens.
queues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


async def say(chat_id: str, user: str, question: str) -> tuple[Any, Any]:
    """Return the answer and its turn, which is in the store by then."""
    async with queues.setdefault(chat_id, asyncio.Lock()):
        for attempt in range(ATTEMPTS):
            chat = await opened(chat_id, user)  # with all that other processes have written
            try:
                answer = await chat.acall(question=question)
            except SessionConflictError:
                # Another process answered meanwhile, and this answer has not seen it: ask again.
                # Without keep_unsaved=False, the answer would be kept on a branch of its own.
                await chat.arefresh(keep_unsaved=False)
                await asyncio.sleep(random() * 0.1 * 2**attempt)  # noqa: S311  # no secret
            else:
                return answer, chat.turns[-1]
    raise HTTPException(409, "this chat is being answered elsewhere; try again")


async def opened(chat_id: str, user: str) -> Session:
    """Return the chat if it is the user's, or is new."""
    info = await store.ainfo(chat_id)
    if info is not None and info.user_id != user:
        raise HTTPException(404, "no such chat")
    return await program.aopen(chat_id, user_id=user)


# --- the service ----------------------------------------------------------------------------------


async def add_turn(request: Request) -> Response:
    """Answer a question: ``{"question": …}`` to ``{"reply": …, "turn": …}``."""
    try:
        body = await request.json()
    except ValueError:
        body = None
    question = body.get("question") if isinstance(body, dict) else None
    if not isinstance(question, str) or not question.strip():
        raise HTTPException(422, "send {'question': '…'}")
    answer, turn = await say(request.path_params["chat"], user_of(request), question)
    return JSONResponse({"reply": answer.reply, "turn": turn.index, "turn_id": turn.id})


async def show(request: Request) -> Response:
    """A chat's turns."""
    chat_id = request.path_params["chat"]
    if await store.ainfo(chat_id) is None:
        raise HTTPException(404, "no such chat")
    chat = await opened(chat_id, user_of(request))
    turns = [{**one.inputs, "reply": one.outputs["reply"]} for one in chat.turns]
    return JSONResponse({"turns": turns})


async def chats(request: Request) -> Response:
    """One page of the user's chats, the newest first."""
    page = await store.alist_sessions(
        user_id=user_of(request), limit=20, after=request.query_params.get("after")
    )
    found = [{"chat": one.session_id, "turns": one.turns} for one in page.sessions]
    return JSONResponse({"chats": found, "after": page.after})


def user_of(request: Request) -> str:
    """Who asks. A real service takes this from its sign-in, never from a header anyone can send."""
    user = request.headers.get("X-User")
    if not user:
        raise HTTPException(401, "say who you are in the header X-User")
    return user


# --- errors ---------------------------------------------------------------------------------------


def answering(code: int) -> Callable[[Request, Any], Response]:
    """Answer an error with its message, which says what to do."""

    def answer(_: Request, error: Any) -> Response:
        return JSONResponse({"error": str(error)}, code)

    return answer


def refuse(_: Request, error: Any) -> Response:
    """Answer what a handler refused."""
    return JSONResponse({"error": error.detail}, error.status_code)


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """Set the model, and close the store at the end."""
    dspy.configure(lm=model)
    gc.collect()
    gc.freeze()  # else collecting garbage goes through all that was imported, and holds up the loop
    async with store:
        yield


app = Starlette(
    routes=[
        Route("/chats", chats),
        Route("/chats/{chat}", show),
        Route("/chats/{chat}/turns", add_turn, methods=["POST"]),
    ],
    exception_handlers={
        HTTPException: refuse,
        ArgumentError: answering(422),
        SessionArchivedError: answering(409),
        StoreUnavailableError: answering(503),
    },
    lifespan=lifespan,
)
