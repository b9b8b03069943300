"""One HTTP session for everything but Telegram: short, bounded, never redirected."""

import asyncio
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Literal, Self

import aiohttp

from bootstrap_bot.errors import Code, RemoteError

TIMEOUT = 15.0
LARGEST_BODY = 64 * 1024
IDLE_CONNECTION = 90.0

Method = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and a body; `json` is None when the body is no JSON object.

    `date_header` is how the other side told the time, if it did.
    """

    status: int
    json: Mapping[str, object] | None = field(repr=False)
    retry_after: float | None = None
    date_header: str = field(default="", compare=False)

    @property
    def date(self) -> float | None:
        """The other side's clock (epoch seconds), None when it does not tell."""
        return _date(self.date_header)


class Http:
    """A session that lives as long as its `async with`.

    `timeout` is seconds for one request in all. `proxies` maps a base URL to the proxy its
    requests take; every other one goes directly, whatever the environment says.
    """

    def __init__(self, timeout: float = TIMEOUT, proxies: Mapping[str, str] | None = None) -> None:
        self._timeout = timeout
        self._proxies = dict(proxies or {})
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # Polls come up to a minute apart: a kept connection saves the handshake of each.
        connector = aiohttp.TCPConnector(keepalive_timeout=IDLE_CONNECTION, limit=100)
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._timeout),
            headers={"User-Agent": "bootstrap-bot"},
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def post(self, base: str, path: str, payload: Mapping[str, object]) -> Reply:
        """Sends JSON to `base + path`; raises as `request` does."""
        return await self.request("POST", base, path, payload=payload)

    async def request(
        self,
        method: Method,
        base: str,
        path: str,
        *,
        payload: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        largest: int = LARGEST_BODY,
    ) -> Reply:
        """Sends to `base + path`, with `payload` as JSON; `largest` is bytes of the answer.

        A GET, PUT or DELETE goes out a second time when a kept connection turns out to be
        closed; a POST never does. Raises `RemoteError` with UNREACHABLE, TIMEOUT or TOO_LARGE.
        The library's own error is not in its context: that holds addresses with a proxy's
        password, and the request's headers.
        """
        if self._session is None:
            raise RuntimeError("Http is used outside of its 'async with'")
        try:
            async with self._session.request(
                method,
                base + path,
                params=query,
                headers=headers,
                json=None if payload is None else dict(payload),
                proxy=self._proxies.get(base),
                allow_redirects=False,
            ) as response:
                return await _reply(response, largest)
        except TimeoutError:
            failure = Code.TIMEOUT
        except (aiohttp.ClientError, OSError, ValueError, asyncio.IncompleteReadError):
            failure = Code.UNREACHABLE
        raise RemoteError(failure) from None


async def _reply(response: aiohttp.ClientResponse, largest: int) -> Reply:
    body, headers = await _read(response, largest), response.headers
    return Reply(response.status, _object(body), _retry_after(headers), headers.get("Date", ""))


async def _read(response: aiohttp.ClientResponse, largest: int) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(8192):
        body += chunk
        if len(body) > largest:
            raise RemoteError(Code.TOO_LARGE)
    return bytes(body)


def _object(body: bytes) -> dict[str, object] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, or a date measured against the answer's own `Date` (RFC 9110, 10.2.3)."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            until = parsedate_to_datetime(value)
            seconds = (until - parsedate_to_datetime(headers.get("Date", ""))).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _date(header: str) -> float | None:
    try:
        date = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError):
        return None
    # "-0000" comes without a zone, and is UTC all the same (RFC 5322, 3.3)
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
