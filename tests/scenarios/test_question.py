"""/dingtalk_new where a bot is stored already: it asks first, and does what was chosen."""

from pathlib import Path

import pytest

from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.sandbox.dingtalk.answers import expired, success
from bootstrap_bot.sandbox.telegram.stand_in import Message, Press
from bootstrap_bot.targets.neighbours import copy_of
from tests.support.hindrances import DELIVERY_BEGUN, no_room_for
from tests.support.scene import ADMIN, OTHER_ADMIN, STRANGER, Scene, data_of

EN, ZH = Texts("en", "dingtalk"), Texts("zh", "dingtalk")
OLD_ID, OLD_SECRET = "dingabcdefgh1234", "q" * 60 + "WXYZ"
OTHER_ID, OTHER_SECRET = "dingzyxwvuts9876", "w" * 60 + "STUV"
NEW_ID, NEW_SECRET = "dingnewnewne0001", "n" * 60 + "KLMN"
QUESTION = EN.plain("question.title")
ADD, LEAVE = EN.plain("button.add"), EN.plain("button.leave")
REPLACE = EN.plain("button.replace", id="dingtalk", client="ding••••••••1234")
REPLACE_OTHER = EN.plain("button.replace", id="hr", client="ding••••••••9876")
ONE = f"""
[platforms.dingtalk]   # the first of all
type = "dingtalk"
enabled = false   # resting
client_id = "{OLD_ID}"   # given in May
client_secret = '{OLD_SECRET}'
model = "kept"
"""
ANOTHER = f"""
[platforms.hr]
type = "dingtalk"
enabled = true
client_id = "{OTHER_ID}"
client_secret = "{OTHER_SECRET}"
"""


async def asked(scene: Scene, user: int = ADMIN, language: str = "en") -> Message:
    """/dingtalk_new, up to the question."""
    await scene.says("/dingtalk_new", user, language=language)
    return await scene.sees(Texts(language, "dingtalk").plain("question.title"), user)


async def chosen(scene: Scene, label: str) -> Message:
    """The question, answered with that button, up to the invitation."""
    question = await asked(scene)
    press = await scene.press(label)
    assert press.answer == EN.plain("answer.another")
    invitation = await scene.sees("Waiting for you")
    await scene.idle()
    await scene.telegram.until(lambda: question.deleted)
    return invitation


async def named(scene: Scene, name: str) -> Message:
    """/dingtalk_new with a name, up to the invitation."""
    return await scene.invited(command=f"/dingtalk_new {name}")


async def stored(scene: Scene, client_id: str = NEW_ID, secret: str = NEW_SECRET) -> Message:
    """DingTalk gives that pair, and the bot says that it is stored."""
    await scene.poll(success(client_id, secret))
    return await scene.sees("Done")


async def pressed(scene: Scene, message: Message, data: str, user: int = ADMIN) -> Press:
    """Callback data, as if some button had it."""
    return await scene.answered(await scene.telegram.presses_data(user, message, data))


def pairs(scene: Scene) -> dict[str, tuple[str, str]]:
    """Each platform's pair, as the file has it now."""
    there = scene.platforms().items()
    return {name: (one["client_id"], one["client_secret"]) for name, one in there}


# --- asking --------------------------------------------------------------------------------------


async def test_where_a_bot_is_stored_it_asks_and_begins_nothing_yet(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE + ANOTHER) as scene:
        before = scene.config.read_bytes()
        question = await asked(scene)
        assert question.text == QUESTION
        assert question.button_texts == [ADD, REPLACE, REPLACE_OTHER, LEAVE]
        assert [len(row) for row in question.buttons] == [1, 1, 1, 1]
        await scene.settled()
        assert scene.dingtalk.registrations == []
        assert scene.journal() == []
        assert scene.config.read_bytes() == before


async def test_where_none_is_stored_it_asks_nothing(tmp_path: Path) -> None:
    more = '[platforms.lark]\ntype = "lark"\nclient_id = "larkabcdefgh0000"\n'
    async with Scene(tmp_path, more=more) as scene:
        await scene.invited()
        assert not any(QUESTION in caption for caption in scene.captions())


async def test_it_asks_in_ones_language(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        question = await asked(scene, language="zh")
        assert question.button_texts == [
            ZH.plain("button.add"),
            ZH.plain("button.replace", id="dingtalk", client="ding••••••••1234"),
            ZH.plain("button.leave"),
        ]


async def test_neither_question_nor_buttons_hold_a_secret_or_a_client_id(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE + ANOTHER) as scene:
        await asked(scene)
        sent = repr(scene.telegram.calls("sendMessage"))
        for secret in (OLD_ID, OLD_SECRET[-4:], OTHER_ID, OTHER_SECRET[-4:]):
            assert secret not in sent


async def test_a_config_that_does_not_parse_is_said_before_anything_begins(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        whole = scene.config.read_text(encoding="utf-8")
        scene.config.write_text(whole + "= oops\n", encoding="utf-8")
        await scene.says("/dingtalk_new")
        said = await scene.sees("the file has a mistake")
        line = whole.count("\n") + 1
        assert said.text.startswith(f"⚠️ config.toml, line {line}, column 1: ")
        assert said.text.endswith(EN.plain("error.unparsable"))
        assert scene.journal() == []
        assert scene.config.read_text(encoding="utf-8") == whole + "= oops\n"
        scene.config.write_text(whole, encoding="utf-8")
        await asked(scene)


async def test_connect_another_below_a_result_asks_as_well(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        result = await stored(scene, OLD_ID, OLD_SECRET)
        await scene.sees("🟢 Checked")
        text = result.text
        press = await scene.press(EN.plain("button.another"))
        assert press.answer == EN.plain("answer.another")
        question = await scene.sees(QUESTION)
        assert question.button_texts == [ADD, REPLACE, LEAVE]
        await scene.settled()
        assert len(scene.journal()) == len(scene.dingtalk.registrations) == 1
        await scene.press(ADD)
        await scene.sees("Waiting for you")
        await stored(scene)
        assert list(pairs(scene)) == ["dingtalk", "dingtalk_2"]
        assert not result.deleted
        assert result.text == text


async def test_connect_another_begins_at_once_when_the_stored_one_is_gone(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await stored(scene, OLD_ID, OLD_SECRET)
        await scene.sees("🟢 Checked")
        scene.write_config()
        await scene.press(EN.plain("button.another"))
        await scene.sees("Waiting for you")
        assert len(scene.journal()) == 2


# --- adding and leaving --------------------------------------------------------------------------


async def test_added_it_is_another_one_beside_the_first(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        await chosen(scene, ADD)
        done = await stored(scene)
        assert "Platform dingtalk_2 in config.toml\n" in done.text
        assert pairs(scene) == {
            "dingtalk": (OLD_ID, OLD_SECRET),
            "dingtalk_2": (NEW_ID, NEW_SECRET),
        }
        assert ONE in scene.config.read_text(encoding="utf-8")


async def test_left_the_question_goes_and_nothing_begins(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        before = scene.config.read_bytes()
        question = await asked(scene)
        press = await scene.press(LEAVE)
        assert press.answer == EN.plain("answer.leave")
        await scene.telegram.until(lambda: question.deleted)
        await scene.settled()
        assert scene.telegram.bot_messages(ADMIN) == []
        assert scene.dingtalk.registrations == []
        assert scene.journal() == []
        assert scene.config.read_bytes() == before


# --- replacing -----------------------------------------------------------------------------------


async def test_replaced_it_keeps_its_id_and_everything_but_the_pair_to_the_byte(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path, more=ANOTHER + ONE) as scene:
        before = scene.config.read_text(encoding="utf-8")
        await chosen(scene, REPLACE)
        done = await stored(scene)
        assert "Platform dingtalk in config.toml\n" in done.text
        after = scene.config.read_text(encoding="utf-8")
        for quote in "\"'":
            after = after.replace(f"{quote}{NEW_SECRET}{quote}", f"'{OLD_SECRET}'")
        assert after.replace(NEW_ID, OLD_ID) == before
        assert pairs(scene) == {
            "hr": (OTHER_ID, OTHER_SECRET),
            "dingtalk": (NEW_ID, NEW_SECRET),
        }
        assert scene.platforms()["dingtalk"]["enabled"] is False
        backup = copy_of(scene.config)
        assert backup.read_text(encoding="utf-8") == before


async def test_the_old_pair_stays_until_the_new_one_can_be_stored(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        before = scene.config.read_bytes()
        await chosen(scene, REPLACE)
        assert scene.config.read_bytes() == before
        with no_room_for(scene, DELIVERY_BEGUN):
            await scene.poll(success(NEW_ID, NEW_SECRET))
            assert scene.config.read_bytes() == before
            assert "Waiting for you" in scene.telegram.last(ADMIN).text
        await scene.next_moment()
        await scene.sees("Done")
        assert pairs(scene) == {"dingtalk": (NEW_ID, NEW_SECRET)}


async def test_a_config_broken_meanwhile_keeps_the_old_pair_until_it_is_mended(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        await chosen(scene, REPLACE)
        whole = scene.config.read_text(encoding="utf-8")
        scene.config.write_text(whole + "= oops\n", encoding="utf-8")
        await scene.poll(success(NEW_ID, NEW_SECRET))
        await scene.sees("not stored yet")
        assert scene.config.read_text(encoding="utf-8") == whole + "= oops\n"
        scene.config.write_text(whole, encoding="utf-8")
        await scene.press("Try again now")
        await scene.sees("Done")
        assert pairs(scene) == {"dingtalk": (NEW_ID, NEW_SECRET)}


@pytest.mark.parametrize("end", ["Cancel", "expired"])
async def test_a_replacement_that_came_to_nothing_leaves_the_old_one(
    tmp_path: Path, end: str
) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        before = scene.config.read_bytes()
        await chosen(scene, REPLACE)
        if end == "Cancel":
            await scene.press("Cancel")
            await scene.sees("Cancelled")
        else:
            await scene.poll(expired())
            await scene.sees("The link has expired")
        assert scene.config.read_bytes() == before


async def test_start_again_still_replaces_the_same_one(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        await chosen(scene, REPLACE)
        await scene.expire()
        await scene.sees("The link has expired")
        await scene.press("Start again")
        await scene.sees("Waiting for you")
        await scene.idle()
        await stored(scene)
        assert pairs(scene) == {"dingtalk": (NEW_ID, NEW_SECRET)}


async def test_what_is_to_be_replaced_outlives_a_restart(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE + ANOTHER) as scene:
        await chosen(scene, REPLACE_OTHER)
        await scene.restart()
        await stored(scene)
        assert pairs(scene) == {"dingtalk": (OLD_ID, OLD_SECRET), "hr": (NEW_ID, NEW_SECRET)}


async def test_what_was_removed_while_it_waited_does_not_come_back_with_its_name(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path, more=ANOTHER) as scene:
        await chosen(scene, REPLACE_OTHER)
        scene.write_config("")
        done = await stored(scene)
        assert "Platform dingtalk in config.toml\n" in done.text
        assert pairs(scene) == {"dingtalk": (NEW_ID, NEW_SECRET)}


async def test_what_was_removed_before_the_press_begins_nothing(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE + ANOTHER) as scene:
        question = await asked(scene)
        scene.write_config(ANOTHER)
        press = await scene.press(REPLACE)
        assert press.answer == EN.plain("answer.outdated")
        await scene.settled()
        assert scene.journal() == []
        assert not question.deleted
        await scene.press(REPLACE_OTHER)
        await scene.sees("Waiting for you")
        await stored(scene)
        assert pairs(scene) == {"hr": (NEW_ID, NEW_SECRET)}


async def test_a_config_that_broke_before_the_press_is_said(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        question = await asked(scene)
        with scene.config.open("a", encoding="utf-8") as file:
            file.write("= oops\n")
        press = await scene.press(REPLACE)
        assert press.answer == EN.plain("error.unparsable")
        await scene.settled()
        assert scene.journal() == []
        assert not question.deleted


# --- a client id that is known already -----------------------------------------------------------


@pytest.mark.parametrize("choice", [ADD, REPLACE, REPLACE_OTHER, "sales"])
async def test_a_known_client_id_is_updated_where_it_lives_whatever_was_chosen(
    tmp_path: Path, choice: str
) -> None:
    async with Scene(tmp_path, more=ONE + ANOTHER) as scene:
        before = scene.platforms()
        await (named(scene, choice) if choice == "sales" else chosen(scene, choice))
        done = await stored(scene, OTHER_ID, NEW_SECRET)
        assert "Platform hr in config.toml (known before, now updated)\n" in done.text
        wanted = {**before, "hr": {**before["hr"], "client_secret": NEW_SECRET}}
        assert scene.platforms() == wanted
        assert list(scene.platforms()) == list(before)


async def test_a_new_client_id_is_not_called_known(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        await chosen(scene, REPLACE)
        assert "known before" not in (await stored(scene)).text


# --- a name --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sales", "a", "0", "_", "-", "team-7_b", "x" * 32])
async def test_a_name_that_is_given_is_taken_and_nothing_is_asked(
    tmp_path: Path, name: str
) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        await named(scene, name)
        assert not any(QUESTION in caption for caption in scene.captions())
        done = await stored(scene)
        assert f"Platform {name} in config.toml\n" in done.text
        assert pairs(scene)[name] == (NEW_ID, NEW_SECRET)
        assert pairs(scene)["dingtalk"] == (OLD_ID, OLD_SECRET)


async def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        for number, wanted in enumerate(("sales", "sales_2", "sales_3")):
            await named(scene, "sales")
            done = await stored(scene, f"dingsales{number:07}")
            assert f"Platform {wanted} in config.toml\n" in done.text
            await scene.sees("🟢 Checked")
        assert list(pairs(scene)) == ["dingtalk", "sales", "sales_2", "sales_3"]


async def test_a_name_outlives_start_again_and_a_restart(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        await named(scene, "sales")
        await scene.expire()
        await scene.sees("The link has expired")
        await scene.press("Start again")
        await scene.sees("Waiting for you")
        await scene.idle()
        await scene.restart()
        await stored(scene)
        assert list(pairs(scene)) == ["dingtalk", "sales"]


@pytest.mark.parametrize(
    "name",
    ["Sales", "x" * 33, "a b", "a.b", "sales!", "ä", "销售", "../x", '"', "<b>", "a\tb", "٣", "ſ"],
)
async def test_a_bad_name_gets_a_sentence_and_begins_nothing(tmp_path: Path, name: str) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says(f"/dingtalk_new {name}")
        said = await scene.sees("A name may have")
        assert said.text == EN.plain("reply.bad_name")
        await scene.settled()
        assert scene.journal() == []


async def test_spaces_around_a_name_are_no_part_of_it(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        await named(scene, "  sales  ")
        await stored(scene)
        assert list(pairs(scene)) == ["dingtalk", "sales"]


# --- pressed again, pressed late, pressed by somebody else ---------------------------------------


@pytest.mark.parametrize("label", [ADD, REPLACE])
async def test_an_answer_pressed_twice_begins_one_attempt(tmp_path: Path, label: str) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        question = await asked(scene)
        data = data_of(question, label)
        presses = [await scene.telegram.presses_data(ADMIN, question, data) for _ in range(3)]
        for press in presses:
            await scene.answered(press)
            assert press.answer == EN.plain("answer.another")
        await scene.sees("Waiting for you")
        await scene.settled()
        await scene.idle()
        assert len(scene.journal()) == len(scene.dingtalk.registrations) == 1
        await scene.telegram.until(lambda: len(scene.telegram.bot_messages(ADMIN)) == 1)
        assert question.deleted


async def test_leave_pressed_twice_is_no_fault(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        question = await asked(scene)
        data = data_of(question, LEAVE)
        for _ in range(2):
            assert (await pressed(scene, question, data)).answer == EN.plain("answer.leave")
        await scene.settled()
        assert scene.journal() == []


@pytest.mark.parametrize("label", [ADD, REPLACE])
async def test_an_old_question_brings_the_live_attempt_down_and_changes_nothing_of_it(
    tmp_path: Path, label: str
) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        question = await asked(scene)
        first = await named(scene, "sales")
        await pressed(scene, question, data_of(question, label))
        await scene.telegram.until(lambda: first.deleted and question.deleted)
        second = await scene.sees("Waiting for you")
        assert second.id > first.id
        assert len(scene.journal()) == len(scene.dingtalk.registrations) == 1
        await stored(scene)
        assert pairs(scene) == {
            "dingtalk": (OLD_ID, OLD_SECRET),
            "sales": (NEW_ID, NEW_SECRET),
        }


async def test_while_one_is_live_nothing_is_asked(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        first = await chosen(scene, ADD)
        await scene.says("/dingtalk_new")
        await scene.telegram.until(lambda: first.deleted)
        assert "Waiting for you" in (await scene.sees("Waiting for you")).text
        assert sum(event == QUESTION for event in scene.captions()) == 2  # sent and deleted


async def test_connect_another_while_one_is_live_brings_it_down(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        result = await stored(scene, OLD_ID, OLD_SECRET)
        await scene.sees("🟢 Checked")
        data = data_of(result, EN.plain("button.another"))
        live = await named(scene, "sales")
        await pressed(scene, result, data)
        await scene.telegram.until(lambda: live.deleted)
        await scene.sees("Waiting for you")
        assert len(scene.journal()) == 2


@pytest.mark.parametrize("ref", ["0", "f" * 12, OLD_ID, "dingtalk"])
async def test_a_forged_replacement_begins_nothing(tmp_path: Path, ref: str) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        question = await asked(scene)
        press = await pressed(scene, question, f"bootstrap:replace:{ref}")
        assert press.answer == EN.plain("answer.outdated")
        await scene.settled()
        assert scene.journal() == []
        assert not question.deleted


async def test_a_stranger_answers_no_question(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        question = await asked(scene)
        for label in (ADD, REPLACE, LEAVE):
            press = await scene.telegram.presses_data(STRANGER, question, data_of(question, label))
            await scene.settled()
            assert not press.answered
        assert not question.deleted
        assert scene.journal() == []


async def test_two_admins_who_replace_the_same_one_lose_neither_pair(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        for user in (ADMIN, OTHER_ADMIN):
            await asked(scene, user)
        for user in (ADMIN, OTHER_ADMIN):
            await scene.press(REPLACE, user)
            await scene.sees("Waiting for you", user)
        mine, hers = (registration.user_code for registration in scene.dingtalk.registrations)
        await scene.dingtalk.approve(mine, client_id=NEW_ID)
        await scene.dingtalk.approve(hers, client_id=OTHER_ID)
        await scene.clock.advance(10)
        for user in (ADMIN, OTHER_ADMIN):
            await scene.sees("Done", user)
        assert {client_id for client_id, _ in pairs(scene).values()} == {NEW_ID, OTHER_ID}
        assert set(scene.platforms()) == {"dingtalk", "dingtalk_2"}


async def test_attempts_of_the_hour_also_count_behind_the_question(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=f"[limits]\nper_hour = 10\n{ONE}") as scene:
        scene.dingtalk.always_poll(expired())
        for _ in range(10):
            await named(scene, "sales")
            await scene.next_poll()
            await scene.sees("The link has expired")
        question = await asked(scene)
        for label in (ADD, REPLACE):
            press = await scene.press(label)
            assert press.answer == EN.plain("error.too_many_per_hour")
        await scene.settled()
        assert not question.deleted
        assert len(scene.journal()) == 10
