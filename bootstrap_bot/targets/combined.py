"""A place that is written, together with others that its program reads as well."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import EXPOSING, Code, TargetError
from bootstrap_bot.targets.command import Command
from bootstrap_bot.targets.serial_thread import SerialThread
from bootstrap_bot.targets.target import Platform, Stored, Target


class Combined:
    """A `Target` with room for one bot a platform: `main` gets it, `others` may have one as well.

    `others` gives those whose files are there now, and may block.

    Which of them a program believes is different from release to release. So a bot in any of
    them is listed, and asked about before another one comes; then it is taken out of the others,
    and all of them say the same.
    """

    single_slot = True

    def __init__(self, main: Target, others: Callable[[], Sequence[Target]]) -> None:
        self._main = main
        self._others = others
        self._thread = SerialThread()

    @property
    def kind(self) -> str:
        return self._main.kind

    @property
    def after(self) -> Command | None:
        return self._main.after

    @property
    def key(self) -> str:
        return self._main.key

    @property
    def place(self) -> str:
        return self._main.place

    def speaks(self, provider: str) -> bool:
        return self._main.speaks(provider)

    def allows(self, provider: str) -> bool:
        return self._main.allows(provider)

    def restart(self, provider: str) -> str:
        return self._main.restart(provider)

    async def store(
        self,
        wanted_id: str,
        credentials: Credentials,
        replaces: str = "",
        *,
        exposed: bool = False,
    ) -> Stored:
        """See `Target`. Where several have another bot, each of them is asked about by itself.

        Until the last answer the pair is in `main` already, unless nobody had that place.
        """
        provider = credentials.provider
        there = [one for one in await self._there() if one[1].type == provider]
        ours = (credentials.account, replaces)
        agreed = [other for other, bot in there if bot.account in ours]
        strangers = [one for one in there if one[0] not in agreed]
        occupants = [bot for bot in await self._main.platforms() if bot.type == provider]
        if strangers and not occupants:
            raise _occupied(*strangers[0])
        for other in agreed:
            await _ready(other)
        stored = await self._main.store(wanted_id, credentials, replaces, exposed=exposed)
        if strangers:
            raise _occupied(*strangers[0])
        for other, bot in there:
            await other.remove(provider, bot.account)
        return stored

    async def platforms(self) -> list[Platform]:
        """The bots of all places, each once."""
        found = {(bot.type, bot.account): bot for bot in await self._main.platforms()}
        for _, bot in await self._there():
            found.setdefault((bot.type, bot.account), bot)
        return list(found.values())

    async def set_enabled(self, provider: str, account: str, enabled: bool) -> Platform | None:
        """See `Target`; switched wherever it is."""
        found = None
        for place in (*await self._with(provider, account), self._main):
            found = await place.set_enabled(provider, account, enabled) or found
        return found

    async def remove(
        self, provider: str, account: str, *, unwanted: bool = False
    ) -> Platform | None:
        """See `Target`; from wherever it is."""
        removed = None
        for place in (*await self._with(provider, account), self._main):
            removed = await place.remove(provider, account, unwanted=unwanted) or removed
        return removed

    async def allow(self, provider: str, account: str, person: str) -> Platform | None:
        """See `Target`; `main` alone has a list of people."""
        return await self._main.allow(provider, account, person)

    async def probe(self) -> Sequence[Path]:
        """See `Target`. What the others say has to be readable, too."""
        found = [*await self._main.probe()]
        for other, _ in await self._there():
            found += await _ready(other)
        return found

    async def tidy(self) -> None:
        """See `Target`."""
        for place in (self._main, *await self._thread.do(self._others)):
            await place.tidy()

    async def _there(self) -> list[tuple[Target, Platform]]:
        """Every bot of the others, with where it is."""
        others = await self._thread.do(self._others)
        return [(other, bot) for other in others for bot in await other.platforms()]

    async def _with(self, provider: str, account: str) -> list[Target]:
        """The others that have that bot."""
        named = (provider, account)
        return [other for other, bot in await self._there() if (bot.type, bot.account) == named]


def _occupied(other: Target, bot: Platform) -> TargetError:
    return TargetError(Code.OCCUPIED, other.place, occupant=bot.account)


async def _ready(other: Target) -> Sequence[Path]:
    """Finds out whether a bot could be taken out there, whoever may read what is left."""
    try:
        return await other.probe()
    except TargetError as error:
        if error.code in EXPOSING:
            return []
        raise
