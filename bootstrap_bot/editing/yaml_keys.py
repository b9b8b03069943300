"""What the keys of YAML tables are to one reader and another."""

from collections.abc import Iterator
from contextlib import suppress

_CONSTANTS = {
    "true": ("true", "yes", "on", "y"),
    "false": ("false", "no", "off", "n"),
    "null": ("null", "~", ""),
    "Infinity": (".inf", "+.inf"),
    "-Infinity": ("-.inf",),
    "NaN": (".nan",),
}


def clash(name: str, written: str) -> bool:
    """Whether that text is, to some reader, the key that is written in that other way.

    YAML 1.1 and 1.2 differ in what is a number or a constant, and readers in JavaScript make
    texts of all keys.
    """
    return name in _texts_of(written)


def _texts_of(written: str) -> Iterator[str]:
    """The text itself, and what it comes to as a constant or as a number."""
    yield written
    lower, digits = written.lower(), written.replace("_", "").lower()
    yield from (name for name, spellings in _CONSTANTS.items() if lower in spellings)
    for base in (10, 8, 0):
        with suppress(ValueError):
            yield str(int(digits, base))
    with suppress(ValueError, OverflowError):
        number = float(digits)
        yield str(int(number)) if number.is_integer() else repr(number)
    with suppress(ValueError):
        # 1:30 is ninety in YAML 1.1
        total = 0
        for part in digits.split(":"):
            total = total * 60 + int(part)
        yield str(total)
