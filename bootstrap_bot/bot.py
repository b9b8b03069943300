"""The bot as other programs use it: added to an application, or an application's whole."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from telegram.ext import Application

from bootstrap_bot.app import App, Role, secrets_of
from bootstrap_bot.chat.claim import Claims, MemoryClaims
from bootstrap_bot.clock import Clock, SystemClock
from bootstrap_bot.hosts.telegram.admins import ConfigAdmins, GivenAdmins, GivenIds
from bootstrap_bot.hosts.telegram.handlers import Handlers
from bootstrap_bot.hosts.telegram.host import TelegramHost
from bootstrap_bot.hosts.telegram.plain_bot import plain
from bootstrap_bot.http import TIMEOUT
from bootstrap_bot.log import guard
from bootstrap_bot.registration.person import Admins, PersonId
from bootstrap_bot.registration.worker import OnStored
from bootstrap_bot.settings import settings as settings_file
from bootstrap_bot.settings.admins import AdminList
from bootstrap_bot.settings.settings import Settings, State
from bootstrap_bot.targets.target import Target

AnyApplication = Application[Any, Any, Any, Any, Any, Any]
Hook = Callable[[AnyApplication], Coroutine[Any, Any, None]]


class BootstrapBot:
    """Adds `/bot_new` and what belongs to it to a python-telegram-bot application.

    `targets` are used in place of the config's, `state` is a state file in place of the config's,
    and `admins` are Telegram user ids, or a function that gives them, in place of the config's.
    Without `settings` everything else is as without a config: `targets` and `admins` are needed
    then. `timeout` is seconds for one request to a platform.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        targets: Sequence[Target] | None = None,
        admins: GivenIds | None = None,
        state: str | Path | None = None,
        clock: Clock | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        if settings is None and (targets is None or admins is None):
            raise ValueError("without settings, targets and admins are needed")
        self._settings = settings or settings_file.without_config()
        if state is not None:
            self._settings = replace(self._settings, state=State(path=str(Path(state).absolute())))
        self._targets = targets
        self._clock = clock or SystemClock()
        self._timeout = timeout
        self._app: App | None = None
        self.admins: Admins = (
            ConfigAdmins(AdminList(self._settings.telegram.admins, self._settings.path))
            if admins is None
            else GivenAdmins(admins)
        )
        self.claims = Claims(self.admins, MemoryClaims(self._clock))

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
        # An application that is stopped before it started skips the hook above.
        application.post_shutdown = _after(application.post_shutdown, self._stop)

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

    @property
    def idle(self) -> bool:
        """Whether it runs and nothing is under way that updates began: all of it waits."""
        return self._app is not None and self._app.idle

    async def ignores(self, person: PersonId | None, text: object) -> bool:
        """Whether what that person wrote is sure to come to nothing."""
        return self._app is not None and await self._app.access.ignores(person, text)

    def works(self) -> Collection["asyncio.Task[None]"]:
        """What handlers began and did not wait for, as far as it is not done."""
        return () if self._app is None else self._app.context.outbox.works

    def _install(
        self,
        application: AnyApplication,
        on_stored: OnStored | None,
        *,
        menu: bool,
        alone: bool,
    ) -> None:
        if self._app is not None:
            raise RuntimeError("install() was called already")
        bot = application.bot
        guard(bot.token, *secrets_of(self._settings))
        host = TelegramHost(plain(bot), lambda: bot.username, self._clock)
        role = Role(alone=alone, menu=menu, claims=self.claims if alone else None)
        app = self._app = App(
            host,
            self._settings,
            self.admins,
            self._clock,
            self._timeout,
            on_stored,
            role,
            self._targets,
        )
        Handlers(app.access, app.dispatcher, lambda: bot.username).add_to(application)

    async def _start(self, _: AnyApplication) -> None:
        if self._app is None:
            raise RuntimeError("install() comes before running()")
        await self._app.start()

    async def _stop(self, _: AnyApplication) -> None:
        if self._app is not None:
            await self._app.stop()


def _after(before: Hook | None, ours: Hook) -> Hook:
    """Somebody's hook, then ours."""

    async def both(application: AnyApplication) -> None:
        if before is not None:
            await before(application)
        await ours(application)

    return both
