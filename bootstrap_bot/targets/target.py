"""What every place for credentials can do."""

from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials, masked_id


@dataclass(frozen=True, slots=True)
class Platform:
    """One bot as a target has it stored."""

    id: str
    type: str
    enabled: bool
    client_id: str
    client_secret: SecretStr

    def masked_id(self) -> str:
        """The client id as people may see it."""
        return masked_id(self.client_id)

    def holds(self, credentials: Credentials) -> bool:
        """Whether this is exactly that pair."""
        return (self.client_id, self.client_secret) == (
            credentials.client_id,
            credentials.client_secret,
        )


class Target(Protocol):
    """A place where credentials are stored and read back.

    Every method raises `TargetError` and leaves what is stored as it was when it does.
    """

    @property
    def key(self) -> str:
        """Names this target in the journal, the same after a restart."""
        ...

    @property
    def place(self) -> str:
        """What people are told: a file's name or an address."""
        ...

    async def store(self, wanted_id: str, credentials: Credentials, replaces: str = "") -> Platform:
        """Stores the pair and gives what was stored, under the id it now has.

        A `client_id` that is there already is updated where it stands and keeps its id and
        every other key. Otherwise the platform whose client id is `replaces` gets the pair in
        one step, or, without one, `wanted_id` is taken, or the next free `<wanted_id>_2`, ...
        """
        ...

    async def platforms(self) -> list[Platform]:
        """Everything of our type that is stored now, in its order, read afresh."""
        ...

    async def set_enabled(self, client_id: str, enabled: bool) -> Platform | None:
        """Switches the platform with that client id; None when there is none."""
        ...

    async def remove(self, client_id: str) -> Platform | None:
        """Removes the platform with that client id; None when there is none."""
        ...

    async def probe(self) -> None:
        """Returns when a `store` would find everything it needs; changes nothing."""
        ...
