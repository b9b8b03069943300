"""Somebody else's bot, with ours installed into it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from telegram import Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    Defaults,
    MessageHandler,
    TypeHandler,
    filters,
)
from telegram.request import HTTPXRequest

from bootstrap_bot.bot import AnyApplication, BootstrapBot
from bootstrap_bot.settings import settings
from bootstrap_bot.targets.target import Platform
from tests.support.clock import PATIENCE
from tests.support.scene import TOKEN, Scene


class HostApp(Scene):
    """Somebody's bot with handlers of its own for everything, and ours installed into it."""

    def __init__(
        self,
        folder: Path,
        *,
        menu: bool = False,
        on_stored: Callable[[Platform], Awaitable[object]] | None = None,
        defaults: Defaults | None = None,
        concurrent: bool = False,
        starts_ours: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(folder, **options)
        self.passed: list[Update] = []
        self._menu = menu
        self._on_stored = on_stored
        self._defaults = defaults
        self._concurrent = concurrent
        self._starts_ours = starts_ours
        self._running = AsyncExitStack()

    async def start(self) -> None:
        application = self._application = self.built()
        bot = self.bot = self.ours()
        bot.install(application, self._on_stored, menu=self._menu)
        stack = self._running
        if self._starts_ours:
            await stack.enter_async_context(bot.running(application))
        await application.initialize()
        stack.push_async_callback(application.shutdown)
        assert application.updater is not None
        await application.updater.start_polling(allowed_updates=Update.ALL_TYPES)
        stack.push_async_callback(application.updater.stop)
        await application.start()
        stack.push_async_callback(application.stop)

    async def stop(self) -> None:
        await self._running.aclose()

    async def settled(self) -> None:
        await super().settled()
        async with asyncio.timeout(PATIENCE):
            await self._application.update_queue.join()
        await super().settled()

    def ours(self) -> BootstrapBot:
        """What is installed."""
        return BootstrapBot(settings.load(self.config, self.environment), clock=self.clock)

    def built(self) -> AnyApplication:
        """Their application, with handlers that come first, last and for everything."""
        builder = Application.builder().token(TOKEN).base_url(f"{self.telegram.url}/bot")
        builder = builder.request(direct()).get_updates_request(direct())
        if self._defaults is not None:
            builder = builder.defaults(self._defaults)
        application: AnyApplication = builder.concurrent_updates(self._concurrent).build()
        application.add_handler(MessageHandler(filters.ALL, self._keep), group=-5)
        application.add_handler(CallbackQueryHandler(self._keep), group=-5)
        application.add_handler(TypeHandler(Update, self._keep), group=5)
        application.add_handler(CommandHandler("start", self._welcome))
        return application

    async def passes(self, said: Callable[[], Awaitable[object]]) -> int:
        """How many of their handlers got what is done now."""
        before = len(self.passed)
        await said()
        await self.settled()
        return len(self.passed) - before

    async def _keep(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        self.passed.append(update)

    async def _welcome(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message is not None
        await update.message.reply_text("Welcome to the shop!")


def direct() -> HTTPXRequest:
    """A road that ignores the proxies of the environment."""
    return HTTPXRequest(connection_pool_size=16, httpx_kwargs={"trust_env": False})
