"""Values written as YAML that every reader understands alike."""

import json
import re
from typing import Any

from bootstrap_bot.editing.format import UnfitValueError

# `e3` is a number that is none to some readers.
_PLAIN = re.compile(r"(?![eE]-?\d+\Z)[A-Za-z_][\w./@-]*(?::[\w./@-]+)*", re.ASCII)
_NOT_TEXT = ("y", "yes", "n", "no", "on", "off", "true", "false", "null")


def lines(value: Any, column: int, unit: int) -> list[str]:
    """A table or list as lines, without their ends."""
    written: list[str] = []
    is_list = isinstance(value, list)
    for key, inner in enumerate(value) if is_list else value.items():
        head = " " * column + ("-" if is_list else f"{inline(key)}:")
        if not inner or not isinstance(inner, (dict, list)):
            written.append(f"{head} {inline(inner)}")
        elif is_list:
            first, *others = lines(inner, column + 2, unit)
            written += [f"{head} {first[column + 2 :]}", *others]
        else:
            written += [head, *lines(inner, column + unit, unit)]
    return written


def inline(value: Any) -> str:
    """A value as every reader of YAML 1.1 and 1.2 understands it. Raises UnfitValueError."""
    if isinstance(value, dict):
        pairs = (f"{inline(key)}: {inline(inner)}" for key, inner in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    written = json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and "." not in written:
        # YAML 1.1 takes 1e+22 for a text
        return written.replace("e", ".0e")
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT:
        return value
    return "".join(map(_escaped, written))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    if "\ud800" <= character <= "\udfff":
        raise UnfitValueError
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
