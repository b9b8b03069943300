"""`bootstrap-bot run` in a process that kills itself at one named moment.

    python -m tests.support.crash_child "before captured" --config PATH

Only parts of our own are replaced, each by a subclass that dies; HTTP is real.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from unittest.mock import patch

from pydantic import SecretStr

from bootstrap_bot.chat.attempt_messages import AttemptMessages
from bootstrap_bot.cli import main
from bootstrap_bot.credentials import Credentials
from bootstrap_bot.journals.sqlite import SqliteJournal
from bootstrap_bot.providers.dingtalk.provider import DingTalk
from bootstrap_bot.providers.lark.provider import Lark
from bootstrap_bot.providers.provider import DeviceAuthorization, PollResult
from bootstrap_bot.registration.attempt import Attempt, State
from bootstrap_bot.registration.delivery import Delivery, DeliveryState
from bootstrap_bot.targets.astrbot import AstrBot
from bootstrap_bot.targets.astrbot_api import AstrBotApi
from bootstrap_bot.targets.command import Ran, run
from bootstrap_bot.targets.file_target import FileTarget
from bootstrap_bot.targets.file_writer import FileWriter
from bootstrap_bot.targets.target import Platform, Stored

MOMENT = sys.argv[1] if __name__ == "__main__" else ""


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives that")


@contextmanager
def moment(*names: str) -> Iterator[None]:
    """What is done inside has these names; "before" and "after" any of them may be the end."""
    if MOMENT in {f"before {name}" for name in names}:
        die()
    yield
    if MOMENT in {f"after {name}" for name in names}:
        die()


class MortalJournal(SqliteJournal):
    """Dies around the commit of a step."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._before: dict[str, Attempt] = {}

    async def save(self, attempt: Attempt) -> Attempt:
        before, self._before[attempt.id] = self._before.get(attempt.id), attempt
        with moment(*_steps(before, attempt)):
            return await super().save(attempt)


def _steps(before: Attempt | None, now: Attempt) -> Iterator[str]:
    """Which steps this commit makes."""
    if before is None:
        yield "request committed"
        return
    if now.state is not before.state:
        yield {
            State.WAITING: "invitation committed",
            State.CAPTURED: "captured",
            State.STORED: "stored committed",
        }.get(now.state, now.state.value)
    if now.message is not None and before.message is None:
        yield "message recorded"
    if now.told and not before.told:
        yield "told"
    for delivery in now.deliveries:
        for step in _delivery_steps(before.delivery(delivery.target), delivery):
            yield step
            yield f"{delivery.kind} {step}"


def _delivery_steps(before: Delivery | None, now: Delivery) -> Iterator[str]:
    before = before or Delivery(now.target, now.place)
    if now.begun and not before.begun:
        yield "delivery begun"
    elif now.trouble and (now.begun, now.trouble) != (before.begun, before.trouble):
        yield "trouble committed"
    if now.state is not before.state:
        yield {
            DeliveryState.WRITTEN: "writing committed",
            DeliveryState.VERIFIED: "reading back committed",
        }[now.state]
    if now.runs > before.runs:
        yield "command begun"
    if now.run_end and not before.run_end:
        yield "command committed"


class MortalDingTalk(DingTalk):
    """Dies around an answer of DingTalk."""

    async def begin(self) -> DeviceAuthorization:
        with moment("begin answered"):
            return await super().begin()

    async def poll(self, state: SecretStr) -> PollResult:
        with moment("poll answered"):
            return await super().poll(state)


class MortalLark(Lark):
    """Dies around an answer of Lark."""

    async def begin(self) -> DeviceAuthorization:
        with moment("begin answered"):
            return await super().begin()

    async def poll(self, state: SecretStr) -> PollResult:
        with moment("poll answered"):
            return await super().poll(state)


class MortalWriter(FileWriter):
    """Dies around the one step in which a file changes."""

    def _rename(self, new: Path, real: Path) -> None:
        with moment("renamed"):
            super()._rename(new, real)


class MortalFile(FileTarget):
    """Dies around writing and reading back."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        with patch("bootstrap_bot.targets.file_target.FileWriter", MortalWriter):
            super().__init__(*arguments, **options)
        self._stored = False

    async def store(
        self,
        wanted_id: str,
        credentials: Credentials,
        replaces: str = "",
        *,
        exposed: bool = False,
    ) -> Stored:
        with moment("written", "config written"):
            stored = await super().store(wanted_id, credentials, replaces, exposed=exposed)
            self._stored = True
            return stored

    async def platforms(self) -> list[Platform]:
        with moment(*["read back", "config read back"] * self._stored):
            return await super().platforms()


class MortalAstrBot(AstrBot):
    """The same for an AstrBot."""

    _stored = False

    async def store(
        self,
        wanted_id: str,
        credentials: Credentials,
        replaces: str = "",
        *,
        exposed: bool = False,
    ) -> Stored:
        with moment("astrbot written"):
            stored = await super().store(wanted_id, credentials, replaces, exposed=exposed)
            self._stored = True
            return stored

    async def platforms(self) -> list[Platform]:
        with moment(*["astrbot read back"] * self._stored):
            return await super().platforms()


class MortalAstrBotApi(AstrBotApi):
    """Dies around the request that makes a bot."""

    async def add(self, config: Mapping[str, object]) -> bool:
        with moment("astrbot asked"):
            return await super().add(config)


async def mortal_run(*arguments: Any) -> Ran:
    """Dies around a command."""
    with moment("command ran"):
        return await run(*arguments)


class MortalMessages(AttemptMessages):
    """Dies around a message."""

    async def show(self, latest: Callable[[], Attempt]) -> str:
        names = {State.STORED: "result sent", State.CAPTURED: "trouble shown"}
        with moment(names.get(latest().state, "message sent")):
            return await super().show(latest)


if __name__ == "__main__":
    with (
        patch.multiple(
            "bootstrap_bot.app",
            AttemptMessages=MortalMessages,
            run=mortal_run,
        ),
        patch("bootstrap_bot.journals.sqlite.SqliteJournal", MortalJournal),
        patch("bootstrap_bot.providers.dingtalk.provider.DingTalk", MortalDingTalk),
        patch("bootstrap_bot.providers.lark.provider.Lark", MortalLark),
        patch("bootstrap_bot.targets.tables.FileTarget", MortalFile),
        patch("bootstrap_bot.targets.astrbot.AstrBotApi", MortalAstrBotApi),
        patch("bootstrap_bot.targets.astrbot_table.AstrBot", MortalAstrBot),
    ):
        sys.exit(main(["run", *sys.argv[2:]]))
