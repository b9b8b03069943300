"""What every store of attempts can do."""

from typing import Protocol

from bootstrap_bot.registration.attempt import Attempt
from bootstrap_bot.registration.person import PersonId


class Journal(Protocol):
    """Keeps attempts with their deliveries. Every method raises `JournalError`."""

    async def save(self, attempt: Attempt) -> None:
        """Commits the whole record; on return it survives a crash. Not undone by cancelling."""
        ...

    async def unfinished(self) -> list[Attempt]:
        """Every attempt that is not over, oldest first."""
        ...

    async def asked_by(self, update: str) -> Attempt | None:
        """The attempt that this update began, if it did."""
        ...

    async def find(self, attempt: str) -> Attempt | None:
        """The attempt with that id."""
        ...

    async def forget(self, time: float) -> None:
        """Drops attempts that are over and were asked for before then (epoch seconds)."""
        ...

    async def latest(self, owner: PersonId) -> Attempt | None:
        """The owner's last attempt, over or not."""
        ...

    async def requests_since(self, time: float) -> list[tuple[PersonId, float]]:
        """Who asked for attempts since then, and when (epoch seconds)."""
        ...

    async def languages(self) -> dict[PersonId, str]:
        """The language each person chose, by person."""
        ...

    async def save_language(self, person: PersonId, language: str) -> None:
        """Commits a person's choice."""
        ...

    async def close(self) -> None:
        """Waits for what was begun and gives the file back."""
        ...
