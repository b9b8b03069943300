"""The config and who may use the bot."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from bootstrap_bot.doctor.finding import Finding, Subject
from bootstrap_bot.errors import ConfigError, Fault
from bootstrap_bot.registration.person import Admins
from bootstrap_bot.settings.settings import Settings


class ConfigCheck:
    """The config as it stands on disk now.

    `load` reads it the way a start would; `file` is its name for people.
    """

    def __init__(self, path: Path, file: str, load: Callable[[], Settings]) -> None:
        self._path = path
        self._file = file
        self._load = load

    async def __call__(self) -> Sequence[Finding]:
        """Whether the next start could use it, and what is not quite as it should be."""
        return await asyncio.to_thread(self._look)

    def _look(self) -> Sequence[Finding]:
        if not self._path.exists():
            return [Finding.good(Subject.CONFIG, "doctor.config_none", file=self._file)]
        try:
            warnings = self._load().warnings
        except ConfigError as error:
            count = len(error.faults)
            return [Finding.bad(Subject.CONFIG, "doctor.config_bad", file=self._file, count=count)]
        if not warnings:
            return [Finding.good(Subject.CONFIG, "doctor.config_good", file=self._file)]
        return [
            Finding.look(Subject.CONFIG, _code(warning), file=self._file, key=warning.key)
            for warning in warnings
        ]


def _code(warning: Fault) -> str:
    """One about an address, about a table that is not read, or about the file's rights."""
    if warning.key.endswith("]"):
        return "doctor.config_unread"
    return "doctor.config_exposed" if warning.key else "doctor.config_readable"


class AdminsCheck:
    """Who may use the bot; an empty list lets nobody in."""

    def __init__(self, admins: Admins) -> None:
        self._admins = admins

    async def __call__(self) -> Sequence[Finding]:
        """Whether there is anybody."""
        count = len(await self._admins.all())
        if not count:
            return [Finding.bad(Subject.ADMINS, "doctor.admins_none")]
        return [Finding.good(Subject.ADMINS, "doctor.admins_good", count=count)]
