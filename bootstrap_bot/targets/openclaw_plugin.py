"""The plugin that an OpenClaw channel needs: is it there, and is it switched on?"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from bootstrap_bot.editing.format import Change, Set, value_at
from bootstrap_bot.errors import Code
from bootstrap_bot.targets.layout import Data, table_at

ENTRIES = ("plugins", "entries")


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plugin and its channel, which bear the same name.

    `package` is its name in the registry, `missing` the code of its absence where OpenClaw takes
    no channel without it. `reads_default_elsewhere`: to it an account named "default" says
    nothing itself: the values are those of the account `__default__`, or the channel's own.
    `starts_own`: beside accounts the channel's own values are the account "default", unless one
    is called so. `state` is the folder in which OpenClaw keeps what was installed.
    """

    channel: str
    package: str
    missing: Code | None = None
    reads_default_elsewhere: bool = False
    starts_own: bool = False
    state: Path = Path()

    def in_folder(self, state: Path) -> Self:
        """The same, looked for there."""
        return replace(self, state=state)

    def is_there(self, data: Data) -> bool:
        """Whether it is configured or installed; OpenClaw refuses a channel without a plugin."""
        configured = (
            *(("channels", self.channel), (*ENTRIES, self.channel)),
            ("plugins", "installs", self.channel),
        )
        if any(value_at(data, path) is not None for path in configured):
            return True
        loaded = value_at(data, ("plugins", "load", "paths"))
        word = self.channel.partition("-")[0]
        linked = isinstance(loaded, list) and any(word in str(path) for path in loaded)
        return linked or self.is_installed()

    def is_on(self, data: Data) -> bool:
        """Whether nothing in the config switches it off."""
        plugins = table_at(data, ("plugins",))
        allowed, denied = plugins.get("allow"), plugins.get("deny")
        entry = value_at(plugins, ("entries", self.channel, "enabled"))
        return (
            plugins.get("enabled") is not False
            and entry is not False
            and not (isinstance(allowed, list) and self.channel not in allowed)
            and not (isinstance(denied, list) and self.channel in denied)
        )

    def switched_on(self, data: Data) -> list[Change]:
        """What is missing for it to run; an owner's "off" is left as it is."""
        entry = table_at(data, (*ENTRIES, self.channel))
        return [] if "enabled" in entry else [Set((*ENTRIES, self.channel, "enabled"), True)]

    def is_installed(self) -> bool:
        """Whether it is where OpenClaw puts plugins."""
        scope, _, name = self.package.partition("/")
        places = (
            f"extensions/{self.channel}",
            f"npm/node_modules/{self.package}",
            f"npm/projects/*{scope.lstrip('@')}*{name}*",
        )
        return any(any(self.state.glob(place)) for place in places)


OFFICIAL = Plugin(
    channel="dingtalk-connector",
    package="@dingtalk-real-ai/dingtalk-connector",
    missing=Code.PLUGIN_MISSING,
    reads_default_elsewhere=True,
)
COMMUNITY = Plugin(
    channel="dingtalk",
    package="@soimy/dingtalk",
    missing=Code.COMMUNITY_PLUGIN_MISSING,
)


def plugin_of(channel: str) -> Plugin:
    """The plugin of a channel: OpenClaw's own, whose channels it knows, unless it is another's."""
    known = next((one for one in (OFFICIAL, COMMUNITY) if one.channel == channel), None)
    return known or Plugin(channel=channel, package=f"@openclaw/{channel}", starts_own=True)
