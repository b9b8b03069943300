"""What everybody needs who answers an admin."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from bootstrap_bot.chat.buttons import Action, Rows
from bootstrap_bot.chat.host import (
    ButtonEvent,
    ChatHost,
    Event,
    MessageEvent,
)
from bootstrap_bot.chat.menu import Menu
from bootstrap_bot.chat.outbox import Outbox
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.clock import Clock
from bootstrap_bot.doctor.doctor import Doctor
from bootstrap_bot.registration.inventory import Inventory
from bootstrap_bot.registration.person import PersonId
from bootstrap_bot.registration.service import RegistrationService


@dataclass(frozen=True, slots=True)
class ChatContext:
    """The way in and the way out.

    `providers` are the platforms' names, in the order in which they are offered; `texts` gives
    the language in which a person is answered.
    """

    host: ChatHost
    providers: Sequence[str]
    attempts: RegistrationService
    platforms: Inventory
    outbox: Outbox
    doctor: Doctor
    clock: Clock
    zone: tzinfo
    texts: Callable[[Event], Awaitable[Texts]]
    menu: Menu | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A command, and the language of whoever sent it."""

    event: MessageEvent
    texts: Texts


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button, what it is for, and the presser's language."""

    event: ButtonEvent
    ref: str
    texts: Texts


Page = tuple[str, Rows]
"""A text and the buttons below it."""

OnCommand = Callable[[Asked], Awaitable[None]]
# Gives the code of a short answer, ANSWERED, or None when the button does nothing any more.
OnPress = Callable[[Press], Awaitable[str | None]]
Presses = dict[Action, OnPress]
ANSWERED = ""


def decides(answer: str, decide: Callable[[str, PersonId], Awaitable[bool]]) -> OnPress:
    """A button that says yes to something about an attempt."""

    async def pressed(press: Press) -> str | None:
        return answer if await decide(press.ref, press.event.person) else None

    return pressed
