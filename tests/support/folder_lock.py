"""The lock by which our own processes exclude each other, held by somebody else."""

import fcntl
import os
from pathlib import Path
from typing import Self


class FolderLock:
    """Keeps everybody out who wants to replace that file, by its folder's own lock."""

    def __init__(self, file: Path) -> None:
        self._folder = file.parent
        self._held: int | None = None

    def acquire(self) -> None:
        """Takes it at once. Raises `BlockingIOError` when somebody else has it."""
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise
        self._held = descriptor

    def release(self) -> None:
        """Gives it back, if it is held."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
