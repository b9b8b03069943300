"""YAML, changed at the places where a parser finds things, each change proven by its data."""

import re
from typing import Any

from bootstrap_bot.editing.format import Append, Change, Keys, Remove, WrongShapeError
from bootstrap_bot.editing.yaml_events import line_and_column, line_start
from bootstrap_bot.editing.yaml_keys import clash
from bootstrap_bot.editing.yaml_places import BLOCK_SCALAR, GAP, Place, Places, end_of
from bootstrap_bot.editing.yaml_reader import read_yaml
from bootstrap_bot.editing.yaml_values import inline, lines

_COMMA = re.compile(GAP.pattern + r",(?:[ \t]+#[^\n]*)?\s*")
_BLANKS = re.compile(r"\s*")
_LINE = re.compile(r"[^\n]*\n?")
_BLANK_LINE = re.compile(r"\A\r?\n")
_COMMENT_LINE = re.compile(r"([ \t]*)#[^\n]*\n?")


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
        document = _Document(text, change.path)
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
        return _Document(text, path).locate(path)


class _Document:
    """A text that parses, and where everything in it stands."""

    def __init__(self, text: str, path: Keys) -> None:
        self._text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._places = Places(text, path)

    def locate(self, path: Keys) -> tuple[int, int]:
        """Line and column of the value there, or of the nearest thing above."""
        return line_and_column(self._text, self._places.find(path)[0][-1].start)

    def set(self, path: Keys, value: Any) -> str | None:
        """The text with the value there; None when it cannot be put there."""
        chain, rest = self._places.find(path)
        if not rest:
            return self._replaced(chain, value)
        if chain[-1].kind not in (dict, type(None)):
            return None
        if any(place.key and clash(str(rest[0]), place.key.written) for place in chain[-1].inner):
            return None
        for key in reversed(rest):
            value = {key: value}
        return self._extended(chain, value)

    def append(self, path: Keys, value: Any) -> str | None:
        """The text with one more element in the list there; None when there is no list."""
        chain, rest = self._places.find(path)
        return None if rest or chain[-1].kind is not list else self._extended(chain, [value])

    def remove(self, path: Keys) -> str | None:
        """The text without what stands there, and without block tables that would be empty."""
        chain, rest = self._places.find(path)
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

    def _extended(self, chain: list[Place], held: Any) -> str | None:
        """The text with what `held` holds behind what stands in the last place already."""
        place = chain[-1]
        if not place.inner:
            return self._replaced(chain, held)
        end = place.inner[-1].end
        if place.flow:
            return f"{self._text[:end]}, {inline(held)[1:-1]}{self._text[end:]}"
        column = self._places.column(place.inner[-1].head)
        above = self._places.column(place.head) if len(chain) > 1 else -1
        at = _behind_comments(self._text, end, max(column, above + 1))
        return self._with_lines(self._text, at, lines(held, column, self._places.unit or 2))

    def _replaced(self, chain: list[Place], value: Any) -> str | None:
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

    def _replaced_by_lines(self, chain: list[Place], value: Any) -> str:
        *above, place = chain
        column, unit = self._places.column(place.head), self._places.unit or 2
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

    def _gap(self, place: Place) -> str:
        """What stands between the key or dash and the value, as far as that is comments."""
        return self._text[place.mark : place.start].rstrip()

    def _behind(self, place: Place) -> str:
        """The text behind a value, and first the comment in the head of a block scalar."""
        header = BLOCK_SCALAR.match(self._text, place.start, place.end)
        comment = header["comment"] if header else None
        return (comment or "") + self._text[place.end :]

    def _with_lines(self, text: str, at: int, lines: list[str]) -> str:
        before = text[:at]
        if before and not before.endswith("\n"):
            before += self._newline
        return before + "".join(line + self._newline for line in lines) + text[at:]

    def _block_span(self, place: Place) -> tuple[int, int]:
        """The lines of an entry; behind a dash, up to where the next entry begins."""
        start = line_start(self._text, place.head)
        end = _behind_comments(self._text, place.end, place.head - start + 1)
        if not self._text[start : place.head].strip(" \t"):
            return start, end
        return place.head, end_of(_BLANKS, self._text, end)

    def _flow_span(self, parent: Place, place: Place) -> tuple[int, int]:
        """An entry and the comma behind it, for the last one the comma before it."""
        if place is parent.inner[-1]:
            return parent.inner[-2].end, place.end
        return place.head, end_of(_COMMA, self._text, place.end)


def _are_block_tables(chain: list[Place]) -> bool:
    return all(place.kind is dict and not place.flow for place in chain)


def _behind_comments(text: str, at: int, column: int) -> int:
    """The end of a line and of the comments right below it, from that column on."""
    at = end_of(_LINE, text, at)
    while (found := _COMMENT_LINE.match(text, at)) and len(found[1]) >= column:
        at = found.end()
    return at
