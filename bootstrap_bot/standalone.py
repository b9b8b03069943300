"""The bot on its own: attempts first, Telegram as soon as it answers, an end within a second."""

import asyncio
import json
import logging
import os
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from telegram.error import NetworkError, TelegramError
from telegram.ext import Application, ApplicationBuilder
from telegram.request import HTTPXRequest

from bootstrap_bot.app import secrets_of
from bootstrap_bot.bot import AnyApplication, BootstrapBot
from bootstrap_bot.chat.claim import CODE_LASTS
from bootstrap_bot.clock import Clock, SystemClock
from bootstrap_bot.hosts.telegram.odd_answers import OddAnswerError, kind_of, understood
from bootstrap_bot.hosts.telegram.polling import UpdateLoop
from bootstrap_bot.log import guard
from bootstrap_bot.registration.supervising import supervised
from bootstrap_bot.settings.proxies import proxy_of
from bootstrap_bot.settings.settings import Settings

log = logging.getLogger(__name__)

REJECTED = "Telegram does not know this token: copy it again from @BotFather"
FIRST_RETRY = 1.0
LONGEST_RETRY = 60.0
RETRY_CLOCK = SystemClock()
# What is left of the second after attempts have come to rest.
FAREWELL = 0.2


class UnknownTokenError(NetworkError):
    """Telegram, or an own Bot API server that is just starting, does not know the token.

    The library's `InvalidToken` would end the taking of updates for good.
    """


def application_for(settings: Settings) -> AnyApplication:
    """A python-telegram-bot application with nothing but its token and its road."""
    telegram = settings.telegram
    proxy = proxy_of(telegram, os.environ)
    token = telegram.token.get_secret_value()
    guard(*secrets_of(settings))
    builder = (
        Application.builder()
        .token(token)
        .updater(None)
        .base_url(f"{telegram.api_url}/bot")
        .request(_request(proxy, connections=32))
        .get_updates_request(_request(proxy, connections=1))
    )
    return _built(builder)


async def offer_claims(bot: BootstrapBot, username: str, clock: Clock) -> None:
    """While nobody is admin, prints where the first one makes themselves known."""
    while await bot.claims.open():
        link = f"https://t.me/{username}?start={await bot.claims.renew()}"
        print(
            f"Nobody is admin yet. Open this link on your phone to become it:\n{link}", flush=True
        )
        await clock.sleep(CODE_LASTS)


async def serve(
    bot: BootstrapBot,
    application: AnyApplication,
    stop: asyncio.Event,
    clock: Clock = RETRY_CLOCK,
) -> int:
    """Runs until `stop` is set and gives the exit status: 1 when it cannot go on by itself.

    `clock` measures the pauses before Telegram is asked again. Raises `JournalError` when the
    state file cannot be used.
    """
    async with bot.running(application):
        talking = asyncio.create_task(_talk(bot, application, clock))
        talking.add_done_callback(lambda done: stop.set() if _broke(done) else None)
        await stop.wait()
        talking.cancel()
        await asyncio.wait([talking])
    with suppress(TimeoutError, TelegramError, RuntimeError):
        async with asyncio.timeout(FAREWELL):
            await application.shutdown()
    # An application that never came up, or had no time to go, leaves its connections to us.
    with suppress(RuntimeError):
        await application.bot.shutdown()
    if _broke(talking):
        log.error("the conversation with Telegram ended by %s", type(talking.exception()).__name__)
        return 1
    return 0


def _broke(talking: asyncio.Task[None]) -> bool:
    """Whether the bot went deaf: a supervisor that starts it anew helps, silence does not."""
    return not talking.cancelled() and talking.exception() is not None


async def _talk(bot: BootstrapBot, application: AnyApplication, clock: Clock) -> None:
    """Introduces itself to Telegram, without end if need be, and takes updates."""
    pause = FIRST_RETRY
    while True:
        try:
            await understood(application.initialize)
            break
        except UnknownTokenError:
            pause = LONGEST_RETRY
            log.error(REJECTED)
        except TelegramError as error:
            log.warning("Telegram does not answer (%s)", kind_of(error))
        log.warning("trying again in %.0f s", pause)
        await clock.sleep(pause)
        pause = min(pause * 2, LONGEST_RETRY)
    application.add_error_handler(_on_error)
    log.info("ready: write /bot_new to @%s", application.bot.username)
    updates = UpdateLoop(application, bot.admins, bot.works, clock, bot.ignores)
    async with asyncio.TaskGroup() as group:
        group.create_task(supervised(updates.run, "taking updates", clock))
        group.create_task(offer_claims(bot, application.bot.username, SystemClock()))


async def _on_error(_: object, context: object) -> None:
    error = getattr(context, "error", None)
    log.error("an update could not be handled: %s", type(error).__name__, exc_info=error)


class _Request(HTTPXRequest):
    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        code, payload = await super().do_request(*args, **kwargs)
        if code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND):
            raise UnknownTokenError("the token was rejected")
        return code, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Without the library's own log line, which holds the whole of what people wrote."""
        try:
            answer = json.loads(payload.decode(errors="replace"))
        except ValueError:
            raise OddAnswerError("no JSON") from None
        if not isinstance(answer, dict):
            raise OddAnswerError(f"JSON {type(answer).__name__}")
        return answer


def _request(proxy: str | None, *, connections: int) -> HTTPXRequest:
    # The environment's proxies are already weighed: loopback must not go through one.
    return _Request(
        connection_pool_size=connections, proxy=proxy, httpx_kwargs={"trust_env": False}
    )


def _built(builder: ApplicationBuilder) -> AnyApplication:  # type: ignore[type-arg]  # what it builds has them
    return builder.build()
