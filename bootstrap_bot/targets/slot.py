"""A layout with one place at fixed keys, as most programs have it."""

from collections.abc import Iterable
from dataclasses import dataclass

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.editing.format import Change, Keys, Remove, Set, value_at
from bootstrap_bot.errors import Code
from bootstrap_bot.targets.layout import Data, emptied, table_at, text_at, with_person
from bootstrap_bot.targets.placement import Cell
from bootstrap_bot.targets.target import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A `Layout`. `section` is the table with everything of the bot, which is called `name`.

    `enabled` is the key by which the bot is switched, if that is possible. A place that nobody
    has is empty, not missing.
    """

    cell: Cell
    name: str
    section: Keys = ()
    enabled: str = ""
    restart: str = ""
    single_slot: bool = True

    def blocker(self, data: Data) -> Code | None:
        return None

    def bots(self, data: Data) -> list[Platform]:
        enabled = is_on(value_at(data, self.path(data, self.enabled))) if self.enabled else None
        bot = self.cell.bot(self.name, enabled, lambda key: self._read(data, key))
        return [bot] if bot else []

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> list[Change]:
        return [
            *self._switched(data, True),
            *self._whole(data, credentials),
            *self._gone(data, self.cell.placement.aliases),
        ]

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> list[Change]:
        if bot.account == credentials.account:
            return self._values(data, credentials)
        gone = self._gone(data, self.cell.placement.companions)
        return [*self._whole(data, credentials), *gone]

    def remove(self, data: Data, bot: Platform) -> list[Change]:
        placement = self.cell.placement
        essential = self.cell.essential
        empty = [change for key in essential for change in self._written(data, key, "")]
        others = [key for key in placement.keys.values() if key not in essential]
        removed = self._removed(data, [*others, *self._set_along(data)])
        gone = self._gone(data, placement.companions)
        return [*self._switched(data, False), *empty, *removed, *gone]

    def switch(self, data: Data, bot: Platform, enabled: bool) -> list[Change]:
        return self._switched(data, enabled)

    def allow(self, data: Data, bot: Platform, person: str) -> list[Change]:
        return with_person(data, self._place(data, self.cell.placement.allow_list), person)

    def notes(self, data: Data) -> list[str]:
        return []

    def path(self, data: Data, key: str) -> Keys:
        """Where that key of the bot is."""
        return (*self.section, key)

    def spelled(self, key: str) -> str:
        """The other name that the program takes for a key where the first one is missing."""
        return ""

    def _switched(self, data: Data, enabled: bool) -> list[Change]:
        return [Set(self.path(data, self.enabled), enabled)] if self.enabled else []

    def _values(self, data: Data, credentials: Credentials) -> list[Change]:
        texts = self.cell.texts(credentials).items()
        return [change for key, text in texts for change in self._written(data, key, text)]

    def _whole(self, data: Data, credentials: Credentials) -> list[Change]:
        """All that makes a bot of these, and nothing of another one."""
        constants = self.cell.placement.constants.items()
        return [
            *self._values(data, credentials),
            *(Set(self.path(data, key), value) for key, value in constants),
            *self._removed(data, self.cell.unsaid(credentials)),
        ]

    def _set_along(self, data: Data) -> list[str]:
        """Keys of the constants that are still what we made them."""
        constants = self.cell.placement.constants.items()
        return [key for key, value in constants if value_at(data, self.path(data, key)) == value]

    def _removed(self, data: Data, keys: Iterable[str]) -> list[Change]:
        spellings = ((key, self.spelled(key)) for key in keys)
        return [Remove(self.path(data, name)) for names in spellings for name in names if name]

    def _gone(self, data: Data, keys: Iterable[str]) -> list[Change]:
        return emptied(data, [self.path(data, key) for key in keys])

    def _read(self, data: Data, key: str) -> str:
        names = (name for name in (key, self.spelled(key)) if name)
        texts = (text_at(data, self.path(data, name)) for name in names)
        return next((text for text in texts if text), "")

    def _written(self, data: Data, key: str, value: str) -> list[Change]:
        """The value in the spelling that is there, and never in both."""
        place, other = self._place(data, key), self.spelled(key)
        both = other and place == self.path(data, key) and _is_there(data, self.path(data, other))
        return [Set(place, value), *([Remove(self.path(data, other))] if both else [])]

    def _place(self, data: Data, key: str) -> Keys:
        """Where a key is in the spelling that counts."""
        own, other = self.path(data, key), self.spelled(key)
        if not other or _is_there(data, own):
            return own
        spelled = self.path(data, other)
        return spelled if _is_there(data, spelled) else own


def is_on(value: object) -> bool:
    """Whether a program that checks its config's types takes this for a yes."""
    return str(value).lower() in ("true", "1", "1.0", "yes", "on", "y", "t")


def _is_there(data: Data, path: Keys) -> bool:
    return path[-1] in table_at(data, path[:-1])
