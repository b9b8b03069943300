"""A Telegram Bot API on loopback, as strict as the real one, with the people who use the bot."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from bootstrap_bot.clock import Clock, SystemClock
from bootstrap_bot.sandbox.server import LoopbackServer
from bootstrap_bot.sandbox.telegram_call import Params, read_params
from bootstrap_bot.sandbox.telegram_chats import Chat, Chats, Event, Json, Message
from bootstrap_bot.sandbox.telegram_pace import Pace
from bootstrap_bot.sandbox.telegram_page import ChatPage
from bootstrap_bot.sandbox.telegram_people import People
from bootstrap_bot.sandbox.telegram_rules import BotApiError
from bootstrap_bot.sandbox.telegram_settings import Commands, Settings
from bootstrap_bot.sandbox.telegram_trouble import Trouble, Troubles
from bootstrap_bot.sandbox.telegram_updates import Press, Presses, Updates
from bootstrap_bot.sandbox.telegram_writing import Writing

__all__ = ["Event", "Message", "Press", "TelegramStandIn", "Trouble"]

Method = Callable[[Params], object]
NO_WEBHOOK = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
ONE_POLL = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)
MAX_POLL_SECONDS = 50.0


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
        self._token = token
        now = (clock or SystemClock()).now
        self._chats = Chats(now)
        self._updates = Updates()
        self._presses = Presses(now)
        self._settings = Settings(self._chats, self._updates)
        self._writing = Writing(self._chats, Pace(now, rate_limit), self._bot(), now)
        self._people = People(self._chats, self._updates, self._presses, self.changed)
        self._troubles = Troubles()
        self._calls: list[tuple[str, Params]] = []
        self._poll = 0
        self._closing = asyncio.Event()
        self._methods = self._method_table()
        page = ChatPage(self, self._chats, self._settings, self._closing, now)
        self.app.add_routes([*page.routes(), web.route("*", "/bot{token}/{method}", self._answer)])
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
    ) -> Message:
        """Somebody writes, in the private chat or in that group."""
        return await self._people.says(user_id, text, language, first_name, group)

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

    def delete_chat(self, chat_id: int) -> None:
        self._chat(chat_id).deleted = True

    def person_deletes(self, chat_id: int, message_id: int) -> None:
        self._chats.delete(self._chat(chat_id), message_id)

    def fail(self, method: str, trouble: Trouble, times: int = 1) -> None:
        """The next `times` calls of that method ("*": any) fail; -1: all until `heal`."""
        self._troubles.order(method, trouble, times)

    def heal(self) -> None:
        """Calls succeed again."""
        self._troubles.heal()

    def calls(self, method: str) -> list[Params]:
        """Parameters of every call of that method, decoded; failed calls too."""
        return [params for name, params in self._calls if name.lower() == method.lower()]

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

    def _bot(self) -> Json:
        return {
            "id": int(self._token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Bootstrap bot",
            "username": self.username,
        }

    def _me(self, params: Params) -> Json:
        return self._bot() | {
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    def _method_table(self) -> dict[str, Method]:
        methods: dict[str, Method] = {
            "getMe": self._me,
            "sendMessage": self._writing.send_message,
            "sendPhoto": self._writing.send_photo,
            "sendChatAction": self._writing.send_chat_action,
            "editMessageText": self._writing.edit_text,
            "editMessageCaption": self._writing.edit_caption,
            "editMessageMedia": self._writing.edit_media,
            "editMessageReplyMarkup": self._writing.edit_markup,
            "deleteMessage": self._writing.delete,
            "answerCallbackQuery": self._presses.answer,
            "setMyCommands": self._settings.set_commands,
            "getMyCommands": self._settings.get_commands,
            "deleteMyCommands": self._settings.delete_commands,
            "setChatMenuButton": self._settings.set_menu,
            "setWebhook": self._settings.set_webhook,
            "deleteWebhook": self._settings.delete_webhook,
            "getWebhookInfo": self._settings.webhook_info,
            "getChat": self._settings.get_chat,
            "logOut": lambda params: True,
            "close": lambda params: True,
        }
        return {name.lower(): method for name, method in methods.items()}

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        try:
            return await self._called(request)
        except BotApiError as error:
            return _refusal(error.code, error.description, error.retry_after)

    async def _called(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self._token:
            raise BotApiError(401, "Unauthorized")
        name = request.match_info["method"].lower()
        if name != "getupdates" and name not in self._methods:
            raise BotApiError(404, "Not Found: method not found")
        params = await read_params(request)
        self._calls.append((name, params))
        await self.changed()
        trouble = self._troubles.take(name)
        if trouble and not trouble.after:
            return await self._fail(request, trouble)
        result = await self._result(name, params)
        await self.changed()
        if trouble:
            return await self._fail(request, trouble)
        return web.json_response({"ok": True, "result": result})

    async def _result(self, name: str, params: Params) -> object:
        if name == "getupdates":
            return await self._get_updates(params)
        return self._methods[name](params)

    async def _get_updates(self, params: Params) -> list[Json]:
        if self._settings.webhook:
            raise BotApiError(409, NO_WEBHOOK)
        self._poll += 1
        mine = self._poll
        await self.changed()
        self._updates.allow(params.get("allowed_updates"))
        self._updates.confirm(params.get("offset") or 0)
        await self._await_update(mine, min(float(params.get("timeout") or 0), MAX_POLL_SECONDS))
        if mine != self._poll:
            raise BotApiError(409, ONE_POLL)
        if self._settings.webhook:
            raise BotApiError(409, "Conflict: terminated by setWebhook request")
        return self._updates.peek(params.get("limit") or 100)

    async def _await_update(self, mine: int, seconds: float) -> None:
        def ended() -> bool:
            other = mine != self._poll or bool(self._settings.webhook)
            return other or bool(len(self._updates)) or self._closing.is_set()

        if not ended() and seconds > 0:
            try:
                await self.until(ended, seconds)
            except TimeoutError:
                return

    async def _fail(self, request: web.Request, trouble: Trouble) -> web.StreamResponse:
        if trouble.hang:
            await self._closing.wait()
        if (trouble.hang or trouble.reset) and request.transport is not None:
            request.transport.close()
        return _refusal(trouble.status, trouble.words, trouble.retry_after)

    async def _close(self, app: web.Application) -> None:
        self._closing.set()
        await self.changed()


def _refusal(code: int, description: str, retry_after: int | None) -> web.Response:
    body: Json = {"ok": False, "error_code": code, "description": description}
    if retry_after is not None:
        body["parameters"] = {"retry_after": retry_after}
    return web.json_response(body, status=code)
