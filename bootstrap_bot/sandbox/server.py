"""A server on loopback that remembers what it was asked."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it arrived: `path` holds the query, `body` at most 1 MiB."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class LoopbackServer:
    """Serves one aiohttp application on 127.0.0.1, as an async context manager.

    `beside`: another server, with which it shares the requests and who waits in `until`.
    """

    def __init__(self, port: int = 0, beside: "LoopbackServer | None" = None) -> None:
        self.requests: list[Recorded] = beside.requests if beside else []
        self.app = web.Application(middlewares=[self._record], client_max_size=2**24)
        self._port = port
        self._changed: asyncio.Condition = beside._changed if beside else asyncio.Condition()
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=0.1)

    @property
    def url(self) -> str:
        """Base address without a trailing slash."""
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    async def changed(self) -> None:
        """Wakes everybody who waits in `until`; called after every change of state."""
        async with self._changed:
            self._changed.notify_all()

    async def until(self, promise: Callable[[], object], seconds: float = 10.0) -> None:
        """Returns once `promise()` is true; raises `TimeoutError` after that many real seconds."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: bool(promise()))

    @web.middleware
    async def _record(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            body = await request.read()
        except ConnectionResetError:
            # whoever asked has left meanwhile: nobody reads this
            return web.Response(status=400)
        self.requests.append(
            Recorded(request.method, request.path_qs, dict(request.headers), body[: 2**20])
        )
        try:
            return await handler(request)
        finally:
            await self.changed()
