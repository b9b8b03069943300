"""An admin list without a file."""

from collections.abc import Sequence

from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.hosts.telegram.events import person_of
from bootstrap_bot.registration.person import PersonId


class MemoryAdmins:
    """Telegram ids, and what it was asked to add; fails, or is too late, as told."""

    def __init__(self, *ids: int, too_late: bool = False, broken: bool = False) -> None:
        self.ids = list(ids)
        self.asked: list[int] = []
        self.too_late = too_late
        self.broken = broken

    async def all(self) -> Sequence[PersonId]:
        return [person_of(one) for one in self.ids]

    async def add_first(self, person: PersonId) -> bool:
        self.asked.append(int(person.id))
        if self.broken:
            raise TargetError(Code.UNPARSABLE, "config.toml")
        if not self.too_late:
            self.ids.append(int(person.id))
        return not self.too_late
