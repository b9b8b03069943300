"""Who a person is: an id, and the chat host that gave it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class PersonId:
    """Somebody on one chat host (`telegram`), by the host's own id."""

    host: str
    id: str


class People(Collection[PersonId]):
    """Those of one host whose ids these are, as they are now."""

    def __init__(self, host: str, ids: Collection[object]) -> None:
        self._host = host
        self._ids = ids

    def __iter__(self) -> Iterator[PersonId]:
        return (PersonId(self._host, str(one)) for one in self._ids)

    def __contains__(self, person: object) -> bool:
        return any(person == one for one in self)

    def __len__(self) -> int:
        return len(self._ids)
