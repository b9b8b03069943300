"""Finds secrets in a text however they are spelled there."""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

# What is shorter stands in every other line by chance.
SHORTEST = 3
HIDDEN = "[hidden]"
_MARKS = frozenset("%\\&+")
_HTML = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_ESCAPED = {"\n": "n", "\r": "r", "\t": "t"}


class Spellings:
    """Hides secrets: plain, percent-encoded, with the escapes of JSON, Python or HTML, in base64.

    Of a proxy's address the password is a secret of its own, and so is what is sent for it.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {part for secret in secrets for part in _app(secret) if len(part) >= SHORTEST}
        # The longest first: one that is part of another must not leave the rest of it behind.
        ordered = sorted(known, key=len, reverse=True)
        self._plain = _either(re.escape(secret) for secret in ordered)
        self._spelled = _either("".join(map(_spelled, secret)) for secret in ordered)

    def hide(self, text: str) -> str:
        """The text without any of the secrets."""
        if self._plain is None or self._spelled is None:
            return text
        text = self._plain.sub(HIDDEN, text)
        return self._spelled.sub(HIDDEN, text) if _MARKS & set(text) else text


def proxies_in(environ: Mapping[str, str]) -> list[str]:
    """The environment's proxies; their passwords are secrets like those of the settings."""
    named = (value for name, value in environ.items() if name.lower().endswith("_proxy"))
    return [value for value in named if "@" in value]


def _app(secret: str) -> Iterator[str]:
    yield secret
    _, scheme, rest = secret.partition("://")
    pair, at, _ = (rest if scheme else secret).rpartition("@")
    user, colon, password = pair.partition(":")
    if not (at and colon):
        return
    for way in (str, unquote):
        both = f"{way(user)}:{way(password)}".encode()
        yield way(password)
        yield base64.b64encode(both).decode()
        yield base64.urlsafe_b64encode(both).decode()


def _either(patterns: Iterable[str]) -> re.Pattern[str] | None:
    found = list(patterns)
    return re.compile("|".join(found)) if found else None


def _spelled(character: str) -> str:
    """A pattern of every way to write one character."""
    octets = character.encode("utf-8", "surrogatepass")
    ways = ["".join(f"%(?:25)*(?i:{octet:02x})" for octet in octets)]
    ways.append("".join(rf"\\+x(?i:{octet:02x})" for octet in octets))
    halves = character.encode("utf-16-be", "surrogatepass").hex()
    ways.append("".join(rf"\\+u(?i:{halves[at : at + 4]})" for at in range(0, len(halves), 4)))
    ways.append(rf"\\+U(?i:{ord(character):08x})")
    if len(octets) > 1 and ord(character) < 256:
        ways.append(rf"\\+x(?i:{ord(character):02x})")
    ways.append(rf"&#(?:0*{ord(character)}|[xX]0*(?i:{ord(character):x}));")
    if character in _HTML:
        ways.append(f"&{_HTML[character]};")
    if character == " ":
        ways.append(r"\+")
    if character in "\"'/\\":
        ways.append(r"\\+" + re.escape(character))
    if character in _ESCAPED:
        ways.append(r"\\+" + _ESCAPED[character])
    # Last, for it may be how one of the others begins.
    ways.append(re.escape(character))
    return f"(?:{'|'.join(ways)})"
