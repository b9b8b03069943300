"""A pair of credentials in an answer, wherever it stands there.

It is given once: an answer that is broken off, nested or an error is no reason to lose it.
"""

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from bootstrap_bot.errors import Code, RemoteError
from bootstrap_bot.http import Reply
from bootstrap_bot.providers.answer import field, is_usable

# Registrations whose halves are remembered; no more are under way at once.
MOST_HALVES = 100
ID_KEYS = ("client_id", "clientId")
SECRET_KEYS = ("client_secret", "clientSecret")


class Pairs:
    """Reads pairs out of the answers to registrations, those that come in two halves too."""

    def __init__(self) -> None:
        self._halves: dict[str, tuple[str, str]] = {}

    def read(self, device_code: str, reply: Reply) -> tuple[str, str] | None:
        """The pair that an answer gives or completes, None when it does neither.

        Raises `RemoteError` with UNUSABLE_PAIR for one that is too long or has halves of
        characters.
        """
        client_id, secret = _found(reply)
        if not (client_id or secret):
            return None
        known_id, known_secret = self._halves.pop(device_code, ("", ""))
        client_id, secret = client_id or known_id, secret or known_secret
        if not (client_id and secret):
            self._remember(device_code, client_id, secret)
            return None
        if not (is_usable(client_id) and is_usable(secret)):
            raise RemoteError(Code.UNUSABLE_PAIR)
        return client_id, secret

    def _remember(self, device_code: str, client_id: str, secret: str) -> None:
        if len(self._halves) >= MOST_HALVES:
            del self._halves[next(iter(self._halves))]
        self._halves[device_code] = (client_id, secret)


def _found(reply: Reply) -> tuple[str, str]:
    """The first whole pair in an answer, else the first half; empty texts for what is missing."""
    if reply.json is None:
        objects: Iterator[Mapping[str, object]] = iter([_written(reply.text)])
    else:
        objects = _objects(reply.json)
    pairs = [(field(one, *ID_KEYS), field(one, *SECRET_KEYS)) for one in objects]
    halves = filter(any, pairs)
    return next(filter(all, pairs), next(halves, ("", "")))


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
