"""A program's file that everybody may read: nothing is written until its admin has the say."""

import asyncio
from pathlib import Path

import pytest

from bootstrap_bot.chat.delivery_text import blocker
from bootstrap_bot.cli import main
from bootstrap_bot.registration.delivery import Delivery
from tests.support.scene import OTHER_ADMIN, Scene, data_of
from tests.support.target_scenes import (
    EN,
    ID,
    RETRY,
    SECRET,
    SKIP,
    backup,
    connected,
    delivery,
    disowned,
    hindered,
    note,
    pressed_by,
    said,
    state_of,
    target,
    text_of,
    written,
)

ANYWAY = "Write anyway"
ASKED = said("captured.readable_by_all", place="f.env", command="chmod o-r f.env")
HERMES = target("hermes", path="f.env")
PAIR = f"DINGTALK_CLIENT_ID={ID}\nDINGTALK_CLIENT_SECRET={SECRET}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "f.env", "KEY=1\n", 0o644)


async def test_written_anyway_with_the_rights_it_had(tmp_path: Path, file: Path) -> None:
    before = state_of(file)
    async with Scene(tmp_path, more=HERMES) as scene:
        asked = await hindered(scene, ASKED)
        assert asked.button_texts == [RETRY, ANYWAY, SKIP]
        assert state_of(file) == before
        assert SECRET not in asked.text
        press = await scene.press(ANYWAY)
        assert press.answer == "Writing it"
        done = await scene.sees("Done")
        assert text_of(file) == "KEY=1\n" + PAIR
        assert file.stat().st_mode & 0o777 == 0o644
        assert backup(file).stat().st_mode & 0o777 == 0o600
        assert note("exposed") in done.text


@pytest.mark.parametrize("pressed", [True, False])
async def test_a_mode_that_was_changed_needs_no_word(
    tmp_path: Path, file: Path, pressed: bool
) -> None:
    async with Scene(tmp_path, more=HERMES) as scene:
        await hindered(scene, ASKED)
        file.chmod(0o640)
        if pressed:
            await scene.press(RETRY)
        else:
            await scene.next_moment()
        done = await scene.sees("Done")
        assert text_of(file) == "KEY=1\n" + PAIR
        assert file.stat().st_mode & 0o777 == 0o640
        assert note("exposed") not in done.text


async def test_the_question_and_its_answer_outlive_a_restart(tmp_path: Path, file: Path) -> None:
    async with Scene(tmp_path, more=HERMES) as scene:
        await hindered(scene, ASKED)
        await scene.restart()
        await scene.idle()
        assert text_of(file) == "KEY=1\n"
        broken = written(file, "KEY='1\n", 0o644)
        await scene.press(ANYWAY)
        await scene.sees("f.env, line 1")
        assert delivery(scene, "hermes")["exposed"] == 1
        await scene.stop()
        written(broken, "KEY=1\n", 0o644)
        await scene.start()
        await scene.sees("Done")
        assert text_of(file) == "KEY=1\n" + PAIR


async def test_gone_on_without_it(tmp_path: Path, file: Path) -> None:
    async with Scene(tmp_path, more=HERMES) as scene:
        await hindered(scene, ASKED)
        await scene.press(SKIP)
        await scene.sees(said("held.nowhere"))
        assert text_of(file) == "KEY=1\n"


async def test_one_place_is_asked_about_and_the_others_are_done(tmp_path: Path, file: Path) -> None:
    more = f'{HERMES}[[targets]]\nkind = "config"\n'
    async with Scene(tmp_path, more=more) as scene:
        asked = await hindered(scene, said("captured.partly"))
        assert ASKED in asked.text
        assert scene.platforms()["dingtalk"]["client_id"] == ID
        assert text_of(file) == "KEY=1\n"
        await scene.press(ANYWAY)
        await scene.sees("Done")
        assert text_of(file) == "KEY=1\n" + PAIR


async def test_neither_another_admin_nor_an_old_button_has_the_say(
    tmp_path: Path, file: Path
) -> None:
    async with Scene(tmp_path, more=HERMES) as scene:
        asked = await hindered(scene, ASKED)
        await pressed_by(scene, OTHER_ADMIN, ANYWAY)
        assert text_of(file) == "KEY=1\n"
        data = data_of(asked, ANYWAY)
        file.chmod(0o600)
        await scene.press(RETRY)
        await scene.sees("Done")
        await scene.telegram.presses_data(42, asked, data)
        await scene.settled()
        assert delivery(scene, "hermes")["exposed"] == 0


async def test_check_gives_the_command(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Scene(tmp_path, more=HERMES) as scene:
        await scene.stop()
        argv = ["check", "--config", str(scene.config)]
        assert await asyncio.to_thread(main, argv) == 1
        assert "chmod o-r f.env" in capsys.readouterr().out
        file.chmod(0o600)
        await asyncio.to_thread(main, argv)
        assert "chmod" not in capsys.readouterr().out


async def test_what_is_taken_out_again_needs_no_word(tmp_path: Path, file: Path) -> None:
    file.chmod(0o600)
    async with Scene(tmp_path, more=HERMES) as scene:
        await connected(scene)
        file.chmod(0o644)
        await disowned(scene)
        await scene.sees("Removed")
        assert text_of(file) == "KEY=1\n"
        assert file.stat().st_mode & 0o777 == 0o644


def test_a_mount_is_named_and_nothing_of_its_name_is_markup() -> None:
    fixed = Delivery("hermes:/a", "<b>.env", trouble="rights_fixed", about="/mnt/<i>&")
    told = blocker(fixed, EN)
    assert "<code>&lt;b&gt;.env</code>" in told
    assert "<code>/mnt/&lt;i&gt;&amp;</code>" in told


def test_nothing_of_a_places_name_is_markup_in_its_command() -> None:
    told = blocker(Delivery("hermes:/a", "~/<b>;.env", trouble="readable_by_all"), EN)
    assert "<code>chmod o-r ~/&#x27;&lt;b&gt;;.env&#x27;</code>" in told.replace("&#39;", "&#x27;")
