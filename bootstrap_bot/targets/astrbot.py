"""Credentials in a running AstrBot, through its HTTP API.

AstrBot keeps its config in memory and writes it over whatever others put into the file, so while
it runs there is no other way in.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.http import Http
from bootstrap_bot.targets.astrbot_api import AstrBotApi
from bootstrap_bot.targets.astrbot_bots import AstrBotBot, AstrBotBots, entry
from bootstrap_bot.targets.command import Command
from bootstrap_bot.targets.layout import free_id, text_in
from bootstrap_bot.targets.placement import Cell
from bootstrap_bot.targets.target import Note, Platform, Stored

_LOOKS = 5
# no platform's ids and secrets have any of these
_MASK = re.compile("[*•●…]")


class AstrBot:
    """A `Target`: the bots in the AstrBot at `url`, which has no trailing slash.

    Every change begins with a look at what is stored, so one whose answer was lost can be asked
    for again; and it ends with one, so what it gives is what AstrBot has.
    """

    kind = "astrbot"
    single_slot = False

    def __init__(
        self,
        http: Http,
        url: str,
        api_key: SecretStr,
        cells: Sequence[Cell],
        *,
        part: str = "",
        after: Command | None = None,
    ) -> None:
        self.after = after
        self._api = AstrBotApi(http, url, api_key)
        self._part = part
        self._cells = {cell.platform.name: cell for cell in cells}
        # a PUT sends a whole config back: two at once could undo each other
        self._lock = asyncio.Lock()

    @property
    def key(self) -> str:
        """`astrbot:`, the address, and the part of its bots that is meant."""
        return f"astrbot:{self._api.url}{self._part}"

    @property
    def place(self) -> str:
        """The address without its scheme."""
        return self._api.place

    def speaks(self, provider: str) -> bool:
        """Whether it takes bots of that platform."""
        return provider in self._cells

    def allows(self, provider: str) -> bool:
        """Never: AstrBot's list of people is one for all its bots."""
        return False

    def restart(self, provider: str) -> str:
        """Nothing: AstrBot loads a bot at once."""
        return ""

    async def store(
        self,
        wanted_id: str,
        credentials: Credentials,
        replaces: str = "",
        *,
        exposed: bool = False,
    ) -> Stored:
        """Stores them; AstrBot loads the bot at once unless it is switched off there.

        See `Target`. Of a bot that is there already everything else stays.
        """
        cell = self._cells[credentials.provider]
        if not cell.takes(credentials):
            raise TargetError(Code.NOT_TAKEN, self.place)
        taken: set[str] = set()
        sent, notes = False, tuple[str, ...]()
        async with self._lock:
            for _ in range(_LOOKS):
                bots = await self._bots()
                known = bots.find(credentials.provider, credentials.account)
                if known and known.platform.holds(credentials):
                    return _stored(known.platform, notes)
                if sent:
                    break
                if known := known or bots.find(credentials.provider, replaces):
                    if known.leaves(credentials):
                        notes = (Note.CARD_TEMPLATE,)
                    sent = await self._put(known, known.with_credentials(credentials))
                else:
                    bot_id = free_id(wanted_id, bots.ids | taken)
                    taken.add(bot_id)
                    sent = await self._api.add(entry(cell, bot_id, credentials))
        raise TargetError(Code.NOT_READ_BACK, self.place)

    async def platforms(self) -> list[Platform]:
        """All bots of platforms we speak with an account, in AstrBot's order, read afresh."""
        return [bot.platform for bot in (await self._bots()).ours]

    async def set_enabled(self, provider: str, account: str, enabled: bool) -> Platform | None:
        """Switches the bot with that account; None when there is none."""
        sent = False
        async with self._lock:
            for _ in range(_LOOKS):
                known = (await self._bots()).find(provider, account)
                if known is None:
                    return None
                if known.platform.enabled is enabled:
                    return known.platform
                if sent:
                    break
                sent = await self._put(known, {**known.config, "enable": enabled})
        raise TargetError(Code.NOT_READ_BACK, self.place)

    async def remove(
        self, provider: str, account: str, *, unwanted: bool = False
    ) -> Platform | None:
        """Removes the bot with that account, and gives it; None when there is none."""
        removed: Platform | None = None
        sent = False
        async with self._lock:
            for _ in range(_LOOKS):
                bots = await self._bots()
                if removed and removed.id not in bots.ids:
                    return removed
                known = bots.find(provider, account)
                if known is None:
                    return None
                if sent:
                    break
                removed = known.platform
                sent = await self._api.remove(removed.id)
        raise TargetError(Code.NOT_READ_BACK, self.place)

    async def allow(self, provider: str, account: str, person: str) -> Platform | None:
        """Changes nothing, see `allows`."""
        known = (await self._bots()).find(provider, account)
        return known.platform if known else None

    async def tidy(self) -> None:
        """Nothing: over its API nobody holds anything."""

    async def probe(self) -> Sequence[Path]:
        """Reads the list of bots, for which the key needs the scope that a change needs too."""
        await self._bots()
        return ()

    async def _put(self, bot: AstrBotBot, config: Mapping[str, Any]) -> bool:
        # whether there is none or it was held back: sent along, it would be gone
        if not all(config.get(key) for key in bot.cell.essential):
            raise self._api.bad_answer()
        return await self._api.replace(bot.platform.id, config)

    async def _bots(self) -> AstrBotBots:
        """What AstrBot has now; entries that are of no use to us count by their ids alone."""
        configs = await self._api.bots()
        ids = (config.get("id") for config in configs)
        types = {cell.name: cell for cell in self._cells.values()}
        known = ((types.get(text_in(config)("type")), config) for config in configs)
        ours = (self._bot(cell, config) for cell, config in known if cell)
        return AstrBotBots(
            frozenset(name for name in ids if isinstance(name, str)),
            tuple(bot for bot in ours if bot),
        )

    def _bot(self, cell: Cell, config: Mapping[str, Any]) -> AstrBotBot | None:
        """The bot of a config; None for one that cannot be told from others by both its ids."""
        text_of = text_in(config)
        if not (text_of("id") and text_of(cell.account_key)):
            return None
        essential = [config.get(key) for key in cell.essential]
        # one that is hidden could neither be compared nor sent back
        if any(not isinstance(value, str) or _MASK.search(value) for value in essential):
            raise self._api.bad_answer()
        # AstrBot loads whatever is true in Python's sense
        found = cell.bot(text_of("id"), bool(config.get("enable")), text_of)
        return AstrBotBot(cell, found, config) if found else None


def _stored(platform: Platform, notes: tuple[str, ...]) -> Stored:
    return Stored(platform, (Note.LOADED if platform.enabled else Note.SWITCHED_OFF, *notes))
