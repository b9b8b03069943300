"""What stands where in a YAML text, event by event: by libyaml, else by PyYAML's own parser."""

import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml import StreamEndEvent
from yaml.reader import ReaderError

from bootstrap_bot.editing.format import NotParsableError

PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# libyaml refuses halves of surrogates, of which JSON's escapes are made.
_HALVES = re.compile(r"\\u[dD][89a-fA-F]")


def events(text: str) -> Iterator[Any]:
    """The events of a text, each with its marks. Raises NotParsableError."""
    try:
        loader = (yaml.SafeLoader if _HALVES.search(text) else PARSER)(text)
        while not isinstance(event := loader.get_event(), StreamEndEvent):
            yield event
    except yaml.YAMLError as error:
        position = _position(error, text)
    else:
        return
    raise NotParsableError(*position)


def line_start(text: str, at: int) -> int:
    """Where the line begins in which `at` is."""
    return text.rfind("\n", 0, at) + 1


def line_and_column(text: str, at: int) -> tuple[int, int]:
    """Both count from 1."""
    return text.count("\n", 0, at) + 1, at - line_start(text, at) + 1


def _position(error: yaml.YAMLError, text: str) -> tuple[int, int]:
    """Where the parser stopped."""
    if isinstance(error, ReaderError):
        found = yaml.reader.Reader.NON_PRINTABLE.search(text)
        return line_and_column(text, found.start() if found else 0)
    mark = getattr(error, "problem_mark", None)
    return line_and_column(text, min(mark.index, len(text))) if mark else (0, 0)
