"""A place with room for one bot, where another one is already: it asks, and does what was said."""

from pathlib import Path

import dotenv
import pytest

from tests.support.scene import ADMIN, OTHER_ADMIN, STRANGER, Scene
from tests.support.target_scenes import (
    ID,
    MASKED,
    OLD_ID,
    OLD_MASKED,
    OLD_SECRET,
    OVERWRITE,
    SECRET,
    SKIP,
    backup,
    chosen,
    delivery,
    edited,
    hindered,
    pressed_by,
    said,
    state_of,
    target,
    text_of,
    written,
)

HERMES = (
    "# the club's\n"
    f"export DINGTALK_CLIENT_ID={OLD_ID}   # given in May\n"
    "DINGTALK_ALLOWED_USERS=staff1\n"
    f"DINGTALK_CLIENT_SECRET='{OLD_SECRET}'\n"
    "LAST=1"
)
HERMES_AFTER = edited(HERMES, (OLD_ID, ID), (f"'{OLD_SECRET}'", SECRET))
NANOBOT = (
    '{"channels": {"dingtalk": {"clientId" : "%s", "enabled": false,\n'
    '  "clientSecret":"%s", "allowFrom": ["*"]}}}'
)
QWENPAW = (
    '{\n  "channels": {\n    "dingtalk": {\n      "client_id": "%s",\n'
    '      "client_secret": "%s",\n      "bot_prefix": "[BOT]"\n    }\n  }\n}\n'
)
COWAGENT = (
    '{\n  "dingtalk_client_id": "%s",\n  "dingtalk_client_secret": "%s",\n'
    '  "channel_type": "web"\n}\n'
)
FILE = "ding:\n  id: %s   # given in May\n  secret: %s\n  on: true\n"
SET = 'set = { "ding.id" = "{client_id}", "ding.secret" = "{client_secret}" }\n'
# What a card says behind the place's name.
TAKEN = said("captured.occupied", place="@", client=OLD_MASKED).removeprefix("@")
NOWHERE = said("held.unplaced")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where everybody's usual paths begin."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def hermes(home: Path) -> Path:
    """Its file, with another bot in it."""
    return written(home / ".hermes/.env", HERMES)


@pytest.mark.parametrize(
    ("table", "path", "text"),
    [
        (target("nanobot"), ".nanobot/config.json", NANOBOT),
        (target("qwenpaw"), ".qwenpaw/config.json", QWENPAW),
        (target("cowagent"), "CowAgent/config.json", COWAGENT),
        (target("file", path="ding.yaml") + SET, "ding.yaml", FILE),
    ],
)
async def test_replaced_only_the_pair_changes(home: Path, table: str, path: str, text: str) -> None:
    before = text % (OLD_ID, OLD_SECRET)
    file = written(home / path, before)
    untouched = state_of(file)
    async with Scene(home, more=table) as scene:
        asked = await hindered(scene, TAKEN, name="sales")
        assert state_of(file) == untouched
        assert asked.button_texts == [OVERWRITE, SKIP]
        press = await scene.press(OVERWRITE)
        assert press.answer == "Replacing it"
        done = await scene.sees("Done")
        assert text_of(file) == text % (ID, SECRET)
        assert text_of(backup(file)) == before
        assert MASKED in done.text
        assert OLD_MASKED not in done.text


async def test_the_version_before_is_kept_for_its_owner_alone(home: Path) -> None:
    file = hermes(home)
    file.chmod(0o640)
    async with Scene(home, more=target("hermes")) as scene:
        asked = await hindered(scene, TAKEN, name="sales")
        assert TAKEN in asked.text
        await scene.press(OVERWRITE)
        await scene.sees("Done")
        assert text_of(file) == HERMES_AFTER
        assert text_of(backup(file)) == HERMES
        assert backup(file).stat().st_mode & 0o777 == 0o600
        assert file.stat().st_mode & 0o777 == 0o640
        assert dotenv.dotenv_values(file)["DINGTALK_CLIENT_SECRET"] == SECRET


async def test_asked_before_the_link_nobody_is_asked_again(home: Path) -> None:
    file = hermes(home)
    async with Scene(home, more=target("hermes")) as scene:
        await scene.says("/dingtalk_new")
        question = await scene.sees(said("question.full"))
        assert question.button_texts == [f"Replace Hermes ({OLD_MASKED})", "Cancel"]
        await chosen(scene, "Replace Hermes")
        await scene.sees("Done")
        assert text_of(file) == HERMES_AFTER
        assert not any(TAKEN in caption for caption in scene.captions())


async def test_waiting_replaces_nothing_and_a_place_made_free_by_hand_is_taken(
    home: Path,
) -> None:
    file = hermes(home)
    before = state_of(file)
    async with Scene(home, more=target("hermes")) as scene:
        await hindered(scene, TAKEN, name="sales")
        for _ in range(6):
            await scene.next_moment()
            await scene.idle()
        assert state_of(file) == before
        free = edited(HERMES, (f"={OLD_ID} ", "= "))
        written(file, free)
        await scene.next_moment()
        await scene.sees("Done")
        assert dotenv.dotenv_values(file)["DINGTALK_CLIENT_ID"] == ID


@pytest.mark.parametrize("label", [OVERWRITE, SKIP])
@pytest.mark.parametrize(("user", "answered"), [(OTHER_ADMIN, True), (STRANGER, False)])
async def test_nobody_else_can_say_what_becomes_of_it(
    home: Path, user: int, answered: bool, label: str
) -> None:
    file = hermes(home)
    before = state_of(file)
    async with Scene(home, more=target("hermes")) as scene:
        asked = await hindered(scene, TAKEN, name="sales")
        press = await pressed_by(scene, user, label)
        assert press.answered is answered
        assert not answered or press.answer == said("answer.outdated")
        assert state_of(file) == before
        assert delivery(scene, "hermes")["agreed"] == 0
        assert scene.telegram.last(ADMIN).text == asked.text


async def test_the_answer_counts_after_a_restart_too(home: Path) -> None:
    file = hermes(home)
    async with Scene(home, more=target("hermes")) as scene:
        await hindered(scene, TAKEN, name="sales")
        await scene.restart()
        await scene.idle()
        await scene.press(OVERWRITE)
        await scene.sees("Done")
        assert text_of(file) == HERMES_AFTER


async def test_without_it_the_others_have_the_pair_and_it_keeps_its_own(home: Path) -> None:
    file = hermes(home)
    before = state_of(file)
    async with Scene(home, more=target("config") + target("hermes")) as scene:
        asked = await hindered(scene, said("captured.partly"), name="sales")
        assert TAKEN in asked.text
        ours = said("stored.added", id="sales", place="config.toml")
        assert ours in asked.text
        assert scene.platforms()["sales"]["client_id"] == ID
        press = await scene.press(SKIP)
        assert press.answer == "Going on without it"
        done = await scene.sees("Done")
        without = said("closed.skipped", place="~/.hermes/.env")
        assert f"{ours}\n{without}\nClient ID" in done.text
        assert state_of(file) == before


async def test_without_any_the_pair_is_held_and_can_be_used_after_all(home: Path) -> None:
    file = hermes(home)
    async with Scene(home, more=target("hermes")) as scene:
        await hindered(scene, TAKEN, name="sales")
        await scene.press(SKIP)
        held = await scene.sees(NOWHERE)
        assert held.button_texts == ["Use it", "Discard"]
        await scene.press("Use it")
        await scene.sees(TAKEN)
        assert text_of(file) == HERMES
        await scene.press(OVERWRITE)
        await scene.sees("Done")
        assert text_of(file) == HERMES_AFTER


async def test_without_any_and_discarded_no_byte_of_the_pair_stays(home: Path) -> None:
    file = hermes(home)
    before = state_of(file)
    async with Scene(home, more=target("hermes")) as scene:
        await hindered(scene, TAKEN, name="sales")
        await scene.press(SKIP)
        await scene.sees(NOWHERE)
        code = scene.dingtalk.latest.device_code
        assert SECRET.encode() in scene.state.read_bytes()
        await scene.press("Discard")
        await scene.sees("Credentials discarded")
        await scene.recorded("discarded")
        assert state_of(file) == before
        kept = b"".join(one.read_bytes() for one in home.glob("bootstrap-bot.db*"))
        assert SECRET.encode() not in kept
        assert code.encode() not in kept


async def test_not_mine_after_a_replacement_leaves_the_version_before_it(home: Path) -> None:
    file = hermes(home)
    async with Scene(home, more=target("hermes")) as scene:
        await hindered(scene, TAKEN, name="sales")
        await scene.press(OVERWRITE)
        await scene.sees("Done")
        result = await scene.sees("🟢 Checked")
        await scene.press("Not mine")
        await scene.until(lambda: "Yes, remove it" in result.button_texts)
        await scene.press("Yes, remove it")
        await scene.sees("Removed")
        assert text_of(backup(file)) == HERMES
        assert SECRET.encode() not in backup(file).read_bytes()
