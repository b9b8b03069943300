"""CPU of one poll on TLS, against a bare aiohttp request on one session.

The certificate is made at run time and trusted the way any other is: the measuring process
finds it through SSL_CERT_FILE.
"""

import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import aiohttp
from kept_cards import KeptCards, no_command, waiting_attempt
from pydantic import SecretStr
from report import Row
from serving import served

from bootstrap_bot.clock import SystemClock
from bootstrap_bot.credentials import Credentials
from bootstrap_bot.http import Http
from bootstrap_bot.journals.sqlite import SqliteJournal
from bootstrap_bot.providers.dingtalk.kind import KIND
from bootstrap_bot.providers.dingtalk.provider import DingTalk
from bootstrap_bot.providers.provider import About, DeviceAuthorization, Health, PollResult, Probe
from bootstrap_bot.registration.attempt import Attempt
from bootstrap_bot.registration.worker import Services, Worker

ROUNDS = 15
POLLS = 200
LIMIT = 1.1
PATH = "/app/registration/poll"
CODE = "c" * 64
# Waits up to this long are those between polls; the minute of a message is waited for.
POLL_PAUSE = 10.0


class QuickClock(SystemClock):
    """Lets nobody wait between polls."""

    async def wait(self, event: asyncio.Event, seconds: float | None = None) -> bool:
        if seconds is None or seconds > POLL_PAUSE:
            return await super().wait(event, seconds)
        await asyncio.sleep(0)
        return event.is_set()


class Counted:
    """A provider that cancels whoever polls once more than that."""

    kind = KIND

    def __init__(self, provider: DingTalk, polls: int) -> None:
        self._provider = provider
        self._left = polls

    async def begin(self) -> DeviceAuthorization:
        return await self._provider.begin()

    async def poll(self, state: SecretStr) -> PollResult:
        if self._left == 0:
            raise asyncio.CancelledError
        self._left -= 1
        return await self._provider.poll(state)

    async def check(self, credentials: Credentials) -> Health:
        return await self._provider.check(credentials)

    async def about(self, credentials: Credentials) -> About:
        return await self._provider.about(credentials)

    async def probe(self) -> Probe:
        return await self._provider.probe()


async def bare(url: str) -> Callable[[], Awaitable[None]]:
    """The least one can do: one session, JSON out, JSON in."""
    session = aiohttp.ClientSession()

    async def polls() -> None:
        for _ in range(POLLS):
            async with session.post(url + PATH, json={"device_code": CODE}) as response:
                await response.json()

    await polls()
    return polls


async def of_the_provider(url: str) -> Callable[[], Awaitable[None]]:
    """Our session and our reading of the answer."""
    provider = DingTalk(await Http().__aenter__(), url, "bench", url)

    async def polls() -> None:
        for _ in range(POLLS):
            await provider.poll(SecretStr(CODE))

    await polls()
    return polls


async def of_an_attempt(url: str, folder: Path) -> Callable[[], Awaitable[None]]:
    """The whole of it: waiting, asking, deciding, noting."""
    provider = DingTalk(await Http().__aenter__(), url, "bench", url)
    clock, journal = QuickClock(), SqliteJournal(folder / "state.db")
    await journal.open()
    attempt = replace(waiting_attempt(1, url, interval=1), device_state=SecretStr(CODE))
    display = KeptCards(clock)

    async def may_begin(_: Attempt) -> bool:
        return True

    async def displaced(_: str, __: str, ___: str) -> None:
        pass

    async def polls() -> None:
        counted = Counted(provider, POLLS)
        services = Services(
            providers={"dingtalk": counted},
            targets=[],
            journal=journal,
            display=display,
            clock=clock,
            run_command=no_command,
        )
        with suppress(asyncio.CancelledError):
            await Worker(attempt, services, may_begin, displaced).run()

    await polls()
    return polls


async def measure(url: str) -> None:
    """Sends the rows. Every way takes its turn in each round, so that drift hits all alike."""
    with tempfile.TemporaryDirectory() as folder:
        ways = [await bare(url), await of_the_provider(url), await of_an_attempt(url, Path(folder))]
        spent: list[list[float]] = [[] for _ in ways]
        for _ in range(ROUNDS):
            for way, seconds in zip(ways, spent, strict=True):
                began = time.process_time()
                await way()
                seconds.append((time.process_time() - began) / POLLS)
    least, provider, attempt = [statistics.median(seconds) for seconds in spent]
    Row("CPU of a bare aiohttp request on TLS", f"{least * 1e6:.0f} µs").send()
    measured = f"{provider * 1e6:.0f} µs, {provider / least:.2f} times"
    kept = provider <= LIMIT * least
    Row("CPU of a poll on TLS", measured, f"at most {LIMIT} times", kept).send()
    measured = f"{attempt * 1e6:.0f} µs, {attempt / least:.2f} times"
    Row("the same with all an attempt does about it", measured).send()
    # The sessions end with the process.
    os._exit(0)


def certificate(folder: Path) -> tuple[str, str]:
    """A self-signed one for 127.0.0.1 and its key."""
    pair = str(folder / "certificate.pem"), str(folder / "key.pem")
    command = ["openssl", "req", "-x509", "-nodes", "-days", "1"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-out", pair[0], "-keyout", pair[1]]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - nobody's input
    return pair


def main() -> None:
    """Starts the server and, where its certificate is trusted, a process that measures."""
    if len(sys.argv) > 1:
        asyncio.run(measure(sys.argv[1]))
    if shutil.which("openssl") is None:
        Row("CPU per poll on TLS", "not measured: no openssl here").send()
        return
    with tempfile.TemporaryDirectory() as folder:
        pair = certificate(Path(folder))
        with served(1, *pair) as url:
            trusting = {**os.environ, "SSL_CERT_FILE": pair[0]}
            command = [sys.executable, __file__, url]
            subprocess.run(command, check=True, env=trusting)  # noqa: S603 - this file


if __name__ == "__main__":
    main()
