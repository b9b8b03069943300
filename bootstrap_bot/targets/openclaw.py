"""OpenClaw: a channel of its `openclaw.json`, with one bot or several as accounts."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.editing.format import Change, Keys, Remove, Set
from bootstrap_bot.editing.json5 import Json5
from bootstrap_bot.errors import Code
from bootstrap_bot.targets.layout import Data, OtherShapeError, pair_at, table_at, unexpanded
from bootstrap_bot.targets.made_keys import MadeKeys
from bootstrap_bot.targets.openclaw_channel import (
    CLIENT_ID,
    CLIENT_SECRET,
    ENABLED,
    Channel,
)
from bootstrap_bot.targets.openclaw_plugin import COMMUNITY, OFFICIAL, Plugin
from bootstrap_bot.targets.program_locks import OpenClawLock
from bootstrap_bot.targets.tables import FileTable, PathText, TargetContext, resolved
from bootstrap_bot.targets.target import Note, Platform, Target

# What a connector was told of one bot alone.
BELONGINGS = ("chatbotUserId", "chatbotCorpId")


class OpenClawLayout:
    """A `Layout`: one bot at the channel itself, several as accounts of it.

    After every change the plugin starts what it started before, but for what was changed.
    """

    kind = "openclaw"
    single_slot = False

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin

    def blocker(self, data: Data) -> Code | None:
        return None if self._plugin.is_there(data) else self._plugin.missing

    def bots(self, data: Data) -> list[Platform]:
        return self._channel(data).bots()

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> list[Change]:
        channel = self._channel(data)
        plugin = self._plugin.switched_on(data)
        if not channel.accounts and not channel.own_id:
            pair = _pair(data, channel.path, credentials)
            return [*plugin, Set((*channel.path, ENABLED), True), *pair]
        first = [] if channel.accounts else channel.own_as_account()
        path = (*channel.accounts_path, channel.free_name(wanted_id))
        pair = _pair(data, path, credentials)
        return [*plugin, *first, Set((*path, ENABLED), True), *pair]

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> list[Change]:
        changes: list[Change] = []
        for place in self._channel(data).places_of(bot.account):
            if place.stated:
                changes += _pair(data, place.path, credentials)
            if bot.account != credentials.account:
                there = table_at(data, place.path)
                changes += [Remove((*place.path, key)) for key in BELONGINGS if key in there]
        return changes

    def remove(self, data: Data, bot: Platform) -> list[Change]:
        return self._channel(data).without(bot.account)

    def switch(self, data: Data, bot: Platform, enabled: bool) -> list[Change]:
        channel = self._channel(data)
        if not channel.accounts:
            return [Set((*channel.path, ENABLED), enabled)]
        return channel.on(bot.account) if enabled else channel.off(bot.account)

    def notes(self, data: Data) -> list[Note]:
        off = [] if self._plugin.is_on(data) else [Note.OPENCLAW_PLUGIN_OFF]
        return [Note.OPENCLAW_RESTART, *off]

    def _channel(self, data: Data) -> Channel:
        return Channel(data, self._plugin, self.kind)


def _pair(data: Data, path: Keys, credentials: Credentials) -> list[Change]:
    if not isinstance(table_at(data, path).get(CLIENT_SECRET), str | None):
        # a reference to a secret kept elsewhere is its owner's to change
        raise OtherShapeError((*path, CLIENT_SECRET))
    return pair_at((*path, CLIENT_ID), (*path, CLIENT_SECRET), unexpanded(credentials))


class OpenClawTable(FileTable):
    """`kind = "openclaw"`."""

    kind: Literal["openclaw"]
    path: PathText = "~/.openclaw/openclaw.json"
    channel: Annotated[
        Literal["dingtalk-connector", "dingtalk"],
        Field(description='"dingtalk-connector" (the official one) or "dingtalk"'),
    ] = "dingtalk-connector"

    def identity(self, config: Path) -> tuple[str, ...]:
        return (*super().identity(config), self.channel)

    def build(self, context: TargetContext) -> Target:
        known = OFFICIAL if self.channel == OFFICIAL.channel else COMMUNITY
        path = resolved(self.path, context)
        plugin = known.in_folder(path.parent)
        part = f"#{self.channel}"
        return self.on_file(
            MadeKeys(OpenClawLayout(plugin), path, part),
            Json5(),
            context,
            program_lock=OpenClawLock(path),
            part=part,
        )
