"""The bots of one OpenClaw channel, read and changed as its plugin reads them."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from bootstrap_bot.editing.format import Change, Keys, Remove, Set, value_at
from bootstrap_bot.targets.layout import Data, free_id, table_at
from bootstrap_bot.targets.openclaw_plugin import Plugin
from bootstrap_bot.targets.placement import Cell
from bootstrap_bot.targets.target import Platform

ENABLED = "enabled"
ACCOUNTS, DEFAULT_ACCOUNT = "accounts", "defaultAccount"
# What "default" is to the official connector.
DEFAULT, OFFICIAL_DEFAULT = "default", "__default__"
# Names that mean another account, or none, to one plugin or to OpenClaw itself.
_RESERVED = frozenset({DEFAULT, OFFICIAL_DEFAULT, "__proto__", "constructor", "prototype"})
_STRANGE = re.compile(r"[^a-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where credentials count: an account, or the channel itself.

    `account` is the bot's, "" where there is none. `values` are what counts there, also where an
    account inherits it, and `stated` says whether they stand there. `started`: the plugin starts
    a bot from here.
    """

    name: str
    path: Keys
    account: str
    values: Data
    stated: bool
    started: bool


class Channel:
    """One channel in OpenClaw's data; `name` is what a bot of the channel itself is called.

    Without accounts its own values are the bot. With any, accounts only are started, of which the
    channel's own values may be one, and what an account does not say itself counts as the channel
    says it. Making one raises `OtherShapeError`.
    """

    def __init__(self, data: Data, plugin: Plugin, cell: Cell, name: str) -> None:
        self.path: Keys = ("channels", plugin.channel)
        self.accounts_path: Keys = (*self.path, ACCOUNTS)
        self._table = table_at(data, self.path)
        self._bindings = data.get("bindings")
        self._name = name
        self._cell = cell
        self._plugin = plugin
        self.accounts: dict[str, Data] = {
            account: table_at(data, (*self.accounts_path, account))
            for account in table_at(data, self.accounts_path)
        }
        self.own_values: Data = self._said(self._table)
        self.own_account = self._account_in(self.own_values)
        self._is_on = self._table.get(ENABLED) is not False
        if self.accounts and self._starts_own():
            self.accounts[DEFAULT] = {}

    def places(self) -> Iterator[Place]:
        """All of them, accounts first."""
        for name, account in self.accounts.items():
            read = self._read_for(name)
            is_read = bool(self._account_read_for(name))
            started = is_read and self._is_on and read.get(ENABLED) is not False
            own = self._said(account)
            values = {**self.own_values, **self._said(read)} if is_read else own
            path, stated = (*self.accounts_path, name), self._cell.account_key in account
            yield Place(name, path, self._account_in(values), values, stated, started)
        started = self._is_on and not self.accounts
        yield Place(self._name, self.path, self.own_account, self.own_values, True, started)

    def places_of(self, account: str) -> list[Place]:
        """Where that bot counts."""
        return [place for place in self.places() if place.account == account]

    def bots(self) -> list[Platform]:
        """Each bot once, by the name of its first place."""
        found: dict[str, Platform] = {}
        for account in (place.account for place in self.places()):
            if account and account not in found:
                places = self.places_of(account)
                values = places[0].values
                started = any(place.started for place in places)
                bot = self._cell.bot(places[0].name, started, partial(_text_in, values))
                found |= {account: bot} if bot else {}
        return list(found.values())

    def free_name(self, wanted: str) -> str:
        """An account's name that nobody has, also when OpenClaw has simplified all of them."""
        taken = {*map(_canonical, (*self.accounts, self._own_name())), *_RESERVED}
        return free_id(_canonical(wanted) or self._cell.platform.name, taken)

    def own_as_account(self) -> list[Change]:
        """The channel's own pair as an account, beside which others can stand.

        It bears the name that `defaultAccount` has for it, so that the plugin finds that one.
        """
        name = self._own_name()
        taken = {*map(_canonical, self.accounts)}
        if _canonical(name) in taken or (_is_default(name) and OFFICIAL_DEFAULT in taken):
            name = self.free_name(name)
        return [Set((*self.accounts_path, name), self.own_values)]

    def on(self, account: str) -> list[Change]:
        """That bot started beside those that are, by a channel with accounts."""
        places = self.places_of(account)
        accounts = [place for place in places if place.path != self.path]
        changes: list[Change] = []
        if not self._is_on:
            others = {place.account for place in self.places()} - {account, ""}
            changes = [change for other in sorted(others) for change in self.off(other)]
            changes.append(Set((*self.path, ENABLED), True))
        changes += [Set((*place.path, ENABLED), True) for place in accounts]
        if any(self._account_read_for(place.name) == account for place in accounts):
            return changes
        if not accounts:
            return [*changes, *self.own_as_account()]
        if any(self._is_own(place.name) for place in accounts):
            return [*changes, *_all_set(self.path, accounts[0].values)]
        path = (*self.accounts_path, self.free_name(self._cell.platform.name))
        return [*changes, *_all_set(path, accounts[0].values)]

    def off(self, account: str) -> list[Change]:
        """That bot started no more, by a channel with accounts, and the others as before."""
        names = [one.name for one in self.places_of(account) if one.path != self.path]
        moved = self.own_values if any(self._is_own(name) for name in names) else {}
        changes: list[Change] = []
        for name in names:
            said = {} if self._is_own(name) else self.accounts[name]
            path = (*self.accounts_path, name)
            changes += _all_set(path, {key: moved[key] for key in moved if key not in said})
            changes.append(Set((*path, ENABLED), False))
        # what is started with the channel's pair, whatever it says, is not while there is none
        return [*changes, *self._emptied(moved)]

    def without(self, account: str) -> list[Change]:
        """That bot gone, and the others started as before."""
        gone = [place for place in self.places_of(account) if place.path != self.path]
        left = [name for name in self.accounts if name not in {place.name for place in gone}]
        own = self._emptied(self.own_values) if self.own_account == account else []
        keys = self._cell.placement.keys.values()
        if not left and self._table.keys() <= {ENABLED, ACCOUNTS, *(keys if own else ())}:
            # OpenClaw lists a channel that says nothing but this as a bot that is set up
            return [Remove(self.path)]
        if gone and (not left or (not own and self._repeats_own(left))):
            return [Remove(self.accounts_path), *own]
        accounts = [self._vacated(place, by_own=bool(own)) for place in gone]
        return [*accounts, *own, *self._dangling_default(left)]

    def _vacated(self, place: Place, *, by_own: bool) -> Change:
        """That account gone, or kept as one that is off: else the channel's own would start."""
        held_back = _is_default(place.name) and place.stated and not by_own
        if self._plugin.starts_own and held_back and self.own_account:
            return Set(place.path, {ENABLED: False})
        return Remove(place.path)

    def _starts_own(self) -> bool:
        """Whether the plugin takes the channel's own values for one more account."""
        said = all(self.own_values.get(key) not in (None, "") for key in self._cell.essential)
        named = any(map(_is_default, self.accounts))
        return self._plugin.starts_own and said and not named

    def _is_own(self, name: str) -> bool:
        """Whether that account is the channel's own pair, whatever it says itself."""
        elsewhere = self._plugin.reads_default_elsewhere and _is_default(name)
        return elsewhere and OFFICIAL_DEFAULT not in self.accounts

    def _read_for(self, name: str) -> Data:
        """What the plugin looks at when it looks for that account."""
        if self._plugin.reads_default_elsewhere and _is_default(name):
            return self.accounts.get(OFFICIAL_DEFAULT, {})
        return self.accounts[name]

    def _account_read_for(self, name: str) -> str:
        return self._account_in({**self.own_values, **self._read_for(name)})

    def _account_in(self, values: Data) -> str:
        return _text(values.get(self._cell.account_key))

    def _said(self, table: Data) -> Data:
        return {key: table[key] for key in self._cell.placement.keys.values() if key in table}

    def _emptied(self, values: Data) -> list[Change]:
        return [Remove((*self.path, key)) for key in values]

    def _repeats_own(self, left: Collection[str]) -> bool:
        """Whether these accounts only say again what the channel says, and nobody names them."""
        [name] = left if len(left) == 1 else [""]
        account = self.accounts.get(name, {})
        said = {key: value for key, value in account.items() if key != ENABLED}
        repeats = name == self._own_name() and said == self.own_values
        return repeats and account.get(ENABLED) is not False and not self._is_bound(name)

    def _is_bound(self, name: str) -> bool:
        """Whether a binding of the owner's names that account."""
        found = self._bindings if isinstance(self._bindings, list) else []
        matches = [value_at(one, ("match",)) for one in found if isinstance(one, dict)]
        return any(
            isinstance(match, dict)
            and match.get("channel") == self._plugin.channel
            and _canonical(str(match.get("accountId"))) == _canonical(name)
            for match in matches
        )

    def _dangling_default(self, left: Collection[str]) -> list[Change]:
        """`defaultAccount` taken out where, with these accounts left, it would name none."""
        named = _text(self._table.get(DEFAULT_ACCOUNT))
        dangles = left and named and named not in left and self._own_name() not in left
        return [Remove((*self.path, DEFAULT_ACCOUNT))] if dangles else []

    def _own_name(self) -> str:
        named = _text(self._table.get(DEFAULT_ACCOUNT))
        if self._plugin.starts_own:
            return _canonical(named) or DEFAULT
        if named.lower() == DEFAULT:
            return OFFICIAL_DEFAULT
        return named or DEFAULT


def _all_set(path: Keys, values: Data) -> list[Change]:
    return [Set((*path, key), value) for key, value in values.items()]


def _is_default(name: str) -> bool:
    return name.strip().lower() == DEFAULT


def _text_in(values: Data, key: str) -> str:
    return _text(values.get(key))


def _text(value: Any) -> str:
    """A text or a number as the plugins take it; "" for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    is_text = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value).strip() if is_text else ""


def _canonical(name: str) -> str:
    """What OpenClaw makes of an account's name where it compares names."""
    return _STRANGE.sub("-", name.strip().lower()).strip("-")
