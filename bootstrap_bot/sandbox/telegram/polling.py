"""getUpdates: one poll at a time, and none beside a webhook."""

import asyncio
import contextlib

from bootstrap_bot.sandbox.server import LoopbackServer
from bootstrap_bot.sandbox.telegram.call import Params
from bootstrap_bot.sandbox.telegram.chats import Json
from bootstrap_bot.sandbox.telegram.rules import BotApiError
from bootstrap_bot.sandbox.telegram.settings import Settings
from bootstrap_bot.sandbox.telegram.updates import Updates

WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
WEBHOOK_SET = "Conflict: terminated by setWebhook request"
OTHER_POLL = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)
MAX_SECONDS = 50.0


class Polling:
    """Waits on the server's changes; `closing` ends every poll."""

    def __init__(
        self,
        server: LoopbackServer,
        updates: Updates,
        settings: Settings,
        closing: asyncio.Event,
    ) -> None:
        self._server = server
        self._updates = updates
        self._settings = settings
        self._closing = closing
        self._latest = 0

    async def get_updates(self, params: Params) -> list[Json]:
        if self._settings.webhook:
            raise BotApiError(409, WEBHOOK_ACTIVE)
        self._latest += 1
        mine = self._latest
        await self._server.changed()
        self._updates.allow(params.get("allowed_updates"))
        self._updates.confirm(params.get("offset") or 0)
        await self._wait(mine, min(float(params.get("timeout") or 0), MAX_SECONDS))
        if mine != self._latest:
            raise BotApiError(409, OTHER_POLL)
        if self._settings.webhook:
            raise BotApiError(409, WEBHOOK_SET)
        return self._updates.peek(params.get("limit") or 100)

    async def _wait(self, mine: int, seconds: float) -> None:
        def ended() -> bool:
            replaced = mine != self._latest or bool(self._settings.webhook)
            return replaced or bool(len(self._updates)) or self._closing.is_set()

        if not ended() and seconds > 0:
            with contextlib.suppress(TimeoutError):
                await self._server.until(ended, seconds)
