"""A stage with two targets, a file and an AstrBot, of which one may be away at first."""

import asyncio
import json
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Self

from bootstrap_bot.sandbox.astrbot.stand_in import AstrBotStandIn, Config
from tests.support.crash_stage import PATIENCE, CrashStage
from tests.support.folder_lock import FolderLock
from tests.support.scene import ADMIN
from tests.support.state_rows import Row, deliveries_in

KEY = "abk_TEST-key-that-must-not-leak"
MORE = """
[[targets]]
kind = "config"
path = {file}
after.command = {command}

[[targets]]
kind = "astrbot"
url = "{astrbot}"
api_key = "{key}"
"""
# What follows the file: one more line says that it began.
BEGUN = 'echo begun >> "$1"'
OWN = """\
# the other program's own
[platforms.mine]
type = "telegram"
"""
BROKEN = "= what is this\n"
OTHERS: Config = {"id": "dingtalk", "type": "telegram", "enable": True, "telegram_token": "1:a"}
PARTLY = "not everywhere yet"
RETRY = "Try again now"

Away = Literal["", "astrbot", "file", "lock"]


class TargetStage(CrashStage):
    """`away` is what a target lacks at first: an AstrBot, a file that parses, the file's lock.

    `after` is a script for the shell that follows the file; its arguments are a file for the
    lines that say it began, and one with the number of the running process.
    """

    def __init__(self, folder: Path, *, away: Away = "", after: str = BEGUN) -> None:
        super().__init__(folder)
        self.astrbot = AstrBotStandIn([OTHERS], key=KEY)
        self.file = folder / "bots.toml"
        self.begun = folder / "begun"
        self.number = folder / "number"
        self._after = after
        self._away = away
        self._lock = FolderLock(self.file)

    async def __aenter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        await self._stack.enter_async_context(self.astrbot)
        self._stack.callback(self._lock.release)
        command = ["/bin/sh", "-c", self._after, "sh", str(self.begun), str(self.number)]
        self._more = MORE.format(
            file=json.dumps(str(self.file)),
            command=json.dumps(command),
            astrbot=self.astrbot.url,
            key=KEY,
        )
        self._take_away()
        return await super().__aenter__()

    def _take_away(self) -> None:
        self.file.touch(0o600)
        self.file.write_text(OWN + BROKEN * (self._away == "file"), encoding="utf-8")
        self.astrbot.away = self._away == "astrbot"
        if self._away == "lock":
            self._lock.acquire()

    def come_back(self) -> None:
        """From now on nothing is in the way."""
        if self._away == "file":
            text = self.file.read_text(encoding="utf-8")
            self.file.write_text(text.replace(BROKEN, ""), encoding="utf-8")
        self.astrbot.away = False
        self._lock.release()
        self._away = ""

    @property
    def is_away(self) -> bool:
        """Whether something is still in the way."""
        return self._away != ""

    async def is_given_the_secret(self) -> None:
        """Returns as soon as DingTalk sends it."""
        there = self.dingtalk.registrations
        await self.dingtalk.until(lambda: any(one.handed_out for one in there), PATIENCE)

    async def speaks(self) -> None:
        """Returns when the process that was started last has made a request of anybody."""
        await self.until(lambda: self._requests_so_far() > self._requests)

    async def hears_and_mends(self) -> None:
        """The person reads that one target is missing, sees to it, and presses the button."""
        message = await self.sees(PARTLY)
        [data] = [one.data for row in message.buttons for one in row if one.text == RETRY]
        assert data is not None
        self.come_back()
        # the message may have changed by now, and the process may be gone
        await self.telegram.presses_data(ADMIN, message, data)

    async def reached(self, kind: str, column: str, value: str) -> None:
        """Returns when that is on disk about the delivery to that kind of target."""
        await self.until(lambda: self.delivery(kind).get(column) == value)

    async def until(self, promise: Callable[[], object]) -> None:
        """Returns once that is true, whatever becomes of the process."""
        async with asyncio.timeout(PATIENCE):
            while not promise():  # noqa: ASYNC110 - another process makes it true
                await asyncio.sleep(0.02)

    def delivery(self, kind: str) -> Row:
        """How far it came in that kind of target."""
        found = [row for row in self._rows(deliveries_in) if row["kind"] == kind]
        return found[0] if found else {}

    @property
    def is_command_cut_off(self) -> bool:
        """Whether the file's command was begun, and nobody knows how it ended."""
        file = self.delivery("config")
        return bool(file) and (file["runs"], file["run_end"]) == (1, "")

    def kill_now(self) -> None:
        """Kills the process, and waits for nothing."""
        self._running.kill()

    async def supervised(self) -> list[int]:
        """Starts the process anew as often as it ends, until its result was told.

        Gives the exit statuses of those that ended.
        """
        statuses: list[int] = []
        end = time.monotonic() + PATIENCE
        while True:
            await self.start()
            self.number.write_text(str(self._running.pid), encoding="ascii")
            while self._running.returncode is None:
                if [row["told"] for row in self._rows()] == [1]:
                    return statuses
                assert time.monotonic() < end, f"it never came to an end\n{self.log}"
                await asyncio.sleep(0.02)
            statuses.append(self._running.returncode)

    @property
    def row(self) -> Row:
        """The one attempt on disk."""
        [row] = self._rows()
        return row

    @property
    def begins(self) -> int:
        """How often the command began."""
        if not self.begun.exists():
            return 0
        return len(self.begun.read_text(encoding="ascii").splitlines())

    @property
    def result(self) -> str:
        """The one result."""
        [message] = self.last_words("Done")
        return message.text

    def check(self, row: Row) -> None:
        super().check(row)
        assert KEY not in self.log

    def _check_stored(self, row: Row, client_id: str | None, secret: str | None) -> None:
        assert row["state"] == "stored"
        pair = {"client_id": client_id, "client_secret": secret}
        text = self.file.read_text(encoding="utf-8")
        assert text.startswith(OWN)
        made = {"type": "dingtalk", "enabled": True, **pair}
        assert tomllib.loads(text) == {
            "platforms": {"mine": {"type": "telegram"}, "dingtalk": made}
        }
        assert self.file.stat().st_mode & 0o777 == 0o600
        bot = {"type": "dingtalk", "enable": True, **pair, "card_template_id": ""}
        assert self.astrbot.bots == [OTHERS, {"id": "dingtalk_2", **bot}]
        assert self.astrbot.adapters["dingtalk_2"] == self.astrbot.bots[1]
        assert self.config.read_text(encoding="utf-8") == self.before
        assert [message.id for message in self.last_words("Done")] == [row["message"]]
        self._check_deliveries()

    def _check_deliveries(self) -> None:
        deliveries = self._rows(deliveries_in)
        assert [row["kind"] for row in deliveries] == ["config", "astrbot"]
        for row in deliveries:
            end = (row["state"], row["trouble"], row["closed"], row["updated"])
            assert end == ("verified", "", "", 0)
        assert deliveries[1]["runs"] == 0
        file = deliveries[0]
        assert 1 <= file["runs"] <= 2
        assert self.begins <= file["runs"]
        if file["run_end"] == "interrupted":
            assert "Your command was cut off with this program, twice" in self.result
        else:
            assert file["run_end"] == "exited"
            assert self.begins
            assert f"exit status {file['run_status']}" in self.result

    def _check_lost(self, row: Row) -> None:
        super()._check_lost(row)
        assert self.file.read_text(encoding="utf-8") == OWN
        assert self.astrbot.bots == [OTHERS]
        assert self.begins == 0

    def _requests_so_far(self) -> int:
        return super()._requests_so_far() + len(self.astrbot.requests)
