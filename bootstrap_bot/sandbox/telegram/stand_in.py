"""A Telegram Bot API on loopback, as strict as the real one, with the people who use the bot."""

import asyncio

from aiohttp import web

from bootstrap_bot.clock import Clock, SystemClock
from bootstrap_bot.sandbox.server import LoopbackServer
from bootstrap_bot.sandbox.telegram.api import BotApi, method_table
from bootstrap_bot.sandbox.telegram.call import Params
from bootstrap_bot.sandbox.telegram.chats import Chat, Chats, Event, Json, Message
from bootstrap_bot.sandbox.telegram.pace import Pace
from bootstrap_bot.sandbox.telegram.page import ChatPage
from bootstrap_bot.sandbox.telegram.people import People
from bootstrap_bot.sandbox.telegram.polling import Polling
from bootstrap_bot.sandbox.telegram.settings import Commands, Settings
from bootstrap_bot.sandbox.telegram.trouble import Trouble
from bootstrap_bot.sandbox.telegram.updates import Press, Presses, Updates
from bootstrap_bot.sandbox.telegram.writing import Writing

__all__ = ["Event", "Message", "Press", "TelegramStandIn", "Trouble"]


class TelegramStandIn(LoopbackServer):
    """Answers `{url}/bot<token>/<method>`, and shows a phone at `{url}/`.

    `rate_limit` refuses more than 20 sends and edits per chat in 20 s, on `clock`.
    """

    def __init__(
        self,
        token: str = "123456:TEST-token",  # noqa: S107 - no account has this token
        clock: Clock | None = None,
        port: int = 0,
        username: str = "bootstrap_demo_bot",
        rate_limit: bool = False,
    ) -> None:
        super().__init__(port)
        self.username = username
        bot: Json = {
            "id": int(token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Bootstrap bot",
            "username": username,
        }
        now = (clock or SystemClock()).now
        self._chats = Chats(now)
        self._updates = Updates()
        presses = Presses(now)
        self._settings = Settings(self._chats, self._updates)
        writing = Writing(self._chats, Pace(now, rate_limit), bot, now)
        self._people = People(self._chats, self._updates, presses, self.changed)
        self._closing = asyncio.Event()
        polling = Polling(self, self._updates, self._settings, self._closing)
        methods = method_table(bot, writing, presses, self._settings)
        self._api = BotApi(self, token, methods, polling, self._closing)
        page = ChatPage(self, self._chats, self._settings, self._closing, now)
        self.app.add_routes([*page.routes(), *self._api.routes()])
        self.app.on_shutdown.append(self._close)

    @property
    def commands(self) -> dict[str, Commands]:
        """Commands by scope key: "default", "chat:42", "all_private_chats/zh"."""
        return self._settings.commands

    @property
    def pending(self) -> int:
        """Updates not yet confirmed."""
        return len(self._updates)

    async def says(
        self,
        user_id: int,
        text: str,
        *,
        language: str | None = None,
        first_name: str | None = None,
        group: int | None = None,
        topic: int | None = None,
    ) -> Message:
        """Somebody writes, in the private chat or in that group, and there in that topic."""
        return await self._people.says(user_id, text, language, first_name, group, topic)

    async def edits(self, user_id: int, message_id: int, text: str) -> Message:
        """Somebody edits a message of theirs."""
        return await self._people.edits(user_id, message_id, text)

    async def press(self, user_id: int, message: Message | int, label: str) -> Press:
        """Presses the button with that text, or with the only text that contains it."""
        return await self._people.press(user_id, self._resolve(message), label)

    async def presses_data(self, user_id: int, message: Message | int, data: str) -> Press:
        """Callback data no button needs to have; by anybody, on any message, deleted or not."""
        return await self._people.presses_data(user_id, self._resolve(message), data)

    async def update(self, update: Json) -> None:
        """Queues a raw update; `update_id` is filled in when missing."""
        self._updates.put(update)
        await self.changed()

    def messages(self, chat_id: int) -> list[Message]:
        """What stands in that chat now, oldest first."""
        chat = self._chats.peek(chat_id)
        return list(chat.messages.values()) if chat else []

    def bot_messages(self, chat_id: int) -> list[Message]:
        return [message for message in self.messages(chat_id) if message.sender == "bot"]

    def last(self, chat_id: int) -> Message:
        """The bot's latest message."""
        return self.bot_messages(chat_id)[-1]

    def history(self, chat_id: int) -> list[Event]:
        """Everything sent, edited and deleted in that chat, in order."""
        chat = self._chats.peek(chat_id)
        return list(chat.history) if chat else []

    def most_writes(self, chat_id: int, seconds: float) -> int:
        """The bot's sends and edits in the busiest stretch of that many seconds."""
        times = [
            event.time
            for event in self.history(chat_id)
            if event.sender == "bot" and event.kind != "deleted"
        ]
        return max((sum(t <= u < t + seconds for u in times) for t in times), default=0)

    def block(self, chat_id: int) -> None:
        self._chat(chat_id).blocked = True

    def unblock(self, chat_id: int) -> None:
        self._chat(chat_id).blocked = False

    def delete_topic(self, chat_id: int, topic: int) -> None:
        """Takes a topic with all its messages out of a chat."""
        chat = self._chat(chat_id)
        chat.topics.remove(topic)
        for message in list(chat.messages.values()):
            if message.topic == topic:
                self._chats.delete(chat, message.id)

    def delete_chat(self, chat_id: int) -> None:
        self._chat(chat_id).deleted = True

    def person_deletes(self, chat_id: int, message_id: int) -> None:
        self._chats.delete(self._chat(chat_id), message_id)

    def fail(self, method: str, trouble: Trouble, times: int = 1) -> None:
        """The next `times` calls of that method ("*": any) fail; -1: all until `heal`."""
        self._api.troubles.order(method, trouble, times)

    def heal(self) -> None:
        """Calls succeed again."""
        self._api.troubles.heal()

    def calls(self, method: str) -> list[Params]:
        """Parameters of every call of that method, decoded; failed calls too."""
        return [params for name, params in self._api.calls if name == method.lower()]

    def page_url(self, user: int = 42, language: str = "en") -> str:
        """The phone of that person."""
        return f"{self.url}/?user={user}&lang={language}"

    def _chat(self, chat_id: int) -> Chat:
        chat = self._chats.peek(chat_id)
        if chat is None:
            raise AssertionError(f"nobody has written in chat {chat_id} yet")
        return chat

    def _resolve(self, message: Message | int) -> Message:
        return message if isinstance(message, Message) else self._chats.message(message)

    async def _close(self, app: web.Application) -> None:
        self._closing.set()
        await self.changed()
