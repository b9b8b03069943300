"""Where secrets could leak to: lines, requests, and how things show themselves."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from bootstrap_bot.journals.sqlite import SqliteJournal
from bootstrap_bot.registration.attempt import Attempt
from bootstrap_bot.sandbox.server import LoopbackServer, Recorded
from tests.support.scene import TOKEN, Scene

ID, SECRET = "dingabcdefgh1234", "SECRET-that-must-not-leak-" + "q" * 40 + "WXYZ"
POLL = "/app/registration/poll"
CHECKS = ("/v1.0/oauth2/accessToken", "/v1.0/gateway/connections/open")
LIBRARIES = ("httpx", "httpcore", "aiohttp", "asyncio", "telegram", "filelock", "bootstrap_bot")


class Lines(logging.Handler):
    """Everything logged anywhere, as text: message, traceback, and every part of the record."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.loggers: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        self.loggers.add(record.name.partition(".")[0])
        self.lines.append(logging.Formatter("%(name)s %(message)s").format(record))
        self.lines.append(repr(record.__dict__))


@contextmanager
def listening() -> Iterator[Lines]:
    """Hears all that is logged meanwhile."""
    handler = Lines()
    root = logging.getLogger()
    root.addHandler(handler)
    before = {name: logging.getLogger(name).level for name in ("", *LIBRARIES)}
    all_at_debug()
    yield handler
    root.removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def all_at_debug() -> None:
    """Also undoes what was set when the bot was installed, as an owner's own setup may."""
    for name in ("", *LIBRARIES):
        logging.getLogger(name).setLevel(logging.DEBUG)


def every_callback_is_named() -> None:
    """asyncio's debug mode, at its most talkative: it logs what it runs, with arguments."""
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0.0


def found(secret: str, request: Recorded) -> str:
    """Where in a request a secret is: in its path, headers, body; empty when nowhere."""
    parts = {
        "path": request.path.encode(),
        "headers": repr(sorted(request.headers.items())).encode(),
        "body": request.body,
    }
    return " ".join(part for part, value in parts.items() if secret.encode() in value)


def places(secret: str, server: LoopbackServer) -> set[tuple[str, str]]:
    """(path, part) of every request that holds a secret."""
    return {
        (request.path.replace(TOKEN, "<token>"), where)
        for request in server.requests
        if (where := found(secret, request))
    }


def check_requests(scene: Scene) -> None:
    """Each secret was seen exactly where it has to be, and nowhere else."""
    in_telegram = places(TOKEN, scene.telegram)
    assert {where for _, where in in_telegram} == {"path"}
    assert all(path.startswith("/bot<token>/") for path, _ in in_telegram)
    assert places(TOKEN, scene.dingtalk) == set()
    codes = [registration.device_code for registration in scene.dingtalk.registrations]
    assert {place for code in codes for place in places(code, scene.dingtalk)} == {(POLL, "body")}
    assert not any(places(code, scene.telegram) for code in codes)
    assert places(SECRET, scene.telegram) == set()
    assert places(SECRET, scene.dingtalk) == {(path, "body") for path in CHECKS}


def secrets(scene: Scene) -> list[str]:
    """Everything that must not be read anywhere else."""
    return [TOKEN, SECRET, *(one.device_code for one in scene.dingtalk.registrations)]


async def reprs(scene: Scene) -> list[str]:
    """How everything that runs or is kept shows itself."""
    texts = [repr(task) for task in asyncio.all_tasks()]
    texts += [str(task.get_stack()) for task in asyncio.all_tasks()]
    copy = scene.state.with_suffix(".copy")
    copy.write_bytes(scene.state.read_bytes())
    journal = SqliteJournal(copy)
    await journal.open()
    attempts: list[Attempt] = await journal.unfinished()
    await journal.close()
    copy.unlink()
    return texts + [repr(attempt) + str(attempt.credentials) for attempt in attempts]
