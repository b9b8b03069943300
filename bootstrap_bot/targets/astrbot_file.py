"""AstrBot while it is stopped: an entry in the list `platform` of its `cmd_config.json`."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.editing.format import Append, Change, Keys, Remove, Set
from bootstrap_bot.editing.json5 import Json
from bootstrap_bot.errors import Code
from bootstrap_bot.targets.astrbot_bots import ASTRBOT, entry
from bootstrap_bot.targets.layout import (
    Data,
    OtherShapeError,
    emptied,
    free_id,
    text_in,
    written,
)
from bootstrap_bot.targets.placement import Cell, Placement
from bootstrap_bot.targets.tables import DEFAULT_URL, AstrBotUrl, FileTable, PathText, TargetContext
from bootstrap_bot.targets.target import Note, Platform, Target

PLATFORM = "platform"
# Seconds within which a port on this machine or near it answers.
KNOCK = 2.0


@dataclass(frozen=True, slots=True)
class AstrBotLayout:
    """A `Layout`: a list of bots of all platforms, each with an id of its own."""

    cell: Cell
    single_slot: bool = False
    restart: str = Note.ASTRBOT_START

    def blocker(self, data: Data) -> Code | None:
        return None

    def bots(self, data: Data) -> list[Platform]:
        return [bot for _, bot in self._bots(data)]

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> list[Change]:
        ids = (one.get("id") for one in _entries(data) if isinstance(one, dict))
        taken = {name for name in ids if isinstance(name, str)}
        bot = entry(self.cell, free_id(wanted_id, taken), credentials)
        if data.get(PLATFORM) is None:
            return [Set((PLATFORM,), [bot])]
        return [Append((PLATFORM,), bot)]

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> list[Change]:
        path, placement = self._path(data, bot), self.cell.placement
        changes = written(self.cell, path, credentials)
        if bot.account == credentials.account:
            return changes
        constants = placement.constants.items()
        return [
            *changes,
            *(Set((*path, k), value) for k, value in constants if k not in placement.companions),
            *(Remove((*path, key)) for key in self.cell.unsaid(credentials)),
            *emptied(data, [(*path, key) for key in placement.companions]),
        ]

    def remove(self, data: Data, bot: Platform) -> list[Change]:
        return [Remove(self._path(data, bot))]

    def switch(self, data: Data, bot: Platform, enabled: bool) -> list[Change]:
        return [Set((*self._path(data, bot), "enable"), enabled)]

    def allow(self, data: Data, bot: Platform, person: str) -> list[Change]:
        return []

    def notes(self, data: Data) -> list[str]:
        return []

    def _bots(self, data: Data) -> Iterator[tuple[int, Platform]]:
        """Every bot of the platform with its place in the list."""
        for index, one in enumerate(_entries(data)):
            if isinstance(one, dict) and one.get("type") == self.cell.name:
                name, enabled = str(one.get("id", "")), bool(one.get("enable"))
                if bot := self.cell.bot(name, enabled, text_in(one)):
                    yield index, bot

    def _path(self, data: Data, bot: Platform) -> Keys:
        index = next(index for index, one in self._bots(data) if one.account == bot.account)
        return PLATFORM, index


def _entries(data: Data) -> list[object]:
    found = data.get(PLATFORM)
    if found is None:
        return []
    if not isinstance(found, list):
        raise OtherShapeError((PLATFORM,))
    return found


@dataclass(frozen=True, slots=True)
class Knock:
    """A guard: AstrBot must not answer there, for it would overwrite the file with its own copy."""

    host: str
    port: int

    async def __call__(self) -> Code | None:
        try:
            async with asyncio.timeout(KNOCK):
                _, writer = await asyncio.open_connection(self.host, self.port)
        except (OSError, TimeoutError):
            return None
        writer.close()
        return Code.STILL_RUNNING


class AstrBotFileTable(FileTable):
    """`kind = "astrbot-file"`; `url` is where AstrBot answers while it runs."""

    PLACEMENTS: ClassVar[Mapping[str, Placement]] = ASTRBOT
    PROGRAM: ClassVar[str] = "astrbot"

    kind: Literal["astrbot-file"]
    path: PathText = "~/AstrBot/data/cmd_config.json"
    url: AstrBotUrl = DEFAULT_URL

    def build(self, context: TargetContext) -> Target:
        parts = urlsplit(self.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        guard = Knock(parts.hostname or "", port)
        layouts = [AstrBotLayout(cell) for cell in self.cells(context.platforms)]
        form = Json(takes_bom=True, takes_nan=True)
        return self.on_file(layouts, form, context, guard=guard)
