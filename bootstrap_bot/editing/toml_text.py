"""A TOML text as a row of statements with their places, so that a change touches no other byte.

The text is known to parse; strings, arrays and tables are stepped over once, each as a whole.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bootstrap_bot.editing.brackets import Syntax, end_of, value_end
from bootstrap_bot.editing.format import Keys
from bootstrap_bot.editing.toml_reader import read_toml
from bootstrap_bot.editing.toml_values import inline, key

_STRING = (
    r'"""(?:[^"\\]|\\.|"(?!""))*+"{3,5}'
    r"|'''(?:[^']|'(?!''))*+'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*+"'
    r"|'[^'\n]*+'"
)
_PART = re.compile(r"""[ \t]*("(?:[^"\\\n]|\\.)*+"|'[^'\n]*+'|[^\s.=\[\]{}#"',]++)[ \t]*""")
_NO_STATEMENTS = re.compile(r"(?:[ \t]*+(?:#[^\n]*+)?\r?\n)*+(?:[ \t]*+#[^\n]*+\Z)?")
_BLANKS = re.compile(r"[ \t]*+")
_HEADER = re.compile(r"\[\[?")
_REST = re.compile(r"[^\n]*\n?")


@dataclass(frozen=True, slots=True)
class Statement:
    """One `key = value` or `[header]`.

    `table` is the table it stands in or opens, `keys` the full key with its table (equal to
    `table` for a header); in a list of tables they have the element's index. `start` and `end`
    are offsets into the text, the line end included; `value` and `value_end` those of the value,
    of the line's end for a header.
    """

    start: int
    end: int
    table: Keys
    keys: Keys
    is_header: bool
    value: int
    value_end: int


def statements(text: str) -> list[Statement]:
    """Every statement of a text that is TOML and has no byte order mark; no blanks, no comments."""
    return list(_Scanner(text).statements())


def key_at(text: str, at: int) -> tuple[tuple[str, ...], int]:
    """The dotted key that begins there, and where it ends."""
    names: list[str] = []
    end = at
    while part := _PART.match(text, at):
        names.append(_name(part[1]))
        end, at = part.end(1), part.end()
        if not text.startswith(".", at):
            break
        at += 1
    return tuple(names), end


def _written(value: Any, between: str, _: str | None) -> str:
    return inline(value, between)


SYNTAX = Syntax(
    string=_STRING,
    bare=r"[^,\[\]{}#\r\n]*[^\s,\[\]{}#]",
    comment=r"#[^\n]*",
    line_comment="#",
    separator="=",
    key=key_at,
    written=_written,
    written_key=key,
    spreads=False,
)


class _Scanner:
    """Goes through a text once; `_counts` has how many elements each list of tables has so far."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._counts: dict[Keys, int] = {}

    def statements(self) -> Iterator[Statement]:
        """See `statements`."""
        text, table = self._text, Keys()
        start = end_of(_NO_STATEMENTS, text, 0)
        while (at := end_of(_BLANKS, text, start)) < len(text):
            header = _HEADER.match(text, at)
            names, behind = key_at(text, header.end() if header else at)
            behind = end_of(_BLANKS, text, behind)
            if header:
                table = keys = self._element(names, is_list=header[0] == "[[")
                value = close = behind + len(header[0])
            else:
                keys = table + names
                value = end_of(_BLANKS, text, behind + 1)
                close = value_end(SYNTAX, text, value)
            end = end_of(_REST, text, close)
            yield Statement(start, end, table, keys, header is not None, value, close)
            start = end_of(_NO_STATEMENTS, text, end)

    def _element(self, names: tuple[str, ...], *, is_list: bool) -> Keys:
        """The table that a header opens; in lists of tables, it is about the last element."""
        keys = Keys()
        for name in names[:-1]:
            keys = self._last((*keys, name))
        keys = (*keys, names[-1])
        if is_list:
            self._counts[keys] = self._counts.get(keys, 0) + 1
        return self._last(keys)

    def _last(self, keys: Keys) -> Keys:
        count = self._counts.get(keys)
        return (*keys, count - 1) if count else keys


def _name(part: str) -> str:
    if part.startswith("'"):
        return part[1:-1]
    if not part.startswith('"'):
        return part
    return str(read_toml(f"name = {part}")["name"]) if "\\" in part else part[1:-1]
