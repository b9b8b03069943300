"""Which language each person chose."""

from typing import Protocol

from bootstrap_bot.registration.journal import Journal
from bootstrap_bot.registration.person import PersonId


class Languages(Protocol):
    """Keeps each person's choice. Every method raises `JournalError`."""

    async def start(self) -> None:
        """Takes up what was chosen before this process."""
        ...

    async def get(self, person: PersonId) -> str | None:
        """What that person chose, if they did."""
        ...

    async def set(self, person: PersonId, language: str) -> None:
        """Commits that person's choice."""
        ...


class JournalLanguages:
    """Implements `Languages` by a journal, read once."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._chosen: dict[PersonId, str] = {}

    async def start(self) -> None:
        self._chosen = await self._journal.languages()

    async def get(self, person: PersonId) -> str | None:
        return self._chosen.get(person)

    async def set(self, person: PersonId, language: str) -> None:
        await self._journal.save_language(person, language)
        self._chosen[person] = language
