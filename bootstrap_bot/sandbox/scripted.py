"""Servers whose answers can be decided beforehand."""

import asyncio
import socket
import struct
from collections.abc import Iterable
from json import dumps

from aiohttp import web

from bootstrap_bot.sandbox.answers import Answer, Script
from bootstrap_bot.sandbox.server import LoopbackServer


class ScriptedServer(LoopbackServer):
    """A server with a script for each of its calls."""

    def __init__(self, calls: Iterable[str], port: int = 0) -> None:
        super().__init__(port)
        self._scripts = {call: Script() for call in calls}
        self._stopped = asyncio.Event()
        self.app.on_shutdown.append(self._stop)

    def next(self, call: str, *answers: Answer) -> None:
        """The coming calls of that kind get these answers, in order."""
        self._scripts[call].queue.extend(answers)

    def always(self, call: str, answer: Answer | None) -> None:
        """Every call of that kind gets this answer, until None; queued ones go first."""
        self._scripts[call].standing = answer

    async def _send(self, request: web.Request, answer: Answer) -> web.Response:
        if answer.delay is not None:
            await answer.delay.wait()
        if answer.hang:
            await self._stopped.wait()
        if answer.hang or answer.reset:
            break_connection(request)
        return response(answer)

    async def _stop(self, _app: web.Application) -> None:
        self._stopped.set()


def response(answer: Answer) -> web.Response:
    """The answer as aiohttp sends it."""
    raw = answer.body if isinstance(answer.body, (bytes, str)) else dumps(answer.body)
    data = raw.encode() if isinstance(raw, str) else raw
    headers = {"Content-Type": "application/json", **answer.headers}
    return web.Response(status=answer.status, body=data, headers=headers)


def break_connection(request: web.Request) -> None:
    """Cuts the connection so that the other side sees a reset, not an orderly end."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
