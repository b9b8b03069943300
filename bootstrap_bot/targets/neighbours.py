"""The files that we make beside one that we change, and what earlier versions left there.

Their names end in nothing that programs look for in their folders, and begin with our own.
"""

import fcntl
import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path

COPY_PREFIX = ".bootstrap-bot-before-"
_RECORD_PREFIX = ".bootstrap-bot-made-"
_FRESH_PREFIX = ".bootstrap-bot-new-"
_FRESH = re.compile(re.escape(_FRESH_PREFIX) + "[0-9a-f]{16}")


def copy_of(real: Path) -> Path:
    """Where the version before of that file is kept."""
    return real.with_name(COPY_PREFIX + _dotless(real.name))


def record_of(real: Path, part: str) -> Path:
    """Where it is noted which keys of that part of the file are ours."""
    return real.with_name(_RECORD_PREFIX + _dotless(real.name + part))


def fresh(real: Path) -> Path:
    """A name for a file that is to take that one's place, or its copy's."""
    return real.with_name(_FRESH_PREFIX + secrets.token_hex(8))


def old_copies_of(real: Path) -> list[Path]:
    """What an earlier version of this program may have made, with a secret in it.

    A copy, or what was being written when a process was killed. Raises `OSError`.
    """
    name = re.compile(re.escape(real.name) + r"\.(bak|[0-9a-f]{16}\.tmp)")
    there = sorted(real.parent.iterdir())
    return [file for file in there if name.fullmatch(file.name) and _is_plain(file)]


def sweep(folder: Path) -> None:
    """Removes what killed processes left; under the folder's lock nobody else's is in use."""
    for file in folder.iterdir():
        if _FRESH.fullmatch(file.name) and _is_plain(file):
            # in a folder of many users it may be another one's
            with suppress(PermissionError):
                file.unlink(missing_ok=True)


def drop_idle_lock(real: Path) -> None:
    """Removes an empty lock file that an earlier version of this program made for that file.

    Not one that is another user's, has something in it, or is held.
    """
    lock = _beside(real, ".lock")
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return
    try:
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) and not status.st_size and status.st_uid == os.geteuid():
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(status, os.lstat(lock)):
                    lock.unlink()
    finally:
        os.close(descriptor)


def _dotless(name: str) -> str:
    """The name without dots: "*.toml*" finds hidden files too, by some programs' rules."""
    return name.replace("%", "%25").replace(".", "%2E")


def _beside(real: Path, suffix: str) -> Path:
    return real.with_name(real.name + suffix)


def _is_plain(file: Path) -> bool:
    try:
        return stat.S_ISREG(os.lstat(file).st_mode)
    except OSError:
        return False
