"""A TOML text as a row of statements with their places, so that a change touches no other byte.

A statement is the fewest lines that a parser accepts on their own, which leaves it to the parser
to know strings and arrays that go over several lines.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bootstrap_bot.formats.format import Keys, NotParsableError
from bootstrap_bot.formats.toml_reader import read_toml

_ENDS = ("]", "}", '"""', "'''")


@dataclass(frozen=True, slots=True)
class Statement:
    """One `key = value` or `[header]`.

    `table` is the table it stands in or opens, `keys` the full key with its table (equal to
    `table` for a header); `start` and `end` are offsets into the text, the line end included.
    """

    text: str
    start: int
    end: int
    table: Keys
    keys: Keys
    is_header: bool


def statements(text: str) -> list[Statement]:
    """Every statement of a text that is TOML and has no byte order mark; no blanks, no comments."""
    found: list[Statement] = []
    table: Keys = ()
    start = 0
    while start < len(text):
        end, data = _statement_end(text, start)
        if data:
            chunk = text[start:end]
            is_header = chunk.lstrip().startswith("[")
            if is_header:
                table = keys = _descend(data)
            else:
                keys = table + _key(chunk)
            found.append(Statement(chunk, start, end, table, keys, is_header))
        start = end
    return found


def _statement_end(text: str, start: int) -> tuple[int, dict[str, Any]]:
    """Where the statement or blank line that begins at `start` ends, and what it says."""
    end = start
    while end < len(text):
        line = end
        end = text.find("\n", line) + 1 or len(text)
        if line > start and not _may_end(text[line:end]):
            continue
        try:
            return end, read_toml(text[start:end])
        except NotParsableError:
            continue
    return end, {}


def _may_end(line: str) -> bool:
    """Whether a line may end a string or an array begun further up; spares most attempts."""
    goes_on = line.rstrip().endswith(",") and "#" not in line
    return not goes_on and any(mark in line for mark in _ENDS)


def _key(chunk: str) -> Keys:
    """The key of a `key = value`: what stands before the first `=` that is not in quotes."""
    equals = chunk.find("=")
    while equals > 0:
        try:
            return _descend(read_toml(f"{chunk[:equals]}=0"))
        except NotParsableError:
            equals = chunk.find("=", equals + 1)
    return ()


def _descend(data: Mapping[str, Any]) -> Keys:
    """The one way down through tables that hold one key each."""
    keys: list[str] = []
    value: Any = data
    while isinstance(value, dict) and value:
        key, value = next(iter(value.items()))
        keys.append(key)
    return tuple(keys)
