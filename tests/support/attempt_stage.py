"""Attempts without a chat, a disk or a platform: everything they work with, in memory."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code, JournalError, RemoteError
from bootstrap_bot.providers.provider import (
    DeviceAuthorization,
    Granted,
    Health,
    PollResult,
    Provider,
    Waiting,
)
from bootstrap_bot.registration.attempt import Attempt, State
from bootstrap_bot.registration.delivery import Delivery, DeliveryState
from bootstrap_bot.registration.journal import Journal
from bootstrap_bot.registration.worker import Services
from bootstrap_bot.targets.command import Command, End, Ran
from bootstrap_bot.targets.target import Platform, Target
from tests.support.clock import START, FakeClock
from tests.unit.test_presenter import Display
from tests.unit.test_record import CLIENT_ID, SECRET, MemoryJournal, an_attempt, captured
from tests.unit.test_storing import FakeTarget

ADMIN, OTHER = 42, 43
PAIR = Credentials(CLIENT_ID, SecretStr(SECRET))
SUCCESS = Granted(credentials=PAIR)
INVITATION = DeviceAuthorization(
    SecretStr("device-code"), "ABCD-EFGH", "https://l", "app://l", 5.0, 7200.0
)
NO_ROAD = RemoteError(Code.TIMEOUT)


async def rest() -> None:
    """Lets every task run until it waits."""
    for _ in range(60):
        await asyncio.sleep(0)


def waiting(**changes: Any) -> Attempt:
    """An attempt with a code that nothing was heard of yet."""
    given: dict[str, Any] = {
        "state": State.WAITING,
        "device_code": SecretStr("device-code"),
        "user_code": "ABCD-EFGH",
        "expires_at": START + 7200,
        "message": 7,
    }
    return an_attempt(**{**given, **changes})


def stored(**changes: Any) -> Attempt:
    """An attempt whose pair was just stored in the target `a`, and told."""
    there = Delivery("config:/a", "a", DeliveryState.VERIFIED, platform_id="dingtalk")
    given: dict[str, Any] = {
        "state": State.STORED,
        "stored_at": START,
        "deliveries": (there,),
        "told": True,
        "message": 7,
    }
    return captured(**{**given, **changes})


class RecordingJournal(MemoryJournal):
    """A journal in memory."""

    def __init__(self, *rows: Attempt) -> None:
        super().__init__()
        self.rows = {row.id: row for row in rows}
        self.forgotten: list[float] = []
        self.chosen: dict[int, str] = {}

    async def save(self, attempt: Attempt) -> None:
        await asyncio.sleep(0)
        await super().save(attempt)
        self.rows[attempt.id] = attempt

    async def unfinished(self) -> list[Attempt]:
        return [row for row in self.rows.values() if not row.over]

    async def asked_by(self, update: int) -> Attempt | None:
        return next((row for row in self.rows.values() if row.update == update), None)

    async def find(self, attempt: str) -> Attempt | None:
        return self.rows.get(attempt)

    async def forget(self, time: float) -> None:
        self.forgotten.append(time)

    async def latest(self, owner: int) -> Attempt | None:
        return next((row for row in reversed(self.rows.values()) if row.owner == owner), None)

    async def requests_since(self, time: float) -> list[tuple[int, float]]:
        return [
            (row.owner, row.requested_at) for row in self.rows.values() if row.requested_at >= time
        ]

    async def languages(self) -> dict[int, str]:
        return dict(self.chosen)

    async def save_language(self, person: int, language: str) -> None:
        if self.fails:
            self.fails -= 1
            raise JournalError(Code.STATE_FULL, "a.db")
        self.chosen[person] = language


class FakeProvider:
    """A platform that says what it is told to; after that, that it waits.

    `times` has the seconds from START of every poll. `let_go` holds answers back.
    """

    name = "dingtalk"

    def __init__(self, clock: FakeClock) -> None:
        self.begun: list[float] = []
        self.refuses: list[RemoteError] = []
        self.says: list[PollResult | RemoteError] = []
        self.times: list[float] = []
        self.codes: list[str] = []
        self.health: Health | RemoteError = Health.WORKS
        self.checked: list[float] = []
        self.pairs: list[Credentials] = []
        self.let_go = asyncio.Event()
        self.let_go.set()
        self._clock = clock

    async def begin(self) -> DeviceAuthorization:
        self.begun.append(self._clock.monotonic() - START)
        await self.let_go.wait()
        if self.refuses:
            raise self.refuses.pop(0)
        return INVITATION

    async def poll(self, device_code: SecretStr) -> PollResult:
        self.times.append(self._clock.monotonic() - START)
        self.codes.append(device_code.get_secret_value())
        await self.let_go.wait()
        answer = self.says.pop(0) if self.says else Waiting()
        if isinstance(answer, RemoteError):
            raise answer
        return answer

    async def check(self, credentials: Credentials) -> Health:
        self.checked.append(self._clock.monotonic() - START)
        self.pairs.append(credentials)
        if isinstance(self.health, RemoteError):
            raise self.health
        return self.health

    async def date(self) -> float | None:
        return None


class Clock(FakeClock):
    """Gives everybody their turn: a loop that never waits fails a test instead of hanging it."""

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        await asyncio.sleep(0)
        return await super().wait(event, seconds)


class Stage:
    """What every run works with, and how time passes."""

    def __init__(self, *rows: Attempt, targets: Sequence[str] = "a") -> None:
        self.events: list[str] = []
        self.clock = Clock()
        self.book = RecordingJournal(*rows)
        self.office = FakeProvider(self.clock)
        self.display = Display(self.clock)
        self.shelves = [FakeTarget(self.events, f"config:/{name}") for name in targets]
        self.commands: list[tuple[str, ...]] = []
        self.services = Services(
            cast("Provider", self.office),
            [cast("Target", shelf) for shelf in self.shelves],
            cast("Journal", self.book),
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
        while self.clock.is_due("", until - self.clock.monotonic()):
            await self.clock.pass_until_due("")
            await rest()
        await self.clock.advance(until - self.clock.monotonic())
        await rest()

    async def _run_command(self, command: Command, secrets: Sequence[str]) -> Ran:
        self.commands.append((*command.argv, *secrets))
        return Ran(End.EXITED, 0, 1.5)


def holding(secret: str = SECRET, client_id: str = CLIENT_ID) -> Platform:
    """The bot as a target has it."""
    return Platform("dingtalk", "dingtalk", True, client_id, SecretStr(secret))


@asynccontextmanager
async def ended(*tasks: "asyncio.Task[Any]") -> AsyncIterator[None]:
    """Ends these tasks, whatever happens."""
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
