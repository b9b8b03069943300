"""OpenClaw: a channel of its `openclaw.json`, with one bot or several as accounts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code
from bootstrap_bot.formats.format import Change, Keys, Remove, Set, value_at
from bootstrap_bot.formats.json5 import Json5
from bootstrap_bot.targets.layout import (
    DINGTALK,
    Data,
    free_id,
    pair_at,
    table_at,
    text_at,
    unexpanded,
)
from bootstrap_bot.targets.openclaw_plugin import COMMUNITY, OFFICIAL, Plugin
from bootstrap_bot.targets.program_locks import OpenClawLock
from bootstrap_bot.targets.tables import FileTable, PathText, Surroundings, resolved
from bootstrap_bot.targets.target import Note, Platform, Target

CLIENT_ID, CLIENT_SECRET = "clientId", "clientSecret"
DEFAULT = "default"
# Names that mean the channel's own pair to one plugin or the other.
RESERVED = (DEFAULT, "__default__")


class OpenClawLayout:
    """A `Layout`: one bot at the channel itself, several as accounts of it."""

    kind = "openclaw"
    holds_one = False

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._channel = ("channels", plugin.channel)
        self._accounts = (*self._channel, "accounts")

    def hindrance(self, data: Data) -> Code | None:
        return None if self._plugin.is_there(data) else self._plugin.missing

    def bots(self, data: Data) -> list[Platform]:
        found: dict[str, Platform] = {}
        channel_on = table_at(data, self._channel).get("enabled") is not False
        for name, path in self._places(data):
            bot = table_at(data, path)
            client_id, secret = bot.get(CLIENT_ID), bot.get(CLIENT_SECRET)
            if isinstance(client_id, str) and client_id:
                text = secret if isinstance(secret, str) else ""
                enabled = channel_on and bot.get("enabled") is not False
                shown = Platform(name, DINGTALK, enabled, client_id, SecretStr(text))
                found.setdefault(client_id, shown)
        return list(found.values())

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> list[Change]:
        pair = unexpanded(credentials)
        channel, accounts = table_at(data, self._channel), table_at(data, self._accounts)
        plugin = self._plugin.switched_on(data)
        if not accounts and not channel.get(CLIENT_ID):
            return [*plugin, Set((*self._channel, "enabled"), True), *_pair(self._channel, pair)]
        name = free_id(wanted_id, {*accounts, *RESERVED})
        path = (*self._accounts, name)
        first = self._first_account(channel, accounts)
        return [*plugin, *first, Set((*path, "enabled"), True), *_pair(path, pair)]

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> list[Change]:
        pair = unexpanded(credentials)
        paths = list(self._paths_of(data, bot))
        for path in paths:
            # a reference to a secret kept elsewhere is its owner's to change
            text_at(data, (*path, CLIENT_SECRET))
        return [change for path in paths for change in _pair(path, pair)]

    def remove(self, data: Data, bot: Platform) -> list[Change]:
        return [change for path in self._paths_of(data, bot) for change in self._without(path)]

    def switch(self, data: Data, bot: Platform, enabled: bool) -> list[Change]:
        path = next(self._paths_of(data, bot))
        return [Set((*path, "enabled"), enabled)]

    def notes(self, data: Data) -> list[Note]:
        off = [] if self._plugin.is_on(data) else [Note.OPENCLAW_PLUGIN_OFF]
        return [Note.OPENCLAW_RESTART, *off]

    def _first_account(self, channel: Data, accounts: Data) -> list[Change]:
        """The channel's own pair as an account, beside which the next one can stand.

        The official connector starts accounts only, once there are any. Some of its versions
        read an account of this name, others the channel's own pair instead: it stays, too.
        """
        if accounts or not self._plugin.ignores_own_pair:
            return []
        own = {key: channel[key] for key in (CLIENT_ID, CLIENT_SECRET) if key in channel}
        return [Set((*self._accounts, DEFAULT), own)]

    def _places(self, data: Data) -> Iterator[tuple[str, Keys]]:
        """Wherever a pair may stand, with the bot's name there."""
        for name, account in table_at(data, self._accounts).items():
            if isinstance(account, dict):
                yield name, (*self._accounts, name)
        if isinstance(value_at(data, self._channel), dict):
            yield self.kind, self._channel

    def _paths_of(self, data: Data, bot: Platform) -> Iterator[Keys]:
        for _, path in self._places(data):
            if table_at(data, path).get(CLIENT_ID) == bot.client_id:
                yield path

    def _without(self, path: Keys) -> list[Change]:
        if path == self._channel:
            return [Remove((*path, CLIENT_ID)), Remove((*path, CLIENT_SECRET))]
        return [Remove(path)]


def _pair(path: Keys, credentials: Credentials) -> list[Change]:
    return pair_at((*path, CLIENT_ID), (*path, CLIENT_SECRET), credentials)


class OpenClawTable(FileTable):
    """`kind = "openclaw"`."""

    kind: Literal["openclaw"]
    path: PathText = "~/.openclaw/openclaw.json"
    channel: Annotated[
        Literal["dingtalk-connector", "dingtalk"],
        Field(description='"dingtalk-connector" (the official one) or "dingtalk"'),
    ] = "dingtalk-connector"

    def whereabouts(self, config: Path) -> tuple[str, ...]:
        return (*super().whereabouts(config), self.channel)

    def build(self, around: Surroundings) -> Target:
        known = OFFICIAL if self.channel == OFFICIAL.channel else COMMUNITY
        path = resolved(self.path, around)
        plugin = known.in_folder(path.parent)
        return self.on_file(
            OpenClawLayout(plugin),
            Json5(),
            around,
            program_lock=OpenClawLock(path),
            part=f"#{self.channel}",
        )
