"""OpenClaw: a channel of its `openclaw.json`, with one bot or several as accounts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.editing.format import Change, Keys, Remove, Set
from bootstrap_bot.editing.json5 import Json5
from bootstrap_bot.errors import Code
from bootstrap_bot.targets.layout import (
    Data,
    OtherShapeError,
    table_at,
    unexpanded,
    with_person,
    written,
)
from bootstrap_bot.targets.made_keys import MadeKeys
from bootstrap_bot.targets.openclaw_channel import ENABLED, Channel
from bootstrap_bot.targets.openclaw_plugin import OFFICIAL, Plugin, plugin_of
from bootstrap_bot.targets.placement import Cell, Placement
from bootstrap_bot.targets.program_locks import OpenClawLock
from bootstrap_bot.targets.tables import FileTable, PathText, TargetContext, resolved
from bootstrap_bot.targets.target import Note, Platform, Target


@dataclass(frozen=True, slots=True)
class OpenClawLayout:
    """A `Layout`: one bot at the channel itself, several as accounts of it.

    After every change the plugin starts what it started before, but for what was changed.
    """

    cell: Cell
    plugin: Plugin
    name: str
    single_slot: bool = False
    restart: str = Note.OPENCLAW_RESTART

    def blocker(self, data: Data) -> Code | None:
        missing = self.plugin.missing
        return missing if missing and not self.plugin.is_there(data) else None

    def bots(self, data: Data) -> list[Platform]:
        return self._channel(data).bots()

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> list[Change]:
        channel = self._channel(data)
        plugin = self.plugin.switched_on(data)
        if not channel.accounts and not channel.own_account:
            values = self._whole(data, channel.path, credentials)
            return [*plugin, Set((*channel.path, ENABLED), True), *values]
        first = [] if channel.accounts else channel.own_as_account()
        path = (*channel.accounts_path, channel.free_name(wanted_id))
        values = self._whole(data, path, credentials)
        return [*plugin, *first, Set((*path, ENABLED), True), *values]

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> list[Change]:
        changes: list[Change] = []
        replaced = bot.account != credentials.account
        for place in self._channel(data).places_of(bot.account):
            if place.stated:
                values = self._whole if replaced else self._values
                changes += values(data, place.path, credentials)
            if replaced:
                gone = self.cell.placement.companions
                there = table_at(data, place.path)
                changes += [Remove((*place.path, key)) for key in gone if key in there]
        return changes

    def remove(self, data: Data, bot: Platform) -> list[Change]:
        return self._channel(data).without(bot.account)

    def switch(self, data: Data, bot: Platform, enabled: bool) -> list[Change]:
        channel = self._channel(data)
        if not channel.accounts:
            return [Set((*channel.path, ENABLED), enabled)]
        return channel.on(bot.account) if enabled else channel.off(bot.account)

    def allow(self, data: Data, bot: Platform, person: str) -> list[Change]:
        """See `Layout`; on the list that counts for the bot, an account's own or the channel's."""
        channel, key = self._channel(data), self.cell.placement.allow_list
        path = channel.places_of(bot.account)[0].path
        own = key in table_at(data, path) or key not in table_at(data, channel.path)
        return with_person(data, (*(path if own else channel.path), key), person)

    def notes(self, data: Data) -> list[str]:
        # some releases bring their own plugins along
        absent = self.plugin.missing is None and not self.plugin.is_installed()
        noted = {
            Note.OPENCLAW_PLUGIN.about(self.plugin.package): absent,
            Note.OPENCLAW_PLUGIN_OFF: not self.plugin.is_on(data),
        }
        return [note for note, applies in noted.items() if applies]

    def _channel(self, data: Data) -> Channel:
        return Channel(data, self.plugin, self.cell, self.name)

    def _values(self, data: Data, path: Keys, credentials: Credentials) -> list[Change]:
        there = table_at(data, path)
        for key in self.cell.essential:
            if key != self.cell.account_key and not isinstance(there.get(key), str | None):
                # a reference to a secret kept elsewhere is its owner's to change
                raise OtherShapeError((*path, key))
        return written(self.cell, path, unexpanded(credentials))

    def _whole(self, data: Data, path: Keys, credentials: Credentials) -> list[Change]:
        """All that makes a bot of these, and nothing of another one."""
        there, constants = table_at(data, path), self.cell.placement.constants
        return [
            *self._values(data, path, credentials),
            *(Set((*path, key), value) for key, value in constants.items()),
            *(Remove((*path, k)) for k in self.cell.unsaid(credentials) if k in there),
        ]


class OpenClawTable(FileTable):
    """`kind = "openclaw"`; `channel` is DingTalk's."""

    PLACEMENTS: ClassVar[Mapping[str, Placement]] = {
        "dingtalk": Placement(
            name=OFFICIAL.channel,
            keys={"client_id": "clientId", "client_secret": "clientSecret"},
            # what a connector was told of one bot alone
            belongings=("chatbotUserId", "chatbotCorpId"),
            allow_list="allowFrom",
        )
    }

    kind: Literal["openclaw"]
    path: PathText = "~/.openclaw/openclaw.json"
    channel: Annotated[
        Literal["dingtalk-connector", "dingtalk"],
        Field(description='"dingtalk-connector" (the official one) or "dingtalk"'),
    ] = "dingtalk-connector"

    def identity(self, config: Path) -> tuple[str, ...]:
        return (*super().identity(config), self.channel)

    def build(self, context: TargetContext) -> Target:
        path = resolved(self.path, context)
        layouts = [
            MadeKeys(OpenClawLayout(cell, plugin, self.kind), path, f"#{plugin.channel}")
            for cell, plugin in self._channels(context)
        ]
        return self.on_file(
            layouts,
            Json5(),
            context,
            program_lock=OpenClawLock(path),
            part=f"#{self.channel}",
        )

    def _channels(self, context: TargetContext) -> Iterator[tuple[Cell, Plugin]]:
        """Each platform with its channel's plugin."""
        state = resolved(self.path, context).parent
        for cell in self.cells(context.platforms):
            plugin = plugin_of(self.channel if cell.name == OFFICIAL.channel else cell.name)
            placement = replace(cell.placement, name=plugin.channel)
            yield Cell(cell.platform, placement), plugin.in_folder(state)
