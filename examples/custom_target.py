"""A program of somebody else's: where in its config bots are kept, platform by platform.

A distribution brings it by an entry point in its pyproject.toml:

    [project.entry-points."bootstrap_bot.targets"]
    parrot = "custom_target:ParrotTable"
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from bootstrap_bot.editing.yaml import Yaml
from bootstrap_bot.targets.placement import Placement
from bootstrap_bot.targets.slot import Slot
from bootstrap_bot.targets.tables import FileTable, PathText, TargetContext
from bootstrap_bot.targets.target import Note, Target


class ParrotTable(FileTable):
    """`kind = "parrot"`: a table for each platform in `parrot.yaml`, with room for one bot."""

    PLACEMENTS: ClassVar[Mapping[str, Placement]] = {
        "dingtalk": Placement(
            name="ding", keys={"client_id": "app_key", "client_secret": "app_secret"}
        ),
        "acme": Placement(name="acme", keys={"bot_id": "id", "bot_token": "token"}),
    }

    kind: Literal["parrot"]
    path: PathText = "~/.parrot/parrot.yaml"

    def build(self, context: TargetContext) -> Target:
        layouts = [
            Slot(
                cell=cell,
                name=cell.name,
                section=("channels", cell.name),
                enabled="enabled",
                restart=Note.RESTART_BY.about("parrot restart"),
            )
            for cell in self.cells(context.platforms)
        ]
        return self.on_file(layouts, Yaml(), context)
