"""Memory of thousands of waiting attempts, and how late their polls are.

    python bench/many_waiting.py ATTEMPTS INTERVAL

The product lets no more than twenty wait; here they come out of the journal, as after a restart.
"""

import asyncio
import gc
import os
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import aiohttp
from kept_cards import KeptCards, no_command, waiting_attempt
from report import Row, spread
from serving import served

from bootstrap_bot.clock import SystemClock
from bootstrap_bot.http import Http
from bootstrap_bot.journals.rows import row_of
from bootstrap_bot.journals.sqlite import SAVE, SqliteJournal
from bootstrap_bot.providers.dingtalk.provider import DingTalk
from bootstrap_bot.registration.person import People
from bootstrap_bot.registration.service import RegistrationService
from bootstrap_bot.registration.worker import Services

SETTLING = 1
OBSERVED = 3


async def fill(state: Path, attempts: int, url: str, interval: float) -> None:
    """Writes them in one go: the journal itself commits one by one."""
    journal = SqliteJournal(state)
    await journal.open()
    await journal.close()
    with closing(sqlite3.connect(state)) as db, db:
        waiting = (waiting_attempt(number, url, interval) for number in range(1, attempts + 1))
        db.executemany(SAVE, map(row_of, waiting))


def memory() -> int:
    """Bytes of this process in RAM."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def lateness(url: str) -> list[float]:
    """What the server saw since the last time."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/lateness") as answer:
        late: list[float] = await answer.json()
        return late


async def measure(attempts: int, interval: float, url: str, folder: Path) -> None:
    """Sends the rows."""
    state = folder / "state.db"
    await fill(state, attempts, url, interval)
    clock, journal = SystemClock(), SqliteJournal(state)
    await journal.open()
    async with Http() as session:
        services = Services(
            providers={"dingtalk": DingTalk(session, url, "bench", url)},
            targets=[],
            journal=journal,
            display=KeptCards(clock),
            clock=clock,
            run_command=no_command,
            admins=People("telegram", range(1, attempts + 1)),
        )
        waiting = RegistrationService(services)
        before = memory()
        await waiting.start()
        await asyncio.sleep(SETTLING * interval)
        await lateness(url)
        cpu, began = time.process_time(), time.perf_counter()
        await asyncio.sleep(OBSERVED * interval)
        busy = (time.process_time() - cpu) / (time.perf_counter() - began)
        late = await lateness(url)
        each = (memory() - before) / attempts
        await waiting.stop()
    await journal.close()
    what = f"{attempts} waiting, interval {interval:.0f} s"
    Row(f"{what}: memory of each", f"{each / 1024:.1f} KiB").send()
    Row(f"{what}: polls late by", spread(late, 0.99)).send()
    Row(f"{what}: CPU", f"{busy:.0%} of a core").send()


def main() -> None:
    """Starts the server and measures."""
    attempts, interval = int(sys.argv[1]), float(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder, served(interval) as url:
        asyncio.run(measure(attempts, interval, url, Path(folder)))


if __name__ == "__main__":
    main()
