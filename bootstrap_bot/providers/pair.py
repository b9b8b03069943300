"""A pair of credentials in an answer, wherever it stands there.

It is given once: an answer that is broken off, nested or an error is no reason to lose it.
"""

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code, RemoteError
from bootstrap_bot.http import Reply

# Characters; a longer field is none that anything could use.
LONGEST_FIELD = 64 * 1024
ID_KEYS = ("client_id", "clientId")
SECRET_KEYS = ("client_secret", "clientSecret")


def credentials_in(reply: Reply) -> Credentials | None:
    """The first pair in an answer to a registration, None when there is none.

    Raises `RemoteError` with UNUSABLE_PAIR for one that is too long or has halves of characters.
    """
    if reply.json is None:
        objects: Iterator[Mapping[str, object]] = iter([_written(reply.text)])
    else:
        objects = _objects(reply.json)
    pairs = ((field(one, *ID_KEYS), field(one, *SECRET_KEYS)) for one in objects)
    client_id, secret = next((pair for pair in pairs if all(pair)), ("", ""))
    if not client_id:
        return None
    if not (is_usable(client_id) and is_usable(secret)):
        raise RemoteError(Code.UNUSABLE_PAIR)
    return Credentials(client_id, SecretStr(secret))


def field(answer: Mapping[str, object], *keys: str) -> str:
    """The first of these that is a text or a whole number, stripped; empty when none is."""
    for key in keys:
        value = answer.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def is_usable(text: str) -> bool:
    """Whether a field is no longer than any could be, and without halves of characters."""
    return len(text) <= LONGEST_FIELD and mended(text) == text


def mended(text: str) -> str:
    """The text with `?` for every half of a character: JSON lets them pass, no file takes them."""
    return text.encode(errors="replace").decode()


def _objects(value: object) -> Iterator[Mapping[str, object]]:
    """Every JSON object in a value, outer ones first."""
    waiting = deque([value])
    while waiting:
        inner = waiting.popleft()
        if isinstance(inner, Mapping):
            yield inner
            waiting.extend(inner.values())
        elif isinstance(inner, list):
            waiting.extend(inner)


def _written(text: str) -> Mapping[str, object]:
    """What stands as a pair's fields in something that is no JSON object, or no whole one."""
    return {ID_KEYS[0]: _literal(text, ID_KEYS), SECRET_KEYS[0]: _literal(text, SECRET_KEYS)}


def _literal(text: str, keys: Sequence[str]) -> object:
    found = re.search(
        rf'"(?:{"|".join(keys)})"\s*:\s*("[^"\\]*+(?:\\.[^"\\]*+)*+"|\d{{1,64}}(?=\D))', text
    )
    try:
        return json.loads(found[1], strict=False) if found else ""
    except ValueError:
        return ""
