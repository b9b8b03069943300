"""The whole, put together: settings in, handlers and background work out."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from telegram import Update, User
from telegram.ext import Application

from bootstrap_bot import settings as settings_file
from bootstrap_bot.attempts.attempts import Attempts
from bootstrap_bot.attempts.run import OnStored, Tools
from bootstrap_bot.chat.conversation import Conversation
from bootstrap_bot.chat.gate import Gate
from bootstrap_bot.chat.language import language_for
from bootstrap_bot.chat.menu import Menu
from bootstrap_bot.chat.outbox import Outbox
from bootstrap_bot.chat.sender import Sender
from bootstrap_bot.chat.telegram_voice import TelegramVoice
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.clock import Clock, SystemClock
from bootstrap_bot.http import TIMEOUT, Http
from bootstrap_bot.journal.sqlite import SqliteJournal
from bootstrap_bot.log import guard_token
from bootstrap_bot.providers.dingtalk import DingTalk
from bootstrap_bot.settings import Settings, proxy_of
from bootstrap_bot.targets.config_file import ConfigFile

AnyApplication = Application[Any, Any, Any, Any, Any, Any]
Hook = Callable[[AnyApplication], Coroutine[Any, Any, None]]


class BootstrapBot:
    """Adds `/dingtalk_new` and what belongs to it to a python-telegram-bot application.

    `timeout` is seconds for one request to DingTalk.
    """

    def __init__(
        self, settings: Settings, *, clock: Clock | None = None, timeout: float = TIMEOUT
    ) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._timeout = timeout
        self._zone = _zone(settings.chat.timezone)
        self._parts: _Parts | None = None
        self._resources = AsyncExitStack()

    @classmethod
    def from_config(cls, path: str | Path | None = None) -> Self:
        """Reads `config.toml` and the environment. Raises `ConfigError`."""
        return cls(settings_file.load(Path(path) if path else None, os.environ))

    def install(
        self,
        application: AnyApplication,
        on_stored: OnStored | None = None,
        *,
        menu: bool = False,
    ) -> None:
        """Adds the handlers, and starts and stops with `run_polling` or `run_webhook`.

        `on_stored` is awaited at least once for every platform that was stored. `menu` adds our
        commands to the menu of each admin's private chat.
        """
        self._install(application, on_stored, menu=menu, alone=False)
        application.post_init = _after(application.post_init, self._start)
        application.post_stop = _after(application.post_stop, self._stop)

    def install_alone(self, application: AnyApplication, on_stored: OnStored | None = None) -> None:
        """Makes this the whole bot: also /start, /help, a menu, and a word to strangers."""
        self._install(application, on_stored, menu=True, alone=True)

    @asynccontextmanager
    async def running(self, application: AnyApplication) -> AsyncIterator[None]:
        """Takes up what was under way, and stops it at the end. Raises `JournalError`.

        For whoever starts the application by hand; it need not be initialized yet.
        """
        await self._start(application)
        try:
            yield
        finally:
            await self._stop(application)

    def _install(
        self,
        application: AnyApplication,
        on_stored: OnStored | None,
        *,
        menu: bool,
        alone: bool,
    ) -> None:
        bot = application.bot
        guard_token(bot.token)
        sender = Sender(self._clock)
        outbox = Outbox(bot, sender)
        voice = TelegramVoice(bot, sender, self._clock, self._zone)
        parts = self._parts = _Parts(self._settings, self._clock, self._timeout, voice, on_stored)
        parts.stops = (outbox.stop, sender.stop)
        commands = Menu(bot, outbox, alone=alone)

        def welcome(update: Update, user: User) -> None:
            parts.attempts.person_is_back(user.id)
            if menu:
                commands.ensure(user.id, self._texts(user))

        gate = Gate(
            self._settings.telegram.admins,
            alone=alone,
            outbox=outbox,
            clock=self._clock,
            texts=self._texts,
            username=lambda: bot.username,
            welcome=welcome,
        )
        conversation = Conversation(parts.attempts, outbox, self._clock, self._zone, self._texts)
        conversation.add_to(application, gate)
        if alone:
            conversation.add_help_to(application)

    def _texts(self, user: User) -> Texts:
        return Texts(language_for(self._settings.chat.language, user.language_code))

    async def _start(self, _: AnyApplication) -> None:
        if self._parts is None:
            raise RuntimeError("install() comes before running()")
        async with AsyncExitStack() as stack:
            await self._parts.journal.open()
            stack.push_async_callback(self._parts.journal.close)
            await stack.enter_async_context(self._parts.http)
            for stop in reversed(self._parts.stops):
                stack.push_async_callback(stop)
            stack.push_async_callback(self._parts.attempts.stop)
            await self._parts.attempts.start()
            self._resources = stack.pop_all()

    async def _stop(self, _: AnyApplication) -> None:
        await self._resources.aclose()


class _Parts:
    """What lives from start to stop."""

    stops: tuple[Callable[[], Awaitable[None]], ...] = ()

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        timeout: float,
        voice: TelegramVoice,
        on_stored: OnStored | None,
    ) -> None:
        dingtalk = settings.dingtalk
        roads = {url: proxy_of(dingtalk, url, os.environ) for url in _addresses(settings)}
        self.http = Http(timeout, {url: proxy for url, proxy in roads.items() if proxy})
        self.journal = SqliteJournal(settings.state_path)
        provider = DingTalk(self.http, dingtalk.registration_url, dingtalk.source, dingtalk.api_url)
        targets = [ConfigFile(settings.path, platform_type=provider.name)]
        self.attempts = Attempts(
            Tools(
                provider,
                targets,
                self.journal,
                voice,
                clock,
                on_stored,
                settings.telegram.admins,
                settings.security.confirm,
            )
        )


def _addresses(settings: Settings) -> tuple[str, ...]:
    return settings.dingtalk.registration_url, settings.dingtalk.api_url


def _zone(name: str) -> tzinfo:
    # UTC needs no time zone data, which small systems do not have.
    return UTC if name == "UTC" else ZoneInfo(name)


def _after(before: Hook | None, ours: Hook) -> Hook:
    """Somebody's hook, then ours."""

    async def both(application: AnyApplication) -> None:
        if before is not None:
            await before(application)
        await ours(application)

    return both
