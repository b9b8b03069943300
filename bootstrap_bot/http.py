"""One HTTP session for everything but Telegram: short, bounded, never led elsewhere."""

import asyncio
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from bootstrap_bot.errors import Code, RemoteError

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL

TIMEOUT = 15.0
LARGEST_BODY = 1024 * 1024
# Redirects that keep method and body; the others turn a POST into something else.
LASTING = (307, 308)
IDLE_CONNECTION = 90.0
# Seconds that a second request has at least; the library takes 0 for no limit.
SHORTEST_REST = 0.1

Method = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and a body; `json` is None when the body is no JSON object.

    `date_header` is how the other side told the time, if it did. `text` is the body as it was
    written; `broken` says why it does not go on to its end.
    """

    status: int
    json: Mapping[str, object] | None = field(repr=False)
    retry_after: float | None = None
    date_header: str = field(default="", compare=False)
    text: str = field(default="", repr=False, compare=False)
    broken: Code | None = None

    @property
    def date(self) -> float | None:
        """The other side's clock (epoch seconds), None when it does not tell."""
        return _date(self.date_header)


class Http:
    """A session that lives as long as its `async with`.

    `timeout` is seconds for one request in all. `proxies` maps a base URL to the proxy its
    requests take; every other one goes directly, whatever the environment says. The library
    that does the work is loaded for the first request, so that a start need not wait for it.
    """

    def __init__(self, timeout: float = TIMEOUT, proxies: Mapping[str, str] | None = None) -> None:
        self._timeout = timeout
        self._proxies = dict(proxies or {})
        self._entered = False
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._entered = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._entered = False
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _opened(self) -> "aiohttp.ClientSession":
        if not self._entered:
            raise RuntimeError("Http is used outside of its 'async with'")
        if self._session is None:
            # in a thread: nobody else is to wait for that
            await asyncio.to_thread(import_module, "aiohttp")
        import aiohttp

        if self._session is None:
            # Polls come up to a minute apart: a kept connection saves the handshake of each.
            connector = aiohttp.TCPConnector(keepalive_timeout=IDLE_CONNECTION, limit=100)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=self._timeout),
                headers={"User-Agent": "bootstrap-bot"},
            )
        return self._session

    async def post(
        self, base: str, path: str, payload: Mapping[str, object], *, whole: bool = True
    ) -> Reply:
        """Sends JSON to `base + path`; raises as `request` does."""
        return await self.request("POST", base, path, payload=payload, whole=whole)

    async def request(
        self,
        method: Method,
        base: str,
        path: str,
        *,
        payload: Mapping[str, object] | None = None,
        form: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        largest: int = LARGEST_BODY,
        whole: bool = True,
    ) -> Reply:
        """Sends to `base + path`, with `payload` as JSON or `form` as a form.

        `largest` is bytes of the answer.

        A GET, PUT or DELETE goes out a second time when a kept connection turns out to be
        closed; a POST never does. A lasting redirect to the same scheme, host and port is
        followed once, any other is handed on. Raises `RemoteError` with UNREACHABLE, TIMEOUT or
        TOO_LARGE; unless `whole`, what came of a body before that is given, with `broken` set.
        The library's own error is not in its context: that holds addresses with a proxy's
        password, and the request's headers.
        """
        session = await self._opened()
        import aiohttp

        send = partial(
            session.request,
            method,
            headers=headers,
            json=None if payload is None else dict(payload),
            data=form,
            proxy=self._proxies.get(base),
            allow_redirects=False,
        )
        begun = asyncio.get_running_loop().time()
        failure: Code | None
        try:
            async with send(base + path, params=query) as response:
                elsewhere = _lasting_redirect(response)
                if elsewhere is None:
                    reply = await _reply(response, largest)
            if elsewhere is not None:
                left = self._timeout - (asyncio.get_running_loop().time() - begun)
                timeout = aiohttp.ClientTimeout(total=max(left, SHORTEST_REST))
                async with send(elsewhere, timeout=timeout) as response:
                    reply = await _reply(response, largest)
        except TimeoutError:
            failure = Code.TIMEOUT
        except (aiohttp.ClientError, OSError, ValueError, asyncio.IncompleteReadError):
            failure = Code.UNREACHABLE
        else:
            failure = reply.broken if whole else None
        if failure is not None:
            raise RemoteError(failure) from None
        return reply


def _lasting_redirect(response: "aiohttp.ClientResponse") -> "URL | None":
    """Where the request is to be sent instead; None without a redirect that may be followed."""
    if response.status not in LASTING or "Location" not in response.headers:
        return None
    from yarl import URL

    here = response.url
    try:
        there = here.join(URL(response.headers["Location"]))
        same = (there.scheme, there.host, there.port) == (here.scheme, here.host, here.port)
    except ValueError:
        return None
    return there if same and there.user is None and there.password is None else None


async def _reply(response: "aiohttp.ClientResponse", largest: int) -> Reply:
    (body, broken), headers = await _read(response, largest), response.headers
    text = _decoded(body, response.charset)
    return Reply(
        response.status,
        _object(text),
        _retry_after(headers),
        headers.get("Date", ""),
        text,
        broken,
    )


async def _read(response: "aiohttp.ClientResponse", largest: int) -> tuple[bytes, Code | None]:
    """The body as far as it comes, and why that is not all of it."""
    import aiohttp

    body = bytearray()
    try:
        async for chunk in response.content.iter_chunked(8192):
            body += chunk
            if len(body) > largest:
                return bytes(body[:largest]), Code.TOO_LARGE
    except TimeoutError:
        return bytes(body), Code.TIMEOUT
    except (aiohttp.ClientError, OSError):
        return bytes(body), Code.UNREACHABLE
    return bytes(body), None


def _decoded(body: bytes, charset: str | None) -> str:
    """As JSON is written (RFC 8259), else as the header says."""
    try:
        return body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:
        pass
    try:
        return body.decode(charset or "utf-8", errors="replace")
    except LookupError:
        return body.decode(errors="replace")


def _object(text: str) -> dict[str, object] | None:
    try:
        value = json.loads(text)
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
