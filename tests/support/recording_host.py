"""A chat host made of lists."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bootstrap_bot.chat.buttons import Rows
from bootstrap_bot.chat.host import Address, ButtonEvent, Card, Draw, Limits, Shown
from bootstrap_bot.doctor.doctor import Check
from bootstrap_bot.registration.person import PersonId


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit as it was asked for: the message as it was before, and what it shows now."""

    before: Shown
    card: Card
    droppable: bool


class RecordingHost:
    """Implements `ChatHost`; `errors` are raised first, each once. Messages wait for `turn`."""

    name = "telegram"
    limits = Limits(text=1024, copy=256, qr=300)
    idle = True

    def __init__(self) -> None:
        self.sent: list[Shown] = []
        self.edits: list[Edit] = []
        self.deleted: list[Shown] = []
        self.errors: list[Exception] = []
        self.turn = asyncio.Event()
        self.turn.set()

    def private_chat(self) -> str:
        return "https://chat.example/bot"

    def private_chat_of(self, person: PersonId) -> Address:
        return Address(self.name, person.id)

    async def send(self, address: Address, draw: Draw, *, droppable: bool = False) -> Shown:
        await self._turn()
        shown = Shown(address, str(100 + len(self.sent)), draw())
        self.sent.append(shown)
        return shown

    async def edit(self, shown: Shown, draw: Draw, *, droppable: bool = False) -> Shown:
        await self._turn()
        self.edits.append(Edit(shown, draw(), droppable))
        return replace(shown, card=self.edits[-1].card)

    async def set_buttons(self, shown: Shown, rows: Rows) -> None:
        raise NotImplementedError

    async def delete(self, shown: Shown, *, droppable: bool = False) -> None:
        await self._turn()
        self.deleted.append(shown)

    async def acknowledge(self, event: ButtonEvent, text: str) -> None:
        raise NotImplementedError

    async def offer(
        self, address: Address, commands: Mapping[str, str], *, beside_others: bool
    ) -> None:
        raise NotImplementedError

    def checks(self) -> Sequence[Check]:
        return ()

    async def stop(self) -> None:
        """Nothing waits here."""

    async def _turn(self) -> None:
        await self.turn.wait()
        if self.errors:
            raise self.errors.pop(0)
