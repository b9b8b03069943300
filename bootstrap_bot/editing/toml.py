"""TOML, edited statement by statement so that every other byte stays."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bootstrap_bot.editing.brackets import Brackets, Member
from bootstrap_bot.editing.format import Append, Change, Keys, Remove, WrongShapeError
from bootstrap_bot.editing.toml_reader import read_toml
from bootstrap_bot.editing.toml_text import SYNTAX, Statement, statements
from bootstrap_bot.editing.toml_values import inline, key

_COMMENTS = re.compile(r"(?>(?:[ \t]*#[^\n]*(?:\n|\Z))+)(?=[ \t]*\r?\n|\Z)")
_BLANK_LINE = re.compile(r"(?:\A|(?<=\n))\r?\n\Z")


class Toml:
    """A `Format`. What is put into a table stands behind its last line, a table behind its kin."""

    takes_bom = True

    def read(self, text: str) -> dict[str, Any]:
        return read_toml(text)

    def splice(self, text: str, change: Change) -> str:
        try:
            document = _Document(text)
            if isinstance(change, Remove):
                return document.remove(change.path)
            if isinstance(change, Append):
                return document.append(change.path, change.value)
            return document.set(change.path, change.value)
        except (LookupError, TypeError):
            place = self.locate(text, change.path)
        raise WrongShapeError(*place)

    def locate(self, text: str, path: Keys) -> tuple[int, int]:
        best, shared = 0, 0
        for statement in statements(text):
            common = _shared(statement.keys, path)
            if common > shared:
                best, shared = statement.start, common
        return text.count("\n", 0, best) + 1, best - text.rfind("\n", 0, best)


class _Document:
    """One text with its statements."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found = statements(text)
        self._newline = "\r\n" if "\r\n" in text else "\n"

    def set(self, path: Keys, value: object) -> str:
        if holder := self._holder(path):
            return self._set_inside(holder, path, value)
        if isinstance(path[-1], int):
            # a whole element would have to change, which stands in statements of its own
            raise LookupError
        if isinstance(value, Mapping):
            lines = [f"{key(name)} = {inline(inner)}" for name, inner in value.items()]
            table = self._lines(f"[{_dotted(path)}]", *lines)
            return self._insert(self._end_of_kin(path[:-1]), table)
        return self._set_value(path, value)

    def append(self, path: Keys, value: object) -> str:
        if holder := self._holder(path):
            brackets, (way, missing) = self._inside(holder, path)
            if missing or self._text[way[-1].value] != "[":
                raise LookupError
            return brackets.extended(way[-1], None, value)
        if not isinstance(value, Mapping):
            raise TypeError
        lines = [f"{key(name)} = {inline(inner)}" for name, inner in value.items()]
        table = self._lines(f"[[{_dotted(path)}]]", *lines)
        return self._insert(self._end_of_kin(path), table)

    def remove(self, path: Keys) -> str:
        own = [s for s in self._found if s.keys[: len(path)] == path]
        holder = self._holder(path)
        if holder and not own:
            brackets, (way, missing) = self._inside(holder, path)
            if missing:
                raise LookupError
            return brackets.without(*way[-2:])
        return self._without(own)

    def _set_value(self, path: Keys, value: object) -> str:
        parent = path[:-1]
        beside = [
            s
            for s in self._found
            if s.keys[: len(parent)] == parent
            and len(s.table) <= len(parent)
            # a header of the table itself, or a key in it
            and (s.is_header or len(s.keys) > len(parent))
        ]
        if not parent:
            beside = [s for s in self._found if not s.table]
        if beside:
            dotted = _dotted(path[len(beside[-1].table) :])
            line = self._lines(f"{dotted} = {inline(value)}")
            return self._insert_line(beside[-1].end, line)
        if not parent:
            return self._lines(f"{_dotted(path)} = {inline(value)}") + self._text
        table = self._lines(f"[{_dotted(parent)}]", f"{_dotted(path[-1:])} = {inline(value)}")
        return self._insert(self._end_of_kin(parent[:-1]), table)

    def _holder(self, path: Keys) -> Statement | None:
        """The `key = value` that has this path inside of its value, or is it."""
        lines = (s for s in self._found if not s.is_header)
        return next((s for s in lines if s.keys == path[: len(s.keys)]), None)

    def _lines(self, *lines: str) -> str:
        return "".join(line + self._newline for line in lines)

    def _end_of_kin(self, parent: Keys) -> int:
        """Behind the last table inside of that one and the comments that belong to it."""
        ends = [s.end for s in self._found if parent and s.table[: len(parent)] == parent]
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

    def _set_inside(self, holder: Statement, path: Keys, value: object) -> str:
        brackets, (way, missing) = self._inside(holder, path)
        if not missing:
            return brackets.replaced(way[-1], value)
        name, *below = missing
        if not isinstance(name, str) or self._text[way[-1].value] != "{":
            raise LookupError
        for inner in reversed(below):
            value = {inner: value}
        return brackets.extended(way[-1], name, value)

    def _inside(
        self, holder: Statement, path: Keys
    ) -> tuple[Brackets, tuple[Sequence[Member], Keys]]:
        """The value of a statement, and the way down in it."""
        rest = path[len(holder.keys) :]
        brackets = Brackets(self._text, holder.value, SYNTAX, rest)
        return brackets, brackets.way(rest)


def _shared(keys: Keys, path: Keys) -> int:
    count = 0
    for one, other in zip(keys, path, strict=False):
        if one != other:
            break
        count += 1
    return count


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


def _dotted(path: Keys) -> str:
    """As in a header, which is about the last element of each list that it leads through."""
    return ".".join(key(name) for name in path if isinstance(name, str))
