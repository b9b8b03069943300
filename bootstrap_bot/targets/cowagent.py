"""CowAgent: keys of its `config.json`, and a channel in its list, for each platform."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.editing.format import Append, Change, Remove, Set
from bootstrap_bot.editing.json5 import Json
from bootstrap_bot.targets.layout import Data, OtherShapeError
from bootstrap_bot.targets.placement import Placement
from bootstrap_bot.targets.slot import Slot
from bootstrap_bot.targets.tables import FileTable, PathText, TargetContext
from bootstrap_bot.targets.target import Note, Platform, Target

CHANNELS = ("channel_type",)
# What an empty or missing list of channels means to CowAgent.
DEFAULT_CHANNEL = "web"


class CowAgentLayout(Slot):
    """A `Slot` that is switched by naming the channel among those that run."""

    def bots(self, data: Data) -> list[Platform]:
        on = self.cell.name in _channels(data)
        return [replace(bot, enabled=on) for bot in super().bots(data)]

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> list[Change]:
        return [*super().add(data, wanted_id, credentials), *_switched(data, self.cell.name, True)]

    def remove(self, data: Data, bot: Platform) -> list[Change]:
        return [*super().remove(data, bot), *_switched(data, self.cell.name, False)]

    def switch(self, data: Data, bot: Platform, enabled: bool) -> list[Change]:
        return _switched(data, self.cell.name, enabled)


def _channels(data: Data) -> list[str]:
    """The channels that run, from a list or a text with commas."""
    value: Any = data.get(CHANNELS[0]) or []
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise OtherShapeError(CHANNELS)
    return [name.strip() for name in names if name.strip()]


def _switched(data: Data, channel: str, on: bool) -> list[Change]:
    """The channel named or not, with the others and the way of writing as they were."""
    names, value = _channels(data), data.get(CHANNELS[0])
    if (channel in names) is on:
        return []
    if isinstance(value, list):
        if on:
            return [Append(CHANNELS, channel)]
        named = [index for index, name in enumerate(value) if name.strip() == channel]
        return [Remove((*CHANNELS, index)) for index in reversed(named)]
    others = [name for name in names if name != channel] or [DEFAULT_CHANNEL]
    comma = ", " if ", " in (value or "") else ","
    return [Set(CHANNELS, comma.join([*others, channel] if on else others))]


class CowAgentTable(FileTable):
    """`kind = "cowagent"`."""

    PLACEMENTS: ClassVar[Mapping[str, Placement]] = {
        "dingtalk": Placement(
            name="dingtalk",
            keys={"client_id": "dingtalk_client_id", "client_secret": "dingtalk_client_secret"},
        )
    }

    kind: Literal["cowagent"]
    path: PathText = "~/CowAgent/config.json"

    def build(self, context: TargetContext) -> Target:
        layouts = [
            CowAgentLayout(
                cell=cell,
                name=self.kind,
                # CowAgent reads variables of the same names
                restart=Note.COWAGENT_RESTART.about(cell.account_key.upper()),
            )
            for cell in self.cells(context.platforms)
        ]
        return self.on_file(layouts, Json(takes_bom=True, takes_nan=True), context)
