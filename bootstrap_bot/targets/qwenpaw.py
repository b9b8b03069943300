"""QwenPaw: a channel of an agent's `agent.json`, or of an older `config.json`, a platform."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from bootstrap_bot.editing.dotenv import Dotenv
from bootstrap_bot.editing.format import value_at
from bootstrap_bot.editing.json5 import Json, Json5
from bootstrap_bot.errors import Code
from bootstrap_bot.targets.beside import data_of
from bootstrap_bot.targets.layout import Data
from bootstrap_bot.targets.placement import Placement
from bootstrap_bot.targets.slot import Slot, is_on
from bootstrap_bot.targets.tables import FileTable, OptionalPath, TargetContext, resolved
from bootstrap_bot.targets.target import Note, Target

AGENTS = ("agents", "profiles")
# What QwenPaw reads first: its agents, in older releases everything.
ROOT = "config.json"
ENABLED, DISABLED = "QWENPAW_ENABLED_CHANNELS", "QWENPAW_DISABLED_CHANNELS"
# A folder under its earlier name still comes first for QwenPaw itself.
USUAL = (
    "~/.copaw/workspaces/default/agent.json",
    "~/.qwenpaw/workspaces/default/agent.json",
    "~/.qwenpaw/config.json",
)
NEWEST = USUAL[1]


@dataclass(frozen=True, kw_only=True)
class QwenPawLayout(Slot):
    """A `Slot` in the `file` of an agent, which QwenPaw's root names and may switch off."""

    file: Path

    def blocker(self, data: Data) -> Code | None:
        agents = _agents(data) if self.file.name == ROOT else ()
        moved = any((workspace / "agent.json").exists() for workspace, _ in agents)
        return Code.SUPERSEDED_FILE if moved else None

    def notes(self, data: Data) -> list[str]:
        is_root = self.file.name == ROOT
        folder = self.file.parent if is_root else self.file.parents[2]
        noted = {
            Note.QWENPAW_AGENT_OFF: not is_root and self._is_left_out(folder),
            Note.QWENPAW_CHANNEL_OFF: self._is_off(data_of(folder / ".env", Dotenv())),
        }
        return [note for note, applies in noted.items() if applies]

    def _is_left_out(self, folder: Path) -> bool:
        """Whether QwenPaw names its agents, and none of those that run has this file."""
        # QwenPaw mends what is no JSON in this one
        agents = [*_agents(data_of(folder / ROOT, Json5()))]
        own = self.file.parent.resolve()
        # inside a container the same folder has another beginning
        return bool(agents) and not any(
            enabled and workspace.resolve().parts[-2:] == own.parts[-2:]
            for workspace, enabled in agents
        )

    def _is_off(self, env: Data) -> bool:
        enabled, disabled = _names(env.get(ENABLED)), _names(env.get(DISABLED))
        return self.cell.name not in enabled if enabled else self.cell.name in disabled


def _agents(data: Data) -> Iterator[tuple[Path, bool]]:
    """The workspace of every agent, and whether it runs."""
    profiles = value_at(data, AGENTS)
    for agent in profiles.values() if isinstance(profiles, dict) else ():
        workspace = agent.get("workspace_dir") if isinstance(agent, dict) else None
        if isinstance(workspace, str) and workspace:
            yield Path(os.path.expanduser(workspace)), is_on(agent.get("enabled", True))


def _names(value: Any) -> list[str]:
    return [name.strip() for name in (value or "").split(",") if name.strip()]


class QwenPawTable(FileTable):
    """`kind = "qwenpaw"`; without a path the first usual one that is there."""

    PLACEMENTS: ClassVar[Mapping[str, Placement]] = {
        "dingtalk": Placement(
            name="dingtalk",
            keys={"client_id": "client_id", "client_secret": "client_secret"},
            aliases=("robot_code",),
            belongings=("card_template_id",),
            allow_list="allow_from",
        )
    }

    kind: Literal["qwenpaw"]
    path: OptionalPath = ""

    def identity(self, config: Path) -> tuple[str, ...]:
        return (self.kind, os.path.realpath(config.parent / Path(self._found()).expanduser()))

    def build(self, context: TargetContext) -> Target:
        path = self._found()
        layouts = [
            QwenPawLayout(
                cell=cell,
                name=self.kind,
                section=("channels", cell.name),
                enabled="enabled",
                restart=Note.QWENPAW_NOTICES,
                file=resolved(path, context).absolute(),
            )
            for cell in self.cells(context.platforms)
        ]
        return self.on_file(layouts, Json(takes_bom=True, takes_nan=True), context, path=path)

    def _found(self) -> str:
        there = (path for path in USUAL if os.path.exists(Path(path).expanduser()))
        return self.path or next(there, NEWEST)
