"""Blocking work that nothing waits for at the end."""

import asyncio
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bootstrap_bot.targets.serial_thread import SerialThread

ROOT = Path(__file__).parents[2]


async def test_it_gives_what_the_work_gives_or_raises() -> None:
    aside = SerialThread()
    assert await aside.do(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await aside.do(divmod, 7, 0)


async def test_one_thing_is_done_after_the_other() -> None:
    aside, first_may_end, order = SerialThread(), threading.Event(), list[str]()

    def first() -> None:
        first_may_end.wait(10)
        order.append("first")

    begun = asyncio.create_task(aside.do(first))
    await asyncio.sleep(0)
    second = asyncio.create_task(aside.do(order.append, "second"))
    await SerialThread().do(first_may_end.set)  # another one is kept waiting by neither
    await asyncio.gather(begun, second)
    assert order == ["first", "second"]


async def test_it_goes_on_when_its_caller_is_cancelled() -> None:
    aside, may_end, ended = SerialThread(), threading.Event(), threading.Event()

    def work() -> None:
        may_end.wait(10)
        ended.set()

    task = asyncio.create_task(aside.do(work))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    may_end.set()
    await aside.do(lambda: None)
    assert ended.is_set()


def test_the_end_of_the_program_does_not_wait_for_it() -> None:
    program = (
        "import asyncio, threading\n"
        "from bootstrap_bot.targets.serial_thread import SerialThread\n"
        "async def main():\n"
        "    task = asyncio.create_task(SerialThread().do(threading.Event().wait, 60))\n"
        "    await asyncio.sleep(0)\n"
        "    task.cancel()\n"
        "asyncio.run(main())\n"
    )
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=30)
    assert time.monotonic() - begun < 20
