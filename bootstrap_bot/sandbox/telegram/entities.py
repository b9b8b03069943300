"""Formatted text: the HTML parse mode, and what Telegram finds in plain text by itself."""

import re
from dataclasses import dataclass
from typing import Any

from bootstrap_bot.sandbox.telegram.rules import BotApiError, bad_request, units, url_problem

Entity = dict[str, Any]

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
CHARACTERS = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
REFERENCE = re.compile(r"&(lt|gt|amp|quot|#\d+|#[xX][0-9a-fA-F]+);")
TOKEN = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Za-z0-9-]+)"
    r"""(?P<attributes>(?:\s+[\w-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"']+))?)*)\s*>"""
    rf"|(?P<character>{REFERENCE.pattern})"
    r"|(?P<stray><)"
)
ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")
# Country codes double as file endings: Telegram makes a link of "config.py" and "README.md".
DOMAIN = r"(?:[a-z0-9-]+\.)+(?:com|org|net|cn|io|dev|me|ai|app|py|md|sh)\b"
FOUND = re.compile(
    rf"(?P<url>https?://[^\s<>\"]+|(?<![\w@./-]){DOMAIN}(?:[/?][^\s<>\"]*)?)"
    r"|(?P<bot_command>(?<![\w/@.<>-])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>]))",
    re.IGNORECASE,
)
LITERAL = frozenset({"code", "pre", "text_link"})


@dataclass(frozen=True, slots=True)
class Formatted:
    """Plain text, its source, and its entities (offsets and lengths in UTF-16 code units)."""

    text: str
    source: str
    entities: list[Entity]


def formatted(source: str, parse_mode: str | None, given: list[Entity] | None) -> Formatted:
    """The text as Telegram stores it: parsed, trimmed, links and commands found."""
    mode = (parse_mode or "").lower()
    if mode not in ("", "html"):
        raise bad_request("unsupported parse_mode")
    text, entities = _HtmlReader(source).read() if mode else (source, list(given or []))
    text, entities = _trimmed(text, entities)
    entities += _found(text, [entity for entity in entities if entity["type"] in LITERAL])
    entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return Formatted(text, source, entities)


def _trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    lead = units(text) - units(text.lstrip())
    text = text.strip()
    end = units(text)
    kept = []
    for entity in entities:
        start = max(entity["offset"] - lead, 0)
        stop = min(entity["offset"] + entity["length"] - lead, end)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    return text, kept


def _found(text: str, literal: list[Entity]) -> list[Entity]:
    found = []
    for match in FOUND.finditer(text):
        word = match.group().rstrip(".,;:!?)'")
        start = units(text[: match.start()])
        stop = start + units(word)
        if not any(e["offset"] < stop and start < e["offset"] + e["length"] for e in literal):
            found.append({"type": match.lastgroup, "offset": start, "length": stop - start})
    return found


@dataclass(slots=True)
class _Open:
    name: str
    attributes: dict[str, str]
    start: int


class _HtmlReader:
    """Reads one HTML text; refuses what Telegram's own parser refuses."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._plain = ""
        self._entities: list[Entity] = []
        self._stack: list[_Open] = []

    def read(self) -> tuple[str, list[Entity]]:
        position = 0
        for match in TOKEN.finditer(self._source):
            self._plain += self._source[position : match.start()]
            position = match.end()
            self._token(match)
        self._plain += self._source[position:]
        if self._stack:
            name = self._stack[-1].name
            raise self._error(f'Can\'t find end tag corresponding to start tag "{name}"')
        return self._plain, self._entities

    def _token(self, match: re.Match[str]) -> None:
        if match["character"]:
            self._plain += _character(match["character"][1:-1])
        elif match["stray"]:
            raise self._stray(match.start())
        elif match["end"]:
            self._close(match)
        else:
            self._start(match)

    def _start(self, match: re.Match[str]) -> None:
        name = match["name"].lower()
        attributes = _attributes(match["attributes"])
        spoiler = attributes.get("class") == "tg-spoiler"
        if name not in TAGS or (name == "span" and not spoiler):
            where = self._byte(match.start())
            raise self._error(f'Unsupported start tag "{name}" at byte offset {where}')
        self._stack.append(_Open(name, attributes, len(self._plain)))

    def _close(self, match: re.Match[str]) -> None:
        name, where = match["name"].lower(), self._byte(match.start())
        if not self._stack:
            raise self._error(f"Unexpected end tag at byte offset {where}")
        tag = self._stack.pop()
        if tag.name != name:
            raise self._error(
                f"Unmatched end tag at byte offset {where}, "
                f'expected "</{tag.name}>", found "</{name}>"'
            )
        inside_pre = any(outer.name == "pre" for outer in self._stack)
        if not (name == "code" and inside_pre):
            self._entity(tag)

    def _entity(self, tag: _Open) -> None:
        inside = self._plain[tag.start :]
        start = units(self._plain[: tag.start])
        entity: Entity = {"type": TAGS[tag.name], "offset": start, "length": units(inside)}
        if tag.name == "a":
            url = tag.attributes.get("href") or inside
            if url_problem(url):
                return
            entity["url"] = url if "://" in url else f"http://{url}"
        if inside:
            self._entities.append(entity)

    def _stray(self, position: int) -> BotApiError:
        where = self._byte(position)
        if ">" not in self._source[position:]:
            return self._error(f"Unclosed start tag at byte offset {where}")
        name = re.split(r"[\s>]", self._source[position + 1 :], maxsplit=1)[0]
        return self._error(f'Unsupported start tag "{name}" at byte offset {where}')

    def _byte(self, position: int) -> int:
        return len(self._source[:position].encode())

    @staticmethod
    def _error(reason: str) -> BotApiError:
        return bad_request(f"can't parse entities: {reason}")


def _attributes(source: str) -> dict[str, str]:
    pairs = ((found[0], found[1] or found[2] or found[3]) for found in ATTRIBUTE.findall(source))
    return {key: REFERENCE.sub(lambda match: _character(match[1]), value) for key, value in pairs}


def _character(name: str) -> str:
    if name in CHARACTERS:
        return CHARACTERS[name]
    number = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    return chr(number) if 0 < number < 0x110000 else f"&{name};"
