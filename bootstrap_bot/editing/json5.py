"""JSON and JSON5 texts: read by parsers, changed at places that a small scanner finds."""

import json
import re
from dataclasses import dataclass
from typing import Any

from bootstrap_bot.editing.brackets import Brackets, Syntax, end_of
from bootstrap_bot.editing.format import Append, Change, Keys, Remove, Set, WrongShapeError
from bootstrap_bot.editing.json_reader import COMMENT, SPACE, position, read_json, read_json5

_KEY = re.compile(r""""(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'|[^\s\ufeff:"'/]++""", re.DOTALL)
# JSON lets them stand in a string; UTF-8, or readers that know more kinds of line ends, do not.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Json5:
    """The `Format` of JSON and of JSON5. Whatever is written is valid in both."""

    takes_bom = True

    def read(self, text: str) -> Any:
        """See `Format`; whatever JSON5 or JSON allows."""
        return read_json5(text)

    def splice(self, text: str, change: Change) -> str:
        """See `Format`. Of a key that is there twice, the last one is set: the one readers see."""
        if isinstance(change, Remove):
            return _without(text, change.path)
        document = _document(text if text.strip() else "{}" + (text or "\n"), change.path)
        way, missing = document.way(change.path)
        holder, value = way[-1], change.value
        kind = document.text[holder.value]
        if isinstance(change, Append) and not missing and kind == "[":
            return document.extended(holder, None, value)
        for name in reversed(missing[1:]):
            value = {name: value}
        if isinstance(change, Set) and not missing:
            return document.replaced(holder, value)
        if isinstance(change, Set) and isinstance(missing[0], str):
            if kind == "{":
                return document.extended(holder, missing[0], value)
            if document.text[holder.value : holder.value_end] == "null":
                return document.replaced(holder, {missing[0]: value})
        raise WrongShapeError(*position(document.text, holder.value))

    def locate(self, text: str, path: Keys) -> tuple[int, int]:
        """See `Format`."""
        if not text.strip():
            return 1, 1
        way, _ = _document(text, path).way(path)
        return position(text, way[-1].value)


@dataclass(frozen=True, slots=True)
class Json(Json5):
    """The `Format` of programs that take strict JSON only.

    `takes_nan`: and also NaN and Infinity, as Python's parser does unless it is told otherwise.
    """

    takes_bom: bool = False
    takes_nan: bool = False

    def read(self, text: str) -> Any:
        """See `Format`. Of a key that is there twice, the last one counts."""
        return read_json(text, takes_nan=self.takes_nan)


def _document(text: str, path: Keys) -> Brackets:
    return Brackets(text, end_of(SPACE, text, 0), _SYNTAX, path)


def _without(text: str, path: Keys) -> str:
    document = _document(text, path)
    way, missing = document.way(path)
    if missing:
        return text
    *_, holder, member = way
    new = document.without(holder, member)
    # a table may have had the key twice, and readers would see the other one now
    return _without(new, path) if text[holder.value] == "{" else new


def _key(text: str, at: int) -> tuple[tuple[str, ...], int]:
    end = end_of(_KEY, text, at)
    written = text[at:end]
    if "\\" in written:
        (name,) = read_json5(f"{{{written}:0}}")
        return (str(name),), end
    return (written[1:-1] if written[0] in "\"'" else written,), end


def _written(value: Any, between: str, unit: str | None) -> str:
    comma = "," if unit is not None or between.endswith(":") else ", "
    return _json(value, indent=unit, separators=(comma, between))


def _json(value: Any, **style: Any) -> str:
    """As JSON, with everything that is not ASCII as it is unless readers might trip over it."""
    written = json.dumps(value, ensure_ascii=False, **style)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


_SYNTAX = Syntax(
    string=r""""(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'""",
    bare=r"""[^\s\ufeff{}\[\],:"'/]+""",
    comment=COMMENT,
    line_comment="//",
    separator=":",
    key=_key,
    written=_written,
    written_key=_json,
    spreads=True,
)
