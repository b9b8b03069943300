"""Faults that a test orders."""

from dataclasses import dataclass

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

    Answers `status` with `description`; or `reset` closes the socket without an answer; or `hang`
    never answers. `after` lets the method take effect first. `retry_after` seconds.
    """

    status: int = 500
    description: str = ""
    retry_after: int | None = None
    reset: bool = False
    hang: bool = False
    after: bool = False

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
