"""QwenPaw: the channel `dingtalk` of an agent's `agent.json`, or of an older `config.json`."""

import os
from pathlib import Path
from typing import Literal

from bootstrap_bot.formats.json5 import Json
from bootstrap_bot.targets.slot import Slot
from bootstrap_bot.targets.tables import FileTable, OptionalPath, Surroundings
from bootstrap_bot.targets.target import Note, Target

CHANNEL = ("channels", "dingtalk")
# A folder under its earlier name still comes first for QwenPaw itself.
USUAL = (
    "~/.copaw/workspaces/default/agent.json",
    "~/.qwenpaw/workspaces/default/agent.json",
    "~/.qwenpaw/config.json",
)
NEWEST = USUAL[1]


class QwenPawTable(FileTable):
    """`kind = "qwenpaw"`; without a path the first usual one that is there."""

    kind: Literal["qwenpaw"]
    path: OptionalPath = ""

    def whereabouts(self, config: Path) -> tuple[str, ...]:
        return (self.kind, os.path.realpath(config.parent / Path(self._found()).expanduser()))

    def build(self, around: Surroundings) -> Target:
        path = self._found()
        layout = Slot(
            kind=self.kind,
            client_id=(*CHANNEL, "client_id"),
            client_secret=(*CHANNEL, "client_secret"),
            enabled=(*CHANNEL, "enabled"),
            codes=((*CHANNEL, "robot_code"),),
            belongings=((*CHANNEL, "card_template_id"),),
            needs=lambda data: [Note.QWENPAW_NOTICES],
        )
        return self.on_file(layout, Json(takes_bom=True, takes_nan=True), around, path=path)

    def _found(self) -> str:
        there = (path for path in USUAL if os.path.exists(Path(path).expanduser()))
        return self.path or next(there, NEWEST)
