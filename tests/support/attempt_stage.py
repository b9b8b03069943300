"""Attempts without a chat, a disk or a platform: everything they work with, in memory."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast

from bootstrap_bot.providers.provider import Provider
from bootstrap_bot.registration.attempt import Attempt
from bootstrap_bot.registration.worker import Services
from bootstrap_bot.targets.command import Command, End, Ran
from bootstrap_bot.targets.target import Platform, Target
from tests.support.attempts import ADMIN, CLIENT_ID, SECRET
from tests.support.clock import FakeClock, rest
from tests.support.credentials import ding_bot
from tests.support.fake_provider import FakeProvider
from tests.support.fake_target import FakeTarget
from tests.support.memory_journal import MemoryJournal
from tests.support.recording_display import RecordingDisplay


class Clock(FakeClock):
    """Gives everybody their turn: a loop that never waits fails a test instead of hanging it."""

    async def wait(self, event: asyncio.Event, seconds: float | None = None) -> bool:
        await asyncio.sleep(0)
        return await super().wait(event, seconds)


class Stage:
    """What every run works with, and how time passes."""

    def __init__(self, *rows: Attempt, targets: Sequence[str] = "a") -> None:
        self.events: list[str] = []
        self.clock = Clock()
        self.book = MemoryJournal(*rows)
        self.office = FakeProvider(self.clock)
        self.display = RecordingDisplay(self.clock)
        self.shelves = [FakeTarget(self.events, f"config:/{name}") for name in targets]
        self.commands: list[tuple[str, ...]] = []
        self.services = Services(
            {"dingtalk": cast("Provider", self.office)},
            [cast("Target", shelf) for shelf in self.shelves],
            self.book,
            self.display,
            self.clock,
            self._run_command,
            admins=(ADMIN,),
        )

    @property
    def shelf(self) -> FakeTarget:
        """The first target."""
        return self.shelves[0]

    def equip(self, **changes: Any) -> None:
        """Other tools for whatever begins from now on."""
        self.services = replace(self.services, **changes)

    async def pass_time(self, seconds: float) -> None:
        """Everybody who is due on the way gets their turn, one moment after the other."""
        until = self.clock.monotonic() + seconds
        await rest()
        while any(pause <= until - self.clock.monotonic() for pause in self.clock.pauses):
            await self.clock.pass_until_due()
            await rest()
        await self.clock.advance(until - self.clock.monotonic())
        await rest()

    async def _run_command(self, command: Command, secrets: Sequence[str]) -> Ran:
        self.commands.append((*command.argv, *secrets))
        return Ran(End.EXITED, 0, 1.5)


def holding(secret: str = SECRET, client_id: str = CLIENT_ID) -> Platform:
    """The bot as a target has it."""
    return ding_bot("dingtalk", True, client_id, secret)


@asynccontextmanager
async def ended(*tasks: "asyncio.Task[Any]") -> AsyncIterator[None]:
    """Ends these tasks, whatever happens."""
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
