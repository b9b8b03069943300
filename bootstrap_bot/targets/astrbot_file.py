"""AstrBot while it is stopped: an entry in the list `platform` of its `cmd_config.json`."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.editing.format import Append, Change, Keys, Remove, Set
from bootstrap_bot.editing.json5 import Json
from bootstrap_bot.errors import Code
from bootstrap_bot.targets.layout import (
    DINGTALK,
    Data,
    OtherShapeError,
    bot_with,
    emptied,
    free_id,
    pair,
    pair_at,
)
from bootstrap_bot.targets.tables import DEFAULT_URL, AstrBotUrl, FileTable, PathText, TargetContext
from bootstrap_bot.targets.target import Note, Platform, Target

PLATFORM = "platform"
TEMPLATE = "card_template_id"
# Seconds within which a port on this machine or near it answers.
KNOCK = 2.0


class AstrBotLayout:
    """A `Layout`: a list of bots of all platforms, each with an id of its own."""

    kind = "astrbot-file"
    single_slot = False

    def blocker(self, data: Data) -> Code | None:
        return None

    def bots(self, data: Data) -> list[Platform]:
        return [bot for _, bot in _bots(data)]

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> list[Change]:
        entries = _entries(data)
        ids = (entry.get("id") for entry in entries if isinstance(entry, dict))
        taken = {name for name in ids if isinstance(name, str)}
        bot = {
            "id": free_id(wanted_id, taken),
            "type": DINGTALK,
            "enable": True,
            "client_id": credentials.account,
            "client_secret": credentials.text("client_secret"),
            TEMPLATE: "",
        }
        if data.get(PLATFORM) is None:
            return [Set((PLATFORM,), [bot])]
        return [Append((PLATFORM,), bot)]

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> list[Change]:
        path = _path(data, bot)
        replaced = bot.account != credentials.account
        # a card's template is made for one bot
        gone = emptied(data, [(*path, TEMPLATE)] if replaced else [])
        return [*pair_at((*path, "client_id"), (*path, "client_secret"), credentials), *gone]

    def remove(self, data: Data, bot: Platform) -> list[Change]:
        return [Remove(_path(data, bot))]

    def switch(self, data: Data, bot: Platform, enabled: bool) -> list[Change]:
        return [Set((*_path(data, bot), "enable"), enabled)]

    def notes(self, data: Data) -> list[Note]:
        return [Note.ASTRBOT_START]


def _entries(data: Data) -> list[object]:
    found = data.get(PLATFORM)
    if found is None:
        return []
    if not isinstance(found, list):
        raise OtherShapeError((PLATFORM,))
    return found


def _bots(data: Data) -> Iterator[tuple[int, Platform]]:
    """Every DingTalk bot with its place in the list."""
    for index, entry in enumerate(_entries(data)):
        if isinstance(entry, dict) and entry.get("type") == DINGTALK:
            client_id, secret = entry.get("client_id"), entry.get("client_secret")
            if isinstance(client_id, str) and client_id:
                name, text = str(entry.get("id", "")), secret if isinstance(secret, str) else ""
                enabled = bool(entry.get("enable"))
                yield (
                    index,
                    bot_with(name, enabled, pair(client_id, text)),
                )


def _path(data: Data, bot: Platform) -> Keys:
    index = next(index for index, one in _bots(data) if one.account == bot.account)
    return PLATFORM, index


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

    kind: Literal["astrbot-file"]
    path: PathText = "~/AstrBot/data/cmd_config.json"
    url: AstrBotUrl = DEFAULT_URL

    def build(self, context: TargetContext) -> Target:
        parts = urlsplit(self.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        guard = Knock(parts.hostname or "", port)
        return self.on_file(
            AstrBotLayout(), Json(takes_bom=True, takes_nan=True), context, guard=guard
        )
