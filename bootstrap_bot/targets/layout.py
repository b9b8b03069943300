"""Where in a file's data one program keeps its bots. Pure: data in, changes out."""

import itertools
from collections.abc import Container, Iterable, Sequence
from typing import Any, Protocol

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials, plain
from bootstrap_bot.editing.format import Change, Keys, Remove, Set, UnfitValueError, value_at
from bootstrap_bot.errors import Code
from bootstrap_bot.targets.target import Note, Platform

DINGTALK = "dingtalk"

Data = dict[str, Any]


class OtherShapeError(ValueError):
    """Something else than a table, or a list with such an index, stands at `path`."""

    def __init__(self, path: Keys) -> None:
        super().__init__("of another shape")
        self.path = path


class NoSuchEntryError(OtherShapeError):
    """There is no list at `path`, or it is too short."""


class Layout(Protocol):
    """One program's way of keeping bots.

    Every method raises `OtherShapeError`; `add` and `update` also `UnfitValueError`.
    """

    @property
    def kind(self) -> str:
        """The target's kind, as in the config."""
        ...

    @property
    def single_slot(self) -> bool:
        """Whether there is room for one bot only."""
        ...

    def blocker(self, data: Data) -> Code | None:
        """Why the program could do nothing with a bot yet; None when nothing speaks against it."""
        ...

    def bots(self, data: Data) -> list[Platform]:
        """The DingTalk bots that are there, in their order."""
        ...

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> Sequence[Change]:
        """One more bot, under `wanted_id` or the next free id."""
        ...

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> Sequence[Change]:
        """This pair in place of that bot's."""
        ...

    def remove(self, data: Data, bot: Platform) -> Sequence[Change]:
        """That bot taken out."""
        ...

    def switch(self, data: Data, bot: Platform, enabled: bool) -> Sequence[Change]:
        """That bot switched on or off; nothing where there is no switch."""
        ...

    def notes(self, data: Data) -> Sequence[Note]:
        """What is still needed until a stored bot answers."""
        ...


def pair(client_id: str, secret: str) -> Credentials:
    """Credentials of a DingTalk app."""
    return Credentials(
        DINGTALK, client_id, {"client_id": client_id, "client_secret": SecretStr(secret)}
    )


def bot_with(name: str, enabled: bool | None, credentials: Credentials) -> Platform:
    """A bot that has exactly these."""
    return Platform(name, credentials.provider, enabled, credentials.account, credentials.values)


def pair_at(client_id: Keys, client_secret: Keys, credentials: Credentials) -> list[Change]:
    """Both values of a pair, each at its place."""
    secret = credentials.text("client_secret")
    return [Set(client_id, credentials.account), Set(client_secret, secret)]


def emptied(data: Data, paths: Iterable[Keys]) -> list[Change]:
    """What stands there taken away; where it is a text, an empty one stays."""
    found = ((path, value_at(data, path)) for path in paths)
    return [
        Set(path, "") if isinstance(value, str) else Remove(path)
        for path, value in found
        if value is not None
    ]


def unexpanded(credentials: Credentials) -> Credentials:
    """The same pair, for programs that put variables in place of `${NAME}` in what they read.

    Raises `UnfitValueError` when it would not arrive as it is.
    """
    if any("${" in plain(value) for value in credentials.values.values()):
        raise UnfitValueError
    return credentials


def table_at(data: Data, path: Keys) -> Data:
    """The table there, an empty one when nothing or null is. Raises `OtherShapeError`."""
    found = _found(data, path)
    if found is not None and not isinstance(found, dict):
        raise OtherShapeError(path)
    return dict(found or {}) if path else data


def text_at(data: Data, path: Keys) -> str:
    """The text there; "" when there is none. Raises `OtherShapeError`."""
    found = _found(data, path)
    if found is not None and not isinstance(found, str):
        raise OtherShapeError(path)
    return found or ""


def _found(data: Any, path: Keys) -> Any:
    """What stands there; None when nothing does, but an element of a list has to be there."""
    for depth, key in enumerate(path):
        if isinstance(key, int):
            fits = isinstance(data, list) and key < len(data)
        else:
            fits = data is None or isinstance(data, dict)
        if not fits:
            raise OtherShapeError(path[:depth])
        data = value_at(data, (key,))
    return data


def free_id(wanted: str, taken: Container[object]) -> str:
    """The wanted id, or with the first of `_2`, `_3`, ... that nobody has."""
    candidates = itertools.chain([wanted], (f"{wanted}_{n}" for n in itertools.count(2)))
    return next(name for name in candidates if name not in taken)
