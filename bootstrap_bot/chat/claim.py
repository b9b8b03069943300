"""How the first admin of a bot without one makes themselves known: by a code."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from enum import Enum, auto
from typing import Protocol

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


class ClaimStore(Protocol):
    """Keeps the one code that is valid, as a hash, and how often each person was wrong."""

    async def keep(self, code: bytes, seconds: float) -> None:
        """This code is valid for so long; the one before is void."""
        ...

    async def code(self) -> bytes | None:
        """The code that is valid now, if there is one."""
        ...

    async def wrong_tries(self, person: PersonId) -> int:
        """How often that person was wrong."""
        ...

    async def count_wrong_try(self, person: PersonId) -> None:
        """Once more."""
        ...


class MemoryClaims:
    """Implements `ClaimStore` until the process ends."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._code = b""
        self._ends = 0.0
        self._wrong: dict[PersonId, int] = {}

    async def keep(self, code: bytes, seconds: float) -> None:
        self._code, self._ends = code, self._clock.monotonic() + seconds

    async def code(self) -> bytes | None:
        return self._code if self._clock.monotonic() < self._ends else None

    async def wrong_tries(self, person: PersonId) -> int:
        return self._wrong.get(person, 0)

    async def count_wrong_try(self, person: PersonId) -> None:
        # A crowd drives out of memory whoever tried first, and closes the door to nobody.
        self._wrong[person] = self._wrong.pop(person, 0) + 1
        if len(self._wrong) > MOST_PERSONS:
            del self._wrong[next(iter(self._wrong))]


class Claims:
    """Hands out a code while nobody is admin, and checks what people send."""

    def __init__(
        self, admins: Admins, store: ClaimStore, make_code: Callable[[], str] = random_code
    ) -> None:
        self._admins = admins
        self._store = store
        self._make_code = make_code

    async def open(self) -> bool:
        """Whether a claim is possible at all: only while nobody is admin."""
        return not await self._admins.all()

    async def renew(self) -> str:
        """A fresh code, valid for `CODE_LASTS` seconds; the one before is void."""
        code = self._make_code()
        await self._store.keep(_hash(code), CODE_LASTS)
        return code

    async def claim(self, person: PersonId, code: str) -> Claimed:
        """Five wrong tries a person; whatever others do, the right code is heard.

        Raises `TargetError` when the right code came but could not be written down.
        """
        if not await self.open() or await self._store.wrong_tries(person) >= MOST_WRONG:
            return Claimed.UNHEARD
        valid = await self._store.code()
        if not hmac.compare_digest(_hash(code), valid or b""):
            await self._store.count_wrong_try(person)
            return Claimed.WRONG
        return Claimed.DONE if await self._admins.add_first(person) else Claimed.UNHEARD


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.strip().upper().encode(errors="replace")).digest()
