"""Credentials as `[platforms.<id>]` tables of this bot's own config, or of one like it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.editing.format import Change, Remove, Set
from bootstrap_bot.editing.toml import Toml
from bootstrap_bot.errors import Code
from bootstrap_bot.targets.command import Command
from bootstrap_bot.targets.file_target import LOCK_SECONDS, FileTarget
from bootstrap_bot.targets.layout import DINGTALK, Data, free_id, pair, pair_at, table_at
from bootstrap_bot.targets.rights import Rights
from bootstrap_bot.targets.tables import FileTable, OptionalPath, TargetContext, resolved
from bootstrap_bot.targets.target import Note, Platform, Target

PLATFORMS = "platforms"
# Other names of one bot, and what was made for it alone, where programs know such keys.
COMPANIONS = ("robot_code", "agent_id", "card_template_id")


class PlatformTables:
    """A `Layout`: one table for each bot, of any platform."""

    kind = "config"
    single_slot = False

    def __init__(self, platform_type: str) -> None:
        self._type = platform_type

    def blocker(self, data: Data) -> Code | None:
        return None

    def bots(self, data: Data) -> list[Platform]:
        return list(self._bots(table_at(data, (PLATFORMS,))))

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> list[Change]:
        values = {
            "type": self._type,
            "enabled": True,
            "client_id": credentials.account,
            "client_secret": credentials.text("client_secret"),
        }
        name = free_id(wanted_id, table_at(data, (PLATFORMS,)))
        return [Set((PLATFORMS, name), values)]

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> list[Change]:
        path = (PLATFORMS, bot.id)
        replaced = bot.account != credentials.account
        gone = [Remove((*path, name)) for name in (COMPANIONS if replaced else ())]
        return [*pair_at((*path, "client_id"), (*path, "client_secret"), credentials), *gone]

    def remove(self, data: Data, bot: Platform) -> list[Change]:
        return [Remove((PLATFORMS, bot.id))]

    def switch(self, data: Data, bot: Platform, enabled: bool) -> list[Change]:
        return [Set((PLATFORMS, bot.id, "enabled"), enabled)]

    def notes(self, data: Data) -> list[Note]:
        return []

    def _bots(self, tables: Data) -> Iterator[Platform]:
        for name, table in tables.items():
            if isinstance(table, dict) and table.get("type") == self._type:
                client_id, secret = table.get("client_id"), table.get("client_secret")
                if isinstance(client_id, str) and client_id:
                    enabled = table.get("enabled", True) is True
                    text = secret if isinstance(secret, str) else ""
                    values = pair(client_id, text).values
                    yield Platform(name, self._type, enabled, client_id, values)


class ConfigFile(FileTarget):
    """A `Target`: the platforms of one type in one TOML file, which may be missing at first."""

    def __init__(
        self,
        path: Path,
        place: str = "",
        *,
        platform_type: str = DINGTALK,
        lock_seconds: float = LOCK_SECONDS,
        after: Command | None = None,
    ) -> None:
        super().__init__(
            PlatformTables(platform_type),
            Toml(),
            path,
            place or path.name,
            policy=Rights.private,
            made=True,
            lock_seconds=lock_seconds,
            after=after,
        )


class ConfigTable(FileTable):
    """`kind = "config"`; without a path this bot's own config."""

    kind: Literal["config"]
    path: OptionalPath = ""

    def identity(self, config: Path) -> tuple[str, ...]:
        return super().identity(config) if self.path else (self.kind, os.path.realpath(config))

    def build(self, context: TargetContext) -> Target:
        path = resolved(self.path, context) if self.path else context.config
        lock_seconds = context.lock_seconds
        return ConfigFile(path, self.path, lock_seconds=lock_seconds, after=self.command)


OWN_CONFIG = ConfigTable(kind="config")
"""Where credentials go when no target is given."""
