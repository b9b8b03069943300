"""Where everything stands in a YAML text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from yaml import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from bootstrap_bot.editing.format import Key, Keys, WrongShapeError
from bootstrap_bot.editing.yaml_events import events, line_and_column, line_start
from bootstrap_bot.editing.yaml_reader import COLLECTIONS, MERGE, NULL, TEXT, tag_of

_KINDS: dict[str, type] = {TEXT: str, NULL: type(None)}
# These end a line in YAML 1.1, and do not in YAML 1.2.
_LINE_ENDS = re.compile("[\x85\u2028\u2029]")
GAP = re.compile(r"(?:\s|#[^\n]*)*+")
_PROPERTIES = re.compile(r"(?:[&!]\S*" + GAP.pattern + r")*")
BLOCK_SCALAR = re.compile(r"(?:[&!]\S*\s+)*[|>](?P<mode>[-+\d]*)(?P<comment>[ \t]+#[^\r\n]*)?")


class KeyText(NamedTuple):
    """A scalar as a key: what is written, its tag, and whether a path's text may lead to it."""

    written: str
    is_text: bool
    is_named: bool


@dataclass(slots=True)
class Place:
    """A value in the text: `start` with its anchor and tag, `end` behind its last character.

    `kind` is dict, list, str or NoneType, and object for anything else. `head` is where its key
    or dash begins, `mark` is behind the `:` or dash, None where there is none.
    """

    start: int
    end: int
    kind: type = object
    flow: bool = False
    key: KeyText | None = None
    head: int = 0
    mark: int | None = None
    inner: list["Place"] = field(default_factory=list)


class Places:
    """The places of a text that parses, as far as they are on a path or beside it.

    `unit` is the text's indentation, 0 when it has none.

    Raises WrongShapeError for a text with lines that end in YAML 1.1 alone.
    """

    def __init__(self, text: str, path: Keys) -> None:
        self._text = text
        self._events: Iterator[Any] = events(text)
        self._anchored: dict[str, KeyText] = {}
        self._foreign = {found.start() for found in _LINE_ENDS.finditer(text)}
        self.unit = 0
        first = next((e for e in self._events if isinstance(e, NodeEvent)), None)
        none = Place(len(text), len(text), type(None))
        self.root = self._place(first, path) if first else none
        self.root.mark = self.root.start
        if self._foreign:
            raise WrongShapeError(*line_and_column(text, min(self._foreign)))

    def find(self, path: Keys) -> tuple[list[Place], Keys]:
        """What stands on the way down the path, from the root on, and what of it is missing."""
        chain = [self.root]
        for depth, key in enumerate(path):
            found = _inside(chain[-1], key)
            if found is None:
                return chain, path[depth:]
            chain.append(found)
        return chain, ()

    def column(self, at: int) -> int:
        """How far from the beginning of its line that is."""
        return at - line_start(self._text, at)

    def _place(self, event: Any, path: Keys | None) -> Place:
        """A value from its first event on; `path` leads on from there, None when it does not."""
        place = Place(event.start_mark.index, event.end_mark.index)
        if isinstance(event, ScalarEvent):
            place.kind, place.key = _KINDS.get(tag_of(event), object), self._key(event)
            place.end = self._scalar_end(event)
        elif isinstance(event, AliasEvent):
            place.key = self._anchored.get(str(event.anchor))
        elif isinstance(event, CollectionStartEvent):
            place.kind = dict if isinstance(event, MappingStartEvent) else list
            place.flow = bool(event.flow_style)
            if path is None:
                place.end = self._passed()
            else:
                self._fill(place, path)
            if event.tag not in (None, "!", COLLECTIONS[place.kind]):
                place.kind = object
        return place

    def _key(self, event: ScalarEvent) -> KeyText:
        tag = tag_of(event)
        is_named = tag == TEXT or (event.tag is None and tag != MERGE)
        key = KeyText(event.value, tag == TEXT, is_named)
        if event.anchor:
            self._anchored[event.anchor] = key
        return key

    def _scalar_end(self, event: Any) -> int:
        start, end = event.start_mark.index, int(event.end_mark.index)
        if event.style in ("|", ">"):
            return self._block_scalar_end(start, end)
        if self._foreign and event.style:
            self._foreign -= {*range(start, end)}
        return end

    def _passed(self) -> int:
        """Passes over the events of a table or list that has begun, and tells where it ends."""
        depth, ends = 1, list[Any]()
        last: Any = None
        before: Any = None
        while depth:
            event = next(self._events)
            kind = type(event)
            if kind is ScalarEvent:
                last = event
                ends.clear()
                if event.anchor:
                    self._key(event)
                if self._foreign:
                    self._scalar_end(event)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                depth += 1
                if not self.unit:
                    self._measure(before, event)
            else:
                depth -= kind is not AliasEvent
                ends.append(event)
            before = event
        # the end of `[]` or `{}` takes room, that of lines does not
        wide = [end for end in ends if end.start_mark.index < end.end_mark.index]
        last = (last, *wide)[-1]
        return self._scalar_end(last) if isinstance(last, ScalarEvent) else last.end_mark.index

    def _measure(self, before: Any, event: Any) -> None:
        """Takes the file's indentation from the first table whose lines follow its key."""
        if type(event) is not MappingStartEvent or type(before) is not ScalarEvent:
            return
        if not (event.flow_style or event.anchor or event.tag):
            self.unit = max(0, _column(event) - _column(before))

    def _fill(self, place: Place, path: Keys) -> None:
        """Takes what is in a table or list from the events, up to its end."""
        at = end_of(_PROPERTIES, self._text, place.start)
        while not _is_end(event := next(self._events)):
            if place.kind is dict:
                key, following = self._place(event, None), next(self._events)
                at = key.end
                if not self.unit:
                    self._measure(event, following)
                inner = self._pair(key, self._place(following, _rest(path, key.key)))
            else:
                inner = self._place(event, _rest(path, len(place.inner)))
                inner.head = inner.start if place.flow else end_of(GAP, self._text, at)
                inner.key, inner.mark = None, inner.head + (not place.flow)
            if inner.start == inner.end:
                # events have nothing at all stand where the next thing begins
                inner.start = inner.end = inner.mark or at
            at = inner.end
            place.inner.append(inner)
        place.end = event.end_mark.index if place.flow else at

    def _pair(self, key: Place, value: Place) -> Place:
        colon = end_of(GAP, self._text, key.end)
        value.head, value.key = key.start, key.key
        value.mark = colon + 1 if self._text.startswith(":", colon) else None
        return value

    def _block_scalar_end(self, start: int, end: int) -> int:
        """Without the blank lines behind it, unless it keeps those as its own."""
        own = self._text[start:end]
        header = BLOCK_SCALAR.match(own)
        if header and "+" in header["mode"]:
            return start + len(own.removesuffix("\n").removesuffix("\r"))
        return start + len(own.rstrip(" \t\r\n"))


def _rest(path: Keys, key: KeyText | int | None) -> Keys | None:
    """How the path goes on from that key or index; None when it does not lead through it."""
    name = key.written if isinstance(key, KeyText) else key
    return path[1:] if path and path[0] == name else None


def _column(event: Any) -> int:
    return int(event.start_mark.column)


def _is_end(event: Any) -> bool:
    return isinstance(event, CollectionEndEvent)


def _inside(place: Place, key: Key) -> Place | None:
    """What stands at one more step of a path; of a key that stands twice the last one counts."""
    if isinstance(key, int):
        return place.inner[key] if place.kind is list and key < len(place.inner) else None
    if place.kind is not dict:
        return None
    named = [p for p in place.inner if p.key and p.key.written == key and p.key.is_named]
    # texts come first, as in `PlainKey`
    *_, found = (None, *named, *(p for p in named if p.key and p.key.is_text))
    return found


def end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where a match that begins at `at` ends; there when there is none."""
    found = pattern.match(text, at)
    return found.end() if found else at
