"""How long an admin waits, and a stop takes, while a crowd of strangers writes and guesses."""

import asyncio
import signal
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from report import Row

from bootstrap_bot.sandbox.dingtalk.stand_in import DingTalkStandIn
from bootstrap_bot.sandbox.telegram.stand_in import TelegramStandIn

STRANGERS = 10_000
# They come as fast as the stand-in takes them, in waves that fill an answer of Telegram each.
WAVE = 100
GUESSES_APART = 0.05
# Seconds in which they already write.
HEAD_START = 0.1
ROUNDS = 10
ADMIN = 42
LIMIT = 1.0
PATIENCE = 60.0
TOKEN = "123456:bench-token-of-the-stand-in"  # noqa: S105 - the stand-in's own
CONFIG = """\
[telegram]
token = "{token}"
api_url = "{telegram}"
[dingtalk]
registration_url = "{dingtalk}"
api_url = "{dingtalk}"
"""


class Crowd:
    """Strangers who all write for the first time."""

    def __init__(self, telegram: TelegramStandIn) -> None:
        self._telegram = telegram
        self._people = count(100_000)

    async def writes(self, text: str) -> None:
        """One more of them writes."""
        person = next(self._people)
        words: dict[str, Any] = {
            "message_id": 1,
            "date": int(time.time()),
            "chat": {"id": person, "type": "private"},
            "from": {"id": person, "is_bot": False, "first_name": "Alex"},
            "text": text,
        }
        if text.startswith("/"):
            words["entities"] = [
                {"type": "bot_command", "offset": 0, "length": len(text.split()[0])}
            ]
        await self._telegram.update({"message": words})

    async def comes(self) -> None:
        """All of them, wave after wave."""
        for _ in range(STRANGERS // WAVE):
            for _ in range(WAVE):
                await self.writes("hello")
            await asyncio.sleep(0)

    async def guesses(self) -> None:
        """Twenty codes a second, each from somebody else."""
        while True:
            await self.writes("/claim AAAAAAAAAAAAAAAA")
            await asyncio.sleep(GUESSES_APART)

    @asynccontextmanager
    async def at_the_door(self) -> AsyncIterator[None]:
        """They come, and they guess."""
        tasks = [asyncio.create_task(doing()) for doing in (self.comes, self.guesses)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


@asynccontextmanager
async def running(config: Path, telegram: TelegramStandIn) -> AsyncIterator[Process]:
    """The real process, as soon as it asks for updates."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bootstrap_bot", "run", "--config", str(config)),
        stdout=PIPE,
        stderr=DEVNULL,
    )
    try:
        polls = len(telegram.calls("getUpdates"))
        await telegram.until(lambda: len(telegram.calls("getUpdates")) > polls, PATIENCE)
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def answered(telegram: TelegramStandIn) -> float:
    """Seconds from the admin's command to the picture."""
    before = len(telegram.calls("sendPhoto"))
    began = time.perf_counter()
    await telegram.says(ADMIN, "/dingtalk_new")
    await telegram.until(lambda: len(telegram.calls("sendPhoto")) > before, PATIENCE)
    return time.perf_counter() - began


async def stopped(process: Process) -> float:
    """Seconds from SIGTERM to the end of the process."""
    began = time.perf_counter()
    process.send_signal(signal.SIGTERM)
    await process.wait()
    return time.perf_counter() - began


async def claimed(process: Process, telegram: TelegramStandIn) -> float:
    """Seconds from the right code to the word that says so."""
    code = ""
    while not code and process.stdout is not None:
        _, _, code = (await process.stdout.readline()).decode().strip().partition("?start=")
    began = time.perf_counter()
    await telegram.says(ADMIN, f"/start {code}")
    await telegram.until(lambda: telegram.bot_messages(ADMIN), PATIENCE)
    return time.perf_counter() - began


def written(config: Path, telegram: TelegramStandIn, dingtalk: DingTalkStandIn) -> Path:
    """A config of a bot that has no admin yet."""
    config.touch(0o600)
    addresses = {"telegram": telegram.url, "dingtalk": dingtalk.url}
    config.write_text(CONFIG.format(token=TOKEN, **addresses))
    return config


async def main() -> None:
    """Sends the rows."""
    claims, answers, stops = [], [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            async with TelegramStandIn(TOKEN) as telegram, DingTalkStandIn(interval=60) as dingtalk:
                config = written(Path(folder, "config.toml"), telegram, dingtalk)
                async with running(config, telegram) as process, Crowd(telegram).at_the_door():
                    await asyncio.sleep(HEAD_START)
                    claims.append(await claimed(process, telegram))
                    answers.append(await answered(telegram))
                    stops.append(await stopped(process))
    crowd = f"{STRANGERS} strangers write, 20 guesses a second"
    Row.within(f"{crowd}: the right code to the word for it", claims, LIMIT).send()
    Row.within(f"{crowd}: /dingtalk_new to the picture", answers, LIMIT).send()
    Row.within(f"{crowd}: SIGTERM to the end", stops, LIMIT).send()


if __name__ == "__main__":
    asyncio.run(main())
