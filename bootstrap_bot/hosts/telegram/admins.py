"""The config's Telegram user ids as admins."""

from collections.abc import Sequence

from bootstrap_bot.hosts.telegram.events import person_of
from bootstrap_bot.registration.person import PersonId
from bootstrap_bot.settings.admins import AdminList


class ConfigAdmins:
    """Implements `Admins`; the first one is written into the config."""

    def __init__(self, ids: AdminList) -> None:
        self._ids = ids

    async def all(self) -> Sequence[PersonId]:
        return [person_of(one) for one in self._ids]

    async def add_first(self, person: PersonId) -> bool:
        return await self._ids.add_first(int(person.id))
