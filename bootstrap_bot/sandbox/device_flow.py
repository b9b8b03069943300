"""What all stand-ins have in common at which a bot is registered by device flow."""

import asyncio
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Generic, TypeVar
from urllib.parse import urlencode

from aiohttp import web

from bootstrap_bot.clock import Clock, SystemClock
from bootstrap_bot.sandbox.answers import Answer, Script
from bootstrap_bot.sandbox.scripted import ScriptedServer

USER_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that look alike


@dataclass(slots=True, kw_only=True)
class DeviceFlow(ABC):
    """One device flow. Times are seconds since the epoch by the server's clock.

    `script` is for this flow alone; the server's goes first. `handed_out`: the credentials left
    in an answer, whether or not it arrived.
    """

    clock: Clock = field(repr=False)
    device_code: str = field(repr=False)
    user_code: str
    expires_at: float
    polls: int = 0
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    handed_out: bool = False
    script: Script = field(default_factory=Script, repr=False)

    @property
    @abstractmethod
    def state(self) -> str:
        """What has become of it by now."""

    @property
    @abstractmethod
    def is_open(self) -> bool:
        """Whether the person may still decide."""


Flow = TypeVar("Flow", bound=DeviceFlow)


class DeviceFlowServer(ScriptedServer, Generic[Flow]):
    """A server of device flows; one of its calls is "poll".

    `interval` and `lifetime` are seconds; `extra_begin` is merged into the answer to begin.
    Answers bear the date by `clock`, or the text `date`.
    """

    def __init__(
        self,
        calls: Iterable[str],
        clock: Clock | None,
        interval: int,
        lifetime: int,
        extra_begin: Mapping[str, object] | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(calls, port)
        self.clock: Clock = clock or SystemClock()
        self.interval = interval
        self.lifetime = lifetime
        self.extra_begin = dict(extra_begin or {})
        self.registrations: list[Flow] = []
        self.poll_times: list[float] = []
        self.date: str | None = None
        self._let_go = asyncio.Event()
        self._let_go.set()
        self.app.on_response_prepare.append(self._date)

    @property
    def latest(self) -> Flow:
        """The registration begun last."""
        return self.registrations[-1]

    @property
    def polls(self) -> int:
        """Number of well-formed polls received."""
        return len(self.poll_times)

    def find(self, user_code: str | None = None) -> Flow:
        """The latest registration with that code, or the latest of all; else `LookupError`."""
        for registration in reversed(self.registrations):
            if user_code in (None, registration.user_code):
                return registration
        raise LookupError(f"no registration has the user code {user_code}")

    def next_poll(self, *answers: Answer) -> None:
        """The coming polls get these answers, in order."""
        self.next("poll", *answers)

    def always_poll(self, answer: Answer | None) -> None:
        """Every poll gets this answer, until None."""
        self.always("poll", answer)

    def hold_polls(self) -> None:
        """Polls are counted and decided from now on, but their answers stay here."""
        self._let_go.clear()

    def release_polls(self) -> None:
        """Sends the answers held back, to whoever still listens."""
        self._let_go.set()

    def _undecided(self, user_code: str | None) -> Flow:
        """The registration as `find` gives it; `ValueError` when it is too late to decide."""
        registration = self.find(user_code)
        if not registration.is_open:
            raise ValueError(f"{registration.user_code} is already {registration.state}")
        return registration

    def _authorization(
        self, page: str, user_code: str, lifetime_field: str = "expires_in", **query: str
    ) -> dict[str, object]:
        """The answer to begin; the complete link has `query` besides the code."""
        shown = self.extra_begin.get("user_code", user_code)
        return {
            "device_code": secrets.token_urlsafe(48),
            "user_code": shown,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?{urlencode({'user_code': shown, **query})}",
            lifetime_field: self.lifetime,
            "interval": self.interval,
            **self.extra_begin,
        }

    def _polled(self, device_code: str) -> tuple[Flow | None, Answer | None]:
        """Counts a poll; gives its registration, and the answer decided beforehand, if any."""
        self.poll_times.append(self.clock.now())
        scripted = self._scripts["poll"].take()
        for registration in reversed(self.registrations):
            if registration.device_code == device_code:
                registration.polls += 1
                return registration, scripted or registration.script.take()
        return None, scripted

    async def _answer(
        self, request: web.Request, call: str, decide: Callable[[], Answer]
    ) -> web.StreamResponse:
        """Answers by the script, else as decided; a poll's decision looks at the script itself."""
        if call == "poll":
            answer = decide()
            await self.changed()
            await self._let_go.wait()
        else:
            answer = self._scripts[call].take() or decide()
            await self.changed()
        return await self._send(request, answer)

    async def _date(self, _request: web.Request, answer: web.StreamResponse) -> None:
        by_clock = formatdate(self.clock.now(), usegmt=True)
        answer.headers["Date"] = by_clock if self.date is None else self.date

    async def _stop(self, app: web.Application) -> None:
        await super()._stop(app)
        self._let_go.set()


def new_user_code(groups: int) -> str:
    """So many groups of four letters, like `MUEU-DEKR-5TN3`."""
    letters = ("".join(secrets.choice(USER_CODE_LETTERS) for _ in range(4)) for _ in range(groups))
    return "-".join(letters)
