"""A stand-in for a running AstrBot: the part of its HTTP API that keeps the bots."""

import copy
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable
from functools import partial
from typing import Any, Literal

from aiohttp import web

from bootstrap_bot.sandbox.answers import Answer, Script
from bootstrap_bot.sandbox.astrbot.wire import (
    CREATE,
    ROUTES,
    SCOPE,
    TYPES,
    UPDATE,
    Call,
    Config,
    RefusedError,
    Types,
    check_fields,
    check_key,
    check_new,
    check_no_body,
    check_query,
    fine,
    read_body,
)
from bootstrap_bot.sandbox.scripted import ScriptedServer

__all__ = ["ROUTES", "AstrBotStandIn", "Call", "Config", "Load"]

Load = tuple[Literal["loaded", "reloaded", "unloaded"], str]
RESET = Answer(reset=True)


class AstrBotStandIn(ScriptedServer):
    """Plays an AstrBot on loopback that has one API key, with these scopes, and these bots.

    It knows bots of these `types`.

    `bots` is what its config holds now; `adapters` are the configs of those that run, by id;
    `loads` is what became of adapters, in order. While `away` is true every connection breaks.
    """

    def __init__(
        self,
        bots: Iterable[Any] = (),
        key: str = "abk_sandbox",
        scopes: Collection[str] = (SCOPE,),
        port: int = 0,
        types: Types = TYPES,
    ) -> None:
        super().__init__(ROUTES, port)
        self._types = types
        self.bots: list[Any] = copy.deepcopy(list(bots))
        self.key = key
        self.scopes = scopes
        self.adapters: dict[str, Config] = {
            bot["id"]: copy.deepcopy(bot)
            for bot in self.bots
            if isinstance(bot, dict) and bot.get("enable") and isinstance(bot.get("id"), str)
        }
        self.loads: list[Load] = []
        self.away = False
        self._lost: dict[Call, Script] = {call: Script() for call in ROUTES}
        self._meanwhile: dict[Call, deque[Callable[[], object]]] = {c: deque() for c in ROUTES}
        self._add_routes()

    def _add_routes(self) -> None:
        handlers: dict[Call, Callable[[web.Request], Awaitable[Answer]]] = {
            "list": self._list,
            "create": self._create,
            "update": self._update,
            "remove": self._remove,
        }
        for call, handler in handlers.items():
            method, path = ROUTES[call]
            serve = partial(self._serve, call, handler)
            self.app.router.add_route(method, path, serve)

    # What tests and the demo do to it.

    def lose(self, call: Call, *answers: Answer) -> None:
        """The coming calls of that kind take effect, but get these answers; a reset for none."""
        self._lost[call].queue.extend(answers or [RESET])

    def meanwhile(self, call: Call, *acts: Callable[[], object]) -> None:
        """Each of these happens just before a coming call of that kind is looked at."""
        self._meanwhile[call].extend(acts)

    def find(self, bot_id: str) -> Config:
        """The bot with that id; `LookupError` when there is none."""
        for bot in self.bots:
            if isinstance(bot, dict) and bot.get("id") == bot_id:
                return bot
        raise LookupError(f"no bot has the id {bot_id}")

    # The four calls.

    async def _list(self, request: web.Request) -> Answer:
        check_query(request)
        await check_no_body(request)
        return fine({"bots": self.bots})

    async def _create(self, request: web.Request) -> Answer:
        check_query(request)
        config = check_new(await read_body(request, CREATE), self._types)
        if self._has(config["id"]):
            raise RefusedError(400, f"Bot {config['id']} already exists")
        self.bots.append(config)
        self._load(config)
        return fine(message="created")

    async def _update(self, request: web.Request) -> Answer:
        check_query(request)
        body = await read_body(request, UPDATE)
        bot_id, config = body["bot_id"], body["config"]
        if config.get("id") != bot_id:
            raise RefusedError(400, "Bot id cannot be changed")
        known = self._known(bot_id)
        check_fields(config, {name: type(value) for name, value in known.items()})
        config.setdefault("enable", True)
        self.bots[self.bots.index(known)] = config
        self._load(config)
        return fine(message="updated")

    async def _remove(self, request: web.Request) -> Answer:
        check_query(request, "bot_id")
        await check_no_body(request)
        known = self._known(request.query["bot_id"])
        self.bots.remove(known)
        self._load({**known, "enable": False})
        return fine(message="removed")

    # How it decides.

    def _has(self, bot_id: str) -> bool:
        return any(isinstance(bot, dict) and bot.get("id") == bot_id for bot in self.bots)

    def _known(self, bot_id: str) -> Config:
        if not self._has(bot_id):
            raise RefusedError(400, f"Bot {bot_id} not found")
        return self.find(bot_id)

    def _load(self, config: Config) -> None:
        """Ends the adapter with that id, if it runs, and starts it anew unless switched off."""
        bot_id = config["id"]
        ran = self.adapters.pop(bot_id, None) is not None
        if config["enable"]:
            self.adapters[bot_id] = copy.deepcopy(config)
            self.loads.append(("reloaded" if ran else "loaded", bot_id))
        elif ran:
            self.loads.append(("unloaded", bot_id))

    # How it speaks.

    async def _serve(
        self,
        call: Call,
        handler: Callable[[web.Request], Awaitable[Answer]],
        request: web.Request,
    ) -> web.StreamResponse:
        if self._meanwhile[call]:
            self._meanwhile[call].popleft()()
        answer = RESET if self.away else self._scripts[call].take()
        if answer is None:
            decided = await self._decided(handler, request)
            answer = self._lost[call].take() or decided
        await self.changed()
        return await self._send(request, answer)

    async def _decided(
        self, handler: Callable[[web.Request], Awaitable[Answer]], request: web.Request
    ) -> Answer:
        try:
            check_key(request, self.key, self.scopes)
            return await handler(request)
        except RefusedError as refused:
            return refused.answer
