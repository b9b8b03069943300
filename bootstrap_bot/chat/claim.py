"""How the first admin of a bot without one makes themselves known: by a code."""

import base64
import hmac
import secrets
from collections.abc import Callable
from enum import Enum, auto

from bootstrap_bot.clock import Clock
from bootstrap_bot.registration.person import Admins, PersonId

CODE_BYTES = 10
CODE_LASTS = 600.0
MOST_WRONG = 5
# So many persons' wrong tries are remembered, of those who tried last.
MOST_PERSONS = 10_000


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
        self._wrong: dict[PersonId, int] = {}

    async def open(self) -> bool:
        """Whether a claim is possible at all: only while nobody is admin."""
        return not await self._admins.all()

    def renew(self) -> str:
        """A fresh code, valid for `CODE_LASTS` seconds; the one before is void."""
        self._code = self._make_code()
        self._ends = self._clock.monotonic() + CODE_LASTS
        return self._code

    async def claim(self, person: PersonId, code: str) -> Claimed:
        """Five wrong tries a person; whatever others do, the right code is heard.

        Raises `TargetError` when the right code came but could not be written down.
        """
        if not await self.open() or self._wrong.get(person, 0) >= MOST_WRONG:
            return Claimed.UNHEARD
        valid = bool(self._code) and self._clock.monotonic() < self._ends
        given = code.strip().upper().encode(errors="replace")
        if not (hmac.compare_digest(given, self._code.encode()) and valid):
            self._count_wrong_try(person)
            return Claimed.WRONG
        return Claimed.DONE if await self._admins.add_first(person) else Claimed.UNHEARD

    def _count_wrong_try(self, person: PersonId) -> None:
        """A crowd drives out of memory whoever tried first, and closes the door to nobody."""
        self._wrong[person] = self._wrong.pop(person, 0) + 1
        if len(self._wrong) > MOST_PERSONS:
            del self._wrong[next(iter(self._wrong))]
