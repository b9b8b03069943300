"""What every store of attempts can do."""

from pathlib import Path
from typing import Protocol

from bootstrap_bot.registration.attempt import Attempt
from bootstrap_bot.registration.person import PersonId


class Journal(Protocol):
    """Keeps attempts with their deliveries. Every method raises `JournalError`."""

    @property
    def moved_aside(self) -> Path | None:
        """Where a broken file is kept that `open` had to begin a fresh one for."""
        ...

    async def open(self) -> None:
        """Makes it usable, and sees to it that no second process uses it in its own way."""
        ...

    async def save(self, attempt: Attempt) -> Attempt:
        """Commits the whole record and gives it with the version it has there.

        On return it survives a crash; not undone by cancelling. A record that is gone is made
        anew. Raises `ConflictError` when it has another version than `attempt`, or when there is
        another one of the same update; then nothing changed.
        """
        ...

    async def unfinished(self) -> list[Attempt]:
        """Every attempt that is not over, oldest first."""
        ...

    async def asked_by(self, host: str, update: str) -> Attempt | None:
        """The attempt that this update of a chat host began, if it did."""
        ...

    async def find(self, attempt: str) -> Attempt | None:
        """The attempt with that id."""
        ...

    async def forget(self, time: float) -> None:
        """Drops attempts that are over and were asked for before then (epoch seconds)."""
        ...

    async def latest(self, owner: PersonId, provider: str | None = None) -> Attempt | None:
        """The owner's last attempt, of that platform if one is named, over or not."""
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
        """Waits for what was begun and gives it back."""
        ...
