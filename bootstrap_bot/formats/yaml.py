"""YAML: read by PyYAML, edited at the places where ruamel.yaml finds things."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml
from ruamel.yaml import YAML, events
from ruamel.yaml.error import YAMLError

from bootstrap_bot.formats.format import Append, Change, Keys, Remove, WrongShapeError
from bootstrap_bot.formats.yaml_reader import line_and_column, line_start, position_of, read_yaml
from bootstrap_bot.formats.yaml_values import inline, lines

_KINDS: dict[str, type] = {"tag:yaml.org,2002:str": str, "tag:yaml.org,2002:null": type(None)}
_resolve: Callable[..., str] = yaml.resolver.Resolver().resolve

_GAP = re.compile(r"(?:\s|#[^\n]*)*")
_PROPERTIES = re.compile(r"(?:[&!]\S*" + _GAP.pattern + r")*")
_COMMA = re.compile(_GAP.pattern + r",(?:[ \t]+#[^\n]*)?\s*")
_BLANKS = re.compile(r"\s*")
_LINE = re.compile(r"[^\n]*\n?")
_BLANK_LINE = re.compile(r"\A\r?\n")
_COMMENT_LINE = re.compile(r"([ \t]*)#[^\n]*\n?")
_BLOCK_SCALAR = re.compile(r"(?:[&!]\S*\s+)*[|>](?P<mode>[-+\d]*)(?P<comment>[ \t]+#[^\r\n]*)?")


class Yaml:
    """A `Format`. New tables and lists go over lines of their own, but not inside of `{}` or `[]`.

    What aliases and merge keys bring along is not changed through them: WrongShapeError.
    """

    takes_bom = True

    def read(self, text: str) -> Any:
        """See `read_yaml`."""
        return read_yaml(text)

    def splice(self, text: str, change: Change) -> str:
        """See `Format`; UnfitValueError is for halves of surrogates alone."""
        document = _Document(text)
        if isinstance(change, Remove):
            new = document.remove(change.path)
        elif isinstance(change, Append):
            new = document.append(change.path, change.value)
        else:
            new = document.set(change.path, change.value)
        if new is None:
            raise WrongShapeError(*document.locate(change.path))
        return new

    def locate(self, text: str, path: Keys) -> tuple[int, int]:
        """See `Format`; the place of a value, not of its key. Raises WrongShapeError."""
        return _Document(text).locate(path)


@dataclass(slots=True)
class _Place:
    """A value in the text: `start` with its anchor and tag, `end` behind its last character.

    `kind` is dict, list, str or NoneType, and object for anything else. `head` is where its key
    or dash begins, `mark` is behind the `:` or dash, None where there is none. `key` is None
    unless it is a text.
    """

    start: int
    end: int
    kind: type = object
    flow: bool = False
    key: str | None = None
    head: int = 0
    mark: int | None = None
    inner: list["_Place"] = field(default_factory=list)


class _Document:
    """A text that parses, as a tree of places. Raises WrongShapeError when YAML 1.2 forbids it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._unit = 0
        self._events = YAML(typ="safe", pure=True).parse(text)
        try:
            first = next((e for e in self._events if isinstance(e, events.NodeEvent)), None)
            self._root = self._place(first) if first else _Place(len(text), len(text), type(None))
        except YAMLError as error:
            position = position_of(error, text)
        else:
            self._root.mark = self._root.start
            return
        raise WrongShapeError(*position)

    def locate(self, path: Keys) -> tuple[int, int]:
        """Line and column of the value there, or of the nearest thing above."""
        return line_and_column(self._text, self._find(path)[0][-1].start)

    def set(self, path: Keys, value: Any) -> str | None:
        """The text with the value there; None when it cannot be put there."""
        chain, rest = self._find(path)
        if not rest:
            return self._replaced(chain, value)
        if chain[-1].kind not in (dict, type(None)):
            return None
        for key in reversed(rest):
            value = {key: value}
        return self._extended(chain, value)

    def append(self, path: Keys, value: Any) -> str | None:
        """The text with one more element in the list there; None when there is no list."""
        chain, rest = self._find(path)
        return None if rest or chain[-1].kind is not list else self._extended(chain, [value])

    def remove(self, path: Keys) -> str | None:
        """The text without what stands there, and without block tables that would be empty."""
        chain, rest = self._find(path)
        if rest:
            return None
        # inside of a list they stay: it has to keep what it holds
        while len(chain) > 2 and len(chain[-2].inner) == 1 and _are_block_tables(chain[:-1]):
            chain.pop()
        *above, place = chain
        parent = above[-1]
        if len(parent.inner) == 1 and (parent.flow or len(above) > 1):
            return self._replaced(above, parent.kind())
        start, end = self._flow_span(parent, place) if parent.flow else self._block_span(place)
        return self._text[:start] + self._text[end:]

    def _find(self, path: Keys) -> tuple[list[_Place], Keys]:
        """What stands on the way down the path, from the root on, and what of it is missing."""
        chain = [self._root]
        for depth, key in enumerate(path):
            if isinstance(key, int):
                found = chain[-1].inner[key:][:1] if chain[-1].kind is list else []
            else:
                # of a key that stands twice the last one counts
                found = [place for place in chain[-1].inner if place.key == key][-1:]
            if not found:
                return chain, path[depth:]
            chain += found
        return chain, ()

    def _place(self, event: Any) -> _Place:
        """A value from its first event on."""
        place = _Place(event.start_mark.index, event.end_mark.index)
        if isinstance(event, events.ScalarEvent):
            tag = event.tag or _resolve(yaml.ScalarNode, event.value, event.implicit)
            place.kind = _KINDS.get(tag, object)
            place.key = event.value if place.kind is str else None
            if event.style in ("|", ">"):
                place.end = self._block_scalar_end(place)
        elif isinstance(event, events.CollectionStartEvent):
            place.kind = dict if isinstance(event, events.MappingStartEvent) else list
            place.flow = bool(event.flow_style)
            self._fill(place)
        return place

    def _fill(self, place: _Place) -> None:
        """Takes what is in a table or list from the events, up to its end."""
        at = _end_of(_PROPERTIES, self._text, place.start)
        for event in self._events:
            if isinstance(event, events.CollectionEndEvent):
                place.end = event.end_mark.index if place.flow else at
                break
            inner = self._place(event)
            if place.kind is dict:
                at = inner.end
                inner = self._pair(inner, self._place(next(self._events)))
            else:
                inner.head = inner.start if place.flow else _end_of(_GAP, self._text, at)
                inner.key, inner.mark = None, inner.head + (not place.flow)
            if inner.start == inner.end:
                # events have nothing at all stand where the next thing begins
                inner.start = inner.end = inner.mark or at
            at = inner.end
            place.inner.append(inner)

    def _pair(self, key: _Place, value: _Place) -> _Place:
        colon = _end_of(_GAP, self._text, key.end)
        value.head, value.key = key.start, key.key
        value.mark = colon + 1 if self._text.startswith(":", colon) else None
        if value.kind is dict and not value.flow and not self._unit:
            self._unit = max(0, self._column(value.inner[0].head) - self._column(key.start))
        return value

    def _block_scalar_end(self, place: _Place) -> int:
        """Without the blank lines behind it, unless it keeps those as its own."""
        own = self._text[place.start : place.end]
        header = _BLOCK_SCALAR.match(own)
        if header and "+" in header["mode"]:
            return place.start + len(own.removesuffix("\n").removesuffix("\r"))
        return place.start + len(own.rstrip(" \t\r\n"))

    def _column(self, at: int) -> int:
        return at - line_start(self._text, at)

    def _extended(self, chain: list[_Place], held: Any) -> str | None:
        """The text with what `held` holds behind what stands in the last place already."""
        place = chain[-1]
        if not place.inner:
            return self._replaced(chain, held)
        end = place.inner[-1].end
        if place.flow:
            return f"{self._text[:end]}, {inline(held)[1:-1]}{self._text[end:]}"
        column = self._column(place.inner[-1].head)
        above = self._column(place.head) if len(chain) > 1 else -1
        at = _behind_comments(self._text, end, max(column, above + 1))
        return self._with_lines(self._text, at, lines(held, column, self._unit or 2))

    def _replaced(self, chain: list[_Place], value: Any) -> str | None:
        """The text with another value in the last place."""
        *above, place = chain
        if place.mark is None:
            return None
        if value and isinstance(value, (dict, list)) and not any(p.flow for p in above):
            return self._replaced_by_lines(chain, value)
        before, gap = self._text[: place.start], ""
        if place.start == place.end or (place.inner and not place.flow):
            before, gap = self._text[: place.mark] + " ", self._gap(place)
        return before + inline(value) + gap + self._behind(place)

    def _replaced_by_lines(self, chain: list[_Place], value: Any) -> str:
        *above, place = chain
        column, unit = self._column(place.head), self._unit or 2
        if not above:
            before = self._text[: place.start].rstrip(" \t")
            after = _BLANK_LINE.sub("", self._text[place.end :].lstrip(" \t"))
            return self._with_lines(before + after, len(before), lines(value, 0, unit))
        if above[-1].kind is list:
            entry = self._newline.join(lines([value], column, unit))
            return self._text[: place.head] + entry[column:] + self._behind(place)
        head = self._text[: place.mark] + self._gap(place)
        text = head + self._behind(place)
        at = _behind_comments(text, len(head), column + 1)
        return self._with_lines(text, at, lines(value, column + unit, unit))

    def _gap(self, place: _Place) -> str:
        """What stands between the key or dash and the value, as far as that is comments."""
        return self._text[place.mark : place.start].rstrip()

    def _behind(self, place: _Place) -> str:
        """The text behind a value, and first the comment in the head of a block scalar."""
        header = _BLOCK_SCALAR.match(self._text, place.start, place.end)
        comment = header["comment"] if header else None
        return (comment or "") + self._text[place.end :]

    def _with_lines(self, text: str, at: int, lines: list[str]) -> str:
        before = text[:at]
        if before and not before.endswith("\n"):
            before += self._newline
        return before + "".join(line + self._newline for line in lines) + text[at:]

    def _block_span(self, place: _Place) -> tuple[int, int]:
        """The lines of an entry; behind a dash, up to where the next entry begins."""
        start = line_start(self._text, place.head)
        end = _behind_comments(self._text, place.end, place.head - start + 1)
        if not self._text[start : place.head].strip(" \t"):
            return start, end
        return place.head, _end_of(_BLANKS, self._text, end)

    def _flow_span(self, parent: _Place, place: _Place) -> tuple[int, int]:
        """An entry and the comma behind it, for the last one the comma before it."""
        if place is parent.inner[-1]:
            return parent.inner[-2].end, place.end
        return place.head, _end_of(_COMMA, self._text, place.end)


def _are_block_tables(chain: list[_Place]) -> bool:
    return all(place.kind is dict and not place.flow for place in chain)


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where a match that begins at `at` ends; there when there is none."""
    found = pattern.match(text, at)
    return found.end() if found else at


def _behind_comments(text: str, at: int, column: int) -> int:
    """The end of a line and of the comments right below it, from that column on."""
    at = _end_of(_LINE, text, at)
    while (found := _COMMENT_LINE.match(text, at)) and len(found[1]) >= column:
        at = found.end()
    return at
