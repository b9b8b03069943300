"""A file as it stands at one moment."""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from bootstrap_bot.targets.rights import Rights


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a file holds; no `rights` when there is none.

    Two are equal when it is the same file, with the same bytes, rights and time of change.
    `names` is how many it has in its file system.
    """

    path: Path
    data: bytes = b""
    rights: Rights | None = None
    device: int = 0
    inode: int = 0
    changed_ns: int = 0
    names: int = 0

    @classmethod
    def of(cls, path: Path) -> "Snapshot":
        """Raises `OSError`, also for anything but a regular file."""
        real = Path(os.path.realpath(path))
        try:
            # without O_NONBLOCK the opening of a pipe would wait for its other end
            descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return cls(real)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "no regular file")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                data = file.read()
            return cls(
                real,
                data,
                Rights.of(descriptor),
                device=status.st_dev,
                inode=status.st_ino,
                changed_ns=status.st_mtime_ns,
                names=status.st_nlink,
            )
        finally:
            os.close(descriptor)
