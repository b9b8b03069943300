"""A program's own lock on its file, made to order."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import Timeout


class ProgramLock:
    """A program's lock as it says of itself: free, or held for so many tries."""

    def __init__(self, held: int = 0) -> None:
        self.held = held
        self.steps: list[str] = []

    @contextmanager
    def __call__(self, real: Path) -> Iterator[None]:
        if self.held:
            self.held -= 1
            raise Timeout(str(real))
        self.steps.append(f"in {real.name}")
        yield
        self.steps.append("out")
