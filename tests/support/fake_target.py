"""A target made of lists."""

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.command import Command
from bootstrap_bot.targets.target import Note, Platform, Stored
from tests.support.credentials import ding_bot


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
        self.notes: tuple[Note, ...] = ()
        self.there: list[Platform] = []
        self.wanted: list[tuple[str, str]] = []
        self.faults = list(faults)
        self.then: BaseException | None = None
        self.alters = False
        self._events = events

    def speaks(self, provider: str) -> bool:
        return provider in self.spoken

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
        secret = "altered" if self.alters else credentials.text("client_secret")
        name = known[0].id if known else wanted_id
        self.there = [p for p in self.there if p not in known]
        self.there.append(ding_bot(name, True, credentials.account, secret))
        if self.then is not None:
            raise self.then
        kept = credentials.text("client_secret")
        return Stored(ding_bot(name, True, credentials.account, kept), self.notes)

    async def remove(self, _: str, account: str, *, unwanted: bool = False) -> Platform | None:
        self._event(f"remove {account}")
        self.there = [p for p in self.there if p.account != account]
        return None

    def _event(self, name: str) -> None:
        self._events.append(f"{self.place}: {name}")
        if self.faults and (fault := self.faults.pop(0)) is not None:
            raise TargetError(fault, self.place, line=3, column=9)
