"""The real process: it ends within a second whatever it waits for, and runs once per state file."""

import asyncio
import os
import re
import signal
import sqlite3
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import pytest

from bootstrap_bot.sandbox.answers import Answer
from bootstrap_bot.sandbox.dingtalk import DingTalkStandIn
from bootstrap_bot.sandbox.telegram import TelegramStandIn, Trouble
from tests.scene import ADMIN, CONFIG, TOKEN

HANGS = Trouble(hang=True)
PATIENCE = 20.0


class Town:
    """Both stand-ins on the machine's own clock, and a config that leads to them."""

    def __init__(self, folder: Path, telegram: TelegramStandIn, dingtalk: DingTalkStandIn) -> None:
        self.telegram = telegram
        self.dingtalk = dingtalk
        self.state = folder / "bootstrap-bot.db"
        self.config = folder / "config.toml"
        self.config.touch(0o600)
        text = CONFIG.format(
            token=TOKEN,
            telegram=telegram.url,
            dingtalk=dingtalk.url,
            more='[log]\nlevel = "debug"\n',
        )
        self.config.write_text(text, encoding="utf-8")

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[Process]:
        """`bootstrap-bot run` in a process of its own."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bootstrap_bot", "run", "--config", str(self.config)),
            env={"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
            cwd=Path(__file__).parent.parent,
            stdout=PIPE,
            stderr=PIPE,
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def invited(self) -> None:
        """An admin began an attempt, and the bot waits for DingTalk's verdict."""
        await self.telegram.says(ADMIN, "/dingtalk_new")
        await self.telegram.until(lambda: self.telegram.bot_messages(ADMIN), PATIENCE)
        assert "Waiting for you" in self.telegram.last(ADMIN).text
        async with asyncio.timeout(PATIENCE):
            while self.column("message") == [None]:  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.005)

    def states(self) -> list[str]:
        """How the attempts on disk stand."""
        return [str(state) for state in self.column("state")]

    def column(self, name: str) -> list[object]:
        """One value of every attempt on disk."""
        with closing(sqlite3.connect(self.state)) as db:
            return [value for (value,) in db.execute(f"SELECT {name} FROM attempts")]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with (
        TelegramStandIn(token=TOKEN) as telegram,
        DingTalkStandIn(interval=60, stage_seconds=0) as dingtalk,
    ):
        yield Town(tmp_path, telegram, dingtalk)


async def stopped(process: Process, number: signal.Signals = signal.SIGTERM) -> tuple[float, str]:
    """Signals it; gives the seconds it took and what it had written."""
    begun = time.monotonic()
    process.send_signal(number)
    async with asyncio.timeout(PATIENCE):
        output, errors = await process.communicate()
    took = time.monotonic() - begun
    written = (output + errors).decode()
    assert TOKEN not in written
    assert "Traceback" not in written
    assert process.returncode == 0, written
    return took, written


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_within_a_second_while_an_attempt_waits(
    town: Town, number: signal.Signals
) -> None:
    async with town.bot() as process:
        await town.invited()
        took, _ = await stopped(process, number)
    assert took < 1.0
    assert town.states() == ["waiting"]


async def test_it_ends_as_fast_when_telegram_hangs(town: Town) -> None:
    async with town.bot() as process:
        await town.invited()
        town.telegram.fail("*", HANGS, times=-1)
        await town.telegram.says(ADMIN, "/dingtalk_status")
        await town.telegram.until(lambda: town.telegram.calls("sendPhoto")[1:], PATIENCE)
        took, _ = await stopped(process)
    assert took < 1.0
    assert town.states() == ["waiting"]


async def test_it_ends_as_fast_when_telegram_hung_from_the_start(town: Town) -> None:
    town.telegram.fail("*", HANGS, times=-1)
    async with town.bot() as process:
        await town.telegram.until(lambda: town.telegram.calls("getMe"), PATIENCE)
        took, _ = await stopped(process)
    assert took < 1.0


async def test_it_ends_as_fast_while_telegram_asks_to_wait(town: Town) -> None:
    async with town.bot() as process:
        town.telegram.fail("sendPhoto", Trouble(429, retry_after=300))
        await town.telegram.says(ADMIN, "/dingtalk_new")
        await town.telegram.until(lambda: town.telegram.calls("sendPhoto"), PATIENCE)
        took, _ = await stopped(process)
    assert took < 1.0
    assert town.states() == ["waiting"]


async def test_it_ends_as_fast_when_dingtalk_hangs(town: Town) -> None:
    async with town.bot() as process:
        town.dingtalk.always("init", Answer(hang=True))
        await town.telegram.says(ADMIN, "/dingtalk_new")
        await town.dingtalk.until(lambda: town.dingtalk.requests, PATIENCE)
        took, _ = await stopped(process)
    assert took < 1.0
    assert town.states() == ["requested"]


async def test_it_ends_as_fast_when_both_hang_with_a_poll_in_flight(town: Town) -> None:
    town.dingtalk.interval = 1
    town.dingtalk.hold_polls()
    async with town.bot() as process:
        await town.invited()
        took = await stopped_in_flight(town, process)
    while took >= 1.0 and town.dingtalk.polls < 3:  # two waits add up: a busy machine may be late
        town.telegram.heal()
        async with town.bot() as process:
            took = await stopped_in_flight(town, process)
    assert took < 1.0
    assert town.states() == ["waiting"]


async def stopped_in_flight(town: Town, process: Process) -> float:
    """Stopped while DingTalk owes the answer to a poll and Telegram answers nothing more."""
    polls = town.dingtalk.polls
    await town.dingtalk.until(lambda: town.dingtalk.polls > polls, PATIENCE)
    town.telegram.fail("*", HANGS, times=-1)
    took, _ = await stopped(process)
    return took


async def test_the_attempt_goes_on_in_the_next_process(town: Town) -> None:
    town.dingtalk.interval = 1
    async with town.bot() as process:
        await town.invited()
        await stopped(process)
    await town.dingtalk.approve(client_id="dingabcdefgh1234")
    async with town.bot() as process:
        await town.telegram.until(lambda: "Done" in town.telegram.last(ADMIN).text, PATIENCE)
        await stopped(process)
    assert len(town.telegram.bot_messages(ADMIN)) == 1
    assert "dingabcdefgh1234" in town.config.read_text(encoding="utf-8")


async def test_a_second_process_on_the_same_state_file_ends_and_names_the_first(
    town: Town,
) -> None:
    async with town.bot() as first:
        await town.invited()
        async with town.bot() as second, asyncio.timeout(PATIENCE):
            output, errors = await second.communicate()
        assert second.returncode == 2
        lines = [line for line in errors.decode().splitlines() if "bootstrap-bot.db" in line]
        assert re.search(rf"\bprocess {first.pid}\b", lines[-1])
        assert "stop it first" in lines[-1]
        assert "Traceback" not in (output + errors).decode()
        assert first.returncode is None
        await stopped(first)
    assert town.states() == ["waiting"]
