"""Where in a file's data one program keeps its bots. Pure: data in, changes out."""

import itertools
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any, Protocol

from bootstrap_bot.credentials import Credentials, plain
from bootstrap_bot.editing.format import (
    Append,
    Change,
    Keys,
    Remove,
    Set,
    UnfitValueError,
    value_at,
)
from bootstrap_bot.errors import Code
from bootstrap_bot.targets.placement import Cell
from bootstrap_bot.targets.target import Platform

Data = dict[str, Any]


class OtherShapeError(ValueError):
    """Something else than a table, or a list with such an index, stands at `path`."""

    def __init__(self, path: Keys) -> None:
        super().__init__("of another shape")
        self.path = path


class NoSuchEntryError(OtherShapeError):
    """There is no list at `path`, or it is too short."""


class Layout(Protocol):
    """One program's way of keeping the bots of one platform.

    Every method raises `OtherShapeError`; `add` and `update` also `UnfitValueError`.
    """

    @property
    def cell(self) -> Cell:
        """The platform, and the program's words for what it gives out."""
        ...

    @property
    def single_slot(self) -> bool:
        """Whether there is room for one bot only."""
        ...

    def blocker(self, data: Data) -> Code | None:
        """Why the program could do nothing with a bot yet; None when nothing speaks against it."""
        ...

    def bots(self, data: Data) -> list[Platform]:
        """The platform's bots that are there, in their order."""
        ...

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> Sequence[Change]:
        """One more bot, under `wanted_id` or the next free id."""
        ...

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> Sequence[Change]:
        """These in place of that bot's."""
        ...

    def remove(self, data: Data, bot: Platform) -> Sequence[Change]:
        """That bot taken out."""
        ...

    def switch(self, data: Data, bot: Platform, enabled: bool) -> Sequence[Change]:
        """That bot switched on or off; nothing where there is no switch."""
        ...

    def allow(self, data: Data, bot: Platform, person: str) -> Sequence[Change]:
        """That person on the list that the cell names; nothing where they are on it."""
        ...

    @property
    def restart(self) -> str:
        """The note that says how the program notices a change; "" where nothing is needed."""
        ...

    def notes(self, data: Data) -> Sequence[str]:
        """What is still needed besides until a stored bot answers."""
        ...


def written(cell: Cell, path: Keys, credentials: Credentials) -> list[Change]:
    """Everything that the program keeps of these, in the table at `path`."""
    return [Set((*path, key), text) for key, text in cell.texts(credentials).items()]


def with_person(data: Data, path: Keys, person: str) -> list[Change]:
    """That person on the list there, which is made where there is none."""
    people = value_at(data, path)
    if people is None:
        return [Set(path, [person])]
    if not isinstance(people, list):
        raise OtherShapeError(path)
    return [] if person in map(str, people) else [Append(path, person)]


def emptied(data: Data, paths: Iterable[Keys]) -> list[Change]:
    """What stands there taken away; where it is a text, an empty one stays."""
    found = ((path, value_at(data, path)) for path in paths)
    return [
        Set(path, "") if isinstance(value, str) else Remove(path)
        for path, value in found
        if value is not None
    ]


def unexpanded(credentials: Credentials) -> Credentials:
    """The same ones, for programs that put variables in place of `${NAME}` in what they read.

    Raises `UnfitValueError` when they would not arrive as they are.
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


def text_in(table: Mapping[str, object]) -> Callable[[str], str]:
    """Reads its texts by key; empty where something else is, or nothing."""

    def read(key: str) -> str:
        value = table.get(key)
        return value if isinstance(value, str) else ""

    return read


def free_id(wanted: str, taken: Container[object]) -> str:
    """The wanted id, or with the first of `_2`, `_3`, ... that nobody has."""
    candidates = itertools.chain([wanted], (f"{wanted}_{n}" for n in itertools.count(2)))
    return next(name for name in candidates if name not in taken)
