"""The owner's command: what it gets, how it ends, what is shown, and that it outlives us."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from bootstrap_bot.clock import SystemClock
from bootstrap_bot.credentials import MASK
from bootstrap_bot.targets import command_output
from bootstrap_bot.targets.command import LIMIT, Command, End, Ran, run
from bootstrap_bot.targets.command_output import KEPT, LONGEST
from tests.support.clock import FakeClock

REPOSITORY = Path(__file__).parents[2]
PATH = {"PATH": "/usr/bin:/bin"}
SECRET = "SECRET-that-must-not-leak-" + "q" * 40 + "WXYZ"
# Real seconds a process gets for what it has to do.
PATIENCE = 10.0

# Starts a command as the bot would, and ends while it runs.
CHILD = """
import asyncio, os, signal, sys
from bootstrap_bot.clock import SystemClock
from bootstrap_bot.targets.command import Command, run

async def main():
    command = Command(("/bin/sh", "-c", *sys.argv[1:]), show_output=True)
    running = asyncio.create_task(run(command, SystemClock(), os.environ))
    await asyncio.sleep(0)
    {ending}

asyncio.run(main())
"""
ENDINGS = {
    "cancelled": "running.cancel()",
    "exited": "sys.exit(0)",
    "killed": "os.kill(os.getpid(), signal.SIGKILL)",
}
# Waits for a word on $1, prints more than a pipe holds, and says on $2 that it could.
GOES_ON = 'read -r _ <"$1"; head -c 200000 /dev/zero && echo on >&2 && echo done >"$2"'


@pytest.fixture(autouse=True)
def _nothing_stays_behind() -> Iterator[None]:
    yield
    end_of_threads()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    return named_pipe(tmp_path, "pipe")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return named_pipe(tmp_path, "other")


def named_pipe(folder: Path, name: str) -> Path:
    os.mkfifo(folder / name)
    return folder / name


async def heard(pipe: Path) -> str:
    """What is written into a named pipe until its last writer is gone."""
    reader = asyncio.StreamReader()
    file = os.fdopen(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb", 0)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), file
    )
    try:
        async with asyncio.timeout(PATIENCE):
            return (await reader.read()).decode().strip()
    finally:
        transport.close()


def end_of_threads() -> None:
    """Waits for the threads that run commands."""
    for thread in threading.enumerate():
        if thread.name.startswith("command"):
            thread.join(PATIENCE)
            assert not thread.is_alive()


def say(pipe: Path) -> int:
    """Lets whoever waits for a word on a named pipe go on; gives what is to be closed later."""
    descriptor = os.open(pipe, os.O_RDWR)
    os.write(descriptor, b"go\n")
    return descriptor


@contextmanager
def inheritable_pipe() -> Iterator[None]:
    """A pipe in place of our standard input, and at another descriptor too."""
    reader, writer = os.pipe()
    before = os.dup(0)
    os.dup2(reader, 0)
    os.set_inheritable(writer, True)
    try:
        yield
    finally:
        os.dup2(before, 0)
        for descriptor in (reader, writer, before):
            os.close(descriptor)


def sh(script: str, *arguments: object, show_output: bool = False) -> Command:
    """A script for the shell; the arguments are its $1, $2, ..."""
    words = ("/bin/sh", "-c", script, "sh", *map(str, arguments))
    return Command(words, show_output=show_output)


def python(script: str, *arguments: str) -> Command:
    words = (sys.executable, "-I", "-S", "-c", f"import os, sys\n{script}", *arguments)
    return Command(words, show_output=True)


def prints(data: bytes) -> Command:
    return python("sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]))", data.hex())


async def ran(command: Command, *secrets: str, environ: Mapping[str, str] = PATH) -> Ran:
    async with asyncio.timeout(PATIENCE):
        return await run(command, FakeClock(), environ, secrets)


async def shown(command: Command, *secrets: str) -> str:
    """What is shown of a command that ends well."""
    done = await ran(command, *secrets)
    assert (done.end, done.status) == (End.EXITED, 0)
    return done.output


async def timed_out(command: Command, begun: Path, *secrets: str) -> Ran:
    """What becomes of a command that takes too long, from when it closes that pipe on."""
    clock = FakeClock()
    running = asyncio.create_task(run(command, clock, PATH, secrets))
    assert await heard(begun) == "begun"
    await clock.pass_until_due()
    async with asyncio.timeout(PATIENCE):
        return await running


@pytest.mark.parametrize("status", [0, 1, 77, 255])
async def test_an_exit_status_is_told(status: int) -> None:
    assert await ran(sh(f"exit {status}")) == Ran(End.EXITED, status)


async def test_a_signal_is_told_as_a_negative_status() -> None:
    assert await ran(sh("kill -TERM $$")) == Ran(End.EXITED, -signal.SIGTERM)


async def test_the_time_it_took_is_told_by_the_clock(pipe: Path) -> None:
    clock = FakeClock()
    running = asyncio.create_task(run(sh('read -r _ <"$1"', pipe), clock, PATH))
    await clock.asleep()
    await clock.advance(12.5)
    word = say(pipe)
    assert await running == Ran(End.EXITED, 0, 12.5)
    os.close(word)


async def test_the_machines_clock_will_do_as_well() -> None:
    done = await run(sh("exit 3"), SystemClock(), PATH)
    assert (done.end, done.status) == (End.EXITED, 3)
    assert 0 <= done.seconds < PATIENCE


async def test_what_ends_at_the_last_moment_has_not_taken_too_long() -> None:
    class LateClock(FakeClock):
        async def wait(self, event: asyncio.Event, seconds: float | None = None) -> bool:
            await event.wait()
            return False

    assert await run(sh("exit 3"), LateClock(), PATH) == Ran(End.EXITED, 3)


@pytest.mark.parametrize("show_output", [False, True])
async def test_taking_too_long_kills_it_and_all_it_started(
    pipe: Path, other: Path, show_output: bool
) -> None:
    # a grandchild that ignores what can be ignored, and has the other pipe open while it lives
    script = '(trap "" TERM HUP INT; exec 9>"$2"; echo begun >"$1"; sleep 99) & wait'
    gone = asyncio.create_task(heard(other))
    done = await timed_out(sh(script, pipe, other, show_output=show_output), pipe)
    assert done == Ran(End.TIMED_OUT, None, LIMIT)
    assert await gone == ""


async def test_what_it_printed_before_it_took_too_long_is_shown(pipe: Path) -> None:
    script = 'echo stopping; echo begun >"$1"; sleep 99'
    done = await timed_out(sh(script, pipe, show_output=True), pipe)
    assert done == Ran(End.TIMED_OUT, None, LIMIT, "stopping")


async def test_no_descriptor_of_ours_stays_open() -> None:
    before = os.listdir("/dev/fd")
    for show_output in (False, True):
        await ran(sh("exit 0", show_output=show_output))
        await ran(Command(("/no/such/program",), show_output=show_output))
    end_of_threads()
    assert os.listdir("/dev/fd") == before


@pytest.mark.parametrize("show_output", [False, True])
@pytest.mark.parametrize(
    "argv",
    [
        pytest.param(("{}/missing",), id="missing"),
        pytest.param(("no-such-program-anywhere",), id="not on the path"),
        pytest.param(("{}/script",), id="not executable"),
        pytest.param(("{}/garbage",), id="not a program"),
        pytest.param(("{}",), id="a folder"),
        pytest.param(("{}/script/below",), id="below a file"),
        pytest.param(("",), id="no name"),
        pytest.param((), id="nothing"),
        pytest.param(("/bin/echo", "a\0b"), id="a zero byte"),
        pytest.param(("/bin/echo", "\ud83d"), id="half a character"),
        pytest.param(("/bin/echo", "x" * 9_000_000), id="too long"),
    ],
)
async def test_what_the_system_does_not_start_is_told_and_raises_nothing(
    tmp_path: Path, argv: tuple[str, ...], show_output: bool
) -> None:
    (tmp_path / "script").write_text("#!/bin/sh\n")
    (tmp_path / "garbage").write_bytes(b"\x00\x01\x02")
    (tmp_path / "garbage").chmod(0o700)
    words = tuple(word.replace("{}", str(tmp_path)) for word in argv)
    assert await ran(Command(words, show_output=show_output)) == Ran(End.NOT_STARTED)


async def test_the_environment_is_the_usual_with_what_was_named_and_nothing_else() -> None:
    usual = {**PATH, "HOME": "/home", "USER": "me", "LANG": "C", "XDG_RUNTIME_DIR": "/run/7"}
    environ = {**usual, "TOKEN": SECRET, "SHELL": "/bin/sh", "NAMED": "a b", "EMPTY": ""}
    command = Command(("env",), env=("NAMED", "EMPTY", "UNSET"), show_output=True)
    done = await ran(command, environ=environ)
    wanted = {**usual, "NAMED": "a b", "EMPTY": ""}
    assert sorted(done.output.splitlines()) == sorted(f"{k}={v}" for k, v in wanted.items())


async def test_without_any_usual_variable_it_runs_all_the_same() -> None:
    done = await ran(Command(("env",), show_output=True), environ={})
    assert done == Ran(End.EXITED, 0)


async def test_no_shell_reads_the_words() -> None:
    words = ("$HOME", "*", "a b", ";", "`id`", "~", "", '"', "ключ")
    # ascii() because the command has no locale
    assert await shown(python("print(ascii(sys.argv[1:]))", *words)) == ascii([*words])


async def test_it_has_a_session_of_its_own_begins_at_the_root_and_has_nothing_to_read() -> None:
    script = "print(os.getsid(0) == os.getpgrp() == os.getpid(), os.getcwd(), sys.stdin.read())"
    assert await shown(python(script)) == "True /"


@pytest.mark.parametrize("show_output", [False, True])
async def test_no_file_of_ours_is_open_in_it(show_output: bool) -> None:
    script = f"""
null = os.stat(os.devnull).st_rdev
open_too = []
for descriptor in range(3, 256):
    try:
        open_too.append(os.fstat(descriptor))
    except OSError:
        pass
silent = [os.fstat(descriptor).st_rdev == null for descriptor in range(3)]
sys.exit(bool(open_too) or silent != {[True, *[not show_output] * 2]})
"""
    with inheritable_pipe():
        done = await ran(Command(python(script).argv, show_output=show_output))
    assert done == Ran(End.EXITED, 0)


async def test_nothing_it_prints_is_kept_unless_that_was_asked_for() -> None:
    assert await ran(sh("echo one; echo two >&2")) == Ran(End.EXITED, 0)


async def test_both_of_its_outputs_are_shown_in_their_order() -> None:
    script = "echo one; echo two >&2; echo; echo four; exit 5"
    done = await ran(sh(script, show_output=True))
    assert done == Ran(End.EXITED, 5, 0.0, "one\ntwo\n\nfour")


async def test_the_last_characters_are_shown() -> None:
    text = "".join(map(str, range(1000)))
    assert await shown(prints(f"{text}\n".encode())) == text[-LONGEST:]
    assert LONGEST == 500


async def test_what_a_chat_cannot_show_is_taken_out() -> None:
    data = b"\x1b]0;title\x07\x1b[1;31mred\x1b[0m\x00\r\nnext\tcolumn\x08\rthen \xff\xe2\x82 "
    data += "\u202eturned\u200b\u2028 \x9b中文 🎉\x1b".encode()
    assert await shown(prints(data)) == "red\nnext column\nthen ?? turned 中文 🎉".replace(
        "?", "\ufffd"
    )


@pytest.mark.parametrize("after", [0, 1, LONGEST - 60, LONGEST - 8, LONGEST - 3, LONGEST, 2000])
async def test_a_secret_is_masked_before_the_cut(after: int) -> None:
    rest = "x" * after
    text = await shown(prints(f"{'y' * 2000} {SECRET}{rest}".encode()), SECRET)
    assert text == f"{'y' * 2000} {MASK}{rest}"[-LONGEST:]


@pytest.mark.parametrize("cut", [1, 5, 35, len(SECRET) - 1])
async def test_no_part_of_a_secret_is_shown_because_the_rest_was_not_kept(cut: int) -> None:
    unseen = b"\0" * (KEPT - len(SECRET) - len(" end") + cut)
    for data in (
        SECRET.encode() + unseen,
        b"\0".join(bytes([b]) for b in SECRET.encode()) + unseen,
    ):
        text = await shown(prints(data + b" end"), SECRET)
        assert not any(SECRET[at : at + 4] in text for at in range(len(SECRET) - 3))


async def test_a_secret_between_controls_is_masked_too() -> None:
    data = f"{SECRET[:9]}\x1b[7m{SECRET[9:20]}\0{SECRET[20:]} \x1b[{SECRET} \x1b]{SECRET}\x07"
    assert await shown(prints(data.encode()), SECRET) == f"{MASK} [{MASK}"


async def test_every_secret_is_masked_the_longest_first() -> None:
    text = f"{SECRET} {SECRET[:30]} {SECRET[5:]} ключ"
    secrets = (SECRET[:30], "", "ключ", SECRET[5:], SECRET)
    assert await shown(prints(text.encode()), *secrets) == " ".join([MASK] * 4)


async def test_a_secret_it_was_killed_in_the_middle_of_is_masked(pipe: Path) -> None:
    script = 'printf "key=%s" "$2"; echo begun >"$1"; sleep 99'
    done = await timed_out(sh(script, pipe, SECRET[:30], show_output=True), pipe, SECRET)
    assert done.output == f"key={MASK}"


async def test_however_much_it_prints_little_memory_is_taken() -> None:
    script = "for _ in range(1000): os.write(1, b'x' * 65536)\nprint(' end')"
    tracemalloc.start()
    try:
        text = await shown(python(script))
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
    assert text == "x" * (LONGEST - 4) + " end"


async def test_a_daemon_that_keeps_the_output_is_not_waited_for_and_can_go_on(
    pipe: Path, other: Path
) -> None:
    daemon = sh(f"({GOES_ON}) & echo begun", pipe, other, show_output=True)
    assert await shown(daemon) == "begun"
    word = say(pipe)
    assert await heard(other) == "done"
    os.close(word)


async def test_a_daemon_that_never_stops_printing_is_not_waited_for(tmp_path: Path) -> None:
    script = 'yes & echo $! >"$1"'
    try:
        assert set(await shown(sh(script, tmp_path / "pid", show_output=True))) <= {"y", "\n"}
    finally:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)


async def test_a_command_whose_output_cannot_be_taken_runs_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(command_output, "KEEPER", ("/no/such/program",))
    assert await ran(sh("echo on", show_output=True)) == Ran(End.EXITED, 0)


@pytest.mark.parametrize("show_output", [False, True])
async def test_it_goes_on_when_its_caller_is_cancelled(
    pipe: Path, other: Path, show_output: bool
) -> None:
    clock = FakeClock()
    command = sh(GOES_ON, pipe, other, show_output=show_output)
    running = asyncio.create_task(run(command, clock, PATH))
    await clock.asleep()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await clock.advance(2 * LIMIT)
    word = say(pipe)
    assert await heard(other) == "done"
    os.close(word)


@pytest.mark.parametrize("show_output", [False, True])
def test_it_goes_on_when_the_loop_is_closed(pipe: Path, other: Path, show_output: bool) -> None:
    async def begin() -> None:
        command = sh(GOES_ON, pipe, other, show_output=show_output)
        running = asyncio.create_task(run(command, FakeClock(), PATH))
        await asyncio.sleep(0)
        running.cancel()

    asyncio.run(begin())
    word = say(pipe)
    assert asyncio.run(heard(other)) == "done"
    os.close(word)


@pytest.mark.parametrize("ending", ENDINGS)
def test_it_goes_on_when_we_end_and_we_do_not_wait_for_it(
    pipe: Path, other: Path, ending: str
) -> None:
    child = CHILD.format(ending=ENDINGS[ending])
    words = [sys.executable, "-W", "error", "-c", child, GOES_ON, "sh"]
    done = subprocess.run(
        [*words, pipe, other], cwd=REPOSITORY, capture_output=True, timeout=PATIENCE, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        -signal.SIGKILL if ending == "killed" else 0,
        b"",
        b"",
    )
    word = say(pipe)
    assert asyncio.run(heard(other)) == "done"
    os.close(word)


async def test_nothing_of_it_is_logged_or_in_a_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    command = sh('echo "$1 printed"; exit 1', SECRET, show_output=True)
    done = await ran(command, SECRET)
    missing = Command((f"/no/{SECRET}", SECRET))
    assert (await ran(missing)).end is End.NOT_STARTED
    assert done.output == f"{MASK} printed"
    told = repr((command, missing, done)) + caplog.text
    assert SECRET not in told
    assert "printed" not in told


async def test_a_long_part_of_a_secret_is_masked_wherever_it_stands() -> None:
    text = f"a {SECRET[:-1]} b {SECRET[3:12]}{SECRET[4:20]} c {SECRET[:7]} d"
    assert await shown(prints(text.encode()), SECRET) == f"a {MASK} b {MASK} c {SECRET[:7]} d"


async def test_secrets_that_share_a_part_are_masked_whole() -> None:
    one, other = "123456:TEST-the-same-end", "abk_KEY-the-same-end"
    assert await shown(prints(f"{one} {other}".encode()), one, other) == f"{MASK} {MASK}"
