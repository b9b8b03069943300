"""Reads JSON and JSON5 without ever repeating what stands in it."""

import json
import re
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pyjson5

from bootstrap_bot.editing.brackets import end_of
from bootstrap_bot.editing.format import NotParsableError

# Deeper than any config, and what goes through data by recursion copes with it.
_DEEPEST = 100
# The fewest digits that Python can be told to take.
_LONG = 640
_STRING = r'"(?:[^"\\]|\\.)*+"'
_CONSTANT = re.compile(rf"{_STRING}|(NaN|-?Infinity)")
_BRACKET = re.compile(rf"{_STRING}|([\[{{])|([\]}}])")
_NEAR = re.compile(r"\bnear (\d+)")
COMMENT = r"//[^\n\r\u2028\u2029]*|/\*.*?\*/"
SPACE = re.compile(rf"(?:[\s\ufeff]|{COMMENT})*+", re.DOTALL)


def read_json(text: str, *, takes_nan: bool = False) -> Any:
    """What a strict parser says, with {} for an empty text; of equal keys the last one counts.

    `takes_nan`: and also NaN and Infinity. Raises NotParsableError.
    """
    if not text.strip():
        return {}
    constant = float if takes_nan else _refused
    try:
        data = json.loads(text, parse_constant=constant, parse_int=_integer)
        if _is_shallow(data):
            return data
        offset = _too_deep(text)
    except json.JSONDecodeError as error:
        offset = error.pos
    except RecursionError:
        offset = _too_deep(text)
    except _RefusedError:
        offset = next(found.start(1) for found in _CONSTANT.finditer(text) if found[1])
    raise NotParsableError(*position(text, offset))


def read_json5(text: str) -> Any:
    """What a JSON5 parser says of whatever is not strict JSON. Raises NotParsableError."""
    with suppress(NotParsableError):
        return read_json(text)
    try:
        return pyjson5.decode(text, maxdepth=_DEEPEST)
    except pyjson5.Json5DecoderException as error:
        offset = _offset(error, text)
    raise NotParsableError(*position(text, offset))


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column; both count from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


class _RefusedError(ValueError):
    """NaN or Infinity stands in the text."""


def _refused(_: str) -> float:
    raise _RefusedError


def _integer(digits: str) -> int | Decimal:
    """A number in full, which Python's own `int` is not made of when it is longer than this."""
    return int(digits) if len(digits) < _LONG else Decimal(digits)


def _too_deep(text: str) -> int:
    """The offset of the first bracket that is nested deeper than `_DEEPEST`, in strict JSON."""
    depth = 0
    for found in _BRACKET.finditer(text):
        depth += (found[1] is not None) - (found[2] is not None)
        if depth > _DEEPEST:
            return found.start()
    return 0


def _offset(error: pyjson5.Json5DecoderException, text: str) -> int:
    """Where the parser says that it failed, which it does in its message only."""
    found = _NEAR.search(error.message or "")
    near = int(found[1]) if found else 0
    # the end of what was in order; all others count from one
    is_behind = isinstance(error, pyjson5.Json5ExtraData)
    return end_of(SPACE, text, near) if is_behind else max(0, near - 1)


def _is_shallow(data: Any) -> bool:
    """Whether lists and tables are nested at most `_DEEPEST` times."""
    level: list[Any] = [[data]]
    for _ in range(_DEEPEST + 1):
        values = (v for h in level for v in (h.values() if isinstance(h, dict) else h))
        level = [v for v in values if isinstance(v, (dict, list))]
    return not level
