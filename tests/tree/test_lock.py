"""One queue for threads and coroutines."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dspy_session._tree.lock import CallLock
from dspy_session.errors import ConflictError

WAIT_S = 10


class Holder:
    """A thread that holds the lock until it is told to let go."""

    def __init__(self, lock):
        self.lock, self.has, self.let_go = lock, threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        with self.lock.held():
            self.has.set()
            assert self.let_go.wait(WAIT_S)

    def __enter__(self):
        self.thread.start()
        assert self.has.wait(WAIT_S)
        return self

    def __exit__(self, *error):
        self.let_go.set()
        self.thread.join()


def until(true):
    """Wait for what another thread is about to do."""
    ready = threading.Event()
    for _ in range(10_000):
        if true():
            return
        ready.wait(0.001)
    raise TimeoutError


def test_threads_come_in_the_order_in_which_they_asked():
    lock, order = CallLock(), []

    def take(number):
        with lock.held():
            order.append(number)

    with ThreadPoolExecutor(5) as pool, Holder(lock):
        for number in range(5):
            pool.submit(take, number)
            until(lambda number=number: len(lock._queue) == number + 1)
    assert order == [0, 1, 2, 3, 4]


async def test_coroutines_come_in_the_order_in_which_they_asked():
    lock, order = CallLock(), []

    async def take(number):
        async with lock.aheld():
            order.append(number)
            await asyncio.sleep(0)

    async with lock.aheld():
        tasks = [asyncio.create_task(take(number)) for number in range(5)]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3, 4]


async def test_threads_and_coroutines_wait_in_one_queue():
    lock, order = CallLock(), []

    def take(number):
        with lock.held():
            order.append(number)

    async def atake(number):
        async with lock.aheld():
            order.append(number)

    with ThreadPoolExecutor(2) as pool:
        with Holder(lock):
            jobs = []
            for number in range(4):
                if number % 2:
                    jobs.append(asyncio.wrap_future(pool.submit(take, number)))
                else:
                    jobs.append(asyncio.create_task(atake(number)))
                await asyncio.sleep(0)
                until(lambda number=number: len(lock._queue) == number + 1)
        await asyncio.gather(*jobs)
    assert order == [0, 1, 2, 3]


def test_two_event_loops_share_it():
    lock, inside, most = CallLock(), [], []

    async def work():
        for _ in range(50):
            async with lock.aheld():
                inside.append(1)
                most.append(len(inside))
                await asyncio.sleep(0)
                inside.pop()

    with ThreadPoolExecutor(3) as pool:
        for job in [pool.submit(asyncio.run, work()) for _ in range(3)]:
            job.result(WAIT_S)
    assert max(most) == 1
    assert len(most) == 150


def test_only_one_thread_is_inside():
    lock, inside, most = CallLock(), [], []

    def work(_):
        for _ in range(100):
            with lock.held():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert (max(most), len(most)) == (1, 400)


def test_an_error_inside_lets_go():
    lock = CallLock()
    with pytest.raises(ZeroDivisionError), lock.held():
        raise ZeroDivisionError
    with lock.held():
        pass


async def test_a_waiting_coroutine_that_is_cancelled_leaves_the_queue():
    lock, order = CallLock(), []

    async def take(number):
        async with lock.aheld():
            order.append(number)

    async with lock.aheld():
        tasks = [asyncio.create_task(take(number)) for number in range(3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.sleep(0)
        assert len(lock._queue) == 2
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [0, 2]


async def test_a_coroutine_cancelled_as_it_is_handed_the_lock_passes_it_on():
    lock, order = CallLock(), []

    async def take(number):
        async with lock.aheld():
            order.append(number)

    async with lock.aheld():
        tasks = [asyncio.create_task(take(number)) for number in range(2)]
        await asyncio.sleep(0)
    tasks[0].cancel()  # it was woken, and has not run yet
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [1]
    with lock.held():
        pass


def test_a_waiter_whose_event_loop_is_gone_is_passed_over():
    lock, loop = CallLock(), asyncio.new_event_loop()

    async def take():
        async with lock.aheld():
            raise AssertionError

    with Holder(lock):
        task = loop.create_task(take())
        loop.run_until_complete(asyncio.sleep(0))
        assert len(lock._queue) == 1
        coroutine = task.get_coro()
        task._log_destroy_pending = False
        loop.close()
    with lock.held():
        pass
    with pytest.raises((RuntimeError, GeneratorExit)):
        coroutine.throw(GeneratorExit)


async def test_waiting_for_oneself_is_refused():
    lock = CallLock()
    async with lock.aheld():
        with pytest.raises(ConflictError, match="acall"), lock.held():
            raise AssertionError
    with lock.held():
        pass


def test_a_thread_that_holds_it_is_told_so():
    lock = CallLock()
    with (
        lock.held(),
        pytest.raises(ConflictError, match="would wait for itself"),
        lock.held(),
    ):
        raise AssertionError
    with lock.held():
        pass


async def test_waiting_behind_a_coroutine_of_this_very_thread_is_refused():
    lock = CallLock()

    async def take():
        async with lock.aheld():
            pass

    with Holder(lock):
        task = asyncio.create_task(take())
        await asyncio.sleep(0)
        with pytest.raises(ConflictError), lock.held():
            raise AssertionError
    await task
