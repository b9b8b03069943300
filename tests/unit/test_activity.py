"""Who waits, and who is at work although their turn is still to come."""

import asyncio

from bootstrap_bot.activity import Tasks, waiting, waits
from tests.support.clock import FakeClock, rest


async def test_a_task_waits_from_when_it_says_so_until_it_goes_on() -> None:
    event, end = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        with waiting():
            await event.wait()
        await end.wait()

    task = asyncio.create_task(work())
    assert not waits(task)
    await rest()
    assert waits(task)
    event.set()
    await rest()
    assert not waits(task)
    end.set()
    await task
    assert not waits(task)


async def test_what_has_come_ends_the_wait_before_the_next_turn() -> None:
    event = asyncio.Event()

    async def work() -> None:
        with waiting(event.is_set):
            await event.wait()

    task = asyncio.create_task(work())
    await rest()
    assert waits(task)
    event.set()
    assert not waits(task)
    await task


async def test_a_task_that_was_ended_waits_no_longer() -> None:
    async def work() -> None:
        with waiting():
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await rest()
    task.cancel()
    await asyncio.wait([task])
    assert not waits(task)


async def test_tasks_are_idle_while_each_of_them_waits_or_has_ended() -> None:
    clock, event = FakeClock(), asyncio.Event()
    tasks = Tasks()
    assert tasks.idle
    sleeps = tasks.add(asyncio.create_task(clock.sleep(5)))
    works = tasks.add(asyncio.create_task(event.wait()))
    await rest()
    assert (waits(sleeps), waits(works), tasks.idle, len(tasks)) == (True, False, False, 2)
    event.set()
    await rest()
    assert (tasks.idle, len(tasks)) == (True, 1)
    await clock.advance(5)
    await rest()
    assert (tasks.idle, len(tasks)) == (True, 0)


async def test_tasks_that_are_stopped_are_gone() -> None:
    tasks = Tasks()
    task = tasks.add(asyncio.create_task(asyncio.Event().wait()))
    await tasks.stop()
    await rest()
    assert task.cancelled()
    assert len(tasks) == 0
