"""A target made of lists."""

from dataclasses import replace

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.command import Command
from bootstrap_bot.targets.placement import bot_with
from bootstrap_bot.targets.target import Platform, Stored


class FakeTarget:
    """A target in memory. Every call is an event; `faults` are raised instead, in turn.

    `then` is raised after the next store, `alters` has it keep another secret.
    """

    kind, single_slot = "config", False

    def __init__(self, events: list[str], key: str = "config:/a", *faults: Code | None) -> None:
        self.key, self.place = key, key.removeprefix("config:/")
        self.after: Command | None = None
        self.occupant = ""
        self.spoken = ("dingtalk",)
        self.notes: tuple[str, ...] = ()
        self.there: list[Platform] = []
        self.wanted: list[tuple[str, str]] = []
        self.faults = list(faults)
        self.keeps_list = False
        self.then: BaseException | None = None
        self.alters = False
        self._events = events

    def speaks(self, provider: str) -> bool:
        return provider in self.spoken

    def restart(self, provider: str) -> str:
        return ""

    async def platforms(self) -> list[Platform]:
        self._event("read")
        return list(self.there)

    async def store(
        self,
        wanted_id: str,
        credentials: Credentials,
        replaces: str = "",
        *,
        exposed: bool = False,
    ) -> Stored:
        self._event("store")
        if self.occupant and self.occupant != replaces:
            raise TargetError(Code.OCCUPIED, self.place, occupant=self.occupant)
        self.wanted.append((wanted_id, replaces))
        known = [p for p in self.there if p.account == credentials.account]
        name = known[0].id if known else wanted_id
        self.there = [p for p in self.there if p not in known]
        self.there.append(
            bot_with(name, True, _altered(credentials) if self.alters else credentials)
        )
        if self.then is not None:
            raise self.then
        return Stored(bot_with(name, True, credentials), self.notes)

    def allows(self, provider: str) -> bool:
        return self.keeps_list

    async def allow(self, provider: str, account: str, person: str) -> Platform | None:
        self._event(f"allow {person}")
        return next((bot for bot in self.there if bot.account == account), None)

    async def remove(self, _: str, account: str, *, unwanted: bool = False) -> Platform | None:
        self._event(f"remove {account}")
        self.there = [p for p in self.there if p.account != account]
        return None

    def _event(self, name: str) -> None:
        self._events.append(f"{self.place}: {name}")
        if self.faults and (fault := self.faults.pop(0)) is not None:
            raise TargetError(fault, self.place, line=3, column=9)


def _altered(credentials: Credentials) -> Credentials:
    """The same with another secret."""
    values = {
        name: SecretStr("altered") if isinstance(value, SecretStr) else value
        for name, value in credentials.values.items()
    }
    return replace(credentials, values=values)
