"""The HTTP side of the Bot API: token, method, parameters, ordered faults, answer."""

import asyncio
from collections.abc import Callable, Mapping

from aiohttp import web

from bootstrap_bot.sandbox.server import LoopbackServer
from bootstrap_bot.sandbox.telegram.call import Params, read_params
from bootstrap_bot.sandbox.telegram.chats import Json
from bootstrap_bot.sandbox.telegram.polling import Polling
from bootstrap_bot.sandbox.telegram.rules import BotApiError
from bootstrap_bot.sandbox.telegram.settings import Settings
from bootstrap_bot.sandbox.telegram.trouble import Trouble, Troubles
from bootstrap_bot.sandbox.telegram.updates import Presses
from bootstrap_bot.sandbox.telegram.writing import Writing

Method = Callable[[Params], object]
POLL = "getupdates"
ABILITIES: Json = {
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": False,
    "can_connect_to_business": False,
    "has_main_web_app": False,
}


class BotApi:
    """Serves `/bot<token>/<method>`. `calls` holds every call: method in lower case, parameters."""

    def __init__(
        self,
        server: LoopbackServer,
        token: str,
        methods: Mapping[str, Method],
        polling: Polling,
        closing: asyncio.Event,
    ) -> None:
        self.calls: list[tuple[str, Params]] = []
        self.troubles = Troubles()
        self._server = server
        self._token = token
        self._methods = {name.lower(): method for name, method in methods.items()}
        self._polling = polling
        self._closing = closing

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/bot{token}/{method}", self._answer)]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        try:
            return await self._called(request)
        except BotApiError as error:
            return _refusal(error.code, error.description, error.retry_after)

    async def _called(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self._token:
            raise BotApiError(401, "Unauthorized")
        name = request.match_info["method"].lower()
        if name != POLL and name not in self._methods:
            raise BotApiError(404, "Not Found: method not found")
        params = await read_params(request)
        self.calls.append((name, params))
        await self._server.changed()
        trouble = self.troubles.take(name)
        if trouble and not trouble.after:
            return await self._fail(request, trouble)
        result = await self._result(name, params)
        await self._server.changed()
        if trouble:
            return await self._fail(request, trouble)
        return web.json_response({"ok": True, "result": result})

    async def _result(self, name: str, params: Params) -> object:
        if name == POLL:
            return await self._polling.get_updates(params)
        return self._methods[name](params)

    async def _fail(self, request: web.Request, trouble: Trouble) -> web.StreamResponse:
        if trouble.hang:
            await self._closing.wait()
        if (trouble.hang or trouble.reset) and request.transport is not None:
            request.transport.close()
        if trouble.body is not None:
            return await self._say(request, trouble, trouble.body)
        return _refusal(trouble.status, trouble.words, trouble.retry_after)

    async def _say(self, request: web.Request, trouble: Trouble, body: bytes) -> web.StreamResponse:
        kind = {"Content-Type": "application/json"}
        answer = web.StreamResponse(status=trouble.status, headers=kind | dict(trouble.headers))
        answer.content_length = len(body) + 9 * trouble.cut
        await answer.prepare(request)
        await answer.write(body)
        if trouble.cut and request.transport is not None:
            request.transport.close()
        return answer


def method_table(
    bot: Json, writing: Writing, presses: Presses, settings: Settings
) -> dict[str, Method]:
    """Every method but getUpdates, under its own name."""
    return {
        "getMe": lambda params: bot | ABILITIES,
        "sendMessage": writing.send_message,
        "sendPhoto": writing.send_photo,
        "sendChatAction": writing.send_chat_action,
        "editMessageText": writing.edit_text,
        "editMessageCaption": writing.edit_caption,
        "editMessageMedia": writing.edit_media,
        "editMessageReplyMarkup": writing.edit_markup,
        "deleteMessage": writing.delete,
        "answerCallbackQuery": presses.answer,
        "setMyCommands": settings.set_commands,
        "getMyCommands": settings.get_commands,
        "deleteMyCommands": settings.delete_commands,
        "setChatMenuButton": settings.set_menu,
        "setWebhook": settings.set_webhook,
        "deleteWebhook": settings.delete_webhook,
        "getWebhookInfo": settings.webhook_info,
        "getChat": settings.get_chat,
        "logOut": lambda params: True,
        "close": lambda params: True,
    }


def _refusal(code: int, description: str, retry_after: int | None) -> web.Response:
    body: Json = {"ok": False, "error_code": code, "description": description}
    if retry_after is not None:
        body["parameters"] = {"retry_after": retry_after}
    return web.json_response(body, status=code)
