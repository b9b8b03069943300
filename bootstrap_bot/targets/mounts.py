"""Where file systems are mounted, as far as this system tells."""

import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")


def is_mount_point(real: Path) -> bool:
    """Whether the file itself is mounted."""
    try:
        table = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return False
    # proc(5): the fifth field, with blanks and backslashes as octal numbers
    points = (line.split(" ")[4:5] for line in table.split("\n"))
    return any([str(real)] == [*map(_octal, point)] for point in points)


def mount_of(real: Path) -> Path:
    """The folder at which the file's file system is mounted."""
    return next((folder for folder in real.parents if folder.is_mount()), real.parent)


def _octal(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field)
