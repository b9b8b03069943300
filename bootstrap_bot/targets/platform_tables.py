"""The `[platforms.*]` tables of a TOML text: pure edits that leave every other byte as it is."""

import copy
import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from bootstrap_bot.targets.toml_text import Keys, Statement, statements
from bootstrap_bot.toml_reader import BOM, NotTomlError, read_toml

PLATFORMS = "platforms"
_COMMENTS = re.compile(r"(?>(?:[ \t]*#[^\n]*(?:\n|\Z))+)(?=[ \t]*\r?\n|\Z)")
_BLANK_LINE = re.compile(r"(?:\A|(?<=\n))\r?\n\Z")


class WrongShapeError(ValueError):
    """The text is TOML, but a change of its platforms could not be proven right."""


class PlatformTables:
    """A TOML text and its platforms.

    Raises NotTomlError from the constructor when it is not TOML, WrongShapeError when `platforms`
    is not a table. Every method that changes something gives the whole new text, and raises
    WrongShapeError unless an independent parser finds in it the old data and the change alone.
    """

    def __init__(self, text: str) -> None:
        self._bom = BOM if text.startswith(BOM) else ""
        self._text = text.removeprefix(BOM)
        self._data = read_toml(self._text)
        tables = self._data.get(PLATFORMS, {})
        if not isinstance(tables, dict):
            raise WrongShapeError
        self.tables: Mapping[str, Any] = tables
        self._newline = "\r\n" if "\r\n" in self._text else "\n"

    def add(self, name: str, values: Mapping[str, object]) -> str:
        """The text with one more platform, right behind the last one or at the end."""
        lines = [f"{_key(name)} = {_value(value)}" for name, value in values.items()]
        table = self._lines(f"[{PLATFORMS}.{_key(name)}]", *lines)

        def splice(found: list[Statement]) -> str:
            if inline := _inline(found):
                return self._through_library(inline, (name,), dict(values))
            at = self._end_of_platforms(found)
            return self._insert(at, table)

        return self._changed(splice, lambda tables: tables.update({name: dict(values)}))

    def update(self, name: str, key: str, value: object) -> str:
        """The text with one key of one platform set."""
        path = (PLATFORMS, name, key)

        def splice(found: list[Statement]) -> str:
            held = [s for s in found if not s.is_header and s.keys == path[: len(s.keys)]]
            if held:
                return self._through_library(held[0], path[len(held[0].keys) :], value)
            beside = [s for s in found if s.keys[:2] == path[:2] and len(s.table) <= 2]
            if not beside:
                raise WrongShapeError
            dotted = ".".join(map(_key, path[len(beside[-1].table) :]))
            return self._insert_line(beside[-1].end, self._lines(f"{dotted} = {_value(value)}"))

        return self._changed(splice, lambda tables: tables[name].update({key: value}))

    def remove(self, name: str) -> str:
        """The text without one platform and all that is its own."""
        path = (PLATFORMS, name)

        def splice(found: list[Statement]) -> str:
            own = [s for s in found if s.keys[:2] == path]
            inline = _inline(found)
            if inline and not own:
                return self._through_library(inline, (name,), None)
            return self._without(own)

        return self._changed(splice, lambda tables: tables.pop(name))

    def _changed(
        self, splice: Callable[[list[Statement]], str], change: Callable[[dict[str, Any]], object]
    ) -> str:
        """What `splice` gives, proven to be what `change` makes of the data."""
        text, proven = "", False
        with suppress(NotTomlError, TOMLKitError, RecursionError):
            wanted = copy.deepcopy(self._data)
            change(wanted.setdefault(PLATFORMS, {}))
            text = splice(statements(self._text))
            proven = _canonical(read_toml(text)) == _canonical(wanted)
        if not proven:
            raise WrongShapeError
        return self._bom + text

    def _lines(self, *lines: str) -> str:
        return "".join(line + self._newline for line in lines)

    def _end_of_platforms(self, found: list[Statement]) -> int:
        """Behind the last platform's last line and the comments that belong to it."""
        ends = [s.end for s in found if s.table[:1] == (PLATFORMS,)]
        if not ends:
            return len(self._text)
        comments = _COMMENTS.match(self._text, ends[-1])
        return comments.end() if comments else ends[-1]

    def _insert(self, at: int, table: str) -> str:
        """A table put in, with one blank line between it and its neighbours."""
        before, after = self._text[:at], self._text[at:]
        if before and not before.endswith("\n"):
            before += self._newline
        if before and not _BLANK_LINE.search(before):
            before += self._newline
        if after and not re.match(r"[ \t]*\r?\n", after):
            table += self._newline
        return before + table + after

    def _insert_line(self, at: int, line: str) -> str:
        before = self._text[:at]
        return before + ("" if before.endswith("\n") else self._newline) + line + self._text[at:]

    def _without(self, own: Iterable[Statement]) -> str:
        """The text without these statements, what stands between them, and one blank line."""
        text = self._text
        for start, end in reversed(_runs(own, text)):
            before, after = text[:start], text[end:]
            if not after.strip(" \t") or re.match(r"[ \t]*\r?\n", after):
                before = _BLANK_LINE.sub("", before)
            text = before + after
        return text

    def _through_library(self, statement: Statement, path: Keys, value: object) -> str:
        """One statement edited where it stands: `path` below its key set, or taken out."""
        document = tomlkit.parse(statement.text)
        inner: Any = document
        *parents, last = (*statement.keys[len(statement.table) :], *path)
        for key in parents:
            inner = inner[key]
        if value is None:
            del inner[last]
        else:
            inner[last] = value
        text = tomlkit.dumps(document)
        return self._text[: statement.start] + text + self._text[statement.end :]


def _inline(found: Iterable[Statement]) -> Statement | None:
    """The statement `platforms = { ... }`, if that is how they are written."""
    return next((s for s in found if not s.is_header and s.keys == (PLATFORMS,)), None)


def _runs(own: Iterable[Statement], text: str) -> list[tuple[int, int]]:
    """Spans of statements with nothing of somebody else's between them, in order."""
    runs: list[tuple[int, int]] = []
    for statement in own:
        between = text[runs[-1][1] : statement.start] if runs else ""
        belongs = all(line.strip()[:1] in ("", "#") for line in between.split("\n"))
        if runs and belongs:
            runs[-1] = (runs[-1][0], statement.end)
        else:
            runs.append((statement.start, statement.end))
    return runs


def _key(name: str) -> str:
    return tomlkit.key(name).as_string()


def _value(value: object) -> str:
    return tomlkit.item(value).as_string()


def _canonical(data: Mapping[str, Any]) -> str:
    """Data as text that tells 1 from 1.0 and true, knows nan, and not the order of keys.

    No platforms at all is the same as an empty table of them.
    """
    shown = {key: value for key, value in data.items() if key != PLATFORMS or value}
    return json.dumps(shown, sort_keys=True, default=repr)
