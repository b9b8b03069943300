"""JSON and JSON5 texts: read by parsers, changed at places that a small scanner finds."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap_bot.formats.format import (
    Append,
    Change,
    Key,
    Keys,
    Remove,
    Set,
    WrongShapeError,
)
from bootstrap_bot.formats.json_reader import COMMENT, SPACE, end, position, read_json, read_json5

_TOKEN = re.compile(
    r"""[{}\[\],:]|"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'|[^\s\ufeff{}\[\],:"'/]+""", re.DOTALL
)
_BLANKS = re.compile(r"[ \t]*")
_COLON = re.compile(r"[ \t]*:[ \t]*")
# Up to the last comment's end, and that of its line when only blanks follow.
_COMMENTS = re.compile(rf"(?:[\s\ufeff]*(?:{COMMENT}))*+(?:[ \t]+(?=\r?\n))?", re.DOTALL)
_REST_OF_LINE = re.compile(r"(?:[ \t]|//[^\n\r\u2028\u2029]*|/\*[^\n]*?\*/)*+(?=\r?\n)")
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
        document = _Document(text if text.strip() else "{}" + (text or "\n"))
        way = document.way(change.path)
        holder, missing, value = way[-1], change.path[len(way) - 1 :], change.value
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
        return position(text, _Document(text).way(path)[-1].value)


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


def _without(text: str, path: Keys) -> str:
    document = _Document(text)
    way = document.way(path)
    if len(way) <= len(path):
        return text
    new = document.without(way[-2], way[-1])
    # a table may have had the key twice, and readers would see the other one now
    return _without(new, path) if text[way[-2].value] == "{" else new


@dataclass(frozen=True, slots=True)
class _Member:
    """Offsets of a table's `key: value`, a list's element or the root, and what is in it.

    `start` is the key's, `comma` that of the one behind it.
    """

    start: int
    value: int
    value_end: int
    comma: int | None
    members: Sequence["_Member"]

    @property
    def end(self) -> int:
        """Behind it and its comma."""
        return self.value_end if self.comma is None else self.comma + 1


class _Document:
    """A text that parses, with the place of everything in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._root = _member(text, end(SPACE, text, 0), has_key=False)
        self._newline = "\r\n" if "\r\n" in text else "\n"
        lines = (self._indentation(m.start) for m in self._root.members if self._begins_line(m))
        self._unit = next(lines, "") or "  "

    def way(self, path: Keys) -> list[_Member]:
        """The members on the way down, as far as they are there; the root is the first one."""
        way = [self._root]
        for key in path:
            member = self._find(way[-1], key)
            if member is None:
                break
            way.append(member)
        return way

    def replaced(self, member: _Member, value: Any) -> str:
        """The text with another value there."""
        indentation = self._indentation(member.start) if self._begins_line(member) else None
        written = self._written(value, self._colon(self._root.members), indentation)
        return self.text[: member.value] + written + self.text[member.value_end :]

    def extended(self, holder: _Member, key: str | None, value: Any) -> str:
        """The text with one more member at the end of a table, or of a list without a key."""
        siblings = holder.members
        indentation = self._indentation_in(holder)
        is_table = key is not None
        colon = self._colon(siblings if is_table and siblings else self._root.members)
        member = self._written(value, colon, indentation)
        if key is not None:
            member = f"{_json(key)}{colon}{member}"
        line = None if indentation is None else self._newline + indentation
        if siblings:
            gap = self._gap(siblings, colon) if line is None else line
            return self._with_next(siblings[-1], gap + member, own_line=line is not None)
        return self._with_first(holder, member, line)

    def _with_next(self, last: _Member, member: str, *, own_line: bool) -> str:
        text = self.text
        at = end(_COMMENTS, text, last.end) if own_line else last.end
        if last.comma is not None:
            return f"{text[:at]}{member},{text[at:]}"
        return f"{text[: last.end]},{text[last.end : at]}{member}{text[at:]}"

    def _with_first(self, holder: _Member, member: str, line: str | None) -> str:
        """A member where only comments are; `line` begins its own line, None when it has none."""
        at, close = end(_COMMENTS, self.text, holder.value + 1), holder.value_end - 1
        before = after = self.text[at:close]
        if line is not None:
            before = line
            if "\n" not in after:
                after = self._newline + self._indentation(holder.value)
        return self.text[:at] + before + member + after + self.text[close:]

    def without(self, holder: _Member, member: _Member) -> str:
        """The text without one member, its comma, and its line when nothing else is on it."""
        text, inner, close = self.text, holder.value + 1, holder.value_end - 1
        if not (text[inner : member.start] + text[member.end : close]).strip():
            return text[:inner] + text[close:]
        index = holder.members.index(member)
        above = holder.members[index - 1].end if index > 0 else inner
        start, behind = self._cut(member, text[above : member.start])
        if member.comma is None and index > 0:
            return text[: above - 1] + text[above:start] + text[behind:]
        return text[:start] + text[behind:]

    def _cut(self, member: _Member, above: str) -> tuple[int, int]:
        """What goes with a member: its line, or the blanks on one side of it."""
        text = self.text
        start = len(text[: member.start].rstrip(" \t"))
        behind = end(_BLANKS, text, member.end)
        if text[start - 1] == "\n":
            line = len(text[: start - 1].removesuffix("\r"))
            if rest := _REST_OF_LINE.match(text, member.end):
                return line, rest.end()
            # a comment up to a line's end would swallow the bracket
            *_, last = ["", *re.findall(COMMENT, above, re.DOTALL)]
            if text[behind] in "}]" and not last.startswith("//"):
                return line, member.end
        elif text[behind] in "\r\n}]/":
            return start, member.end
        return member.start, behind

    def _find(self, holder: _Member, key: Key) -> _Member | None:
        members, is_list = holder.members, self.text[holder.value] == "["
        if isinstance(key, int):
            return members[key] if is_list and key < len(members) else None
        if is_list:
            return None
        return next((m for m in reversed(members) if self._key(m) == key), None)

    def _key(self, member: _Member) -> str:
        written = self.text[member.start : end(_TOKEN, self.text, member.start)]
        (key,) = Json5().read(f"{{{written}:0}}")
        return str(key)

    def _begins_line(self, member: _Member) -> bool:
        return self.text[: member.start].rstrip(" \t").endswith("\n")

    def _indentation(self, at: int) -> str:
        """That of the line."""
        line = self.text.rfind("\n", 0, at) + 1
        return self.text[line : end(_BLANKS, self.text, line)]

    def _indentation_in(self, holder: _Member) -> str | None:
        """That of the next member; None when it belongs on the line of the others."""
        if holder.members:
            last = holder.members[-1]
            return self._indentation(last.start) if self._begins_line(last) else None
        spreads = holder is self._root or self._begins_line(holder)
        if spreads or "\n" in self.text[holder.value : holder.value_end]:
            return self._indentation(holder.value) + self._unit
        return None

    def _colon(self, members: Sequence[_Member]) -> str:
        """A colon with the blanks that the last one has."""
        if not members:
            return ": "
        last = members[-1]
        colon = self.text[end(_TOKEN, self.text, last.start) : last.value]
        return colon if _COLON.fullmatch(colon) else ": "

    def _gap(self, members: Sequence[_Member], colon: str) -> str:
        """What stands between a comma and the next member of the same line."""
        between = self.text[members[-2].end : members[-1].start] if len(members) > 1 else "\n"
        if not between.strip(" \t"):
            return between
        return "" if colon.endswith(":") else " "

    def _written(self, value: Any, colon: str, indentation: str | None) -> str:
        """A value as JSON over several lines, or on one when there is no indentation."""
        if indentation is None:
            return _json(value, separators=("," if colon.endswith(":") else ", ", colon))
        lines = _json(value, indent=self._unit, separators=(",", colon))
        return lines.replace("\n", self._newline + indentation)


def _member(text: str, start: int, *, has_key: bool) -> _Member:
    """What begins at `start`."""
    value, members = start, list[_Member]()
    if has_key:
        colon = end(SPACE, text, end(_TOKEN, text, start))
        value = end(SPACE, text, colon + 1)
    value_end = end(_TOKEN, text, value)
    if text[value] in "{[":
        at = end(SPACE, text, value_end)
        while text[at] not in "}]":
            members.append(_member(text, at, has_key=text[value] == "{"))
            at = end(SPACE, text, members[-1].end)
        value_end = at + 1
    behind = end(SPACE, text, value_end)
    comma = behind if text.startswith(",", behind) else None
    return _Member(start, value, value_end, comma, members)


def _json(value: Any, **style: Any) -> str:
    """As JSON, with everything that is not ASCII as it is unless readers might trip over it."""
    written = json.dumps(value, ensure_ascii=False, **style)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", written)
