"""The machine's own clock."""

import asyncio
import time

import pytest

from bootstrap_bot.activity import waits
from bootstrap_bot.clock import Clock, SystemClock

LONG = 3600.0


def test_now_is_the_systems_time() -> None:
    before = time.time()
    assert before <= SystemClock().now() <= time.time()


async def test_sleeping_takes_as_long_as_asked() -> None:
    before = time.monotonic()
    await SystemClock().sleep(0.02)
    assert 0.015 < time.monotonic() - before < 2


async def test_an_event_that_is_set_already_is_no_wait() -> None:
    event = asyncio.Event()
    event.set()
    assert await SystemClock().wait(event, LONG) is True


async def test_an_event_ends_the_wait() -> None:
    clock: Clock = SystemClock()
    event = asyncio.Event()
    waiting = asyncio.create_task(clock.wait(event, LONG))
    await asyncio.sleep(0)
    assert not waiting.done()
    event.set()
    assert await waiting is True


async def test_a_wait_ends_without_its_event_when_the_time_is_up() -> None:
    event = asyncio.Event()
    assert await SystemClock().wait(event, 0.01) is False
    assert not event.is_set()


async def test_a_wait_without_end_ends_with_its_event() -> None:
    event = asyncio.Event()
    coming = asyncio.create_task(SystemClock().wait(event))
    await asyncio.sleep(0.01)
    assert not coming.done()
    event.set()
    assert await coming is True


async def test_whoever_sleeps_or_waits_is_known_to_wait() -> None:
    clock, event = SystemClock(), asyncio.Event()
    tasks = [
        asyncio.create_task(clock.sleep(LONG)),
        *(asyncio.create_task(clock.wait(event, seconds)) for seconds in (LONG, None)),
    ]
    await asyncio.sleep(0)
    assert all(map(waits, tasks))
    event.set()
    assert [waits(task) for task in tasks] == [True, False, False]
    tasks[0].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("seconds", [0.0, -1.0])
@pytest.mark.parametrize("happened", [True, False])
async def test_no_time_to_wait_still_sees_what_has_happened(seconds: float, happened: bool) -> None:
    event = asyncio.Event()
    if happened:
        event.set()
    assert await SystemClock().wait(event, seconds) is happened


async def test_a_wait_that_is_cancelled_is_cancelled() -> None:
    waiting = asyncio.create_task(SystemClock().wait(asyncio.Event(), LONG))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
