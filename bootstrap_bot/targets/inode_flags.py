"""Flags by which a file system forbids every change, whoever asks: chattr(1)."""

import fcntl
import os
import struct
from contextlib import suppress
from pathlib import Path

# ioctl_iflags(2): FS_IOC_GETFLAGS, FS_IMMUTABLE_FL and FS_APPEND_FL.
_GET_FLAGS = (2 << 30) | (struct.calcsize("l") << 16) | (ord("f") << 8) | 1
_FROZEN = 0x10 | 0x20


def is_frozen(path: Path) -> bool:
    """Whether that file or folder has such a flag, as far as the system tells."""
    flags = bytearray(struct.calcsize("l"))
    with suppress(OSError):  # most file systems have none
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.ioctl(descriptor, _GET_FLAGS, flags)
        finally:
            os.close(descriptor)
    return bool(struct.unpack_from("i", flags)[0] & _FROZEN)
