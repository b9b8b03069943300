"""Dotenv files: read by python-dotenv, edited one assignment at a time."""

import io
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dotenv.parser import parse_stream
from dotenv.variables import Variable, parse_variables

from bootstrap_bot.editing.brackets import end_of
from bootstrap_bot.editing.format import (
    Append,
    Change,
    Keys,
    NotParsableError,
    Remove,
    UnfitValueError,
    WrongShapeError,
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BLANKS = re.compile(r"\s*+")
_SPACE = re.compile(r"(?:\s|#[^\r\n]*+)*+")
_ASSIGNMENT = re.compile(
    r"""
    (?: export[^\S\r\n]+ )? (?: '(?P<quoted_name>[^']+)' | (?P<name>[^=\#\s]+) )
    (?P<equals> [^\S\r\n]*=(?:[^\S\r\n]+(?=[^\s\#]))? )?
    (?P<quoted> '(?:\\.|[^'\\])*+' | "(?:\\.|[^"\\])*+" )?
    (?P<rest> [^\r\n]*+ )
    (?: \r\n | \n | \r | \Z )
    """,
    re.VERBOSE | re.DOTALL,
)
# right behind quotes a # begins a comment, behind other characters it is one of them
_COMMENT = re.compile(r"[^\S\r\n]#")
_BARE = re.compile(r"[A-Za-z0-9_./+=:@%,-]+")
_BARE_WITH_BACKSLASHES = re.compile(r"[A-Za-z0-9_./+=:@%,\\-]+")
_AS_IT_IS_IN_SINGLE_QUOTES = re.compile(r"(?:[^'\\\r]|\\(?!['\\]))*")
_AS_IT_IS_IN_DOUBLE_QUOTES = re.compile(r"[^\"\\$`\r]*")
_NOT_IN_AN_ENVIRONMENT = re.compile(r"[\0\ud800-\udfff]")


class _Assignment(NamedTuple):
    """Offsets of an assignment and of its value; without `=` the value is behind the name."""

    name: str
    start: int
    has_equals: bool
    value: int
    value_end: int
    end: int


class Dotenv:
    """A `Format` of names with a text each. `${OTHER}` stands in the data as it is written."""

    takes_bom = True

    def read(self, text: str) -> dict[str, str | None]:
        """The text of every name, None for one without `=`; of several the last one counts.

        Raises NotParsableError.
        """
        data: dict[str, str | None] = {}
        end = 0
        for binding in parse_stream(io.StringIO(text)):
            if binding.error:
                raise NotParsableError(*_line_and_column(text, end_of(_BLANKS, text, end)))
            end += len(binding.original.string)
            if binding.key is not None:
                data[binding.key] = binding.value
        return data

    def splice(self, text: str, change: Change) -> str:
        """See `Format`. A path is one name and a value a text: WrongShapeError otherwise.

        UnfitValueError is for what python-dotenv would fill in, `${...}`, for what no environment
        can hold, and for a backslash at the end of a value that needs quotes: older releases of
        python-dotenv do not see where those quotes end.
        """
        name, *below = change.path
        if below or not (isinstance(name, str) and _NAME.fullmatch(name)):
            raise WrongShapeError(*self.locate(text, change.path))
        own = [one for one in _assignments(text) if one.name == name]
        if isinstance(change, Remove):
            return _without(text, own)
        if isinstance(change, Append) or not isinstance(change.value, str):
            raise WrongShapeError(*self.locate(text, change.path))
        if own:
            return _assigned(text, own[-1], _written(change.value))
        newline = "\r\n" if "\r\n" in text else "\n"
        before = text + newline if text and not text.endswith("\n") else text
        return f"{before}{name}={_written(change.value)}{newline}"

    def locate(self, text: str, path: Keys) -> tuple[int, int]:
        """See `Format`; where the last assignment of the name begins."""
        own = [one.start for one in _assignments(text) if one.name == path[0]]
        return _line_and_column(text, own[-1] if own else 0)


def _assignments(text: str) -> Iterator[_Assignment]:
    """Every assignment of a text that parses."""
    at = end_of(_SPACE, text, 0)
    while found := _ASSIGNMENT.match(text, at):
        value = found.start("rest") - len(found["quoted"] or "")
        value_end = found.start("rest")
        if found["quoted"] is None:
            comment = _COMMENT.search(text, value, found.end("rest"))
            bare = text[value : comment.start() if comment else found.end("rest")]
            value_end = value + len(bare.rstrip())
        name = found["quoted_name"] or found["name"]
        has_equals = found["equals"] is not None
        yield _Assignment(name, at, has_equals, value, value_end, found.end())
        at = end_of(_SPACE, text, found.end())


def _assigned(text: str, own: _Assignment, written: str) -> str:
    """The text with another value in that assignment."""
    equals = "" if own.has_equals else "="
    space = " " if text.startswith("#", own.value_end) else ""
    return text[: own.value] + equals + written + space + text[own.value_end :]


def _without(text: str, own: Iterable[_Assignment]) -> str:
    """The text without these assignments, and without their lines."""
    parts, at = list[str](), 0
    for one in own:
        parts.append(text[at : one.start].rstrip(" \t"))
        at = one.end
    return "".join([*parts, text[at:]])


def _written(value: str) -> str:
    """A value as python-dotenv reads it, and shells and Node.js too wherever all three agree."""
    is_filled_in = any(isinstance(atom, Variable) for atom in parse_variables(value))
    if is_filled_in or _NOT_IN_AN_ENVIRONMENT.search(value):
        raise UnfitValueError
    if _BARE.fullmatch(value):
        return value
    if value.endswith("\\"):
        if _BARE_WITH_BACKSLASHES.fullmatch(value):
            return value
        raise UnfitValueError
    if _AS_IT_IS_IN_SINGLE_QUOTES.fullmatch(value):
        return f"'{value}'"
    if not _AS_IT_IS_IN_DOUBLE_QUOTES.fullmatch(value):
        value = value.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\r")
    return f'"{value}"'


def _line_and_column(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
