"""Credentials as `[platforms.<id>]` tables of this bot's own config, or of one like it."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.editing.format import Change, Remove, Set
from bootstrap_bot.editing.toml import Toml
from bootstrap_bot.errors import Code
from bootstrap_bot.targets.layout import Data, free_id, table_at, text_in, written
from bootstrap_bot.targets.placement import Cell, Placement, PlatformKind, default_placement
from bootstrap_bot.targets.rights import Rights
from bootstrap_bot.targets.tables import FileTable, OptionalPath, TargetContext
from bootstrap_bot.targets.target import Platform, Target

PLATFORMS = "platforms"


@dataclass(frozen=True, slots=True)
class PlatformTables:
    """A `Layout`: one table for each bot, with its platform as its type."""

    cell: Cell
    single_slot: bool = False
    restart: str = ""

    def blocker(self, data: Data) -> Code | None:
        return None

    def bots(self, data: Data) -> list[Platform]:
        return list(self._bots(table_at(data, (PLATFORMS,))))

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> list[Change]:
        name = free_id(wanted_id, table_at(data, (PLATFORMS,)))
        values = {"type": self.cell.name, "enabled": True, **self.cell.texts(credentials)}
        return [Set((PLATFORMS, name), values)]

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> list[Change]:
        path = (PLATFORMS, bot.id)
        gone = (*self.cell.placement.companions, *self.cell.unsaid(credentials))
        replaced = bot.account != credentials.account
        removed = [Remove((*path, key)) for key in (gone if replaced else ())]
        return [*written(self.cell, path, credentials), *removed]

    def remove(self, data: Data, bot: Platform) -> list[Change]:
        return [Remove((PLATFORMS, bot.id))]

    def switch(self, data: Data, bot: Platform, enabled: bool) -> list[Change]:
        return [Set((PLATFORMS, bot.id, "enabled"), enabled)]

    def allow(self, data: Data, bot: Platform, person: str) -> list[Change]:
        return []

    def notes(self, data: Data) -> list[str]:
        return []

    def _bots(self, tables: Mapping[str, Any]) -> Iterator[Platform]:
        for name, table in tables.items():
            if isinstance(table, dict) and table.get("type") == self.cell.name:
                bot = self.cell.bot(name, table.get("enabled", True) is True, text_in(table))
                if bot is not None:
                    yield bot


class ConfigTable(FileTable):
    """`kind = "config"`; without a path this bot's own config."""

    PLACEMENTS: ClassVar[Mapping[str, Placement]] = {
        "dingtalk": Placement(
            name="dingtalk",
            keys={"client_id": "client_id", "client_secret": "client_secret"},
            aliases=("robot_code", "agent_id"),
            belongings=("card_template_id",),
        )
    }

    kind: Literal["config"]
    path: OptionalPath = ""

    @classmethod
    def placement(cls, platform: PlatformKind) -> Placement | None:
        return super().placement(platform) or default_placement(platform)

    def identity(self, config: Path) -> tuple[str, ...]:
        return super().identity(config) if self.path else (self.kind, os.path.realpath(config))

    def build(self, context: TargetContext) -> Target:
        return self.on_file(
            [PlatformTables(cell) for cell in self.cells(context.platforms)],
            Toml(),
            context,
            path=self.path or str(context.config),
            place=self.path or context.config.name,
            policy=Rights.private,
            made=True,
        )


OWN_CONFIG = ConfigTable(kind="config")
"""Where credentials go when no target is given."""
