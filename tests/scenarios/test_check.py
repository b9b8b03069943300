"""`check` in a terminal: every line green and red, with nothing disturbed on the way."""

import asyncio
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock
from telegram import Bot

from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.check import CLEAR_LINE, Table
from bootstrap_bot.cli import main
from bootstrap_bot.clock import SystemClock
from bootstrap_bot.doctor.doctor import Check
from bootstrap_bot.doctor.finding import Finding, Mark, Subject
from bootstrap_bot.journals.schema import LATEST
from bootstrap_bot.journals.sqlite import SqliteJournal
from bootstrap_bot.sandbox.answers import Answer, http
from bootstrap_bot.sandbox.dingtalk.answers import errcode
from bootstrap_bot.sandbox.dingtalk.stand_in import DingTalkStandIn
from bootstrap_bot.sandbox.telegram.stand_in import TelegramStandIn, Trouble
from bootstrap_bot.settings import settings
from tests.support.attempts import captured
from tests.support.clock import PATIENCE, FakeClock
from tests.support.folder_lock import FolderLock
from tests.support.old_state_file import an_old_file
from tests.support.scene import CONFIG, TOKEN, Scene

SUBJECTS = [
    *("Config", "Admins", "Telegram token", "Messages"),
    *("DingTalk", "Storing", "State file", "Clock"),
]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*settings.variables(), settings.CONFIG_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BOOTSTRAP_BOT_PLATFORMS", "dingtalk")
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # else it warns, and warnings are errors here


class Ward:
    """Both stand-ins and a config between them; no bot runs."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.telegram = TelegramStandIn(token=TOKEN)
        self.dingtalk = DingTalkStandIn()
        self.config = folder / "config.toml"
        self.state = folder / "bootstrap-bot.db"
        self._capture = capture

    def write(self, more: str = "", token: str = TOKEN, admins: str = "[42, 43]") -> None:
        text = CONFIG.format(
            token=token, telegram=self.telegram.url, dingtalk=self.dingtalk.url, more=more
        )
        self.config.touch(0o600)
        self.config.write_text(text.replace("[42, 43]", admins), encoding="utf-8")

    async def check(self) -> tuple[int, str]:
        """Exit status and standard output of the command; no secret is in either output."""
        status = await asyncio.to_thread(main, ["check", "--config", str(self.config)])
        out, err = self._capture.readouterr()
        codes = [one.device_code for one in self.dingtalk.registrations]
        for secret in (TOKEN, *codes, *(one.user_code for one in self.dingtalk.registrations)):
            assert secret not in out + err
        assert "Traceback" not in out + err
        return status, out

    async def line(self, subject: str) -> str:
        """One subject's line: mark and words."""
        _, out = await self.check()
        return line_of(out, subject)

    async def red(self, subject: str) -> str:
        """The words of one subject, which is the only red one."""
        status, out = await self.check()
        assert status == 1
        assert [line for line in rows(out) if line.startswith("bad")] == [line_of(out, subject)]
        return line_of(out, subject)


def rows(out: str) -> list[str]:
    return out.partition("\n\n")[0].splitlines()


def line_of(out: str, subject: str) -> str:
    (found,) = [line for line in rows(out) if line[6:].startswith(subject)]
    return found


def stock(folder: Path) -> dict[str, tuple[bytes, int, int, int]]:
    """Every file with its bytes, its time of change, its inode and its mode."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {
        str(file): (file.read_bytes(), status.st_mtime_ns, status.st_ino, status.st_mode)
        for file in files
        if (status := file.stat())
    }


@pytest.fixture
async def ward(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Ward]:
    ward = Ward(tmp_path, capsys)
    async with ward.telegram, ward.dingtalk:
        ward.write()
        yield ward


# Green.


async def test_a_fresh_installation_is_green_line_by_line(ward: Ward, tmp_path: Path) -> None:
    before = stock(tmp_path)
    status, out = await ward.check()
    assert status == 0
    assert [line[:6].strip() for line in rows(out)] == ["ok"] * len(SUBJECTS)
    assert all(line[6:].startswith(name) for line, name in zip(rows(out), SUBJECTS, strict=True))
    for words in (
        f"{ward.config} is in order",
        "People who may use the bot: 2.",
        "@bootstrap_demo_bot",
        "Nobody else was seen",
        "a registration can begin",
        "DingTalk bots stored there: 0.",
        f"There is no {ward.state} yet",
        "agrees with DingTalk",
    ):
        assert words in out
    assert out.endswith("\n\nNothing is broken.\n")
    assert stock(tmp_path) == before


async def test_updates_are_asked_for_once_and_none_is_confirmed(ward: Ward) -> None:
    await ward.telegram.says(42, "hello")
    await ward.check()
    assert ward.telegram.calls("getUpdates") == [{"limit": 1, "timeout": 0}]
    assert ward.telegram.pending == 1
    methods = ("deleteWebhook", "setWebhook", "close", "logOut", "sendMessage", "setMyCommands")
    assert [ward.telegram.calls(method) for method in methods] == [[]] * len(methods)


async def test_no_registration_is_begun(ward: Ward) -> None:
    await ward.check()
    assert ward.dingtalk.registrations == []
    assert ward.dingtalk.polls == 0


async def test_a_state_file_and_locks_that_are_there_stay_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Scene(tmp_path) as scene:
        scene.dingtalk.clock = SystemClock()
        await scene.invited()
        await scene.stop()
        scene.config.with_name("config.toml.lock").write_text("theirs")
        before = stock(tmp_path)
        assert len(before) == 4
        status = await asyncio.to_thread(main, ["check", "--config", str(scene.config)])
        out = capsys.readouterr().out
        assert (status, stock(tmp_path)) == (0, before)
        assert f"{scene.state} is sound" in out


async def test_a_running_bot_is_named_and_not_disturbed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Scene(tmp_path) as scene:
        scene.dingtalk.clock = SystemClock()
        await scene.telegram.until(lambda: scene.telegram.calls("getUpdates"))
        before = stock(tmp_path)
        status = await asyncio.to_thread(main, ["check", "--config", str(scene.config)])
        out = capsys.readouterr().out
        assert status == 0
        assert line_of(out, "Messages").endswith(f"“run” takes them (process {os.getpid()}).")
        assert f"(process {os.getpid()})" in line_of(out, "State file")
        assert all(call["timeout"] > 0 for call in scene.telegram.calls("getUpdates"))
        assert stock(tmp_path) == before
        await scene.invited()


# Red, each with what to do.


async def test_rights_that_let_others_read_are_worth_a_look(ward: Ward) -> None:
    ward.config.chmod(0o644)
    status, out = await ward.check()
    assert line_of(out, "Config").startswith("look")
    assert "chmod 600" in out
    assert status == 0


async def test_an_unusable_config_ends_with_two_and_no_table(
    ward: Ward, capsys: pytest.CaptureFixture[str]
) -> None:
    ward.write(more="[telegramm]\n[log]\nlevel = 3")
    assert main(["check", "--config", str(ward.config)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "log.level" in err
    assert ward.telegram.requests == ward.dingtalk.requests == []


async def test_a_bot_without_admins_says_how_to_become_one(ward: Ward) -> None:
    ward.write(admins="[]")
    line = await ward.red("Admins")
    assert "bootstrap-bot run" in line
    assert "telegram.admins" in line


async def test_a_token_telegram_does_not_know(ward: Ward) -> None:
    ward.write(token="123456:another")
    status, out = await ward.check()
    assert status == 1
    assert "@BotFather" in line_of(out, "Telegram token")
    assert line_of(out, "Telegram token").startswith("bad")
    assert line_of(out, "Messages").startswith("look")


@pytest.mark.parametrize(
    "trouble", [Trouble(reset=True), Trouble(502), Trouble(429, retry_after=5), Trouble(400)]
)
async def test_a_telegram_that_is_away(ward: Ward, trouble: Trouble) -> None:
    ward.telegram.fail("getMe", trouble, -1)
    assert "telegram.proxy" in await ward.red("Telegram token")


async def test_another_program_that_polls(ward: Ward) -> None:
    conflict = "Conflict: terminated by other getUpdates request"
    ward.telegram.fail("getUpdates", Trouble(409, conflict), -1)
    assert "Another program takes this bot’s messages: stop it" in await ward.red("Messages")


async def hooked(telegram: TelegramStandIn) -> None:
    async with Bot(TOKEN, f"{telegram.url}/bot") as bot:
        await bot.set_webhook("https://hooks.example.com/secret-path")


async def test_a_webhook_of_another_program_is_named_by_its_host_alone(ward: Ward) -> None:
    await hooked(ward.telegram)
    line = await ward.red("Messages")
    assert "hooks.example.com" in line
    assert "secret-path" not in line
    assert ward.telegram.calls("getUpdates") == []


async def test_a_webhook_beside_a_held_lock_may_be_the_holders(ward: Ward) -> None:
    await hooked(ward.telegram)
    with FileLock(f"{ward.state}.lock"):
        line = await ward.line("Messages")
    assert line.startswith("look")
    assert "hooks.example.com" in line


async def test_a_lock_that_cannot_be_read_leaves_updates_alone(ward: Ward) -> None:
    os.symlink(f"{ward.state}.lock", f"{ward.state}.lock")
    status, out = await ward.check()
    assert status == 1
    assert line_of(out, "Messages").startswith("look")
    assert line_of(out, "State file").startswith("bad")
    assert ward.telegram.calls("getUpdates") == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(reset=True), "dingtalk.proxy"),
        (http(502, "<html>secret words</html>"), "try again later"),
        (http(429, {}), "try again later"),
        (errcode(500), "try again later"),
        (http(404, "<html>secret words</html>"), "dingtalk.registration_url"),
        (Answer(body='{"errcode'), "dingtalk.registration_url"),
        (Answer(body={"errcode": 0}), "dingtalk.registration_url"),
    ],
)
async def test_a_dingtalk_that_does_not_answer_as_known(
    ward: Ward, answer: Answer, words: str
) -> None:
    ward.dingtalk.next("init", answer)
    line = await ward.red("DingTalk")
    assert words in line
    assert "secret words" not in line


async def test_a_clock_that_goes_wrong(ward: Ward) -> None:
    now = SystemClock().now()
    ward.dingtalk.clock = FakeClock(now + 3600)
    assert "s behind DingTalk’s" in (line := await ward.red("Clock"))
    assert "NTP" in line
    ward.dingtalk.clock = FakeClock(now - 3600)
    assert "s ahead of DingTalk’s" in await ward.red("Clock")
    ward.dingtalk.clock = FakeClock(now + 10)
    assert (await ward.line("Clock")).startswith("ok")


async def test_a_dingtalk_without_a_clock_is_no_fault(ward: Ward) -> None:
    ward.dingtalk.always("init", Answer(reset=True))
    line = await ward.line("Clock")
    assert line.startswith("look")


async def test_platforms_of_a_wrong_shape(ward: Ward) -> None:
    ward.config.write_text("platforms = 1\n" + ward.config.read_text())
    told = await ward.red("Storing")
    assert "config.toml, line 1, column 1: something else stands there than expected" in told


async def test_a_config_whose_lock_somebody_keeps(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bootstrap_bot.check.LOCK_SECONDS", 0.0)
    with FolderLock(ward.config):
        assert "stop that program" in await ward.red("Storing")


async def test_a_missing_config_is_made_later(
    ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("TELEGRAM_ADMINS", "42")
    monkeypatch.setenv("TELEGRAM_API_URL", ward.telegram.url)
    monkeypatch.setenv("DINGTALK_REGISTRATION_BASE_URL", ward.dingtalk.url)
    assert await asyncio.to_thread(main, ["check"]) == 0
    out = capsys.readouterr().out
    assert "the environment suffices" in line_of(out, "Config")
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"no database at all\n" * 100, b"SQLite format 3\0" + b"x" * 99]
)
async def test_a_damaged_state_file_is_left_where_it_is(
    ward: Ward, tmp_path: Path, content: bytes
) -> None:
    ward.state.write_bytes(content)
    before = stock(tmp_path)
    assert "is damaged" in await ward.red("State file")
    assert stock(tmp_path) == before


async def test_a_truncated_state_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with Scene(tmp_path) as scene:
        scene.dingtalk.clock = SystemClock()
        await scene.invited()
        await scene.stop()
        scene.state.write_bytes(scene.state.read_bytes()[:-4096])
        before = stock(tmp_path)
        assert await asyncio.to_thread(main, ["check", "--config", str(scene.config)]) == 1
        assert "is damaged" in line_of(capsys.readouterr().out, "State file")
        assert stock(tmp_path) == before


async def test_a_write_that_was_cut_off_needs_nobody(ward: Ward, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other, isolation_level=None)) as db:
        db.executescript("CREATE TABLE t (x); INSERT INTO t VALUES (1);")
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE t SET x = 2")
        shutil.copy(other, ward.state)
        shutil.copy(f"{other}-journal", f"{ward.state}-journal")
        db.execute("ROLLBACK")
    before = stock(tmp_path)
    line = await ward.line("State file")
    assert line.startswith("look")
    assert "Nothing to do" in line
    assert stock(tmp_path) == before


async def test_a_state_file_of_another_version(ward: Ward) -> None:
    with closing(sqlite3.connect(ward.state)) as db:
        db.execute("CREATE TABLE attempts (x)")
    assert "state.path" in await ward.red("State file")


async def test_a_state_file_of_a_later_version(ward: Ward) -> None:
    journal = SqliteJournal(ward.state)
    await journal.open()
    await journal.close()
    assert (await ward.line("State file")).startswith("ok")
    with closing(sqlite3.connect(ward.state)) as db:
        db.execute(f"PRAGMA user_version = {LATEST + 1}")
    assert "later version" in await ward.red("State file")


async def test_an_earlier_versions_state_file_is_as_good_as_todays(
    ward: Ward, tmp_path: Path
) -> None:
    an_old_file(ward.state, [captured()])
    before = stock(tmp_path)
    assert (await ward.line("State file")).startswith("ok")
    assert stock(tmp_path) == before


async def test_an_empty_state_file_is_one_that_was_just_made(ward: Ward) -> None:
    ward.state.touch(0o600)
    assert (await ward.line("State file")).startswith("ok")


def a_folder(path: Path) -> None:
    path.mkdir()


def a_link_to_nowhere(path: Path) -> None:
    path.symlink_to(path.parent / "missing" / "x.db")


@pytest.mark.parametrize("make", [a_folder, a_link_to_nowhere, os.mkfifo])
async def test_a_state_file_that_is_none(ward: Ward, make: Callable[[Path], None]) -> None:
    make(ward.state)
    assert "state.path" in await ward.red("State file")


async def test_a_state_file_below_a_file_or_in_a_folder_yet_to_be_made(
    ward: Ward, tmp_path: Path
) -> None:
    ward.write('[state]\npath = "config.toml/x.db"')
    assert "state.path" in await ward.red("State file")
    ward.write('[state]\npath = "new/deep/x.db"')
    before = stock(tmp_path)
    assert (await ward.line("State file")).startswith("ok")
    assert stock(tmp_path) == before
    assert not (tmp_path / "new").exists()


async def test_a_config_that_is_mounted_as_a_file(ward: Ward, tmp_path: Path) -> None:
    source = tmp_path / "mounted source.toml"
    shutil.copy(ward.config, source)
    mount = f"mount --bind '{source}' '{ward.config}' && exec \"$@\""
    unshare = shutil.which("unshare") or "unshare"
    prefix = (unshare, "-m", "sh", "-c", mount, "sh")
    try:
        subprocess.run([*prefix, "true"], check=True, capture_output=True)  # noqa: ASYNC221
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs the right to mount")
    check = (sys.executable, "-m", "bootstrap_bot", "check", "--config", str(ward.config))
    process = await asyncio.create_subprocess_exec(*prefix, *check, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert process.returncode == 1
    assert "Mount the folder, not the file" in line_of(out.decode(), "Storing")


# How it is told.


async def test_each_line_comes_as_soon_as_it_is_known(ward: Ward) -> None:
    held = asyncio.Event()
    ward.dingtalk.next("init", Answer(delay=held))
    command = (sys.executable, "-m", "bootstrap_bot", "check", "--config", str(ward.config))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        lines = [(await process.stdout.readline()).decode() for _ in range(4)]
    assert lines[-1][6:].startswith("Messages")
    held.set()
    rest = (await process.stdout.read()).decode()
    assert rest[6:].startswith("DingTalk")
    await process.wait()


async def nothing() -> Sequence[Finding]:
    return []


CHECKS = (Check(Subject.PLATFORM, nothing, "dingtalk"), Check(Subject.CLOCK, nothing))
CLOCK = {"platform": "dingtalk", "seconds": 60}


class Terminal(io.StringIO):
    """Somewhere a person looks at."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_what_is_being_looked_at() -> None:
    out = Terminal()
    table = Table(Texts("en", "dingtalk"), out, CHECKS)
    table.announce(CHECKS[0])
    assert out.getvalue().startswith(CLEAR_LINE)
    assert "DingTalk" in out.getvalue()
    table.add(Finding.good(Subject.PLATFORM, "doctor.platform_good", platform="dingtalk"))
    assert out.getvalue().count(CLEAR_LINE) == 2
    assert out.getvalue().endswith("begin.\n")


def test_a_pipe_gets_lines_alone() -> None:
    out = io.StringIO()
    table = Table(Texts("en", "dingtalk"), out, CHECKS)
    table.announce(CHECKS[0])
    assert out.getvalue() == ""
    table.add(Finding(Subject.CLOCK, Mark.BAD, "doctor.clock_ahead", CLOCK))
    assert out.getvalue().startswith("bad   Clock ")
    assert table.end() == 1
    assert out.getvalue().endswith("\n\n1 thing needs a hand.\n")


def test_a_terminal_that_knows_few_characters_gets_the_rest_as_question_marks() -> None:
    bytes_out = io.BytesIO()
    out = io.TextIOWrapper(bytes_out, encoding="ascii")
    Table(Texts("zh", "dingtalk"), out, CHECKS).add(
        Finding.good(Subject.CLOCK, "doctor.clock_good", platform="dingtalk")
    )
    assert b"??" in bytes_out.getvalue()


@pytest.mark.parametrize(
    ("more", "variables", "words"),
    [
        ("", {}, "Nothing is broken"),
        ("", {"LANG": "zh_CN.UTF-8"}, "没有发现故障"),
        ("", {"LANG": "zh.UTF-8"}, "没有发现故障"),
        ("", {"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "Nothing is broken"),
        ('[chat]\nlanguage = "zh"', {"LANG": "en_GB.UTF-8"}, "没有发现故障"),
        ('[chat]\nlanguage = "en"', {"LANG": "zh_CN.UTF-8"}, "Nothing is broken"),
    ],
)
async def test_it_speaks_the_configs_language_or_the_terminals(
    ward: Ward,
    monkeypatch: pytest.MonkeyPatch,
    more: str,
    variables: dict[str, str],
    words: str,
) -> None:
    ward.write(more)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    status, out = await ward.check()
    assert status == 0
    assert words in out


async def test_no_secret_leaves_with_a_request_but_to_its_own_host(ward: Ward) -> None:
    await ward.check()
    assert TOKEN not in json.dumps([request.path for request in ward.dingtalk.requests])
    assert all(TOKEN in request.path for request in ward.telegram.requests)
