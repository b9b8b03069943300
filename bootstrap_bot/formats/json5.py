"""JSON and JSON5 texts: read by parsers, changed at places that a small scanner finds."""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pyjson5

from bootstrap_bot.formats.format import Change, Keys, NotParsableError, Remove, WrongShapeError

# Deeper than any config, and what goes through data by recursion copes with it.
_DEPTH = 100
_NEAR = re.compile(r"\bnear (\d+)")

_COMMENT = r"//[^\n\r\u2028\u2029]*|/\*.*?\*/"
_SPACE = re.compile(rf"(?:[\s\ufeff]|{_COMMENT})*+", re.DOTALL)
_TOKEN = re.compile(
    r"""[{}\[\],:]|"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'|[^\s\ufeff{}\[\],:"'/]+""", re.DOTALL
)
_BLANKS = re.compile(r"[ \t]*")
_COLON = re.compile(r"[ \t]*:[ \t]*")
# Up to the last comment's end, and that of its line when only blanks follow.
_COMMENTS = re.compile(rf"(?:[\s\ufeff]*(?:{_COMMENT}))*+(?:[ \t]+(?=\r?\n))?", re.DOTALL)
_REST_OF_LINE = re.compile(r"(?:[ \t]|//[^\n\r\u2028\u2029]*|/\*[^\n]*?\*/)*+(?=\r?\n)")
# JSON lets them stand in a string; UTF-8, or readers that know more kinds of line ends, do not.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Json5:
    """The `Format` of JSON and of JSON5. Whatever is written is valid in both."""

    def read(self, text: str) -> Any:
        """See `Format`. The JSON5 parser reads what is not strict JSON, or is nested too deep."""
        if not text.strip():
            return {}
        with suppress(ValueError, RecursionError):
            data = json.loads(text)
            if _is_shallow(data):
                return data
        try:
            return pyjson5.decode(text, maxdepth=_DEPTH)
        except pyjson5.Json5DecoderException as error:
            offset = _offset(error, text)
        raise NotParsableError(*_position(text, offset))

    def splice(self, text: str, change: Change) -> str:
        """See `Format`. Of a key that is there twice, the last one is set: the one readers see."""
        if isinstance(change, Remove):
            return _without(text, change.path)
        document = _Document(text if text.strip() else "{}" + (text or "\n"))
        way = document.way(change.path)
        holder, missing, value = way[-1], change.path[len(way) - 1 :], change.value
        for name in reversed(missing[1:]):
            value = {name: value}
        if not missing:
            return document.replaced(holder, value)
        kind = document.text[holder.value]
        if kind == "{" or (kind == "[" and missing[0].isdecimal()):
            return document.extended(holder, missing[0], value)
        if document.text[holder.value : holder.value_end] == "null":
            return document.replaced(holder, {missing[0]: value})
        raise WrongShapeError(*_position(document.text, holder.value))

    def locate(self, text: str, path: Keys) -> tuple[int, int]:
        """See `Format`."""
        if not text.strip():
            return 1, 1
        return _position(text, _Document(text).way(path)[-1].value)


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
        self._root = _member(text, _end(_SPACE, text, 0), has_key=False)
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

    def extended(self, holder: _Member, key: str, value: Any) -> str:
        """The text with one more member at the end of a table or a list."""
        siblings = holder.members
        indentation = self._indentation_in(holder)
        is_table = self.text[holder.value] == "{"
        colon = self._colon(siblings if is_table and siblings else self._root.members)
        member = self._written(value, colon, indentation)
        if is_table:
            member = f"{_json(key)}{colon}{member}"
        line = None if indentation is None else self._newline + indentation
        if siblings:
            gap = self._gap(siblings, colon) if line is None else line
            return self._with_next(siblings[-1], gap + member, own_line=line is not None)
        return self._with_first(holder, member, line)

    def _with_next(self, last: _Member, member: str, *, own_line: bool) -> str:
        text = self.text
        at = _end(_COMMENTS, text, last.end) if own_line else last.end
        if last.comma is not None:
            return f"{text[:at]}{member},{text[at:]}"
        return f"{text[: last.end]},{text[last.end : at]}{member}{text[at:]}"

    def _with_first(self, holder: _Member, member: str, line: str | None) -> str:
        """A member where only comments are; `line` begins its own line, None when it has none."""
        at, close = _end(_COMMENTS, self.text, holder.value + 1), holder.value_end - 1
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
        start, end = self._cut(member, text[above : member.start])
        if member.comma is None and index > 0:
            return text[: above - 1] + text[above:start] + text[end:]
        return text[:start] + text[end:]

    def _cut(self, member: _Member, above: str) -> tuple[int, int]:
        """What goes with a member: its line, or the blanks on one side of it."""
        text = self.text
        start = len(text[: member.start].rstrip(" \t"))
        behind = _end(_BLANKS, text, member.end)
        if text[start - 1] == "\n":
            line = len(text[: start - 1].removesuffix("\r"))
            if rest := _REST_OF_LINE.match(text, member.end):
                return line, rest.end()
            # a comment up to a line's end would swallow the bracket
            *_, last = ["", *re.findall(_COMMENT, above, re.DOTALL)]
            if text[behind] in "}]" and not last.startswith("//"):
                return line, member.end
        elif text[behind] in "\r\n}]/":
            return start, member.end
        return member.start, behind

    def _find(self, holder: _Member, key: str) -> _Member | None:
        members = holder.members
        if self.text[holder.value] == "[":
            index = int(key) if key.isdecimal() else len(members)
            return members[index] if index < len(members) else None
        return next((m for m in reversed(members) if self._key(m) == key), None)

    def _key(self, member: _Member) -> str:
        written = self.text[member.start : _end(_TOKEN, self.text, member.start)]
        (key,) = Json5().read(f"{{{written}:0}}")
        return str(key)

    def _begins_line(self, member: _Member) -> bool:
        return self.text[: member.start].rstrip(" \t").endswith("\n")

    def _indentation(self, at: int) -> str:
        """That of the line."""
        line = self.text.rfind("\n", 0, at) + 1
        return self.text[line : _end(_BLANKS, self.text, line)]

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
        colon = self.text[_end(_TOKEN, self.text, last.start) : last.value]
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
        colon = _end(_SPACE, text, _end(_TOKEN, text, start))
        value = _end(_SPACE, text, colon + 1)
    value_end = _end(_TOKEN, text, value)
    if text[value] in "{[":
        at = _end(_SPACE, text, value_end)
        while text[at] not in "}]":
            members.append(_member(text, at, has_key=text[value] == "{"))
            at = _end(_SPACE, text, members[-1].end)
        value_end = at + 1
    behind = _end(_SPACE, text, value_end)
    comma = behind if text.startswith(",", behind) else None
    return _Member(start, value, value_end, comma, members)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """The end of what the pattern finds at an offset."""
    found = pattern.match(text, at)
    return found.end() if found else at


def _offset(error: pyjson5.Json5DecoderException, text: str) -> int:
    """Where the parser says that it failed, which it does in its message only."""
    found = _NEAR.search(error.message or "")
    near = int(found[1]) if found else 0
    # the end of what was in order; all others count from one
    is_behind = isinstance(error, pyjson5.Json5ExtraData)
    return _end(_SPACE, text, near) if is_behind else max(0, near - 1)


def _position(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _is_shallow(data: Any) -> bool:
    """Whether lists and tables are nested at most `_DEPTH` times."""
    level: list[Any] = [[data]]
    for _ in range(_DEPTH + 1):
        values = (v for h in level for v in (h.values() if isinstance(h, dict) else h))
        level = [v for v in values if isinstance(v, (dict, list))]
    return not level


def _json(value: Any, **style: Any) -> str:
    """As JSON, with everything that is not ASCII as it is unless readers might trip over it."""
    written = json.dumps(value, ensure_ascii=False, **style)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", written)
