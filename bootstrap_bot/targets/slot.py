"""A layout with one place at fixed keys, as most programs have it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.editing.format import Change, Keys, Remove, Set, value_at
from bootstrap_bot.errors import Code
from bootstrap_bot.targets.layout import Data, bot_with, emptied, pair, table_at, text_at
from bootstrap_bot.targets.target import Note, Platform

Needs = Callable[[Data], list[Note]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A `Layout`. `enabled` is where the bot is switched, if that is possible.

    `needs` says what is needed besides. `codes` are other names of the bot that has the place,
    `belongings` what was made for it alone; both go with it. `spellings` has the other name that
    the program takes for a place; the program looks there only where the first one is missing.
    A place that nobody has is empty, not missing.
    """

    kind: str
    client_id: Keys
    client_secret: Keys
    enabled: Keys | None = None
    needs: Needs
    codes: tuple[Keys, ...] = ()
    belongings: tuple[Keys, ...] = ()
    spellings: Mapping[Keys, Keys] = field(default_factory=dict)
    single_slot: bool = True

    @property
    def companions(self) -> tuple[Keys, ...]:
        """What goes with a bot."""
        return (*self.codes, *self.belongings)

    def blocker(self, data: Data) -> Code | None:
        return None

    def bots(self, data: Data) -> list[Platform]:
        client_id = self._read(data, self.client_id)
        if not client_id:
            return []
        enabled = None if self.enabled is None else is_on(value_at(data, self.enabled))
        secret = self._read(data, self.client_secret)
        return [bot_with(self.kind, enabled, pair(client_id, secret))]

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> list[Change]:
        return [*self._switched(True), *self._pair(data, credentials), *emptied(data, self.codes)]

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> list[Change]:
        replaced = bot.account != credentials.account
        gone = emptied(data, self.companions if replaced else ())
        return [*self._pair(data, credentials), *gone]

    def remove(self, data: Data, bot: Platform) -> list[Change]:
        pair = (self.client_id, self.client_secret)
        empty = [change for path in pair for change in self._written(data, path, "")]
        return [*self._switched(False), *empty, *emptied(data, self.companions)]

    def switch(self, data: Data, bot: Platform, enabled: bool) -> list[Change]:
        return self._switched(enabled)

    def notes(self, data: Data) -> list[Note]:
        return self.needs(data)

    def _switched(self, enabled: bool) -> list[Change]:
        return [] if self.enabled is None else [Set(self.enabled, enabled)]

    def _pair(self, data: Data, credentials: Credentials) -> list[Change]:
        secret = credentials.text("client_secret")
        return [
            *self._written(data, self.client_id, credentials.account),
            *self._written(data, self.client_secret, secret),
        ]

    def _read(self, data: Data, path: Keys) -> str:
        other = self.spellings.get(path)
        return text_at(data, path) or (text_at(data, other) if other else "")

    def _written(self, data: Data, path: Keys, value: str) -> list[Change]:
        """The value in the spelling that is there, and never in both."""
        other = self.spellings.get(path)
        if other is None or not _is_there(data, other):
            return [Set(path, value)]
        if not _is_there(data, path):
            return [Set(other, value)]
        return [Set(path, value), Remove(other)]


def is_on(value: object) -> bool:
    """Whether a program that checks its config's types takes this for a yes."""
    return str(value).lower() in ("true", "1", "1.0", "yes", "on", "y", "t")


def _is_there(data: Data, path: Keys) -> bool:
    return path[-1] in table_at(data, path[:-1])
