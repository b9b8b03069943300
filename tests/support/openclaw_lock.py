"""OpenClaw's lock, held by a process of ours that is killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.file_writer import FileWriter
from bootstrap_bot.targets.neighbours import copy_of
from bootstrap_bot.targets.program_locks import OpenClawLock

REPOSITORY = Path(__file__).parents[2]
# Says that it is in the middle of a change, and stays there until it is killed.
CHILD = """
import sys, time
from pathlib import Path
from bootstrap_bot.targets.file_writer import FileWriter
from bootstrap_bot.targets.program_locks import OpenClawLock

def edit(text):
    print("in", flush=True)
    time.sleep(600)

file = Path(sys.argv[1])
FileWriter(file, program_lock=OpenClawLock(file)).change(edit)
"""


def writer(file: Path) -> FileWriter:
    program_lock = OpenClawLock(file, grace_seconds=0)
    return FileWriter(file, program_lock=program_lock, lock_seconds=0)


def changed(file: Path) -> None:
    """Changes the file, and makes sure that nothing but it and its copy are there then."""
    writer(file).change(lambda text: text + " ")
    assert {file, copy_of(file)} == {*file.parent.iterdir()}


def refused(file: Path) -> None:
    """Makes sure that the file is not changed because somebody else holds it."""
    before = file.read_text()
    for act in (writer(file).tidy, writer(file).probe, lambda: changed(file)):
        with pytest.raises(TargetError) as found:
            act()
        assert found.value.code is Code.LOCKED
    assert file.read_text() == before


def killed(file: Path) -> None:
    """A process of ours that was killed in the middle of a change."""
    arguments = [sys.executable, "-c", CHILD, str(file)]
    with subprocess.Popen(arguments, cwd=REPOSITORY, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"in\n"
        refused(file)
        child.send_signal(signal.SIGKILL)
