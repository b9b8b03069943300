"""Keys and values as TOML writes them."""

import json
import re
from typing import Any

from bootstrap_bot.editing.format import UnfitValueError

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


def key(name: str) -> str:
    """A key, in quotes where it needs them. Raises UnfitValueError as `text` does."""
    return name if _BARE.fullmatch(name) else text(name)


def text(value: str) -> str:
    """A text in quotes. Raises UnfitValueError for halves of surrogates, which TOML cannot say."""
    if _SURROGATE.search(value):
        raise UnfitValueError
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def inline(value: Any, equals: str = " = ") -> str:
    """A value on one line. Raises TypeError for what TOML does not have, and UnfitValueError."""
    if isinstance(value, dict):
        pairs = (f"{key(name)}{equals}{inline(inner, equals)}" for name, inner in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(inline(inner, equals) for inner in value) + "]"
    if isinstance(value, str):
        return text(value)
    if isinstance(value, (bool, int)):
        return json.dumps(value)
    if isinstance(value, float):
        return repr(value)
    raise TypeError
