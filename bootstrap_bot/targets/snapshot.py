"""A file as it stands at one moment."""

import errno
import fcntl
import os
import stat
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bootstrap_bot.targets.rights import Rights

# ioctl_iflags(2): FS_IOC_GETFLAGS, FS_IMMUTABLE_FL and FS_APPEND_FL.
_GET_FLAGS = (2 << 30) | (struct.calcsize("l") << 16) | (ord("f") << 8) | 1
_FROZEN = 0x10 | 0x20


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a file holds; no `rights` when there is none.

    Two are equal when it is the same file, with the same bytes, rights and time of change.
    `names` is how many it has in its file system. A `frozen` one (chattr +i) can be replaced by
    nobody.
    """

    path: Path
    data: bytes = b""
    rights: Rights | None = None
    device: int = 0
    inode: int = 0
    changed_ns: int = 0
    names: int = 0
    frozen: bool = False

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
                frozen=_is_frozen(descriptor),
            )
        finally:
            os.close(descriptor)


def _is_frozen(descriptor: int) -> bool:
    flags = bytearray(struct.calcsize("l"))
    with suppress(OSError):  # most file systems have no such flags
        fcntl.ioctl(descriptor, _GET_FLAGS, flags)
    return bool(struct.unpack_from("i", flags)[0] & _FROZEN)
