"""Texts read as data and changed where the change is, each change proven by another reader."""

import copy
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

BOM = "\ufeff"

Key = str | int
Keys = tuple[Key, ...]
"""The way down to a value: at each step the name of a table's key, or a list's index from 0 on."""


@dataclass(frozen=True, slots=True)
class PlainKey:
    """A key that is a number, a date, true, null or the like to its format, as it is written.

    In a path, its text leads to it where there is no text key of that name.
    """

    text: str


class NotParsableError(ValueError):
    """A text is not of its format. `line` and `column` say where (1-based, 0 when unknown).

    Its cause and context are empty: parsers quote what they read.
    """

    def __init__(self, line: int = 0, column: int = 0) -> None:
        super().__init__(f"does not parse at line {line}, column {column}")
        self.line = line
        self.column = column


class WrongShapeError(ValueError):
    """Something else stands where the change belongs, or it could not be proven right.

    `line` and `column` say where (1-based, 0 when unknown).
    """

    def __init__(self, line: int = 0, column: int = 0) -> None:
        super().__init__(f"of another shape at line {line}, column {column}")
        self.line = line
        self.column = column


class UnfitValueError(ValueError):
    """The format's usual reader would read this value as another one."""


@dataclass(frozen=True, slots=True)
class Set:
    """Puts `value` at `path`, with the tables on the way; an index is one that is there.

    The value is what JSON can say, without null.
    """

    path: Keys
    value: Any


@dataclass(frozen=True, slots=True)
class Append:
    """Puts `value` behind the last element of the list at `path`, which has to be there."""

    path: Keys
    value: Any


@dataclass(frozen=True, slots=True)
class Remove:
    """Takes away what stands at `path`, if anything does; tables left empty above it may go too."""

    path: Keys


Change = Set | Append | Remove
Rule = Callable[[dict[str, Any]], Sequence[Change]]


class Format(Protocol):
    """One format. Texts come without a byte order mark; their line ends are kept."""

    @property
    def takes_bom(self) -> bool:
        """Whether a file of it may begin with a byte order mark, as its program reads it."""
        ...

    def read(self, text: str) -> Any:
        """What the text says, by a reader that knows nothing of `splice`; {} for an empty one.

        Raises NotParsableError.
        """
        ...

    def splice(self, text: str, change: Change) -> str:
        """The text with that one change, which is known to make a difference.

        Every byte that is not part of it stays. The path leads through tables, and through
        lists at an index; tables that are not there yet are made. Raises WrongShapeError when
        it cannot be done so, UnfitValueError when the value cannot be written.
        """
        ...

    def locate(self, text: str, path: Keys) -> tuple[int, int]:
        """Line and column (1-based) of what stands at `path`, or of the nearest thing above."""
        ...


def read(form: Format, text: str) -> dict[str, Any]:
    """The data of a text. Raises NotParsableError, and WrongShapeError when it is no table."""
    if text.startswith(BOM) and not form.takes_bom:
        raise NotParsableError(1, 1)
    data = form.read(text.removeprefix(BOM))
    if not isinstance(data, dict):
        raise WrongShapeError(1, 1)
    return data


def edited(form: Format, text: str, changes: Sequence[Change]) -> str:
    """The text with all changes made, see `revised`; without any it is not even read."""
    return revised(form, text, lambda _: changes)[0] if changes else text


def revised(form: Format, text: str, rule: Rule) -> tuple[str, dict[str, Any]]:
    """The text with the changes that the rule wants for its data, and what it says then.

    It is the same text when they make no difference. After each one it is read again: it has to
    say the old data and the change, nothing else. Raises NotParsableError, WrongShapeError,
    UnfitValueError or what the rule raises.
    """
    data = read(form, text)
    changes = rule(data)
    mark = BOM if text.startswith(BOM) else ""
    text = text.removeprefix(BOM)
    for change in changes:
        wanted = _applied(form, text, data, change)
        if not _same(data, wanted, change.path):
            text, data = _proven(form, text, change, wanted)
    return mark + text, data


def value_at(data: Any, path: Keys) -> Any:
    """What stands there; None when nothing does."""
    for key in path:
        if not _has(data, key):
            return None
        data = data[_own(data, key)]
    return data


def _has(data: Any, key: Key) -> bool:
    if isinstance(key, int):
        return isinstance(data, list) and 0 <= key < len(data)
    return isinstance(data, dict) and _own(data, key) in data


def _own(data: Any, key: Key) -> Any:
    """The key or index by which the table or list knows that step of a path."""
    is_text = isinstance(key, int) or key in data
    return key if is_text or PlainKey(str(key)) not in data else PlainKey(str(key))


def _proven(
    form: Format, text: str, change: Change, wanted: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """The new text and what it says."""
    new = form.splice(text, change)
    with suppress(NotParsableError, WrongShapeError):
        data = read(form, new)
        if _same(data, wanted, change.path):
            return new, data
    raise WrongShapeError(*form.locate(text, change.path))


def _applied(form: Format, text: str, data: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """The data as it is to be; what the change leaves alone is the same objects in both."""
    wanted: dict[str, Any] = dict(data)
    inner: Any = wanted
    *parents, last = change.path
    try:
        for key in parents:
            inner = _below(inner, key)
        _apply(inner, last, change)
    except LookupError:
        raise WrongShapeError(*form.locate(text, change.path)) from None
    return wanted


def _below(inner: Any, key: Key) -> Any:
    """A copy of what stands there, put in its place; a table when nothing or null does."""
    if isinstance(inner, dict) and isinstance(key, str) and value_at(inner, (key,)) is None:
        inner[_own(inner, key)] = {}
    if not _has(inner, key):
        raise LookupError
    own = _own(inner, key)
    inner[own] = copy.copy(inner[own])
    return inner[own]


def _apply(inner: Any, key: Key, change: Change) -> None:
    """Makes the change in the table or the list that holds its place."""
    is_there = _has(inner, key)
    if not is_there and not (isinstance(inner, dict) and isinstance(key, str)):
        raise LookupError
    own = _own(inner, key)
    if isinstance(change, Remove):
        if is_there:
            del inner[own]
    elif isinstance(change, Set):
        inner[own] = change.value
    elif is_there and isinstance(inner[own], list):
        inner[own] = [*inner[own], change.value]
    else:
        raise LookupError


def _same(one: Any, other: Any, path: Keys) -> bool:
    """Whether both say the same, but for empty tables on the way to the change."""
    return _equal(_pruned(one, path), _pruned(other, path))


def _pruned(data: Any, path: Keys) -> Any:
    if len(path) < 2 or not _has(data, path[0]):
        return data
    key = _own(data, path[0])
    below = _pruned(data[key], path[1:])
    pruned = copy.copy(data)
    pruned[key] = below
    # an element of a list stays, empty or not
    if below == {} and isinstance(data, dict):
        del pruned[key]
    return pruned


def _equal(one: Any, other: Any) -> bool:
    """Whether both are alike in type and value at every depth; the order of keys is free."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        if one.keys() != other.keys():
            return False
        return all(_equal(value, other[key]) for key, value in one.items())
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(_equal, one, other))
    # what is written alike is alike: nan, and 0.0 is not -0.0
    return bool(one == other) if isinstance(one, (str, int)) else repr(one) == repr(other)
