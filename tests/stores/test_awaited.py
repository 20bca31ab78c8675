"""Awaited calls on a store."""

from __future__ import annotations

import asyncio
import threading

import dspy
import pytest
from support.scripted import Held, scripted_lm
from support.stored import anew, answers


async def test_awaited_calls_are_stored_without_holding_up_the_loop(chat, store):
    async with await chat.aopen("s") as here:
        with answers("a", "b"):
            await here.acall(question="1")
            held, free = threading.Event(), threading.Event()
            append = store.append

            def slow(*args, **options):
                held.set()
                assert free.wait(30)
                return append(*args, **options)

            store.append = slow
            call = asyncio.create_task(here.acall(question="2"))
            await asyncio.to_thread(held.wait, 30)
            assert len(here.turns) == 1  # not seen before it is stored; and the loop runs
            assert list(here.branches) == ["main"]
            free.set()
            await call
    assert len(anew(chat, "s").turns) == 2


async def test_a_call_that_is_cancelled_while_it_is_written_is_written(chat, store):
    here = await chat.aopen("s")
    held, free = threading.Event(), threading.Event()
    append = store.append

    def slow(*args, **options):
        held.set()
        assert free.wait(30)
        return append(*args, **options)

    store.append = slow
    with answers("a"):
        call = asyncio.create_task(here.acall(question="1"))
        await asyncio.to_thread(held.wait, 30)
        call.cancel()
        await asyncio.sleep(0)
        free.set()
        with pytest.raises(asyncio.CancelledError):
            await call
    assert len(here.turns) == len(anew(chat, "s").turns) == 1


async def test_a_call_that_is_cancelled_before_writes_nothing(chat, store):
    here = await chat.aopen("s")
    version = store.info("s").version
    answer = Held({"answer": "a"})
    with dspy.context(lm=scripted_lm(answer)):
        call = asyncio.create_task(here.acall(question="1"))
        await asyncio.to_thread(answer.reached.wait, 30)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    assert store.info("s").version == version
    assert len(here.turns) == 0
