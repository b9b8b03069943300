"""Reads TOML without ever repeating what stands in it."""

import re
import tomllib
from typing import Any

from bootstrap_bot.editing.format import BOM, NotParsableError

_POSITION = re.compile(r"\(at line (\d+), column (\d+)\)\Z")


def read_toml(text: str) -> dict[str, Any]:
    """The tables of a TOML text, which may begin with a byte order mark.

    Raises NotParsableError, whose cause and context are empty: parsers quote what they read.
    """
    try:
        return tomllib.loads(text.removeprefix(BOM))
    except (ValueError, RecursionError) as error:
        position = _position(str(error), text)
    raise NotParsableError(*position)


def _position(message: str, text: str) -> tuple[int, int]:
    """Line and column out of the parser's message; the end of the text when it names none."""
    if found := _POSITION.search(message):
        return int(found[1]), int(found[2])
    before, _, last = text.rpartition("\n")
    return (before.count("\n") + 2 if "\n" in text else 1), len(last) + 1
