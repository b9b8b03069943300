"""The port to a chat: what happens in it, and what a host is asked to show there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bootstrap_bot.chat.buttons import Rows
from bootstrap_bot.doctor.doctor import Check
from bootstrap_bot.registration.display import DeliveryError
from bootstrap_bot.registration.person import PersonId


class DroppedError(DeliveryError):
    """The host has to wait, and this is not worth waiting for."""


class ReplacedError(DeliveryError):
    """A later edit of the same message came before this one was sent."""


class RejectedError(DeliveryError):
    """The host does not take it; trying again hardly helps."""


class NotEditableError(RejectedError):
    """Another message has to take this one's place; `there` says whether it still stands."""

    def __init__(self, words: str, *, there: bool) -> None:
        super().__init__(words)
        self.there = there


class Picture(StrEnum):
    """What a message shows above its text."""

    QR = "qr"
    LINK = "link"
    WORKING = "working"
    DONE = "done"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Card:
    """A message: a text, rows of buttons and, if any, a picture.

    `text` is HTML with `b`, `code`, `pre` and `a`; `bare` is what it says where no picture can be
    shown, "" for the same. `link` is what a QR picture leads to. An edit without a picture leaves
    the one that is there.
    """

    text: str
    rows: Rows = ()
    picture: Picture | None = None
    link: str = ""
    bare: str = ""


Draw = Callable[[], Card]
"""Makes a message's card when its turn has come. Where it raises, nothing is sent."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What fits into a host's messages: text below a picture, counted as seen in UTF-16, a copy
    button's text, and the longest link that its QR picture keeps legible."""

    text: int
    copy: int
    qr: int


@dataclass(frozen=True, slots=True)
class Address:
    """A chat by the host's own id; `topic` is a part of it, None in a chat without any."""

    host: str
    chat: str
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A message that stands in a chat, and what it shows as far as that is known.

    `form` is the host's own: how it was sent.
    """

    address: Address
    id: str
    card: Card | None = None
    form: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something a person did. One that is neither of those below is an edit or the like.

    `update` names it once and for all. `by_person`: not a bot, and nobody who speaks in a group's
    or channel's name. `language` is a code such as `zh-hans`, if the host knows one.
    """

    person: PersonId
    address: Address
    update: str
    private: bool
    by_person: bool
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEvent(Event):
    """A message; `command` is "" in one that begins with none for this bot."""

    command: str = ""
    argument: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonEvent(Event):
    """A pressed button: what it carries, in which message. `id` is what the host answers to."""

    id: str
    data: str
    message: Shown


class ChatHost(Protocol):
    """One chat program. What a chat's person waits for arrives in the order of the calls.

    Methods that send raise `DeliveryError` or one of its kinds, and `ChatGoneError`. What is
    `droppable` nobody waits for: `DroppedError` where the host has to wait.
    """

    @property
    def name(self) -> str:
        """What people and addresses of this host are filed under."""
        ...

    @property
    def limits(self) -> Limits:
        """What fits."""
        ...

    def private_chat(self) -> str:
        """A link that leads a person to the private chat with this bot."""
        ...

    def private_chat_of(self, person: PersonId) -> Address:
        """Where a person can be written to without having said anything yet."""
        ...

    async def send(self, address: Address, draw: Draw, *, droppable: bool = False) -> Shown:
        """Sends a message."""
        ...

    async def edit(self, shown: Shown, draw: Draw, *, droppable: bool = False) -> Shown:
        """Makes a message show something else; one that would stay the same is left alone.

        Raises `NotEditableError` too.
        """
        ...

    async def set_buttons(self, shown: Shown, rows: Rows) -> None:
        """Exchanges a message's buttons."""
        ...

    async def delete(self, shown: Shown, *, droppable: bool = False) -> None:
        """Removes a message."""
        ...

    async def acknowledge(self, event: ButtonEvent, text: str) -> None:
        """Answers a pressed button with a short text; waits for no message."""
        ...

    async def offer(
        self, address: Address, commands: Mapping[str, str], *, beside_others: bool
    ) -> None:
        """Offers commands, each with what it does, while somebody types. Waits for no message.

        `beside_others` keeps those that are offered there already.
        """
        ...

    def checks(self) -> Sequence[Check]:
        """What the doctor looks at in a bot that runs."""
        ...

    @property
    def idle(self) -> bool:
        """Whether nothing is being sent; what has to wait may stand in line."""
        ...

    async def stop(self) -> None:
        """Drops what waits to be sent."""
        ...
