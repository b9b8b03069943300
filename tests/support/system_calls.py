"""What the system refuses: calls that fail, and files that find no room."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


def failing(monkeypatch: pytest.MonkeyPatch, call: str, number: int, at: str = "") -> None:
    """From now on that call of the system fails, with `at` only for names that end so."""
    real = getattr(os, call)

    def fails(*arguments: object) -> object:
        if not at or str(arguments[-1]).endswith(at):
            raise OSError(number, "made to order")
        return real(*arguments)

    monkeypatch.setattr(os, call, fails)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Within, this process cannot make any file larger than that, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
