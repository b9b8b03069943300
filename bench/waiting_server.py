"""DingTalk's poll call for thousands: always WAITING, and how late each poll came.

    python bench/waiting_server.py INTERVAL [CERTIFICATE KEY]

Prints its port; GET /lateness gives seconds since the last GET as a JSON list.
"""

import asyncio
import json
import ssl
import sys
import time

from aiohttp import web

WAITING = json.dumps({"errcode": 0, "errmsg": "ok", "status": "WAITING"}).encode()


class Waiting:
    """`interval` is what a client was asked to wait between an answer and its next poll."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._answered: dict[str, float] = {}
        self._late: list[float] = []

    async def poll(self, request: web.Request) -> web.Response:
        code = json.loads(await request.read())["device_code"]
        now = time.perf_counter()
        if code in self._answered:
            self._late.append(now - self._answered[code] - self._interval)
        self._answered[code] = now
        return web.Response(body=WAITING, content_type="application/json")

    async def lateness(self, _: web.Request) -> web.Response:
        late, self._late = self._late, []
        return web.json_response(late)


async def main() -> None:
    """Serves until its standard input ends."""
    interval, *pair = sys.argv[1:]
    waiting = Waiting(float(interval))
    app = web.Application()
    app.router.add_post("/app/registration/poll", waiting.poll)
    app.router.add_get("/lateness", waiting.lateness)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    context = None
    if pair:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context, backlog=1024).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
