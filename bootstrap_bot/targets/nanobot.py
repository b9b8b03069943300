"""nanobot: a channel of its `config.json` for each platform."""

import re
from collections.abc import Mapping
from typing import ClassVar, Literal

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.editing.format import Change, Keys, value_at
from bootstrap_bot.editing.json5 import Json
from bootstrap_bot.targets.layout import Data, unexpanded
from bootstrap_bot.targets.placement import Placement
from bootstrap_bot.targets.program_locks import filelock_lock
from bootstrap_bot.targets.slot import Slot
from bootstrap_bot.targets.tables import FileTable, PathText, TargetContext
from bootstrap_bot.targets.target import Note, Platform, Target

INSTANCES = "instances"
_CAPITAL = re.compile("[A-Z]")


class NanobotLayout(Slot):
    """Reads `${NAME}` in its config as a variable, and every key in snake case too.

    Where a channel has `instances`, the first one is the bot.
    """

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> list[Change]:
        return super().add(data, wanted_id, unexpanded(credentials))

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> list[Change]:
        return super().update(data, bot, unexpanded(credentials))

    def notes(self, data: Data) -> list[str]:
        """Who is answered is the owner's to say: an empty list is nobody, or everybody."""
        key = self.cell.placement.allow_list
        spellings = (self.path(data, name) for name in (key, self.spelled(key)))
        senders = any(value_at(data, path) for path in spellings)
        return [] if senders else [Note.NANOBOT_SENDERS]

    def path(self, data: Data, key: str) -> Keys:
        instances = isinstance(value_at(data, (*self.section, INSTANCES)), list)
        return (*self.section, *((INSTANCES, 0) if instances else ()), key)

    def spelled(self, key: str) -> str:
        snake = _CAPITAL.sub(lambda found: f"_{found[0].lower()}", key)
        return snake if snake != key else ""


class NanobotTable(FileTable):
    """`kind = "nanobot"`."""

    PLACEMENTS: ClassVar[Mapping[str, Placement]] = {
        "dingtalk": Placement(
            name="dingtalk",
            keys={"client_id": "clientId", "client_secret": "clientSecret"},
            allow_list="allowFrom",
        )
    }

    kind: Literal["nanobot"]
    path: PathText = "~/.nanobot/config.json"

    def build(self, context: TargetContext) -> Target:
        layouts = [
            NanobotLayout(
                cell=cell,
                name=self.kind,
                section=("channels", cell.name),
                enabled="enabled",
                restart=Note.RESTART_BY.about("nanobot gateway restart"),
            )
            for cell in self.cells(context.platforms)
        ]
        return self.on_file(layouts, Json(takes_nan=True), context, program_lock=filelock_lock)
