"""Keeps all others out while one file is replaced."""

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from filelock import Timeout

ProgramLock = Callable[[Path], AbstractContextManager[None]]
"""A program's own way to lock the file with that real path.

Entering it does not wait: it raises `Timeout` while somebody else holds the lock, or
`TargetError`. Of our own processes only one is in it at a time.
"""

# Our own processes are done in milliseconds, a program may take its time.
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.002, 0.1
# What some network file systems answer, which cannot lock folders.
_NO_SUCH_LOCK = (errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextmanager
def locked(real: Path, program_lock: ProgramLock | None, seconds: float) -> Iterator[int]:
    """Holds the folder of the file, then its program's lock; gives the folder's descriptor.

    Both are let go while it waits, so that nobody waits for the folder because of a program.
    Raises `Timeout` when that took more than `seconds`, and `OSError`.
    """
    end, pause = time.monotonic() + seconds, _FIRST_PAUSE_SECONDS
    with ExitStack() as held:
        while True:
            try:
                folder = _enter(real, program_lock, held)
            except Timeout:
                if time.monotonic() >= end:
                    raise
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            else:
                break
        yield folder


def _enter(real: Path, program_lock: ProgramLock | None, held: ExitStack) -> int:
    with ExitStack() as entered:
        # the lock is the folder's own, so nothing has to be left beside the file
        folder = os.open(real.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        entered.callback(os.close, folder)
        _lock(folder, real)
        if program_lock is not None:
            entered.enter_context(program_lock(real))
        held.enter_context(entered.pop_all())
    return folder


def _lock(folder: int, real: Path) -> None:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        raise Timeout(str(real.parent)) from None
    except OSError as error:
        if error.errno not in _NO_SUCH_LOCK:
            raise
