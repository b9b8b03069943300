"""All attempts of everybody, with everything in memory."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from bootstrap_bot.providers.provider import ProviderKind
from bootstrap_bot.registration.attempt import Attempt
from bootstrap_bot.registration.person import FixedAdmins, PersonId
from bootstrap_bot.registration.service import RegistrationService, Request
from tests.support.attempt_stage import Stage
from tests.support.attempts import ADMIN, OTHER
from tests.support.clock import rest

OURS = "a1b2c3d4e5"


class ServiceStage(Stage):
    """All attempts of everybody."""

    attempts: RegistrationService

    def __init__(self, *rows: Attempt, targets: str = "a") -> None:
        super().__init__(*rows, targets=targets)
        self.equip(admins=FixedAdmins([ADMIN, OTHER]))
        self.update = 2000
        self.named = 0

    async def start(self) -> None:
        self.attempts = RegistrationService(self.services, self._name)
        await self.attempts.start()
        await rest()

    async def begin(self, owner: PersonId = ADMIN, **changes: Any) -> Attempt:
        """As if this person had asked for a bot just now."""
        self.update += 1
        given = {
            "provider": "dingtalk",
            "owner": owner,
            "chat": owner.id,
            "language": "en",
            "update": str(self.update),
        }
        begun = await self.attempts.begin(Request(**{**given, **changes}))
        await rest()
        return begun

    def speak(self, kind: ProviderKind) -> None:
        """The platform is this one, and every target speaks it."""
        self.office.kind = kind
        self.equip(providers={kind.name: self.office})
        for shelf in self.shelves:
            shelf.spoken = (kind.name,)

    def occupy(self, client_id: str) -> None:
        """That bot has the first target's place for one."""
        self.shelf.occupant = client_id

    def row(self, attempt: str = OURS) -> Attempt:
        """As it is on disk."""
        return self.book.rows[attempt]

    def _name(self) -> str:
        self.named += 1
        return f"new{self.named}"


@asynccontextmanager
async def started(
    *rows: Attempt, targets: str = "a", prepare: Callable[[ServiceStage], object] = lambda _: None
) -> AsyncIterator[ServiceStage]:
    """A start over these rows."""
    scene = ServiceStage(*rows, targets=targets)
    prepare(scene)
    await scene.start()
    try:
        yield scene
    finally:
        scene.office.let_go.set()
        await scene.attempts.stop()
