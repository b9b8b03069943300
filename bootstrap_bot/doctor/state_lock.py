"""The lock of the state file, looked at without disturbing who holds it."""

import fcntl
import os
import re
from pathlib import Path

_NUMBER = re.compile(r"[0-9]{1,10}")
_LONGEST = 32


class StateLock:
    """The lock beside one state file."""

    def __init__(self, state: Path) -> None:
        self.path = Path(f"{state}.lock")

    def holder(self) -> str | None:
        """The process that holds it, "" when its number is unknown; None when nobody does.

        The file is neither made nor written. Raises `OSError` when it cannot be told.
        """
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            # shared: two who only look are not in each other's way; closing gives it back
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # some file systems say the one, some the other
            text = os.read(descriptor, _LONGEST).decode("ascii", "replace").strip()
            return text if _NUMBER.fullmatch(text) else ""
        finally:
            os.close(descriptor)
        return None
