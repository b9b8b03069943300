"""Lists and tables that stand between brackets, with commas: found in a text and changed there.

JSON, JSON5 and the values of TOML are written so. The text is known to parse.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bootstrap_bot.editing.format import Keys

_BLANKS = re.compile(r"[ \t]*+")
_KEYS_OF_A_LIST: tuple[str, ...] = ()


@dataclass(frozen=True)
class Syntax:
    """What one format writes between brackets.

    `string`, `bare` and `comment` are patterns: of a text, of another scalar, and of comments;
    `line_comment` begins one that ends with its line. `key` tells the names of the key at an
    offset, several when it is dotted, and where it ends. `written` makes a text of a value, over
    lines of that indentation or on one line, with that `separator` behind keys. `spreads`:
    tables may go over several lines, and what was empty does where there is room.
    """

    string: str
    bare: str
    comment: str
    line_comment: str
    separator: str
    key: Callable[[str, int], tuple[tuple[str, ...], int]]
    written: Callable[[Any, str, str | None], str]
    written_key: Callable[[str], str]
    spreads: bool

    @cached_property
    def space(self) -> re.Pattern[str]:
        """Whatever may stand between two tokens."""
        return re.compile(rf"(?:[\s\ufeff]|{self.comment})*+", re.DOTALL)

    @cached_property
    def scalar(self) -> re.Pattern[str]:
        """A text or another value without brackets."""
        return re.compile(rf"{self.string}|{self.bare}", re.DOTALL)

    @cached_property
    def brackets(self) -> re.Pattern[str]:
        """One that opens in the first group, one that closes in the second, or what has none."""
        return re.compile(rf"{self.string}|{self.comment}|([\[{{])|([\]}}])", re.DOTALL)

    @cached_property
    def between(self) -> re.Pattern[str]:
        """A separator with nothing but blanks around it."""
        return re.compile(rf"[ \t]*{self.separator}[ \t]*")

    @cached_property
    def comments(self) -> re.Pattern[str]:
        """Up to the last comment's end, and that of its line when only blanks follow."""
        pattern = rf"(?:[\s\ufeff]*(?:{self.comment}))*+(?:[ \t]+(?=\r?\n))?"
        return re.compile(pattern, re.DOTALL)

    @cached_property
    def rest_of_line(self) -> re.Pattern[str]:
        """Blanks and comments up to where the line ends."""
        return re.compile(rf"(?:[ \t]|{self.comment})*+(?=\r?\n)")


@dataclass(frozen=True, slots=True)
class Member:
    """Offsets of a table's `key: value`, a list's element or the root, and what is in it.

    `start` is the key's and `key_end` where it ends, both the value's where there is none;
    `comma` is that of the one behind it. `members` are those on the path and beside it.
    """

    names: tuple[str, ...]
    start: int
    key_end: int
    value: int
    value_end: int
    comma: int | None
    members: Sequence["Member"]

    @property
    def end(self) -> int:
        """Behind it and its comma."""
        return self.value_end if self.comma is None else self.comma + 1


class Brackets:
    """One value in a text, and where the things on a path through it stand."""

    def __init__(self, text: str, start: int, syntax: Syntax, path: Keys) -> None:
        self.text = text
        self._syntax = syntax
        self.root = self._member(start, path, has_key=False)
        self._newline = "\r\n" if "\r\n" in text else "\n"
        lines = (self._indentation(m.start) for m in self.root.members if self._begins_line(m))
        self._unit = next(lines, "") or "  "

    def way(self, path: Keys) -> tuple[list[Member], Keys]:
        """The members on the way down, the root being the first one, and what is missing."""
        way = [self.root]
        while path:
            holder = way[-1]
            if isinstance(path[0], int):
                is_list = self.text[holder.value] == "["
                found = holder.members[path[0] : path[0] + 1] if is_list else ()
            else:
                # of a key that is there twice, the last one is what readers see
                found = [m for m in holder.members if m.names and m.names == path[: len(m.names)]]
            if not found:
                break
            way.append(found[-1])
            path = path[len(found[-1].names) or 1 :]
        return way, path

    def replaced(self, member: Member, value: Any) -> str:
        """The text with another value there."""
        indentation = self._indentation(member.start) if self._begins_line(member) else None
        written = self._written(value, self._between(self.root.members), indentation)
        return self.text[: member.value] + written + self.text[member.value_end :]

    def extended(self, holder: Member, key: str | None, value: Any) -> str:
        """The text with one more member at the end of a table, or of a list without a key."""
        siblings = holder.members
        indentation = self._indentation_in(holder)
        between = self._between(siblings if siblings and key is not None else self.root.members)
        member = self._written(value, between, indentation)
        if key is not None:
            member = f"{self._syntax.written_key(key)}{between}{member}"
        line = None if indentation is None else self._newline + indentation
        if siblings:
            gap = self._gap(siblings, between) if line is None else line
            return self._with_next(siblings[-1], gap + member, own_line=line is not None)
        return self._with_first(holder, member, line)

    def without(self, holder: Member, member: Member) -> str:
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

    def _member(self, start: int, path: Keys | None, *, has_key: bool) -> Member:
        """What begins at `start`; without a path, as a whole."""
        text, syntax = self.text, self._syntax
        names, key_end, value = _KEYS_OF_A_LIST, start, start
        if has_key:
            names, key_end = syntax.key(text, start)
            value = end_of(syntax.space, text, end_of(syntax.space, text, key_end) + 1)
            path = _rest(path, names)
        members = list[Member]()
        if path is None or text[value] not in "{[":
            value_end = self._passed(value)
        else:
            is_table = text[value] == "{"
            at = end_of(syntax.space, text, value + 1)
            while text[at] not in "}]":
                below = path if is_table else _rest(path, (len(members),))
                members.append(self._member(at, below, has_key=is_table))
                at = end_of(syntax.space, text, members[-1].end)
            value_end = at + 1
        behind = end_of(syntax.space, text, value_end)
        comma = behind if text.startswith(",", behind) else None
        return Member(names, start, key_end, value, value_end, comma, members)

    def _passed(self, at: int) -> int:
        """Where the value that begins there ends."""
        return value_end(self._syntax, self.text, at)

    def _with_next(self, last: Member, member: str, *, own_line: bool) -> str:
        text = self.text
        at = end_of(self._syntax.comments, text, last.end) if own_line else last.end
        if last.comma is not None:
            return f"{text[:at]}{member},{text[at:]}"
        return f"{text[: last.end]},{text[last.end : at]}{member}{text[at:]}"

    def _with_first(self, holder: Member, member: str, line: str | None) -> str:
        """A member where only comments are; `line` begins its own line, None when it has none."""
        at, close = end_of(self._syntax.comments, self.text, holder.value + 1), holder.value_end - 1
        before = after = self.text[at:close]
        if line is not None:
            before = line
            if "\n" not in after:
                after = self._newline + self._indentation(holder.value)
        return self.text[:at] + before + member + after + self.text[close:]

    def _cut(self, member: Member, above: str) -> tuple[int, int]:
        """What goes with a member: its line, or the blanks on one side of it."""
        text, syntax = self.text, self._syntax
        start = self._before_blanks(member.start)
        behind = end_of(_BLANKS, text, member.end)
        if text[start - 1] == "\n":
            line = start - 1 - (text[start - 2 : start - 1] == "\r")
            if rest := syntax.rest_of_line.match(text, member.end):
                return line, rest.end()
            # a comment up to a line's end would swallow the bracket
            *_, last = ["", *re.findall(syntax.comment, above, re.DOTALL)]
            if text[behind] in "}]" and not last.startswith(syntax.line_comment):
                return line, member.end
        elif text[behind] in f"\r\n}}]{syntax.line_comment[0]}":
            return start, member.end
        return member.start, behind

    def _begins_line(self, member: Member) -> bool:
        return self.text.endswith("\n", 0, self._before_blanks(member.start))

    def _before_blanks(self, at: int) -> int:
        while at and self.text[at - 1] in " \t":
            at -= 1
        return at

    def _indentation(self, at: int) -> str:
        """That of the line."""
        line = self.text.rfind("\n", 0, at) + 1
        return self.text[line : end_of(_BLANKS, self.text, line)]

    def _indentation_in(self, holder: Member) -> str | None:
        """That of the next member; None when it belongs on the line of the others."""
        if self.text[holder.value] == "{" and not self._syntax.spreads:
            return None
        if holder.members:
            last = holder.members[-1]
            return self._indentation(last.start) if self._begins_line(last) else None
        begins = holder is self.root or self._begins_line(holder)
        if (begins and self._syntax.spreads) or "\n" in self.text[holder.value : holder.value_end]:
            return self._indentation(holder.value) + self._unit
        return None

    def _between(self, members: Sequence[Member]) -> str:
        """A separator with the blanks that the last one has."""
        if members and members[-1].names:
            between = self.text[members[-1].key_end : members[-1].value]
            if self._syntax.between.fullmatch(between):
                return between
        return f"{' ' * (self._syntax.separator == '=')}{self._syntax.separator} "

    def _gap(self, members: Sequence[Member], between: str) -> str:
        """What stands between a comma and the next member of the same line."""
        gap = self.text[members[-2].end : members[-1].start] if len(members) > 1 else "\n"
        if not gap.strip(" \t"):
            return gap
        return "" if between.endswith(self._syntax.separator) else " "

    def _written(self, value: Any, between: str, indentation: str | None) -> str:
        """A value over several lines, or on one when there is no indentation."""
        unit = None if indentation is None else self._unit
        lines = self._syntax.written(value, between, unit)
        return lines.replace("\n", f"{self._newline}{indentation}")


def value_end(syntax: Syntax, text: str, at: int) -> int:
    """Where the value that begins there ends."""
    if text[at] not in "[{":
        return end_of(syntax.scalar, text, at)
    depth = 0
    for found in syntax.brackets.finditer(text, at):
        depth += (found[1] is not None) - (found[2] is not None)
        if not depth:
            return found.end()
    return len(text)


def end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    """The end of what the pattern finds at an offset; there when it finds nothing."""
    found = pattern.match(text, at)
    return found.end() if found else at


def _rest(path: Keys | None, keys: Keys) -> Keys | None:
    """How the path goes on behind these keys; None when it does not lead through them."""
    return path[len(keys) :] if path is not None and path[: len(keys)] == keys and keys else None
