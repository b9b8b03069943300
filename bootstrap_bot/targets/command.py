"""What makes another program notice that its config changed."""

import asyncio
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from bootstrap_bot.clock import Clock
from bootstrap_bot.targets.command_output import CommandOutput

# Seconds a command may take.
LIMIT = 60.0
# What every command gets of the environment, as far as it is set there.
USUAL = ("PATH", "HOME", "USER", "LANG", "XDG_RUNTIME_DIR")
# Seconds until a killed command is taken for gone.
_DYING = 5.0


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the owner's: `argv` goes to no shell, and relative paths in it begin at `/`.

    `env` names the variables it gets besides the usual few; `show_output` lets the end of its
    output be shown to admins.
    """

    argv: tuple[str, ...] = field(repr=False)
    env: tuple[str, ...] = ()
    show_output: bool = False


class End(StrEnum):
    """How a run ended; INTERRUPTED is for whoever finds later that nobody saw its end."""

    EXITED = "exited"
    TIMED_OUT = "timed_out"
    NOT_STARTED = "not_started"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a command.

    `status` is what it exited with, negative for the signal that ended it; None unless EXITED.
    `seconds` is how long it took, `output` what may be shown of what it printed.
    """

    end: End
    status: int | None = None
    seconds: float = 0.0
    output: str = field(default="", repr=False)


async def run(
    command: Command, clock: Clock, environ: Mapping[str, str], secrets: Sequence[str] = ()
) -> Ran:
    """Runs a command in a session of its own, with everything it started killed after LIMIT.

    Its working directory is `/`, wherever we were started; of `environ` it gets the USUAL
    variables and those that it names. None of `secrets` is in the output. Once started it is left
    to itself when the caller is cancelled or this process ends: it may be what restarts us.
    """
    begun = clock.monotonic()
    ended = asyncio.Event()
    report = _reporter(ended)
    output = _listening(report) if command.show_output else None
    process = _started(command, environ, output)
    if process is None:
        return Ran(End.NOT_STARTED)
    _attend(process, output.end if output else report)
    if not await clock.wait(ended, LIMIT) and process.returncode is None:
        end, status = End.TIMED_OUT, None
        _kill_group(process.pid)
        await clock.wait(ended, _DYING)
    else:
        end, status = End.EXITED, process.returncode
    seconds = clock.monotonic() - begun
    return Ran(end, status, seconds, output.text(secrets) if output else "")


def findable(command: Command) -> bool:
    """Whether the system would find the program now, looking where `run` does."""
    program = command.argv[0]
    if os.sep in program:
        program = os.path.join("/", program)
    return shutil.which(program) is not None


def _reporter(ended: asyncio.Event) -> Callable[[], None]:
    """Sets the event from any thread."""
    loop = asyncio.get_running_loop()

    def report() -> None:
        with suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(ended.set)

    return report


def _listening(report: Callable[[], None]) -> CommandOutput | None:
    """None when it cannot be done; the command matters more than what it says."""
    try:
        return CommandOutput(report)
    except OSError:
        return None


def _started(
    command: Command, environ: Mapping[str, str], output: CommandOutput | None
) -> subprocess.Popen[bytes] | None:
    """The process; None when the system does not start one. No file of ours is open in it."""
    env = {name: environ[name] for name in (*USUAL, *command.env) if name in environ}
    try:
        return subprocess.Popen(  # noqa: S603  (the owner's own command)
            command.argv,
            env=env,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output.writer if output else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # beside the system's refusals: no argument at all, one with a zero byte in it
    except (OSError, IndexError, ValueError):
        if output:
            output.end()
        return None


def _attend(process: subprocess.Popen[bytes], then: Callable[[], None]) -> None:
    """Waits in a thread that our exit does not wait for; asyncio would kill with its loop."""

    def wait() -> None:
        process.wait()
        then()

    threading.Thread(target=wait, name="command", daemon=True).start()


def _kill_group(leader: int) -> None:
    # gone meanwhile; or somebody else's, as sudo's are
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
