"""The real process between the two stand-ins, killed and started again on real time."""

import asyncio
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from bootstrap_bot.sandbox.dingtalk.stand_in import DingTalkStandIn
from bootstrap_bot.sandbox.telegram.stand_in import Message, TelegramStandIn
from tests.support.scene import ADMIN, CONFIG, TOKEN
from tests.support.state_rows import Row, attempts_in

REPOSITORY = Path(__file__).parents[2]
# Real seconds a process may take for anything before the test fails.
PATIENCE = 30.0
# What a killed process had already sent reaches the stand-ins within this time.
ON_ITS_WAY = 0.2
# A process that has told its result makes no request for longer than this.
NO_MORE = 4.0
# How long a person waits for an answer before they ask again.
IMPATIENCE = 2.0
CODE = re.compile(r"\b[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}\b")  # as the stand-in makes them
RESULT = "Done"
GIVEN_OUT = "its secret was already given out and comes only once"
CONSOLE = "open-dev.dingtalk.com"


@dataclass(frozen=True, slots=True)
class Remains:
    """What a killed process left behind.

    `lost`: DingTalk gave the secret out, and it is on no disk. `copies`: messages about the
    attempt that no record knows. `unknown_codes`: device codes begun that no record knows.
    """

    rows: list[Row]
    lost: bool
    copies: set[int]
    unknown_codes: set[str]


class CrashStage:
    """One person, one config, one state file; `interval` is DingTalk's, in seconds."""

    def __init__(self, folder: Path, *, interval: int = 1, more: str = "") -> None:
        self.folder = folder
        self.telegram = TelegramStandIn(token=TOKEN)
        self.dingtalk = DingTalkStandIn(interval=interval, stage_seconds=0)
        self.config = folder / "config.toml"
        self.state = folder / "bootstrap-bot.db"
        self.before = ""
        self.remains: list[Remains] = []
        self._more = more
        self._earlier = 0
        self._requests = 0
        self._process: asyncio.subprocess.Process | None = None
        self._confirming: asyncio.Task[None] | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        await self._stack.enter_async_context(self.telegram)
        await self._stack.enter_async_context(self.dingtalk)
        self.before = CONFIG.format(
            token=TOKEN, telegram=self.telegram.url, dingtalk=self.dingtalk.url, more=self._more
        )
        self.config.touch(0o600)
        self.config.write_text(self.before, encoding="utf-8")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._confirming is not None:
            self._confirming.cancel()
            await asyncio.gather(self._confirming, return_exceptions=True)
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if kind is not None:
            print(self.log)
        await self._stack.aclose()

    # The process.

    async def start(self, moment: str = "", *, before: tuple[str, ...] = ()) -> None:
        """Starts it; with a moment it is the one that dies then.

        `before` is the beginning of its command line.
        """
        self._earlier = len(self.telegram.calls("getMe"))
        self._requests = self._requests_so_far()
        child = ["tests.support.crash_child", moment] if moment else ["bootstrap_bot", "run"]
        with (self.folder / "stderr.txt").open("ab") as stderr:
            self._process = await asyncio.create_subprocess_exec(
                *before,
                sys.executable,
                "-m",
                *child,
                "--config",
                str(self.config),
                cwd=REPOSITORY,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=stderr,
            )

    async def dies(self) -> Remains:
        """Returns when it has killed itself."""
        async with asyncio.timeout(PATIENCE):
            assert await self._running.wait() == -signal.SIGKILL, self.log
        return await self._look_at_remains()

    async def kill(self) -> Remains:
        """Kills it, whatever it is doing."""
        self._running.kill()
        return await self.dies()

    async def kill_after(self, seconds: float, requests: int) -> Remains:
        """Kills it that long after so many requests, or when it makes no more for a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(NO_MORE):
                await self._made(self._requests + requests)
        await asyncio.sleep(seconds)
        return await self.kill()

    async def stop(self) -> None:
        """Ends it as an operator does; it has to agree."""
        self._running.terminate()
        async with asyncio.timeout(PATIENCE):
            assert await self._running.wait() == 0, self.log

    async def awake(self) -> None:
        """Returns when the process that was started last has spoken to Telegram."""
        await self._until(lambda: len(self.telegram.calls("getMe")) > self._earlier)

    # The person.

    async def asks(self) -> None:
        await self.telegram.says(ADMIN, "/dingtalk_new")

    def confirms(self) -> None:
        """From now on the person confirms the code they are shown."""
        self._confirming = asyncio.create_task(self._confirm())

    async def asks_until_heard(self) -> None:
        """Asks again as long as nothing comes of it: Telegram hands an update out once or twice."""
        while True:
            end = time.monotonic() + IMPATIENCE
            while time.monotonic() < end:
                if self._rows():
                    return
                await asyncio.sleep(0.02)
            await self.asks()

    async def to_the_end(self) -> Row:
        """Starts the process as it is and returns the row once its result was told."""
        await self.goes_on()
        return await self.ends_well()

    async def goes_on(self) -> None:
        """Starts the process as it is; on return it knows what is wanted."""
        await self.start()
        await self.awake()
        if self._confirming is None:
            self.confirms()
        await self.asks_until_heard()

    async def ends_well(self) -> Row:
        """Stops the process once its result was told, and gives the row."""
        await self._until(lambda: self.last_words(RESULT) or self.last_words(GIVEN_OUT))
        await self._until(lambda: [row["told"] for row in self._rows()] == [1])
        await self.stop()
        [row] = self._rows()
        return row

    async def sees(self, text: str) -> Message:
        """The bot's last message that contains that, as soon as there is one."""
        await self._until(lambda: self.last_words(text))
        return self.last_words(text)[-1]

    async def press(self, message: Message, label: str) -> str | None:
        """What the person reads when they press that."""
        press = await self.telegram.press(ADMIN, message, label)
        await self._until(lambda: press.answered)
        return press.answer

    def last_words(self, text: str) -> list[Message]:
        """Messages of the bot that stand in the chat now and contain that."""
        return [message for message in self.telegram.bot_messages(ADMIN) if text in message.text]

    @property
    def codes(self) -> set[str]:
        """Every user code the person was ever shown."""
        shown = [event for event in self.telegram.history(ADMIN) if event.sender == "bot"]
        return {code for event in shown for code in CODE.findall(event.text)}

    @property
    def cards(self) -> set[int]:
        """Messages with a picture that stand in the chat: each is about an attempt."""
        return {m.id for m in self.telegram.bot_messages(ADMIN) if m.photo is not None}

    # What there is in the end.

    def check(self, row: Row) -> None:
        """The promise: one platform, the whole secret, one result, one code; or why not."""
        lost = any(remains.lost for remains in self.remains)
        copies = set[int]().union(*(remains.copies for remains in self.remains))
        unknown = set[str]().union(*(remains.unknown_codes for remains in self.remains))
        assert len(self.codes) == 1
        [code] = self.codes
        registration = self.dingtalk.find(code)
        assert {one.device_code for one in self.dingtalk.registrations} == {
            *unknown,
            registration.device_code,
        }
        assert registration.device_code not in unknown
        assert self.cards == {*copies, row["message"]}
        assert row["message"] not in copies
        if lost:
            self._check_lost(row)
        else:
            self._check_stored(row, registration.client_id, registration.client_secret)
        assert [file.name for file in self.folder.glob("*.tmp")] == []
        assert TOKEN not in self.log
        assert registration.device_code not in self.log
        assert registration.client_secret is not None
        assert registration.client_secret not in self.log
        assert "Traceback" not in self.log

    def _check_stored(self, row: Row, client_id: str | None, secret: str | None) -> None:
        assert row["state"] == "stored"
        text = self.config.read_text(encoding="utf-8")
        platforms = tomllib.loads(text)["platforms"]
        assert platforms == {
            "dingtalk": {
                "type": "dingtalk",
                "enabled": True,
                "client_id": client_id,
                "client_secret": secret,
            }
        }
        assert text.startswith(self.before)
        assert self.config.stat().st_mode & 0o777 == 0o600
        assert [message.id for message in self.last_words(RESULT)] == [row["message"]]
        assert self.last_words(GIVEN_OUT) == []

    def _check_lost(self, row: Row) -> None:
        assert (row["state"], row["trouble"]) == ("failed", "no_credentials")
        assert self.config.read_text(encoding="utf-8") == self.before
        [message] = self.last_words(GIVEN_OUT)
        assert message.id == row["message"]
        assert CONSOLE in message.text
        assert self.last_words(RESULT) == []

    @property
    def log(self) -> str:
        """What the processes wrote to standard error, all of them."""
        file = self.folder / "stderr.txt"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    @property
    def _running(self) -> asyncio.subprocess.Process:
        assert self._process is not None, "start it first"
        return self._process

    async def _made(self, requests: int) -> None:
        while True:
            if self._requests_so_far() >= requests:
                return
            await asyncio.sleep(0.001)

    def _requests_so_far(self) -> int:
        return len(self.telegram.requests) + len(self.dingtalk.requests)

    async def _confirm(self) -> None:
        await self.telegram.until(lambda: self.codes, 4 * PATIENCE)
        [code] = self.codes
        await self.dingtalk.approve(code)

    async def _look_at_remains(self) -> Remains:
        await asyncio.sleep(ON_ITS_WAY)
        rows = self._rows()
        known = {row["message"] for row in rows} | {row["old_message"] for row in rows}
        codes = {row["device_code"] for row in rows}
        given_out = {one.client_secret for one in self.dingtalk.registrations if one.handed_out} - {
            row["client_secret"] for row in rows
        }
        earlier = [code for remains in self.remains for code in remains.unknown_codes]
        remains = Remains(
            rows=rows,
            lost=bool(given_out),
            copies=self.cards - known,
            unknown_codes={
                one.device_code
                for one in self.dingtalk.registrations
                if one.device_code not in {*codes, *earlier} and not self._final(rows)
            },
        )
        self.remains.append(remains)
        return remains

    def _final(self, rows: list[Row]) -> bool:
        """Whether the code may be erased already."""
        return any(row["state"] in ("failed", "stored") for row in rows)

    def _rows(self, what: Callable[[sqlite3.Connection], list[Row]] = attempts_in) -> list[Row]:
        """What is on disk, read from a copy: nobody's lock or journal is touched."""
        with tempfile.TemporaryDirectory() as folder:
            for suffix in ("", "-journal"):
                file = Path(f"{self.state}{suffix}")
                with suppress(FileNotFoundError):
                    shutil.copyfile(file, Path(folder, f"copy.db{suffix}"))
            try:
                with closing(sqlite3.connect(Path(folder, "copy.db"))) as db:
                    return what(db)
            except sqlite3.DatabaseError:  # not there yet, or changing as it is copied
                return []

    async def _until(self, promise: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE
        while not promise():
            assert time.monotonic() < end, f"it never came true\n{self.log}"
            assert self._running.returncode is None, f"the process ended\n{self.log}"
            await asyncio.sleep(0.02)
