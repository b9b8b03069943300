"""Texts read as data and changed where the change is, each change proven by another reader."""

import copy
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

BOM = "\ufeff"

Keys = tuple[str, ...]
"""The way down to a value: the name of a table's key at each step, a list's index as digits."""


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
    """Puts `value` at `path`, with the tables on the way; behind a list's last index it appends.

    The value is what JSON can say, without null.
    """

    path: Keys
    value: Any


@dataclass(frozen=True, slots=True)
class Remove:
    """Takes away what stands at `path`, if anything does; tables left empty above it may go too."""

    path: Keys


Change = Set | Remove


class Format(Protocol):
    """One format. Texts come without a byte order mark; their line ends are kept."""

    def read(self, text: str) -> Any:
        """What the text says, by a reader that knows nothing of `splice`; {} for an empty one.

        Raises NotParsableError.
        """
        ...

    def splice(self, text: str, change: Change) -> str:
        """The text with that one change, which is known to make a difference.

        Every byte that is not part of it stays. The path leads through tables, and through
        lists at an index; whatever of it is not there yet is made. Raises WrongShapeError when
        it cannot be done so, UnfitValueError when the value cannot be written.
        """
        ...

    def locate(self, text: str, path: Keys) -> tuple[int, int]:
        """Line and column (1-based) of what stands at `path`, or of the nearest thing above."""
        ...


def read(form: Format, text: str) -> dict[str, Any]:
    """The data of a text. Raises NotParsableError, and WrongShapeError when it is no table."""
    data = form.read(text.removeprefix(BOM))
    if not isinstance(data, dict):
        raise WrongShapeError(1, 1)
    return data


def edited(form: Format, text: str, changes: Sequence[Change]) -> str:
    """The text with all changes made; the same text when they make no difference.

    After each one the text is read again: it has to say the old data and the change, nothing
    else. Raises NotParsableError, WrongShapeError or UnfitValueError.
    """
    mark = BOM if text.startswith(BOM) else ""
    text = text.removeprefix(BOM)
    for change in changes:
        before = read(form, text)
        wanted = _applied(form, text, before, change)
        if not _same(before, wanted, change.path):
            text = _proven(form, text, change, wanted)
    return mark + text


def value_at(data: Any, path: Keys) -> Any:
    """What stands there; None when nothing does."""
    for key in path:
        if isinstance(data, list) and key.isdecimal() and int(key) < len(data):
            data = data[int(key)]
        elif isinstance(data, dict) and key in data:
            data = data[key]
        else:
            return None
    return data


def _proven(form: Format, text: str, change: Change, wanted: Mapping[str, Any]) -> str:
    new = form.splice(text, change)
    with suppress(NotParsableError, WrongShapeError):
        if _same(read(form, new), wanted, change.path):
            return new
    raise WrongShapeError(*form.locate(text, change.path))


def _applied(form: Format, text: str, data: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """The data as it is to be."""
    wanted: dict[str, Any] = copy.deepcopy(dict(data))
    inner: Any = wanted
    *parents, last = change.path
    try:
        for key in parents:
            inner = _below(inner, key)
        if isinstance(change, Remove):
            _take_out(inner, last)
        elif isinstance(inner, list):
            inner[_index(last) : _index(last) + 1] = [change.value]
        else:
            # a text or a number raises TypeError here
            inner[last] = change.value
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise WrongShapeError(*form.locate(text, change.path)) from None
    return wanted


def _below(inner: Any, key: str) -> Any:
    """What stands there; a table made there when nothing or null does."""
    if isinstance(inner, list):
        return inner[_index(key)]
    if inner.get(key) is None:
        inner[key] = {}
    return inner[key]


def _index(key: str) -> int:
    if not key.isdecimal():
        raise IndexError
    return int(key)


def _take_out(inner: Any, key: str) -> None:
    if isinstance(inner, list):
        del inner[_index(key)]
    else:
        inner.pop(key, None)


def _same(one: Any, other: Any, path: Keys) -> bool:
    """Whether both say the same, but for empty tables on the way to the change."""
    return _canonical(_pruned(one, path)) == _canonical(_pruned(other, path))


def _pruned(data: Any, path: Keys) -> Any:
    if not isinstance(data, dict) or len(path) < 2 or path[0] not in data:
        return data
    below = _pruned(data[path[0]], path[1:])
    pruned = {**data, path[0]: below}
    if below == {}:
        del pruned[path[0]]
    return pruned


def _canonical(data: Any) -> str:
    """Data as text that tells 1 from 1.0 and true, knows nan, and not the order of keys."""
    return json.dumps(_listed(data), default=repr)


def _listed(data: Any) -> Any:
    if isinstance(data, dict):
        # keys of any type, which only YAML has
        return {"table": sorted(([repr(key), _listed(value)] for key, value in data.items()))}
    return [_listed(value) for value in data] if isinstance(data, list) else data
