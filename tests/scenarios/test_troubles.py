"""Whole attempts while the disk, the config, Telegram or DingTalk are in trouble."""

import asyncio
import os
import shutil
import stat
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from bootstrap_bot.journals.schema import LATEST
from bootstrap_bot.sandbox.answers import Answer, http
from bootstrap_bot.sandbox.dingtalk.answers import errcode, success, waiting
from bootstrap_bot.sandbox.telegram.stand_in import Message, Trouble
from tests.support.clock import START
from tests.support.crash_stage import CrashStage
from tests.support.folder_lock import FolderLock
from tests.support.scene import ADMIN, OTHER_ADMIN, Scene
from tests.support.system_calls import largest_file

REPOSITORY = Path(__file__).parents[2]
ID, SECRET = "dingabcdefgh1234", "q" * 60 + "WXYZ"
STORED = {
    "dingtalk": {"type": "dingtalk", "enabled": True, "client_id": ID, "client_secret": SECRET}
}
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
CREATED = success(ID, SECRET)
NOT_STORED = "DingTalk created the bot, but it is not stored yet"
SAFE = "Nothing is lost: I keep the credentials safe until they are stored."
RETRY = "Try again now"
FULL = 60_000


async def not_stored(scene: Scene, why: str) -> Message:
    """DingTalk has created the bot; the person reads what hinders us and that nothing is lost."""
    await scene.poll(CREATED)
    shown = await scene.sees(why)
    assert NOT_STORED in shown.text
    assert SAFE in shown.text
    assert shown.button_texts == [RETRY]
    row = await scene.recorded("captured", told=False)
    assert (row["client_id"], row["client_secret"]) == (ID, SECRET)
    return shown


def results(scene: Scene) -> list[Message]:
    """The results that stand in the chat."""
    return [m for m in scene.telegram.bot_messages(ADMIN) if "Done" in m.text]


# --- the disk ------------------------------------------------------------------------------------


async def test_a_full_disk_keeps_the_credentials_and_leaves_the_config(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        # Larger than the state file, which therefore still has room.
        before = scene.config.read_text() + "# much to say\n" * (FULL // 10)
        scene.config.write_text(before)
        with largest_file(FULL):
            await not_stored(scene, "the disk is full. Make some room.")
            assert scene.config.read_text() == before
            assert not any(file.name.endswith(".tmp") for file in files(tmp_path))
            assert (await scene.press(RETRY)).answer == "Trying again now"
            await scene.idle()
            assert scene.config.read_text() == before
        await scene.press(RETRY)
        await scene.sees("Done")
        assert scene.platforms() == STORED
        assert scene.config.read_text().startswith(before)


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


async def test_without_room_in_the_state_file_nothing_is_begun(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("/help")
        await scene.sees("I connect DingTalk bots")
        with largest_file(1):
            await scene.says("/dingtalk_new")
            await scene.sees("The disk with the state file is full, so nothing was begun.")
            assert scene.dingtalk.requests == []
        await scene.says("/dingtalk_new")
        await scene.sees("Waiting for you")
        assert len(scene.journal()) == 1


async def test_credentials_wait_for_room_in_the_state_file_and_nothing_goes_before(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        with largest_file(1):
            scene.dingtalk.next_poll(CREATED)
            for pause in (5, 1, 2, 4, 8):
                assert await scene.next_moment() == pause
            await scene.idle()
            assert scene.journal()[-1]["client_secret"] is None
            assert scene.platforms() == {}
            assert not any("Done" in text for text in scene.captions())
        await scene.next_moment()
        await scene.sees("Done")
        assert scene.platforms() == STORED
        assert scene.dingtalk.polls == 1


# --- the config ----------------------------------------------------------------------------------

MISTAKE = '[somebody\nkey = "their-secret-value"\n'


async def with_a_mistake(scene: Scene) -> str:
    """A captured attempt beside a config that does not parse; gives the text without it."""
    await scene.invited()
    good = scene.config.read_text()
    scene.config.write_text(good + MISTAKE)
    line = good.count("\n") + 1
    shown = await not_stored(scene, "the file has a mistake and cannot be read. Correct it;")
    assert "config.toml" in shown.text
    assert f"config.toml, line {line}, column 10: the file has a mistake" in shown.text
    for text in scene.captions():
        for foreign in ("their-secret-value", "Expected", "somebody", "at line"):
            assert foreign not in text
    return good


async def test_a_config_with_a_mistake_is_never_written(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        good = await with_a_mistake(scene)
        before = scene.config.read_bytes(), scene.config.stat().st_mtime_ns
        pauses = [await scene.next_moment() for _ in range(12)]
        assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]
        assert (scene.config.read_bytes(), scene.config.stat().st_mtime_ns) == before
        assert [file.name for file in files(tmp_path) if "before" in file.name] == []
        scene.config.write_text(good)
        await scene.next_moment()
        await scene.sees("Done")
        assert scene.platforms() == STORED
        assert len(results(scene)) == 1


@pytest.mark.parametrize("way", [RETRY, "/dingtalk_status"])
async def test_a_mended_config_is_written_at_once_when_somebody_asks(
    tmp_path: Path, way: str
) -> None:
    async with Scene(tmp_path) as scene:
        good = await with_a_mistake(scene)
        await scene.idle()
        moment = scene.clock.now()
        scene.config.write_text(good)
        if way == RETRY:
            await scene.press(RETRY)
        else:
            await scene.says(way)
        await scene.recorded("stored")
        assert scene.clock.now() == moment
        assert scene.platforms() == STORED
        await scene.idle()
        assert len(results(scene)) == 1


@pytest.mark.slow  # ten real seconds: the lock is waited for
async def test_a_held_lock_is_named_and_waited_out(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        with FolderLock(scene.config):
            scene.dingtalk.next_poll(CREATED)
            await scene.next_moment()
            await scene.telegram.until(
                lambda: any("holds the file's lock" in text for text in scene.captions()), 20
            )
            assert scene.platforms() == {}
            assert (await scene.recorded("captured", told=False))["client_secret"] == SECRET
        await scene.press(RETRY)
        await scene.sees("Done")
        assert scene.platforms() == STORED


def obeying_rights() -> tuple[str, ...]:
    """The start of a command line whose process obeys file rights even if it is root's."""
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("needs setpriv, or not to be root")
    powers = ("dac_override", "dac_read_search", "chown", "fowner", "setuid")
    return (setpriv, "--bounding-set", ",".join(f"-{power}" for power in powers))


def with_file_mounted(file: Path) -> tuple[str, ...]:
    """The start of a command line that sees this very file as a mount point."""
    unshare = shutil.which("unshare") or ""
    mounted = f'mount --bind "{file}" "{file}" && exec "$@"'
    before = (unshare, "-m", "sh", "-c", mounted, "sh")
    if not unshare or subprocess.run([*before, "true"], check=False).returncode:
        pytest.skip("needs the right to mount")
    return before


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["no permission", "foreign owner", "mount point"])
async def test_a_config_that_may_not_be_replaced_is_left_as_it_is(
    tmp_path: Path, kind: str
) -> None:
    folder, state = tmp_path / "config", tmp_path / "state"
    state.mkdir()
    async with CrashStage(folder, more=f'[state]\npath = "{state}/a.db"\n') as stage:
        stage.state = state / "a.db"
        before: tuple[str, ...] = obeying_rights()
        if kind == "no permission":
            words = "may not write there. Give it the right to write the file and its folder."
            folder.chmod(0o555)
        elif kind == "foreign owner":
            words = "belongs to another user. Run this program as the file's owner."
            if os.geteuid() != 0:
                pytest.skip("needs root: it changes owners")
            os.chown(stage.config, 12345, 12345)
            stage.config.chmod(0o644)
        else:
            words = "the file itself is mounted. Mount the folder, not the file."
            before = with_file_mounted(stage.config)
        was = stage.config.read_bytes(), stage.config.stat()
        stage.confirms()
        await stage.asks()
        await stage.start(before=before)
        shown = await stage.sees(words)
        assert NOT_STORED in shown.text
        assert SAFE in shown.text
        remains = await stage.kill()
        assert [row["state"] for row in remains.rows] == ["captured"]
        now = stage.config.stat()
        assert (stage.config.read_bytes(), now.st_ino, now.st_uid) == (
            was[0],
            was[1].st_ino,
            was[1].st_uid,
        )
        folder.chmod(0o755)
        os.chown(stage.config, os.geteuid(), os.getegid())
        stage.check(await stage.to_the_end())


# --- the state file ------------------------------------------------------------------------------

DAMAGED = "The state file was damaged."


@pytest.mark.parametrize("damage", ["truncated", "not a database"])
async def test_a_broken_state_file_is_moved_aside_and_the_admins_are_told(
    tmp_path: Path, damage: str
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("hello", OTHER_ADMIN)
        for number in range(4):  # pages enough for half of them to be missed
            await scene.says(f"/dingtalk_new bot{number}")
            await scene.until(lambda number=number: len(scene.journal()) > number)  # type: ignore[misc]
            await scene.sees("Waiting for you")
            await scene.expire()
            await scene.recorded("expired")
        await scene.stop()
        whole = scene.state.read_bytes()
        broken = whole[: len(whole) // 2] if damage == "truncated" else b"no database\n" * 999
        scene.state.write_bytes(broken)
        side = scene.state.with_name("bootstrap-bot.db-shm")
        side.write_bytes(b"side")
        side.chmod(0o644)
        scene.telegram.fail("sendMessage", Trouble(502))
        await scene.start()
        assert await scene.next_moment() == 1
        for admin in (ADMIN, OTHER_ADMIN):
            await scene.sees(DAMAGED, admin)
        aside = [file for file in files(tmp_path) if ".broken-" in file.name]
        assert sorted(file.read_bytes() for file in aside) == sorted([broken, b"side"])
        assert {stat.S_IMODE(file.stat().st_mode) for file in [*aside, scene.state]} == {0o600}
        assert scene.journal() == []
        await scene.invited()
        await scene.poll(CREATED)
        await scene.sees("Done")
        assert scene.platforms() == STORED
        await scene.recorded("stored")
        await scene.restart()
        await scene.settled()
        assert sum(DAMAGED in text for text in scene.captions()) == 1


async def refused(scene: Scene) -> str:
    """The one line that a process ends with, and status 2, that is started now."""
    second = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bootstrap_bot", "run", "--config", str(scene.config)),
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await second.communicate()
    assert (second.returncode, said) == (2, b"")
    [line] = complained.decode().splitlines()
    return line


async def test_a_later_versions_state_file_ends_with_2_and_says_what_to_do(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.stop()
        scene.sql(f"PRAGMA user_version = {LATEST + 1}")
        said = await refused(scene)
        assert said == f"{scene.state}: a later version of this program made it: use that one"


async def test_a_second_process_ends_with_2_and_says_who_holds_the_state_file(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        holder = f"process {os.getpid()} runs with this state file: stop it first"
        assert await refused(scene) == f"{scene.state}: {holder}"
        await scene.poll(CREATED)
        await scene.sees("Done")
        assert scene.platforms() == STORED


# --- Telegram ------------------------------------------------------------------------------------

AWAY = {
    "5xx": Trouble(502),
    "reset": Trouble(reset=True),
    "refused": Trouble(400, "Bad Request: something nobody knows"),
}


@pytest.mark.parametrize("trouble", AWAY.values(), ids=AWAY)
async def test_without_telegram_a_whole_attempt_is_stored_and_told_afterwards(
    tmp_path: Path, trouble: Trouble
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        scene.telegram.fail("*", trouble, -1)
        await scene.poll(http(502), waiting(), CREATED)
        await scene.recorded("stored", told=False)
        assert scene.platforms() == STORED
        await scene.pass_time(HOUR)
        assert not scene.journal()[-1]["told"]
        scene.telegram.heal()
        await scene.pass_time(MINUTE)
        await scene.recorded("stored")
        await scene.idle()
        [result] = results(scene)
        assert scene.telegram.bot_messages(ADMIN) == [result]


async def test_a_result_that_arrived_without_our_knowing_is_not_sent_twice(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        before = await scene.invited()
        scene.telegram.fail("editMessageMedia", Trouble(502, after=True))
        await scene.poll(CREATED)
        await scene.sees("Done")
        await scene.recorded("stored", told=False)
        assert await scene.next_moment() == 1
        await scene.recorded("stored")
        assert [message.id for message in results(scene)] == [before.id]


@pytest.mark.filterwarnings("ignore:.*retry_after:DeprecationWarning")
async def test_too_many_requests_are_waited_out_and_hold_up_no_storing(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        before = await scene.invited()
        scene.telegram.fail("*", Trouble(429, retry_after=30), -1)
        await scene.poll(waiting(), CREATED)
        await scene.recorded("stored", told=False)
        assert scene.platforms() == STORED
        await scene.pass_time(10 * 30)
        assert not scene.journal()[-1]["told"]
        scene.telegram.heal()
        await scene.pass_time(30)
        await scene.recorded("stored")
        await scene.idle()
        assert [m.id for m in results(scene)] == [before.id]
        assert len(scene.telegram.bot_messages(ADMIN)) == 1


@pytest.mark.slow  # the library gives up on a request after its real seconds
async def test_a_telegram_that_hangs_holds_up_no_storing(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        before = await scene.invited()
        scene.telegram.fail("*", Trouble(hang=True), -1)
        scene.dingtalk.next_poll(CREATED)
        await scene.next_moment()
        await scene.recorded("stored", told=False)
        assert scene.platforms() == STORED
        scene.telegram.heal()
        async with asyncio.timeout(60):
            while not scene.journal()[-1]["told"]:
                await asyncio.sleep(0.1)
                await scene.clock.advance(0.1)
        await scene.idle()
        assert [m.id for m in results(scene)] == [before.id]


def writes(scene: Scene) -> int:
    """How often the bot tried to write to the admin."""
    kinds = ("sendMessage", "sendPhoto", "editMessageMedia", "editMessageCaption", "deleteMessage")
    calls = [call for kind in kinds for call in scene.telegram.calls(kind)]
    return sum(call["chat_id"] == ADMIN for call in calls)


async def next_write(scene: Scene) -> float:
    """Passes to the next moment at which the bot tries to write to the admin; gives that."""
    before = writes(scene)
    await scene.pass_until(lambda: writes(scene) > before)
    return scene.clock.now()


async def test_telling_is_tried_without_end_each_minute_then_each_five(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        scene.telegram.fail("editMessageMedia", Trouble(502), -1)
        scene.telegram.fail("sendPhoto", Trouble(502), -1)
        await scene.poll(CREATED)
        await scene.recorded("stored", told=False)
        tries: list[float] = []
        while not tries or tries[-1] < START + 2 * HOUR:
            tries.append(await next_write(scene))
        pauses = [(moment - tries[0], later - moment) for moment, later in pairwise(tries)]
        hour = [pause for moment, pause in pauses if moment <= HOUR - MINUTE]
        later = [pause for moment, pause in pauses if moment > HOUR]
        assert hour[:7] == [2, 4, 8, 16, 32, 60, 60]
        assert set(hour[7:]) == {60}
        assert set(later) == {300}
        assert len(later) > 10
        scene.telegram.heal()
        await scene.pass_time(5 * MINUTE)
        await scene.recorded("stored")
        assert len(results(scene)) == 1


async def test_a_message_the_person_removed_is_replaced_by_the_result(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        before = await scene.invited()
        scene.telegram.person_deletes(ADMIN, before.id)
        await scene.poll(CREATED)
        after = await scene.sees("Done")
        assert after.id > before.id
        await scene.recorded("stored")
        await scene.idle()
        assert scene.telegram.bot_messages(ADMIN) == [after]


@pytest.mark.parametrize("how", ["blocked", "deleted"])
async def test_a_closed_chat_is_left_alone_and_the_result_comes_with_the_next_update(
    tmp_path: Path, how: str
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        if how == "blocked":
            scene.telegram.block(ADMIN)
        else:
            scene.telegram.delete_chat(ADMIN)
        await scene.poll(CREATED)
        await scene.recorded("stored", told=False)
        assert scene.platforms() == STORED
        await scene.idle()
        before = writes(scene)
        for _ in range(3):
            await scene.clock.advance(HOUR)
            await scene.idle()
        assert writes(scene) == before
        assert results(scene) == []
        if how == "blocked":
            scene.telegram.unblock(ADMIN)
        await scene.says("hello")
        await scene.sees("Done")
        await scene.recorded("stored")
        await scene.idle()
        assert len(results(scene)) == 1


async def sent_twice(scene: Scene) -> tuple[Message, Message]:
    """A copy nobody knows of, since its answer was lost, and the message of the attempt itself."""
    scene.telegram.fail("sendPhoto", Trouble(502, after=True))
    await scene.says("/dingtalk_new")
    await scene.sees("Waiting for you")
    assert await scene.next_moment() == 1
    await scene.telegram.until(lambda: len(scene.telegram.bot_messages(ADMIN)) == 2)
    first, second = scene.telegram.bot_messages(ADMIN)
    await scene.until(lambda: scene.journal()[-1]["message"] == second.id)
    return first, second


async def test_a_copy_that_was_sent_without_our_knowing_is_no_dead_end(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        first, second = await sent_twice(scene)
        cancel = next(b.data for row in first.buttons for b in row if b.text == "Cancel")
        press = await scene.telegram.press(ADMIN, first, "Check now")
        assert (await scene.answered(press)).answer in {
            "Asking DingTalk now",
            *(f"Next look in {seconds} seconds" for seconds in range(2, 6)),
        }
        await scene.telegram.until(lambda: "do not scan" in first.text)
        assert first.buttons == []
        assert "Waiting for you" in second.text
        press = await scene.telegram.presses_data(ADMIN, first, cancel or "")
        assert (await scene.answered(press)).answer == "Cancelled"
        await scene.telegram.until(lambda: "Cancelled" in second.text)


async def test_a_copy_is_put_away_by_a_press_after_a_restart_too(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        first, second = await sent_twice(scene)
        await scene.restart()
        await scene.answered(await scene.telegram.press(ADMIN, first, "Check now"))
        await scene.telegram.until(lambda: "do not scan" in first.text)
        assert first.buttons == []
        assert "Waiting for you" in second.text
        assert second.buttons != []


# --- DingTalk ------------------------------------------------------------------------------------

STRETCHES = {
    "5xx": http(503),
    "429": http(429, "", {"Retry-After": "45"}),
    "reset": Answer(reset=True),
    "html": http(502, "<html><body>Bad Gateway</body></html>"),
    "errcode": errcode(500),
    "timeout": Answer(hang=True),
}


@pytest.mark.parametrize("trouble", STRETCHES.values(), ids=STRETCHES)
async def test_an_hour_of_bad_answers_costs_nothing_but_time(
    tmp_path: Path, trouble: Answer
) -> None:
    async with Scene(tmp_path, timeout=0.05 if trouble.hang else 5.0) as scene:
        before = await scene.invited()
        scene.dingtalk.always_poll(trouble)
        pauses = []
        while scene.clock.now() < START + (HOUR if not trouble.hang else HOUR / 4):
            pauses.append(await scene.next_poll())
        assert pauses[0] == 5
        assert set(pauses[6:]) == {60}
        shown = await scene.sees("I keep trying by myself.")
        assert shown.id == before.id
        scene.dingtalk.always_poll(None)
        await scene.dingtalk.approve(client_id=ID)
        await scene.next_poll()
        await scene.sees("Done")
        assert scene.platforms()["dingtalk"]["client_id"] == ID


@pytest.mark.parametrize(("late", "state"), [(500.0, "stored"), (700.0, "expired")])
@pytest.mark.parametrize("trouble", ["5xx", "429", "reset", "html", "timeout"])
async def test_bad_answers_across_the_deadline_get_ten_more_minutes(
    tmp_path: Path, trouble: str, late: float, state: str
) -> None:
    answer = STRETCHES[trouble]
    quiet = 0.05 if answer.hang else 5.0
    async with Scene(tmp_path, timeout=quiet, lifetime=120) as scene:
        await scene.invited()
        scene.dingtalk.always_poll(answer)
        while scene.clock.now() < START + 120 + late and scene.journal()[-1]["state"] == "waiting":
            await scene.next_poll()
        if state == "stored":
            assert scene.journal()[-1]["state"] == "waiting"
            scene.dingtalk.next_poll(CREATED)
            await scene.next_poll()
            await scene.sees("Done")
            assert scene.platforms() == STORED
        else:
            await scene.sees("The link has expired")
            assert scene.clock.now() <= START + 120 + 600 + 60
            assert scene.platforms() == {}


@pytest.mark.parametrize("call", ["init", "begin"])
@pytest.mark.parametrize("trouble", ["5xx", "reset", "html", "errcode"])
async def test_a_dingtalk_that_gives_no_link_is_told_within_20_seconds(
    tmp_path: Path, call: str, trouble: str
) -> None:
    async with Scene(tmp_path) as scene:
        scene.dingtalk.always("init" if call == "init" else "begin", STRETCHES[trouble])
        await scene.says("/dingtalk_new")
        await scene.settled()
        await scene.pass_until(
            lambda: any("did not give a link" in text for text in scene.captions())
        )
        assert scene.clock.now() <= START + 20
        await scene.recorded("failed")
        scene.dingtalk.always("init" if call == "init" else "begin", None)
        await scene.press("Start again")
        await scene.sees("Waiting for you")
