"""The chats, what was written in them, and how that looks on the wire."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from bootstrap_bot.sandbox.telegram.entities import Entity, Formatted
from bootstrap_bot.sandbox.telegram.rules import BotApiError, Button, bad_request, shown_photo

Json = dict[str, Any]


@dataclass(slots=True)
class Person:
    """A Telegram user; `language` is the code their app sends."""

    id: int
    first_name: str = "Alex"
    language: str = "en"

    def wire(self) -> Json:
        return {
            "id": self.id,
            "is_bot": False,
            "first_name": self.first_name,
            "language_code": self.language,
        }


@dataclass(slots=True, eq=False)
class Message:
    """One message, alive: edits change it in place.

    `text` is plain text or caption, `html` its source; `upload` the picture as sent, `photo` the
    JPEG as shown; `photo_count` pictures shown so far, `revision` edits so far; `date` and
    `edited` seconds since the epoch.
    """

    id: int
    chat_id: int
    sender: Literal["bot", "person"]
    date: float
    author: Json
    text: str = ""
    html: str = ""
    entities: list[Entity] = field(default_factory=list)
    upload: bytes | None = None
    photo: bytes | None = None
    photo_count: int = 0
    revision: int = 0
    buttons: list[list[Button]] = field(default_factory=list)
    protected: bool = False
    silent: bool = False
    link_preview_disabled: bool = False
    reply_to: int | None = None
    topic: int | None = None
    edited: float | None = None
    deleted: bool = False

    def write(self, words: Formatted) -> None:
        """Sets text or caption."""
        self.text, self.html, self.entities = words.text, words.source, words.entities

    def show(self, upload: bytes) -> None:
        """Sets the picture."""
        self.photo = shown_photo(upload)
        self.upload = upload
        self.photo_count += 1

    @property
    def button_texts(self) -> list[str]:
        """What the buttons say, row by row."""
        return [button.text for row in self.buttons for button in row]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a message, with its text, buttons and picture at that time."""

    kind: Literal["sent", "edited", "deleted"]
    time: float
    message_id: int
    sender: Literal["bot", "person"]
    text: str
    buttons: tuple[str, ...]
    photo: bytes | None


@dataclass(slots=True)
class Chat:
    """A private chat (`id` > 0) or a supergroup, with the topics that it has.

    `typing_until` seconds since the epoch.
    """

    id: int
    person: Person
    messages: dict[int, Message] = field(default_factory=dict)
    history: list[Event] = field(default_factory=list)
    blocked: bool = False
    deleted: bool = False
    typing_until: float = 0.0
    topics: set[int] = field(default_factory=set)

    @property
    def private(self) -> bool:
        return self.id > 0

    def wire(self) -> Json:
        if self.private:
            return {"id": self.id, "type": "private", "first_name": self.person.first_name}
        return {"id": self.id, "type": "supergroup", "title": f"Group {-self.id}"}


class Chats:
    """Every chat the bot can know of. `now` tells seconds since the epoch."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._chats: dict[int, Chat] = {}
        self._ids = count(1)
        self._by_id: dict[int, Message] = {}

    def open(self, person: Person, group: int | None = None) -> Chat:
        """The chat of that person, or that group, which exists from now on."""
        chat = self._chats.setdefault(group or person.id, Chat(group or person.id, person))
        if chat.private:
            chat.person = person
        chat.deleted = False
        return chat

    def peek(self, chat_id: int) -> Chat | None:
        return self._chats.get(chat_id)

    def known(self, chat_id: Any) -> Chat:
        """The chat, for a method of the bot."""
        if chat_id in (None, ""):
            raise bad_request("chat_id is empty")
        chat = self._chats.get(chat_id)
        if chat is None or chat.deleted:
            raise bad_request("chat not found")
        return chat

    def writable(self, chat_id: Any) -> Chat:
        """The chat, when the bot may write there."""
        if isinstance(chat_id, int) and chat_id > 0 and chat_id not in self._chats:
            raise BotApiError(403, "Forbidden: bot can't initiate conversation with a user")
        chat = self.known(chat_id)
        if chat.blocked:
            raise BotApiError(403, "Forbidden: bot was blocked by the user")
        return chat

    def message(self, message_id: int) -> Message:
        """Any message ever written, deleted ones too; ids are unique over all chats."""
        return self._by_id[message_id]

    def draft(self, chat: Chat, sender: Literal["bot", "person"], author: Json) -> Message:
        """A message that is not in the chat yet."""
        return Message(0, chat.id, sender, self._now(), author)

    def add(self, chat: Chat, message: Message) -> Message:
        message.id = next(self._ids)
        chat.messages[message.id] = message
        self._by_id[message.id] = message
        self._note(chat, "sent", message)
        return message

    def edited(self, chat: Chat, message: Message) -> None:
        """Counts the edit that was just made."""
        message.revision += 1
        message.edited = self._now()
        self._note(chat, "edited", message)

    def delete(self, chat: Chat, message_id: int) -> None:
        message = chat.messages.pop(message_id)
        message.deleted = True
        self._note(chat, "deleted", message)

    def _note(
        self, chat: Chat, kind: Literal["sent", "edited", "deleted"], message: Message
    ) -> None:
        chat.history.append(
            Event(
                kind=kind,
                time=self._now(),
                message_id=message.id,
                sender=message.sender,
                text=message.text,
                buttons=tuple(message.button_texts),
                photo=message.photo,
            )
        )
