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
from bootstrap_bot.sandbox.dingtalk.answers import success
from bootstrap_bot.sandbox.dingtalk.stand_in import DingTalkStandIn
from bootstrap_bot.sandbox.telegram.stand_in import TelegramStandIn, Trouble
from tests.support.scene import ADMIN, CONFIG, TOKEN
from tests.support.state_rows import attempts_in

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
            cwd=Path(__file__).parents[2],
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
            return [row[name] for row in attempts_in(db)]


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


@pytest.mark.slow  # five real seconds
async def test_a_poll_that_is_never_answered_holds_the_stop_up_for_five_seconds(town: Town) -> None:
    town.dingtalk.interval = 1
    town.dingtalk.hold_polls()
    async with town.bot() as process:
        await town.invited()
        polls = town.dingtalk.polls
        await town.dingtalk.until(lambda: town.dingtalk.polls > polls, PATIENCE)
        town.telegram.fail("*", HANGS, times=-1)
        took, _ = await stopped(process)
    assert 4.9 < took < 6.0
    assert town.states() == ["waiting"]


async def test_a_pair_that_is_on_its_way_is_waited_for_and_committed(town: Town) -> None:
    town.dingtalk.interval = 1
    async with town.bot() as process:
        await town.invited()
        town.dingtalk.always_poll(success("dingabcdefgh1234", "q" * 60))
        town.dingtalk.hold_polls()
        polls = town.dingtalk.polls
        await town.dingtalk.until(lambda: town.dingtalk.polls > polls, PATIENCE)
        process.send_signal(signal.SIGTERM)
        asyncio.get_running_loop().call_later(1.0, town.dingtalk.release_polls)
        await asyncio.sleep(0.2)
        took, _ = await stopped(process)  # a second signal changes nothing
    assert 0.7 < took < 2.0
    assert town.states() == ["captured"]
    assert town.column("client_id") == ["dingabcdefgh1234"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signals_while_it_starts_end_it_without_a_word(
    town: Town, number: signal.Signals
) -> None:
    for wait in (0.0, 0.1, 0.2, 0.3, 0.4):
        async with town.bot() as process:
            await catches_sigterm(process)
            await asyncio.sleep(wait)
            await stopped(process, number)


async def catches_sigterm(process: Process) -> None:
    """Returns as soon as Python runs our first lines."""
    async with asyncio.timeout(PATIENCE):
        while True:
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
            [caught] = re.findall(r"SigCgt:\s*([0-9a-f]+)", status)
            if int(caught, 16) >> (signal.SIGTERM - 1) & 1:
                return
            await asyncio.sleep(0.002)


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
