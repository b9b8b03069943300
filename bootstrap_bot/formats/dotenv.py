"""Dotenv files: read by python-dotenv, edited one assignment at a time."""

import io
import re
from collections.abc import Iterable, Iterator

from dotenv.parser import Binding, parse_stream
from dotenv.variables import Variable, parse_variables

from bootstrap_bot.formats.format import (
    Append,
    Change,
    Keys,
    NotParsableError,
    Remove,
    UnfitValueError,
    WrongShapeError,
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNMENT = re.compile(
    r"""
    (?P<head> (?:export[^\S\r\n]+)? (?:'[^']+'|[^=\#\s]+) )
    (?P<equals> [^\S\r\n]*=(?:[^\S\r\n]+(?=[^\s\#]))? )?
    (?P<value> (?P<quoted> '(?:\\.|[^'\\])*' | "(?:\\.|[^"\\])*" ) | [^\r\n]*? )
    # right behind quotes a # begins a comment, behind other characters it is one of them
    (?P<tail>
        [^\S\r\n]* (?: (?(quoted)|(?<=[^\S\r\n])) \#[^\r\n]* )?
        (?: \r\n | \n | \r | \Z )
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_BARE = re.compile(r"[A-Za-z0-9_./+=:@%,-]+")
_BARE_WITH_BACKSLASHES = re.compile(r"[A-Za-z0-9_./+=:@%,\\-]+")
_AS_IT_IS_IN_SINGLE_QUOTES = re.compile(r"(?:[^'\\\r]|\\(?!['\\]))*")
_AS_IT_IS_IN_DOUBLE_QUOTES = re.compile(r"[^\"\\$`\r]*")
_NOT_IN_AN_ENVIRONMENT = re.compile(r"[\0\ud800-\udfff]")


class Dotenv:
    """A `Format` of names with a text each. `${OTHER}` stands in the data as it is written."""

    takes_bom = True

    def read(self, text: str) -> dict[str, str | None]:
        """The text of every name, None for one without `=`; of several the last one counts.

        Raises NotParsableError.
        """
        data: dict[str, str | None] = {}
        for at, binding in _bindings(text):
            if binding.error:
                raise NotParsableError(*_line_and_column(text, at))
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
        own = [at for at, binding in _bindings(text) if binding.key == name]
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
        own = [at for at, binding in _bindings(text) if binding.key == path[0]]
        return _line_and_column(text, own[-1] if own else 0)


def _bindings(text: str) -> Iterator[tuple[int, Binding]]:
    """Assignments, comments and faulty lines, each with the offset at which it begins."""
    end = 0
    for binding in parse_stream(io.StringIO(text)):
        end += len(binding.original.string)
        yield end - len(binding.original.string.lstrip()), binding


def _assigned(text: str, at: int, written: str) -> str:
    """The text with another value in the assignment that begins there."""

    def assign(parts: re.Match[str]) -> str:
        space = " " if parts["tail"].startswith("#") else ""
        return parts["head"] + (parts["equals"] or "=") + written + space + parts["tail"]

    return text[:at] + _ASSIGNMENT.sub(assign, text[at:], count=1)


def _without(text: str, offsets: Iterable[int]) -> str:
    """The text without the assignments that begin there, and without their lines."""
    for at in sorted(offsets, reverse=True):
        text = text[:at].rstrip(" \t") + _ASSIGNMENT.sub("", text[at:], count=1)
    return text


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
