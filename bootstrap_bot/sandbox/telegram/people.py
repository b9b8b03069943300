"""What people do on their phones, turned into updates for the bot."""

from collections.abc import Awaitable, Callable

from bootstrap_bot.sandbox.telegram.chats import Chat, Chats, Message, Person
from bootstrap_bot.sandbox.telegram.entities import formatted
from bootstrap_bot.sandbox.telegram.rules import Button
from bootstrap_bot.sandbox.telegram.updates import Press, Presses, Updates
from bootstrap_bot.sandbox.telegram.wire import message_json


class People:
    """Writes, edits and presses on behalf of a person; `changed` wakes who waits for that."""

    def __init__(
        self,
        chats: Chats,
        updates: Updates,
        presses: Presses,
        changed: Callable[[], Awaitable[None]],
    ) -> None:
        self._chats = chats
        self._updates = updates
        self._presses = presses
        self._changed = changed
        self._people: dict[int, Person] = {}

    async def says(
        self,
        user_id: int,
        text: str,
        language: str | None,
        first_name: str | None,
        group: int | None,
        topic: int | None,
    ) -> Message:
        person = self._person(user_id)
        person.language = language or person.language
        person.first_name = first_name or person.first_name
        chat = self._chats.open(person, group)
        message = self._chats.draft(chat, "person", person.wire())
        message.write(formatted(text, None, None))
        if topic is not None:
            message.topic = topic
            chat.topics.add(topic)
        self._chats.add(chat, message)
        await self._put("message", chat, message)
        return message

    async def edits(self, user_id: int, message_id: int, text: str) -> Message:
        message = self._chats.message(message_id)
        chat = self._chat(message)
        if message.author["id"] != user_id:
            raise AssertionError(f"message {message_id} is not by {user_id}")
        message.write(formatted(text, None, None))
        self._chats.edited(chat, message)
        await self._put("edited_message", chat, message)
        return message

    async def press(self, user_id: int, message: Message, label: str) -> Press:
        if message.deleted:
            raise AssertionError(f"message {message.id} was deleted")
        button = _button(message, label)
        if button.data is None:
            raise AssertionError(f"{button.text!r} sends the bot nothing: {button.raw}")
        return await self.presses_data(user_id, message, button.data)

    async def presses_data(self, user_id: int, message: Message, data: str) -> Press:
        press = self._presses.new(user_id, data)
        query = {
            "id": press.id,
            "from": self._person(user_id).wire(),
            "message": message_json(self._chat(message), message),
            "chat_instance": str(message.chat_id),
            "data": data,
        }
        self._updates.put({"callback_query": query})
        await self._changed()
        return press

    def _person(self, user_id: int) -> Person:
        return self._people.setdefault(user_id, Person(user_id))

    def _chat(self, message: Message) -> Chat:
        chat = self._chats.peek(message.chat_id)
        if chat is None:
            raise AssertionError(f"message {message.id} stands in no chat")
        return chat

    async def _put(self, kind: str, chat: Chat, message: Message) -> None:
        self._updates.put({kind: message_json(chat, message)})
        await self._changed()


def _button(message: Message, label: str) -> Button:
    buttons = [button for row in message.buttons for button in row]
    exact = [button for button in buttons if button.text == label]
    found = exact or [button for button in buttons if label in button.text]
    if len(found) != 1:
        raise AssertionError(f"no single button {label!r}; there are {message.button_texts}")
    return found[0]
