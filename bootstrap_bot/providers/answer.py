"""Values in what a platform answers, whatever it puts there."""

import math
from collections.abc import Mapping

from bootstrap_bot.errors import Code, RemoteError
from bootstrap_bot.http import Reply

# Characters; a longer field is none that anything could use.
LONGEST_FIELD = 64 * 1024
# Redirects that the session does not follow: it would be another address, or no POST.
REDIRECTS = (301, 302, 303, 307, 308)


def field(answer: Mapping[str, object], *keys: str) -> str:
    """The first of these that is a text or a whole number, stripped; empty when none is."""
    for key in keys:
        value = answer.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def wanted(answer: Mapping[str, object], *keys: str) -> str:
    """The first of these keys that holds something usable. Raises BAD_ANSWER when none does."""
    for key in keys:
        if (text := field(answer, key)) and is_usable(text):
            return text
    raise RemoteError(Code.BAD_ANSWER)


def number(value: object, *, default: float, low: float, high: float) -> float:
    """A number or a numeric string, clamped; the default for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return default
    try:
        amount = float(value)
    except (ValueError, OverflowError):
        return default
    return min(max(amount, low), high) if math.isfinite(amount) else default


def is_usable(text: str) -> bool:
    """Whether a field is no longer than any could be, and without halves of characters."""
    return len(text) <= LONGEST_FIELD and mended(text) == text


def mended(text: str) -> str:
    """The text with `?` for every half of a character: JSON lets them pass, no file takes them."""
    return text.encode(errors="replace").decode()


def checked_status(reply: Reply, *allowed: int) -> None:
    """Raises `RemoteError` for a status other than 2xx and those that are `allowed`."""
    if reply.status == 429:
        raise RemoteError(Code.RATE_LIMITED, retry_after=reply.retry_after)
    if reply.status >= 500:
        raise RemoteError(Code.SERVER_ERROR, retry_after=reply.retry_after)
    if reply.status in REDIRECTS:
        raise RemoteError(Code.MOVED)
    if not 200 <= reply.status < 300 and reply.status not in allowed:
        raise RemoteError(Code.HTTP_ERROR, retry_after=reply.retry_after)


def object_of(reply: Reply) -> Mapping[str, object]:
    """The JSON object in an answer. Raises `RemoteError` when there is none."""
    if reply.json is None:
        raise RemoteError(reply.broken or Code.NOT_JSON)
    return reply.json
