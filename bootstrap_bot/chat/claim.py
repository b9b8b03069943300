"""How the first admin of a bot without one makes themselves known: by a code."""

import base64
import hmac
import secrets
from collections.abc import Callable, Sized
from enum import Enum, auto
from typing import Protocol

from bootstrap_bot.clock import Clock

CODE_BYTES = 10
CODE_LASTS = 600.0
MOST_WRONG = 5
PAUSE = 1.0
MOST_PERSONS = 10_000


class Admins(Sized, Protocol):
    """Who may use the bot."""

    async def add_first(self, user: int) -> bool:
        """Makes that person admin, if nobody is yet. Raises `TargetError`."""
        ...


class Claimed(Enum):
    """What became of a claim."""

    DONE = auto()
    WRONG = auto()
    UNHEARD = auto()


def random_code() -> str:
    """Sixteen base32 characters."""
    return base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode("ascii")


class Claims:
    """Hands out a code while nobody is admin, and checks what people send."""

    def __init__(
        self, admins: Admins, clock: Clock, make_code: Callable[[], str] = random_code
    ) -> None:
        self._admins = admins
        self._clock = clock
        self._make_code = make_code
        self._code = ""
        self._ends = 0.0
        self._next_check = 0.0
        self._wrong: dict[int, int] = {}

    @property
    def open(self) -> bool:
        """Whether a claim is possible at all: only while nobody is admin."""
        return len(self._admins) == 0

    def renew(self) -> str:
        """A fresh code, valid for `CODE_LASTS` seconds; the one before is void."""
        self._code = self._make_code()
        self._ends = self._clock.now() + CODE_LASTS
        return self._code

    async def claim(self, user: int, code: str) -> Claimed:
        """Five wrong tries a person, one look a second in all; whatever is beyond is unheard.

        Raises `TargetError` when the right code came but could not be written down.
        """
        now = self._clock.now()
        silenced = self._wrong.get(user, 0) >= MOST_WRONG or len(self._wrong) >= MOST_PERSONS
        if not self.open or silenced or now < self._next_check:
            return Claimed.UNHEARD
        self._next_check = now + PAUSE
        valid = bool(self._code) and now < self._ends
        given = code.strip().upper().encode(errors="replace")
        if not (hmac.compare_digest(given, self._code.encode()) and valid):
            self._wrong[user] = self._wrong.get(user, 0) + 1
            return Claimed.WRONG
        return Claimed.DONE if await self._admins.add_first(user) else Claimed.UNHEARD
