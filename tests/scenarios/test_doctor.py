"""/doctor in the chat, and what each look finds without disturbing anything."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock
from telegram.ext import Application

from bootstrap_bot.bot import AnyApplication, BootstrapBot
from bootstrap_bot.chat.doctor_talk import conclusion, subject_name, words
from bootstrap_bot.chat.texts import LANGUAGES, Texts
from bootstrap_bot.doctor.config import ConfigCheck
from bootstrap_bot.doctor.doctor import Check, Doctor, Look
from bootstrap_bot.doctor.finding import Finding, Mark, Subject
from bootstrap_bot.doctor.platforms import ClockCheck
from bootstrap_bot.doctor.state import StateCheck
from bootstrap_bot.doctor.state_lock import StateLock
from bootstrap_bot.doctor.targets import TargetsCheck
from bootstrap_bot.errors import Code, Fault, TargetError
from bootstrap_bot.http import Http
from bootstrap_bot.journals.sqlite import SqliteJournal
from bootstrap_bot.providers.dingtalk.kind import KIND
from bootstrap_bot.providers.provider import Probe
from bootstrap_bot.sandbox.answers import Answer
from bootstrap_bot.sandbox.dingtalk.stand_in import DingTalkStandIn
from bootstrap_bot.sandbox.telegram.stand_in import Trouble
from bootstrap_bot.settings import settings
from bootstrap_bot.settings.tables import Telegram
from bootstrap_bot.targets import mounts
from bootstrap_bot.targets.file_writer import FileWriter
from tests.support.clock import START, FakeClock
from tests.support.folder_lock import FolderLock
from tests.support.mounts import without_modes
from tests.support.programs import config_file
from tests.support.scene import ADMIN, OTHER_ADMIN, STRANGER, TOKEN, Scene

NOBODY = 65534
DONE = {"en": "Nothing is broken", "zh": "没有发现故障"}

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it becomes somebody else")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*settings.variables(), settings.CONFIG_VARIABLE):
        monkeypatch.delenv(name, raising=False)


def names_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


# In the chat.


@pytest.mark.parametrize(("language", "code"), [("en", "en"), ("zh", "zh-hans")])
async def test_a_healthy_bot_is_green_line_by_line(
    tmp_path: Path, language: str, code: str
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("/doctor", language=code)
        message = await scene.sees(DONE[language])
        texts = Texts(language, "dingtalk")
        lines = message.text.split("\n")[2:-2]
        assert [line.partition(" ·")[0] for line in lines] == [
            f"🟢 {subject_name(subject, 'dingtalk', texts)}" for subject in Subject
        ]
        assert len(scene.telegram.bot_messages(ADMIN)) == 1
        assert scene.dingtalk.registrations == []  # a look costs no device code
        shown = "".join(scene.captions())
        assert TOKEN not in shown
        assert str(tmp_path) not in shown


async def test_it_says_that_it_polls_and_holds_the_state_itself(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("/doctor")
        message = await scene.sees(DONE["en"])
        assert "Messages · This bot takes them itself." in message.text
        assert "State file · This bot uses bootstrap-bot.db" in message.text
        assert all(call["timeout"] > 0 for call in scene.telegram.calls("getUpdates"))


async def test_the_message_fills_while_the_bot_does_other_things(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        held = asyncio.Event()
        scene.dingtalk.next("init", Answer(500, delay=held))
        await scene.says("/doctor")
        message = await scene.sees("⏳ DingTalk …")
        assert "🟢 Messages" in message.text
        await scene.says("/doctor")  # one at a time
        await scene.says("/dingtalk_status")
        await scene.sees("Nothing is under way")
        held.set()
        await scene.telegram.until(lambda: "1 thing" in scene.telegram.bot_messages(ADMIN)[0].text)
        assert len(scene.telegram.bot_messages(ADMIN)) == 2
        await scene.says("/doctor")
        await scene.sees(DONE["en"])
        assert len(scene.telegram.bot_messages(ADMIN)) == 3


async def test_each_admin_gets_a_message_of_their_own(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("/doctor")
        await scene.says("/doctor", OTHER_ADMIN, language="zh")
        await scene.sees(DONE["en"])
        await scene.sees(DONE["zh"], OTHER_ADMIN)


async def test_a_stranger_learns_nothing(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("/doctor", STRANGER)
        await scene.sees("serves its owners only", STRANGER)
        assert scene.dingtalk.requests == []


async def test_a_flooded_chat_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # else it warns, and warnings are errors here
    async with Scene(tmp_path) as scene:
        scene.telegram.fail("editMessageText", Trouble(429, retry_after=7))
        await scene.says("/doctor")
        await scene.settled()
        assert await scene.next_moment() == 7
        await scene.sees(DONE["en"])


@pytest.mark.parametrize(
    ("language", "broken", "told"),
    [
        ("en", "Config · config.toml as it is now", "Storing · config.toml, line 1, column"),
        ("zh", "配置 · config.toml 目前的内容", "凭证保存 · config.toml 第 1 行第"),
    ],
)
async def test_what_broke_since_the_start_is_red(
    tmp_path: Path, language: str, broken: str, told: str
) -> None:
    async with Scene(tmp_path, more=f'[chat]\nlanguage = "{language}"') as scene:
        await scene.settled()
        scene.config.write_text("hunter2 hunter2")
        scene.state.unlink()
        scene.telegram.fail("getMe", Trouble(502))
        scene.dingtalk.always("init", Answer(reset=True))
        await scene.says("/doctor")
        count = {"en": "5 things need a hand", "zh": "有 5 项需要处理"}[language]
        text = (await scene.sees(count)).text
        assert f"🔴 {broken}" in text
        assert f"🔴 {told}" in text
        assert text.count("🔴") == 5
        assert text.count("🟡") == 1
        assert "hunter2" not in text
        assert not scene.state.exists()


async def test_rights_that_let_others_read_are_worth_a_look(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        scene.config.chmod(0o640)
        await scene.says("/doctor")
        assert "🟡 Config" in (await scene.sees(DONE["en"])).text


async def test_in_somebody_elses_bot_it_has_its_own_name(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.stop()
        bot = BootstrapBot(settings.load(scene.config, scene.environment), clock=scene.clock)
        url = f"{scene.telegram.url}/bot"
        application: AnyApplication = Application.builder().token(TOKEN).base_url(url).build()
        bot.install(application)
        async with bot.running(application), application:
            assert application.updater is not None
            await application.updater.start_polling()
            await application.start()
            await scene.says("/doctor")
            await scene.says("/dingtalk_doctor")
            await scene.sees(DONE["en"])
            assert len(scene.telegram.bot_messages(ADMIN)) == 1
            await application.updater.stop()
            await application.stop()


# The doctor.


def saying(*findings: Finding) -> Look:
    async def look() -> Sequence[Finding]:
        return findings

    return look


async def never() -> Sequence[Finding]:
    await asyncio.Event().wait()
    return []


async def broken() -> Sequence[Finding]:
    raise RuntimeError("a secret")


async def test_one_look_that_hangs_or_breaks_keeps_none_from_its_turn() -> None:
    good = Finding.good(Subject.CLOCK, "doctor.clock_good")
    checks = [
        Check(Subject.TELEGRAM, never),
        Check(Subject.PLATFORM, broken, "dingtalk"),
        Check(Subject.CLOCK, saying(good)),
    ]
    begun: list[Check] = []
    found = [finding async for finding in Doctor(checks, limit=0.01).examine(begun.append)]
    assert [(finding.mark, finding.code) for finding in found] == [
        (Mark.BAD, "doctor.too_slow"),
        (Mark.BAD, "doctor.failed"),
        (Mark.GOOD, "doctor.clock_good"),
    ]
    assert begun == checks
    assert "a secret" not in repr(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_error_among_the_values_is_told_in_words(language: str) -> None:
    texts = Texts(language, "dingtalk")
    finding = Finding.bad(Subject.TARGET, "doctor.target_bad", place="a.toml", why=Code.MOUNT_POINT)
    assert texts.plain("error.mount_point") in words(finding, texts)
    assert "1" in conclusion([finding], texts)


# The looks.


async def test_every_warning_of_the_config_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.touch()
    warnings = (Fault("a", "telegram.api_url", "x"), Fault("a", "", "y"))
    loaded = settings.Settings(Telegram.model_validate({"token": TOKEN}), path, warnings=warnings)
    found = await ConfigCheck(path, "config.toml", lambda: loaded)()
    assert [(one.mark, one.code) for one in found] == [
        (Mark.LOOK, "doctor.config_exposed"),
        (Mark.LOOK, "doctor.config_readable"),
    ]


class Elsewhere:
    """A provider whose clock says that, after that many seconds on the way."""

    kind = KIND

    def __init__(self, clock: FakeClock, date: float | None, way: float = 0.0) -> None:
        self._clock = clock
        self._date = date
        self._way = way

    async def probe(self) -> Probe:
        await self._clock.advance(self._way)
        return Probe(self._date)


@pytest.mark.parametrize(
    ("date", "way", "code", "seconds"),
    [
        (START, 0.0, "doctor.clock_good", None),
        (START + 30, 0.0, "doctor.clock_good", None),
        (START - 31, 0.0, "doctor.clock_good", None),
        (START + 31, 0.0, "doctor.clock_behind", 31),
        (START - 33, 0.0, "doctor.clock_ahead", 32),
        (START + 44, 14.0, "doctor.clock_good", None),  # it may have been said at the end
        (START - 31, 14.0, "doctor.clock_good", None),  # or at the beginning
        (None, 0.0, "doctor.clock_unknown", None),
    ],
)
async def test_clocks_are_compared_as_far_as_the_way_lets_one(
    date: float | None, way: float, code: str, seconds: int | None
) -> None:
    clock = FakeClock()
    (found,) = await ClockCheck([Elsewhere(clock, date, way)], clock)()
    assert (found.code, found.values.get("seconds")) == (code, seconds)


@pytest.mark.parametrize(
    ("header", "date"),
    [
        ("Tue, 22 Sep 2026 14:13:20 GMT", 1790086400.0),
        ("Tue, 22 Sep 2026 14:13:20 -0000", 1790086400.0),
        ("Tue, 22 Sep 2026 16:13:20 +0200", 1790086400.0),
        ("yesterday", None),
        ("", None),
    ],
)
async def test_the_other_sides_clock_is_read(header: str, date: float | None) -> None:
    async with DingTalkStandIn() as dingtalk, Http() as http:
        dingtalk.date = header
        reply = await http.post(dingtalk.url, "/app/registration/init", {})
        assert reply.date == date


# The state's lock and file.


@pytest.fixture
async def held(tmp_path: Path) -> AsyncIterator[Path]:
    """A state file in use."""
    path = tmp_path / "state.db"
    journal = SqliteJournal(path)
    await journal.open()
    yield path
    await journal.close()


async def test_a_holder_is_named_and_keeps_its_lock(held: Path) -> None:
    lock = StateLock(held)
    before = (lock.path.read_bytes(), lock.path.stat().st_mtime_ns)
    assert lock.holder() == str(os.getpid())
    assert (lock.path.read_bytes(), lock.path.stat().st_mtime_ns) == before


@pytest.mark.parametrize("text", ["", "secret words", "1" * 20, "\u0661"])
async def test_a_holder_that_left_no_number_is_unknown(held: Path, text: str) -> None:
    StateLock(held).path.write_text(text, encoding="utf-8")
    assert StateLock(held).holder() == ""
    (found,) = await StateCheck(held, "state.db")()
    assert (found.code, found.values["process"]) == ("doctor.state_run", "?")


async def test_looking_leaves_the_lock_to_whoever_comes(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    lock = StateLock(path)
    assert lock.holder() is None
    assert names_in(tmp_path) == []
    lock.path.touch()
    assert lock.holder() is None
    with FileLock(lock.path, timeout=0):
        assert lock.holder() == ""


async def test_a_folder_that_is_not_there_is_made_by_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state.db"
    (found,) = await StateCheck(path, "state.db")()
    assert found.code == "doctor.state_new"
    journal = SqliteJournal(path)
    await journal.open()
    await journal.close()
    (found,) = await StateCheck(path, "state.db")()
    assert found.code == "doctor.state_good"


async def test_a_name_with_marks_of_an_address_is_a_name(tmp_path: Path) -> None:
    path = tmp_path / "a b?mode=rwc#%41.db"
    journal = SqliteJournal(path)
    await journal.open()
    await journal.close()
    (found,) = await StateCheck(path, "x")()
    assert found.code == "doctor.state_good"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users can reach."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o700)
    shutil.rmtree(folder)


def opened(folder: Path, mode: int = 0o777) -> None:
    folder.chmod(mode)


@contextmanager
def nobody() -> Iterator[None]:
    """For this while the process has the rights of a user who owns nothing."""
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@as_root
@pytest.mark.parametrize("mode", [0o644, 0o666])
async def test_a_state_file_of_somebody_else(folder: Path, mode: int) -> None:
    path = folder / "state.db"
    path.touch()
    path.chmod(mode)
    opened(folder)
    with nobody():
        (found,) = await StateCheck(path, "state.db")()
    assert (found.mark, found.code) == (Mark.BAD, "doctor.state_rights")


@as_root
async def test_a_folder_where_nothing_can_be_made(folder: Path) -> None:
    with nobody():
        (found,) = await StateCheck(folder / "state.db", "state.db")()
    assert found.code == "doctor.state_rights"


@as_root
async def test_a_lock_of_somebody_else(folder: Path) -> None:
    (folder / "state.db.lock").touch(0o600)
    opened(folder)
    with nobody():
        (found,) = await StateCheck(folder / "state.db", "state.db")()
    assert found.code == "doctor.state_lock"


# The target.


async def probed(path: Path) -> Finding:
    (found,) = await TargetsCheck([config_file(path, lock_seconds=0.0)], ["dingtalk"])()
    return found


async def test_a_probe_leaves_nothing_behind_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    assert (await probed(path)).mark is Mark.GOOD
    assert names_in(tmp_path) == []
    path.write_text("a = 1\n")
    path.chmod(0o640)
    before = (path.read_bytes(), path.stat())
    assert (await probed(path)).mark is Mark.GOOD
    after = (path.read_bytes(), path.stat())
    assert before[0] == after[0]
    for name in ("st_ino", "st_mtime_ns", "st_ctime_ns", "st_mode"):
        assert getattr(before[1], name) == getattr(after[1], name)
    assert names_in(tmp_path) == ["config.toml"]


async def test_a_probe_follows_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "config.toml").symlink_to(tmp_path / "real" / "config.toml")
    assert (await probed(tmp_path / "config.toml")).mark is Mark.GOOD
    assert (tmp_path / "config.toml").is_symlink()


async def test_a_lock_that_is_kept_is_told_and_a_free_one_given_back(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    with FolderLock(path):
        assert (await probed(path)).code == "doctor.target_locked"
    assert (await probed(path)).mark is Mark.GOOD
    with FolderLock(path):
        pass


async def test_a_folder_that_is_missing_or_a_folder_in_the_files_place(tmp_path: Path) -> None:
    found = await probed(tmp_path / "no" / "config.toml")
    assert (found.code, found.values["why"]) == ("doctor.target_bad", Code.FILE_MISSING)
    (tmp_path / "config.toml").mkdir()
    found = await probed(tmp_path / "config.toml")
    assert (found.code, found.values["why"]) == ("doctor.target_failed", Code.TARGET_FAILED)


async def test_a_file_that_does_not_parse_is_told_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("a = 1\nhunter2 hunter2\n")
    found = await probed(path)
    assert (found.code, found.values["line"]) == ("doctor.target_line", 2)
    assert "hunter2" not in words(found, Texts("en", "dingtalk"))


@as_root
@pytest.mark.parametrize(
    ("mode", "code"), [(0o755, Code.NO_PERMISSION), (0o777, Code.FOREIGN_OWNER)]
)
async def test_a_user_who_may_not_write_there(folder: Path, mode: int, code: Code) -> None:
    path = folder / "config.toml"
    path.write_text("a = 1\n")
    path.chmod(0o644)
    opened(folder, mode)
    with nobody():
        found = await probed(path)
    assert (found.code, found.values["why"]) == ("doctor.target_bad", code)
    assert names_in(folder) == ["config.toml"]


@pytest.mark.parametrize(
    ("name", "point", "mounted"),
    [
        ("config.toml", "{folder}/config.toml", True),
        ("my config.toml", "{folder}/my\\040config.toml", True),
        ("back\\slash.toml", "{folder}/back\\134slash.toml", True),
        ("配置.toml", "{folder}/配置.toml", True),
        ("config.toml", "{folder}", False),
        ("config.toml", "{folder}/config.toml.bak", False),
    ],
)
def test_a_mount_point_is_found_in_the_systems_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, point: str, mounted: bool
) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(
        "22 27 0:21 / /proc rw - proc proc rw\n\nodd\n"
        f"36 35 98:0 /a {point.format(folder=tmp_path)} rw,noatime - ext3 /dev/root rw\n"
    )
    monkeypatch.setattr(mounts, "_MOUNTS", table)
    writer = FileWriter(tmp_path / name)
    if not mounted:
        writer.probe()
        return
    with pytest.raises(TargetError) as caught:
        writer.probe()
    assert caught.value.code is Code.MOUNT_POINT


def test_a_system_without_such_a_table_tells_of_no_mounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mounts, "_MOUNTS", tmp_path / "missing")
    FileWriter(tmp_path / "config.toml").probe()
    assert names_in(tmp_path) == []


async def test_an_old_copy_is_named_with_what_to_do_and_stays(tmp_path: Path) -> None:
    file, copy = tmp_path / "my config.toml", tmp_path / "my config.toml.bak"
    copy.write_text("hand made")
    (tmp_path / "my config.toml.0123456789abcdef.tmp").write_text("half written")
    (tmp_path / "my config.toml.0123456789abcdef.old").write_text("another's")
    good, half, look = await TargetsCheck([config_file(file)], ["dingtalk"])()
    assert (good.mark, half.mark, look.mark) == (Mark.GOOD, Mark.LOOK, Mark.LOOK)
    told = words(look, Texts("en", "dingtalk"))
    assert "may hold an old secret" in told
    assert f"rm '{copy}'" in told
    assert ".0123456789abcdef.tmp" in words(half, Texts("en", "dingtalk"))
    assert copy.read_text() == "hand made"


async def test_a_mount_that_lets_others_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_modes(monkeypatch, 0o755)
    found = await probed(tmp_path / "config.toml")
    assert (found.mark, found.code) == (Mark.BAD, "doctor.target_fixed")
    assert os.path.ismount(str(found.values["mount"]))
    assert "umask=077" in words(found, Texts("en", "dingtalk"))


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("x")])
async def test_what_cannot_be_an_old_copy_is_not_named(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "config.toml.bak")
    assert (await probed(tmp_path / "config.toml")).mark is Mark.GOOD


@pytest.mark.parametrize(
    ("argv", "found"),
    [
        (("sh", "-c", "true"), True),
        (("/bin/sh",), True),
        (("bin/sh",), True),
        (("no-such",), False),
    ],
)
async def test_a_command_that_is_not_there_is_told_before_it_is_needed(
    tmp_path: Path, argv: tuple[str, ...], found: bool
) -> None:
    target = config_file(tmp_path / "config.toml", after=argv)
    (finding,) = await TargetsCheck([target], ["dingtalk"])()
    assert finding.code == ("doctor.target_good" if found else "doctor.target_command")
    assert "no-such" in words(finding, Texts("en", "dingtalk")) or found
