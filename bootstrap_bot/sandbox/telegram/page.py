"""The phone: a page that shows one private chat live, and takes what its person does."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from aiohttp import web

from bootstrap_bot.sandbox.server import Handler
from bootstrap_bot.sandbox.telegram.chats import Chat, Chats, Json, Message
from bootstrap_bot.sandbox.telegram.rules import Button
from bootstrap_bot.sandbox.telegram.settings import Settings
from bootstrap_bot.sandbox.telegram.updates import Press

PAGES = Path(__file__).parent / "pages"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
HEARTBEAT_SECONDS = 15.0
ANSWER_SECONDS = 30.0
SAFE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Phone(Protocol):
    """What the page needs of the stand-in."""

    username: str

    async def says(self, user_id: int, text: str, *, language: str | None = None) -> Message: ...

    async def presses_data(self, user_id: int, message: Message | int, data: str) -> Press: ...

    async def until(self, promise: Callable[[], object], seconds: float = 10.0) -> None: ...


class ChatPage:
    """Routes under `/` and `/sandbox/`. `now` tells seconds since the epoch."""

    def __init__(
        self,
        phone: Phone,
        chats: Chats,
        settings: Settings,
        closing: asyncio.Event,
        now: Callable[[], float],
    ) -> None:
        self._phone = phone
        self._chats = chats
        self._settings = settings
        self._closing = closing
        self._now = now

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", _guarded(_file("chat.html", "text/html"))),
            web.get("/sandbox/chat.css", _guarded(_file("chat.css", "text/css"))),
            web.get("/sandbox/chat.js", _guarded(_file("chat.js", "text/javascript"))),
            web.get("/sandbox/events", _guarded(self._events)),
            web.get("/sandbox/photo/{chat}/{message}", _guarded(self._photo)),
            web.post("/sandbox/say", _guarded(self._say)),
            web.post("/sandbox/press", _guarded(self._press)),
        ]

    async def _events(self, request: web.Request) -> web.StreamResponse:
        user = int(request.query.get("user", "42"))
        language = request.query.get("lang", "en")
        stream = web.StreamResponse(headers={**SAFE_HEADERS, "Content-Type": "text/event-stream"})
        await stream.prepare(request)
        shown: Json = {}

        def news() -> bool:
            return self._closing.is_set() or self._picture(user, language) != shown

        while not self._closing.is_set():
            try:
                await self._phone.until(news, HEARTBEAT_SECONDS)
                shown = self._picture(user, language)
                await stream.write(f"data: {json.dumps(shown)}\n\n".encode())
            except TimeoutError:
                await stream.write(b": still here\n\n")
            except ConnectionResetError:
                break
        return stream

    def _picture(self, user: int, language: str) -> Json:
        """Everything the page draws."""
        chat = self._chats.peek(user)
        messages = list(chat.messages.values()) if chat and not chat.deleted else []
        commands = self._settings.commands_for(user, language)
        return {
            "username": self._phone.username,
            "commands": [{"name": name, "text": text} for name, text in commands],
            "typing": bool(chat and chat.typing_until > self._now()),
            "messages": [_drawn(message) for message in messages],
        }

    async def _photo(self, request: web.Request) -> web.StreamResponse:
        chat = self._chats.peek(int(request.match_info["chat"]))
        message = chat.messages.get(int(request.match_info["message"])) if chat else None
        if message is None or message.photo is None:
            raise web.HTTPNotFound
        return web.Response(body=message.photo, content_type="image/jpeg", headers=SAFE_HEADERS)

    async def _say(self, request: web.Request) -> web.StreamResponse:
        body = await _json(request)
        text = str(body["text"]).strip()[:4096]
        if not text:
            raise web.HTTPBadRequest
        await self._phone.says(int(body["user"]), text, language=str(body["lang"]))
        return web.json_response({}, headers=SAFE_HEADERS)

    async def _press(self, request: web.Request) -> web.StreamResponse:
        """Answers once the bot has, or after half a minute."""
        body = await _json(request)
        user = int(body["user"])
        chat = self._chats.peek(user)
        button = _button(chat, int(body["message"]), int(body["row"]), int(body["column"]))
        if button is None or button.data is None:
            raise web.HTTPConflict
        press = await self._phone.presses_data(user, int(body["message"]), button.data)
        with contextlib.suppress(TimeoutError):
            await self._phone.until(
                lambda: press.answered or self._closing.is_set(), ANSWER_SECONDS
            )
        reply = {"answer": press.answer, "alert": press.alert}
        return web.json_response(reply, headers=SAFE_HEADERS)


def _button(chat: Chat | None, message_id: int, row: int, column: int) -> Button | None:
    message = chat.messages.get(message_id) if chat else None
    try:
        return message.buttons[row][column] if message else None
    except IndexError:
        return None


def _drawn(message: Message) -> Json:
    photo = f"/sandbox/photo/{message.chat_id}/{message.id}?{message.photo_count}"
    return {
        "id": message.id,
        "revision": message.revision,
        "sender": message.sender,
        "text": message.text,
        "entities": message.entities,
        "photo": photo if message.photo else None,
        "date": message.date,
        "buttons": [
            [
                {"text": b.text, "url": b.url, "copy": b.copy, "data": b.data is not None}
                for b in row
            ]
            for row in message.buttons
        ],
    }


def _file(name: str, content_type: str) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        text = (PAGES / name).read_text(encoding="utf-8")
        return web.Response(text=text, content_type=content_type, headers=SAFE_HEADERS)

    return serve


def _guarded(handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Lets in only pages from this machine: no rebound DNS name, no foreign site's form."""

    async def guard(request: web.Request) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        try:
            host = urlsplit(f"//{request.host}").hostname
            if host not in LOOPBACK or origin not in (None, f"http://{request.host}"):
                raise web.HTTPForbidden
            return await handler(request)
        except (KeyError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest from error

    return guard


async def _json(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    body: dict[str, Any] = await request.json()
    return body
