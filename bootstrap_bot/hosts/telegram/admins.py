"""Telegram user ids as admins: the config's, or those that a program hands over."""

import inspect
from collections.abc import Awaitable, Callable, Collection, Sequence

from bootstrap_bot.hosts.telegram.events import HOST, person_of
from bootstrap_bot.registration.person import PersonId
from bootstrap_bot.settings.admins import AdminList

Ids = Collection[int] | Collection[str]
GivenIds = Ids | Callable[[], Ids | Awaitable[Ids]]
"""Telegram user ids, or a function that gives them, which may be an async one."""


class ConfigAdmins:
    """Implements `Admins`; the first one is written into the config."""

    def __init__(self, ids: AdminList) -> None:
        self._ids = ids

    async def all(self) -> Sequence[PersonId]:
        return [person_of(one) for one in self._ids]

    async def add_first(self, person: PersonId) -> bool:
        return await self._ids.add_first(int(person.id))


class GivenAdmins:
    """Implements `Admins` for a program that keeps them itself: it is asked each time."""

    def __init__(self, given: GivenIds) -> None:
        self._given = given

    async def all(self) -> Sequence[PersonId]:
        ids = self._given() if callable(self._given) else self._given
        if inspect.isawaitable(ids):
            ids = await ids
        return [PersonId(HOST, str(one)) for one in ids]

    async def add_first(self, person: PersonId) -> bool:
        return False
