"""File systems that give every file the rights of their mount."""

import errno
import os
from pathlib import Path

import pytest


def failing(monkeypatch: pytest.MonkeyPatch, call: str, number: int) -> None:
    """From now on this call of the system fails with that error."""

    def fails(*arguments: object) -> None:
        raise OSError(number, "made to order")

    monkeypatch.setattr(os, call, fails)


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
