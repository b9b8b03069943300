"""File systems that give every file the rights of their mount."""

import errno
import os
from pathlib import Path

import pytest

from tests.support.system_calls import failing


def without_modes(monkeypatch: pytest.MonkeyPatch, mode: int) -> None:
    """From now on every file that is made has this mode for good, as on some mounts."""
    opened, given = os.open, os.fchmod

    def made(path: Path, flags: int, *modes: int) -> int:
        descriptor = opened(path, flags, *modes)
        if flags & os.O_CREAT:
            given(descriptor, mode)
        return descriptor

    monkeypatch.setattr(os, "open", made)
    failing(monkeypatch, "fchmod", errno.EPERM)
