"""Starts waiting_server.py in a process of its own, so that its work is not measured."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVER = Path(__file__).with_name("waiting_server.py")


@contextmanager
def served(interval: float, *certificate: str) -> Iterator[str]:
    """The server's base address, with TLS where a certificate and its key are given."""
    command = [sys.executable, str(SERVER), str(interval), *certificate]
    pipe = subprocess.PIPE
    with subprocess.Popen(  # noqa: S603 - our own server
        command, stdin=pipe, stdout=pipe, text=True
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        port = process.stdout.readline().strip()
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
        process.stdin.close()
