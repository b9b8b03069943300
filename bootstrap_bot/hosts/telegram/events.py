"""What Telegram's updates say, as events of a chat."""

from typing import Any

from telegram import CallbackQuery, Message, MessageEntity, Update, User
from telegram.constants import ChatType
from telegram.ext import InvalidCallbackData

from bootstrap_bot.chat.host import Address, ButtonEvent, Event, MessageEvent, Shown
from bootstrap_bot.hosts.telegram.manner import Manner
from bootstrap_bot.registration.person import PersonId

HOST = "telegram"


def event_of(update: Update, username: str) -> Event:
    """The event an update is; `username` is the bot's own."""
    user, chat = update.effective_user, update.effective_chat
    said: dict[str, Any] = {
        "person": person_of(user.id if user else 0),
        "update": str(update.update_id),
        "private": chat is not None and chat.type == ChatType.PRIVATE,
        "by_person": user is not None and chat is not None and _is_person(update, user),
        "language": user.language_code if user else None,
    }
    query, message = update.callback_query, update.message
    if query is not None:
        shown = _shown(query)
        data = carried(query.data)
        return ButtonEvent(address=shown.address, id=query.id, data=data, message=shown, **said)
    address = address_of(chat.id, topic_of(message)) if chat else address_of(0)
    if message is None:
        return Event(address=address, **said)
    command, argument = command_in(message, username), argument_in(message)
    return MessageEvent(address=address, command=command, argument=argument, **said)


def person_of(user: int) -> PersonId:
    """A Telegram user as everybody else knows them."""
    return PersonId(HOST, str(user))


def address_of(chat: int, topic: int | None = None) -> Address:
    """A Telegram chat as everybody else knows it."""
    return Address(HOST, str(chat), None if topic is None else str(topic))


def topic_of(message: object) -> int | None:
    """The topic in which a message stands.

    In a group without topics the number names a chain of replies, where nothing can be sent.
    """
    if not isinstance(message, Message):
        return None
    in_topic = message.is_topic_message or message.chat.type == ChatType.PRIVATE
    return message.message_thread_id if in_topic else None


def command_in(message: Message, username: str) -> str:
    """The command a message begins with, "" also if it is addressed to another bot."""
    if not message.text or not message.entities:
        return ""
    first = message.entities[0]
    if first.type != MessageEntity.BOT_COMMAND or first.offset != 0:
        return ""
    name, _, addressee = message.text[1 : first.length].partition("@")
    if addressee and addressee.lower() != username.lower():
        return ""
    return name.lower()


def argument_in(message: Message) -> str:
    """What stands behind the command."""
    return "".join((message.text or "").split(maxsplit=1)[1:]).strip()


def carried(data: object) -> str:
    """What a pressed button carries, "" if that is unknown.

    An application with `arbitrary_callback_data` wraps whatever it did not send itself.
    """
    raw = data.callback_data if isinstance(data, InvalidCallbackData) else data
    return raw if isinstance(raw, str) else ""


def _shown(query: CallbackQuery) -> Shown:
    """The message in which the button stands."""
    message = query.message
    if message is None:
        return Shown(address_of(0), "0")
    is_text = isinstance(message, Message) and bool(message.text)
    address = address_of(message.chat.id, topic_of(message))
    return Shown(address, str(message.message_id), form=Manner(picture=not is_text))


def _is_person(update: Update, user: User) -> bool:
    """Not a bot, and not somebody who writes in a group's or channel's name."""
    # Whose message a button stands in says nothing about who pressed it.
    message = None if update.callback_query else update.effective_message
    return not user.is_bot and (message is None or message.sender_chat is None)
