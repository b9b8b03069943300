"""What everybody needs who answers an admin."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import tzinfo

from telegram import CallbackQuery, Message, Update, User
from telegram.ext import ApplicationHandlerStop

from bootstrap_bot.chat.buttons import Action
from bootstrap_bot.chat.manner import topic_of
from bootstrap_bot.chat.outbox import Outbox
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.clock import Clock
from bootstrap_bot.doctor.doctor import Doctor
from bootstrap_bot.registration.inventory import Inventory
from bootstrap_bot.registration.person import PersonId
from bootstrap_bot.registration.service import RegistrationService


@dataclass(frozen=True, slots=True)
class ChatContext:
    """The way in and the way out. `texts` gives a person's language."""

    attempts: RegistrationService
    platforms: Inventory
    outbox: Outbox
    doctor: Doctor
    clock: Clock
    zone: tzinfo
    texts: Callable[[User], Texts]


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button: what it is for, in which update, and the presser's language."""

    query: CallbackQuery
    ref: str
    update: int
    texts: Texts

    @property
    def owner(self) -> PersonId:
        """Who pressed."""
        return person_of(self.query.from_user)

    @property
    def chat(self) -> int:
        """The private chat in which the button stands."""
        return self.query.from_user.id

    @property
    def topic(self) -> int | None:
        """The topic in which the button stands."""
        return topic_of(self.query.message)


HOST = "telegram"
# Gives the code of a short answer, ANSWERED, or None when the button does nothing any more.
OnPress = Callable[[Press], Awaitable[str | None]]
Presses = dict[Action, OnPress]
ANSWERED = ""


def person_of(user: User) -> PersonId:
    """Who a Telegram user is to the attempts."""
    return PersonId(HOST, str(user.id))


def id_of(number: int | None) -> str | None:
    """One of Telegram's numbers as the attempts keep it."""
    return None if number is None else str(number)


def number_of(kept: str | None) -> int | None:
    """The number again."""
    return None if kept is None else int(kept)


def said(update: Update) -> tuple[Message, User]:
    """A command's message and author; the gate lets none without both pass."""
    message, user = update.message, update.effective_user
    if message is None or user is None:
        raise ApplicationHandlerStop
    return message, user


def decides(answer: str, decide: Callable[[str, PersonId], Awaitable[bool]]) -> OnPress:
    """A button that says yes to something about an attempt."""

    async def pressed(press: Press) -> str | None:
        return answer if await decide(press.ref, press.owner) else None

    return pressed
