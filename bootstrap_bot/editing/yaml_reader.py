"""Reads YAML without ever repeating what stands in it, and without ever being kept busy by it."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import yaml
from yaml import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from bootstrap_bot.editing.format import NotParsableError, PlainKey
from bootstrap_bot.editing.yaml_events import events

_DEEPEST = 100
# Nodes that aliases bring along, each counted as often as they repeat it.
_MOST_REPEATED = 100_000
_YAML = "tag:yaml.org,2002:"
TEXT, NULL, MERGE = f"{_YAML}str", f"{_YAML}null", f"{_YAML}merge"
_SCALARS = {f"{_YAML}{name}" for name in ("null", "bool", "int", "float", "timestamp", "binary")}
COLLECTIONS = {list: f"{_YAML}seq", dict: f"{_YAML}map"}
_FIRST = frozenset(yaml.SafeLoader.yaml_implicit_resolvers)
_RAISED = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
# In place of the key `<<`, whose value's keys stand beside the others.
_MERGED = object()
_resolve: Callable[..., str] = yaml.resolver.Resolver().resolve


class _Anchored(NamedTuple):
    """What an anchor stands for; `key` what it is as a key, None when it cannot be one."""

    value: Any
    nodes: int
    key: Hashable


def read_yaml(text: str) -> Any:
    """What YAML 1.1 says, as PyYAML resolves it, with {} for nothing at all.

    Keys are texts; those that are none to YAML are `PlainKey`s. What has a tag of a program's
    own is a tuple of the tag and of what it stands before. Raises NotParsableError, also for
    several documents, for nodes nested too deep and for aliases that multiply.
    """
    data = _Builder(text).document()
    return {} if data is None else data


def tag_of(event: ScalarEvent) -> str:
    """The tag of a scalar, as it is written or as YAML 1.1 resolves it."""
    if event.tag not in (None, "!"):
        return str(event.tag)
    if not event.implicit[0] or event.value[:1] not in _FIRST:
        return TEXT
    return _resolve(yaml.ScalarNode, event.value, event.implicit)


class _Builder:
    """Makes data of one text's events, in one pass."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[Any] = events(text)
        self._plain: dict[str, Any] = {}
        self._anchors: dict[str, _Anchored] = {}
        self._nodes = self._repeated = 0
        self._constructor = yaml.constructor.SafeConstructor()

    def document(self) -> Any:
        """The data of the only document."""
        nodes = (e for e in self._events if isinstance(e, (NodeEvent, DocumentStartEvent)))
        next(nodes, None)
        first = next(nodes, None)
        data = self._node(first, 1) if isinstance(first, NodeEvent) else None
        if second := next(nodes, None):
            raise _fault(second)
        return data

    def _node(self, event: Any, depth: int) -> Any:
        self._nodes += 1
        kind = type(event)
        if kind is ScalarEvent:
            value = self._scalar(event)
            if event.anchor:
                self._anchors[event.anchor] = _Anchored(value, 1, self._key_of(event))
            return value
        if kind is AliasEvent:
            return self._repeat(event).value
        if depth > _DEEPEST:
            raise _fault(event)
        before, anchor = self._nodes, event.anchor
        if anchor:
            # inside of itself it is not known yet
            self._anchors.pop(anchor, None)
        value = self._list(depth) if kind is SequenceStartEvent else self._table(depth)
        if event.tag and event.tag not in ("!", COLLECTIONS[type(value)]):
            value = (event.tag, value)
        if anchor:
            self._anchors[anchor] = _Anchored(value, self._nodes - before, None)
        return value

    def _repeat(self, event: AliasEvent) -> _Anchored:
        known = self._anchors.get(str(event.anchor))
        self._repeated += known.nodes if known else 0
        if known is None or self._repeated > _MOST_REPEATED:
            raise _fault(event)
        self._nodes += known.nodes
        return known

    def _scalar(self, event: ScalarEvent) -> Any:
        value, is_implicit = event.value, event.tag is None
        if is_implicit and (not event.implicit[0] or value[:1] not in _FIRST):
            return value
        if is_implicit and value in self._plain:
            return self._plain[value]
        found = self._constructed(event, tag_of(event))
        if is_implicit:
            self._plain[value] = found
        return found

    def _constructed(self, event: ScalarEvent, tag: str) -> Any:
        if tag == TEXT:
            return event.value
        if tag not in _SCALARS:
            return tag, event.value
        # its constructors let out whatever `!!int x`, `!!float ""` or `!!bool x` make Python raise
        with suppress(yaml.YAMLError, *_RAISED):
            node = yaml.ScalarNode(tag, event.value)
            return yaml.SafeLoader.yaml_constructors[tag](self._constructor, node)
        raise _fault(event)

    def _list(self, depth: int) -> list[Any]:
        found = []
        while type(event := next(self._events)) is not SequenceEndEvent:
            found.append(self._node(event, depth + 1))
        return found

    def _table(self, depth: int) -> dict[Any, Any]:
        own: dict[Any, Any] = {}
        merged: list[dict[Any, Any]] = []
        while type(event := next(self._events)) is not MappingEndEvent:
            key = self._key(event)
            following = next(self._events)
            value = self._node(following, depth + 1)
            if key is _MERGED:
                merged += _tables(value, following)
            else:
                own[key] = value
        if not merged:
            return own
        return {key: value for table in (*merged, own) for key, value in table.items()}

    def _key(self, event: Any) -> Any:
        self._nodes += 1
        if type(event) is AliasEvent:
            key = self._repeat(event).key
        elif type(event) is ScalarEvent:
            key = self._key_of(event)
            if event.anchor:
                self._anchors[event.anchor] = _Anchored(self._scalar(event), 1, key)
        else:
            key = None
        if key is None:
            raise _fault(event)
        return key

    def _key_of(self, event: ScalarEvent) -> Hashable:
        tag = tag_of(event)
        if tag == TEXT:
            return str(event.value)
        if tag == MERGE:
            return _MERGED
        return PlainKey(event.value) if event.tag is None else (event.tag, event.value)


def _tables(value: Any, event: Any) -> list[dict[Any, Any]]:
    """The tables that `<<` brings along, the one that counts most last."""
    tables = value[::-1] if isinstance(value, list) else [value]
    if not all(isinstance(table, dict) for table in tables):
        raise _fault(event)
    return tables


def _fault(event: Any) -> NotParsableError:
    return NotParsableError(event.start_mark.line + 1, event.start_mark.column + 1)
