"""The whole benchmark: `python bench/run.py`. Loopback only; ends by itself within five minutes."""

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

from report import Row

HERE = Path(__file__).parent
PARTS = (
    ("chat_times.py",),
    ("poll_cpu.py",),
    ("start_time.py",),
    ("crowd.py",),
    ("edit_cost.py",),
    ("many_waiting.py", "1000", "5"),
    ("many_waiting.py", "5000", "5"),
    ("many_waiting.py", "5000", "20"),
)
LONGEST = 290.0
MARKS = {True: "kept", False: "MISSED", None: ""}


def played(part: tuple[str, ...], seconds: float) -> list[Row]:
    """One part in a process of its own: memory and start-up of others do not count."""
    script, *arguments = part
    environment = {**os.environ, "PTB_TIMEDELTA": "true"}
    done = subprocess.run(  # noqa: S603 - our own files
        [sys.executable, str(HERE / script), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=seconds,
        env=environment,
    )
    return [Row.received(line) for line in done.stdout.splitlines()]


def machine() -> str:
    """Python, processor and system."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {os.cpu_count()} cores ({platform.machine()}), {platform.system()}"


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| what | measured | limit | |", "|---|---|---|---|"]
    lines += [f"| {r.what} | {r.measured} | {r.limit} | {MARKS[r.kept]} |" for r in rows]
    return "\n".join(lines)


def main() -> int:
    """Prints the table; status 1 when a limit was missed."""
    end = time.monotonic() + LONGEST
    rows = []
    for part in PARTS:
        print(" ".join(part), "...", file=sys.stderr, flush=True)
        rows += played(part, end - time.monotonic())
    print(f"{machine()}\n\n{table(rows)}")
    return 1 if any(row.kept is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
