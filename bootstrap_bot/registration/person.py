"""Who a person is: an id, and the chat host that gave it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, order=True)
class PersonId:
    """Somebody on one chat host (`telegram`), by the host's own id."""

    host: str
    id: str


class Admins(Protocol):
    """Who may use the bot."""

    async def all(self) -> Sequence[PersonId]:
        """All of them; what somebody began who is none any more goes to the first."""
        ...

    async def add_first(self, person: PersonId) -> bool:
        """Makes that person admin, if nobody is yet. Raises `TargetError`."""
        ...


class FixedAdmins:
    """Implements `Admins` for those who are known from the start; nobody joins them."""

    def __init__(self, people: Iterable[PersonId] = ()) -> None:
        self._people = tuple(people)

    async def all(self) -> Sequence[PersonId]:
        return self._people

    async def add_first(self, person: PersonId) -> bool:
        return False
