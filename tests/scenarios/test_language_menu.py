"""/language: what a person chose beats everything, at once and for good."""

from pathlib import Path

import pytest

from bootstrap_bot.chat.commands import menu as offered
from bootstrap_bot.chat.texts import LANGUAGES, Texts
from bootstrap_bot.sandbox.dingtalk.answers import success
from bootstrap_bot.sandbox.telegram.stand_in import Message
from tests.support.hindrances import LANGUAGE_CHOSEN, no_room_for
from tests.support.scene import ADMIN, OTHER_ADMIN, STRANGER, Scene

ID, SECRET = "dingabcdefgh1234", "q" * 60 + "WXYZ"
EN, ZH = Texts("en", "dingtalk"), Texts("zh", "dingtalk")
HELP = {"en": "I connect DingTalk bots", "zh": "我可以把钉钉机器人"}
CHINESE = '[chat]\nlanguage = "zh"\n'
ENGLISH = '[chat]\nlanguage = "en"\n'


async def chosen(scene: Scene, language: str, user: int = ADMIN) -> Message:
    """/language, the button of that one, and the message that says so."""
    before = len(scene.telegram.messages(user))
    await scene.says("/language", user)
    await scene.telegram.until(lambda: len(scene.telegram.messages(user)) == before + 2)
    await scene.press(Texts(language, "dingtalk").plain("language.name"), user)
    return await scene.sees(Texts(language, "dingtalk").plain("language.chosen"), user)


async def reads(scene: Scene, language: str, user: int = ADMIN, telegram: str = "") -> None:
    """Returns once the bot has answered /help in that language."""
    before = len(scene.telegram.messages(user))
    await scene.says("/help", user, language=telegram or None)
    await scene.telegram.until(lambda: len(scene.telegram.messages(user)) == before + 2)
    assert scene.telegram.last(user).text.startswith(HELP[language])


def menu(scene: Scene, user: int = ADMIN) -> dict[str, str]:
    """What that person's menu says of each command."""
    return dict(scene.telegram.commands.get(f"chat:{user}", []))


@pytest.mark.parametrize(("code", "language"), [("en", "en"), ("zh-hans", "zh"), ("de", "en")])
async def test_the_question_is_in_ones_language_and_each_button_in_its_own(
    tmp_path: Path, code: str, language: str
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("/language", language=code)
        question = await scene.sees(Texts(language, "dingtalk").plain("language.question"))
        assert question.text == Texts(language, "dingtalk").plain("language.question")
        assert question.button_texts == ["English", "简体中文"]
        assert [len(row) for row in question.buttons] == [1] * len(LANGUAGES)


async def test_a_choice_is_answered_in_the_language_that_was_chosen(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("/language")
        question = await scene.sees("Which language shall I speak?")
        press = await scene.press("简体中文")
        assert press.answer == ZH.plain("language.chosen")
        await scene.sees(ZH.plain("language.chosen"))
        assert scene.telegram.last(ADMIN) is question
        assert question.text == ZH.plain("language.chosen")
        assert question.button_texts == []
        await reads(scene, "zh")


@pytest.mark.parametrize("code", ["zh", "zh-hans", "zh-hant", "zh-TW", "zh-HK"])
async def test_every_kind_of_chinese_reads_chinese(tmp_path: Path, code: str) -> None:
    async with Scene(tmp_path) as scene:
        await reads(scene, "zh", telegram=code)


async def test_the_owners_setting_beats_telegrams_code(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=CHINESE) as scene:
        await reads(scene, "zh", telegram="en")


@pytest.mark.parametrize(
    ("setting", "code", "choice"), [(CHINESE, "zh-hans", "en"), (ENGLISH, "en", "zh")]
)
async def test_the_choice_beats_the_setting_and_telegrams_code(
    tmp_path: Path, setting: str, code: str, choice: str
) -> None:
    async with Scene(tmp_path, more=setting) as scene:
        await chosen(scene, choice)
        await reads(scene, choice, telegram=code)


async def test_the_choice_outlives_a_restart(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await chosen(scene, "zh")
        await scene.restart()
        await reads(scene, "zh", telegram="en")


async def test_the_last_choice_counts_also_after_a_restart(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await chosen(scene, "zh")
        await chosen(scene, "en")
        await reads(scene, "en", telegram="zh")
        await scene.restart()
        await reads(scene, "en", telegram="zh")
        assert scene.sql("SELECT * FROM languages") == [
            {"host": "telegram", "person": str(ADMIN), "language": "en"}
        ]


async def test_everybody_chooses_for_themselves(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await chosen(scene, "zh", OTHER_ADMIN)
        await reads(scene, "en", ADMIN)
        await reads(scene, "zh", OTHER_ADMIN)


async def test_the_menu_changes_its_language(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await reads(scene, "en")
        await scene.telegram.until(lambda: menu(scene))
        english = menu(scene)
        assert english["dingtalk_new"] == EN.plain("menu.platform_new")
        assert english == offered(["dingtalk"], EN, alone=True)
        await chosen(scene, "zh")
        await scene.settled()
        assert menu(scene) == offered(["dingtalk"], ZH, alone=True)
        await chosen(scene, "en")
        await scene.settled()
        assert menu(scene) == english


async def test_the_live_message_changes_its_language_where_it_stands(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        invitation = await scene.invited()
        code = scene.dingtalk.latest.user_code
        await scene.says("/language")
        await scene.sees("Which language shall I speak?")
        await scene.press("简体中文")
        await scene.telegram.until(lambda: "接入一个钉钉机器人" in invitation.text)
        assert not invitation.deleted
        assert code in invitation.text
        assert ZH.plain("button.cancel") in invitation.button_texts
        assert invitation.photo_count == 1
        await scene.poll(success(ID, SECRET))
        await scene.telegram.until(lambda: "完成：钉钉机器人已保存" in invitation.text)
        assert scene.journal()[0]["language"] == "zh"


async def test_the_live_message_stays_in_the_language_that_was_chosen_after_a_restart(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        invitation = await scene.invited()
        await chosen(scene, "zh")
        await scene.telegram.until(lambda: "接入一个钉钉机器人" in invitation.text)
        await scene.restart()
        await scene.poll(success(ID, SECRET))
        await scene.telegram.until(lambda: "完成：钉钉机器人已保存" in invitation.text)


async def test_somebody_elses_live_message_keeps_its_language(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        hers = await scene.invited(OTHER_ADMIN)
        await chosen(scene, "zh", ADMIN)
        await scene.settled()
        assert "Waiting for you" in hers.text
        assert [row["language"] for row in scene.journal()] == ["en"]


@pytest.mark.parametrize(
    "ref", ["de", "e", "enzh", "0", "0123456789abcdef", "ZH", "zh-cn", "../en"]
)
async def test_a_forged_language_changes_nothing(tmp_path: Path, ref: str) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("/language")
        question = await scene.sees("Which language shall I speak?")
        press = await scene.telegram.presses_data(ADMIN, question, f"bootstrap:speak:{ref}")
        await scene.answered(press)
        assert press.answer == EN.plain("answer.outdated")
        await scene.settled()
        assert question.text == EN.plain("language.question")
        assert scene.sql("SELECT * FROM languages") == []
        await reads(scene, "en")


async def test_a_choice_pressed_twice_is_one_choice(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("/language")
        question = await scene.sees("Which language shall I speak?")
        presses = [
            await scene.telegram.presses_data(ADMIN, question, "bootstrap:speak:zh")
            for _ in range(3)
        ]
        for press in presses:
            await scene.answered(press)
            assert press.answer == ZH.plain("language.chosen")
        await scene.settled()
        assert question.text == ZH.plain("language.chosen")
        assert question.revision == 1


async def test_a_stranger_chooses_nothing(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("/language")
        question = await scene.sees("Which language shall I speak?")
        await scene.says("/language", STRANGER)
        await scene.sees("serves its owners only", STRANGER)
        press = await scene.telegram.presses_data(STRANGER, question, "bootstrap:speak:zh")
        await scene.settled()
        assert not press.answered
        assert question.button_texts == ["English", "简体中文"]
        assert scene.sql("SELECT * FROM languages") == []


async def test_a_choice_that_cannot_be_kept_is_not_made(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("/language")
        await scene.sees("Which language shall I speak?")
        with no_room_for(scene, LANGUAGE_CHOSEN):
            press = await scene.press("简体中文")
            assert press.answer == EN.plain("error.state_unusable")
            await reads(scene, "en")
        await chosen(scene, "zh")
