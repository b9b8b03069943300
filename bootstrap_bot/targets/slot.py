"""A layout with one place at fixed keys, as most programs have it."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code
from bootstrap_bot.formats.format import Change, Keys, Set, value_at
from bootstrap_bot.targets.layout import DINGTALK, Data, pair_at, text_at
from bootstrap_bot.targets.target import Note, Platform

Needs = Callable[[Data], list[Note]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A `Layout`. `enabled` is where the bot is switched, if that is possible.

    `needs` says what is needed besides. A place that nobody has is empty, not missing.
    """

    kind: str
    client_id: Keys
    client_secret: Keys
    enabled: Keys | None = None
    needs: Needs
    holds_one: bool = True

    def hindrance(self, data: Data) -> Code | None:
        return None

    def bots(self, data: Data) -> list[Platform]:
        client_id = text_at(data, self.client_id)
        if not client_id:
            return []
        enabled = None if self.enabled is None else value_at(data, self.enabled) is True
        secret = SecretStr(text_at(data, self.client_secret))
        return [Platform(self.kind, DINGTALK, enabled, client_id, secret)]

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> list[Change]:
        return [*self._switched(True), *self._pair(credentials)]

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> list[Change]:
        return self._pair(credentials)

    def remove(self, data: Data, bot: Platform) -> list[Change]:
        empty = [Set(self.client_id, ""), Set(self.client_secret, "")]
        return [*self._switched(False), *empty]

    def switch(self, data: Data, bot: Platform, enabled: bool) -> list[Change]:
        return self._switched(enabled)

    def notes(self, data: Data) -> list[Note]:
        return self.needs(data)

    def _switched(self, enabled: bool) -> list[Change]:
        return [] if self.enabled is None else [Set(self.enabled, enabled)]

    def _pair(self, credentials: Credentials) -> list[Change]:
        return pair_at(self.client_id, self.client_secret, credentials)
