"""Faults that a test orders."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

STATUS_TEXTS = {
    400: "Bad Request",
    403: "Forbidden",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of fault.

    Answers `status` with `description`; or `body` as it is; or `reset` closes the socket without
    an answer; or `hang` never answers. `cut` closes it behind the body, of which more was
    announced. `after` lets the method take effect first. `retry_after` seconds.
    """

    status: int = 500
    description: str = ""
    retry_after: int | None = None
    reset: bool = False
    hang: bool = False
    after: bool = False
    body: bytes | None = None
    cut: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def says(cls, answer: object, status: int = 200) -> Self:
        """Answers any JSON."""
        return cls(status, body=json.dumps(answer).encode())

    @classmethod
    def result(cls, result: object) -> Self:
        """A success that carries something else than it should."""
        return cls.says({"ok": True, "result": result})

    @property
    def words(self) -> str:
        if self.description:
            return self.description
        text = STATUS_TEXTS.get(self.status, "Error")
        return text if self.retry_after is None else f"{text}: retry after {self.retry_after}"


class Troubles:
    """Which call fails next. A negative count lasts until `heal`."""

    def __init__(self) -> None:
        self._ordered: list[tuple[str, Trouble, int]] = []

    def order(self, method: str, trouble: Trouble, times: int) -> None:
        if times:
            self._ordered.append((method.lower(), trouble, times))

    def heal(self) -> None:
        self._ordered.clear()

    def take(self, method: str) -> Trouble | None:
        """The fault for this call, if any; counted."""
        for index, (name, trouble, times) in enumerate(self._ordered):
            if name in ("*", method.lower()):
                if times == 1:
                    del self._ordered[index]
                else:
                    self._ordered[index] = (name, trouble, times - 1 if times > 0 else times)
                return trouble
        return None
