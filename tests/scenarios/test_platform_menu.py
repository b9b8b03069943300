"""/platforms: what is stored is shown, checked, switched and removed in one message."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bootstrap_bot.chat.platform_menu import MOST_LISTED
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.sandbox.answers import Answer, http
from bootstrap_bot.sandbox.dingtalk.answers import success
from bootstrap_bot.sandbox.dingtalk.registration import App
from bootstrap_bot.sandbox.dingtalk.stand_in import PATHS
from bootstrap_bot.sandbox.telegram.stand_in import Message, Press
from bootstrap_bot.targets.neighbours import copy_of
from tests.support.scene import ADMIN, OTHER_ADMIN, STRANGER, Scene

EN, ZH = Texts("en", "dingtalk"), Texts("zh", "dingtalk")
ID, SECRET = "dingabcdefgh1234", "q" * 60 + "WXYZ"
OTHER_ID, OTHER_SECRET = "dingzyxwvuts9876", "w" * 60 + "STUV"
MASKED, OTHER_MASKED = "ding••••••••1234", "ding••••••••9876"
LIST = "Your DingTalk bots\nTap one to check, switch or remove it. 🟢 is on, ⚪ is off."
NONE = EN.plain("platforms.none")
ONE = f"""
[platforms.sales]   # the first of all
type = "dingtalk"
enabled = true   # on since May
client_id = "{ID}"
client_secret = "{SECRET}"
model = "kept"
"""
ANOTHER = f"""
[platforms.hr]
type = "dingtalk"
enabled = false
client_id = "{OTHER_ID}"
client_secret = "{OTHER_SECRET}"
"""
FOREIGN = """
[platforms.lark]
type = "lark"
client_id = "larkabcdefgh0000"
"""
PAGE_BUTTONS = ["Check", "Switch off", "Remove", "Back to the list"]
OFF_BUTTONS = ["Check", "Switch on", "Remove", "Back to the list"]
ON_A_PAGE = ("platform", "test", "enable", "disable", "drop", "drop_now")


def page(
    name: str = "sales", state: str = "🟢 on", masked: str = MASKED, place: str = "config.toml"
) -> str:
    """What the page of one platform says."""
    return f"{name}\nType: dingtalk\nStored in: {place}\nState: {state}\nClient ID: {masked}"


async def listed(scene: Scene, user: int = ADMIN) -> Message:
    """/platforms, up to the answer."""
    before = len(scene.telegram.messages(user))
    await scene.says("/platforms", user)
    await scene.telegram.until(lambda: len(scene.telegram.messages(user)) == before + 2)
    return scene.telegram.last(user)


async def opened(scene: Scene, name: str = "sales", user: int = ADMIN) -> Message:
    """/platforms, and the page of that one."""
    message = await listed(scene, user)
    press = await scene.press(f" {name} · ", user)
    assert press.answer == "One moment"
    await scene.sees("Client ID", user)
    return message


async def shown(scene: Scene) -> None:
    """Returns when everything asked for with a button stands in its message."""
    await scene.settled()


async def forged(scene: Scene, action: str, ref: str, user: int = ADMIN) -> Press:
    """Data no button has, on the bot's last message; returns when all is said."""
    data = f"bootstrap:{action}:{ref}"
    press = await scene.telegram.presses_data(user, scene.telegram.last(ADMIN), data)
    await shown(scene)
    return press


def ref_in(message: Message, action: str) -> str:
    """What the message's button for that action is for."""
    data = [b.data or "" for row in message.buttons for b in row]
    [found] = [one for one in data if one.startswith(f"bootstrap:{action}:")]
    return found.rpartition(":")[2]


def assert_names_the_mistake(scene: Scene, text: str) -> None:
    """The file and the line of a mistake at its end, in words."""
    line = len(scene.config.read_text(encoding="utf-8").splitlines())
    assert text.startswith("⚠️ ")
    assert f"config.toml, line {line}, column " in text
    assert text.endswith(EN.plain("error.unparsable"))


def backup(scene: Scene) -> Path:
    return copy_of(scene.config)


def everything_sent(scene: Scene) -> str:
    """Every parameter of every request that shows somebody something."""
    methods = ("sendMessage", "editMessageText", "editMessageReplyMarkup", "answerCallbackQuery")
    return repr([scene.telegram.calls(method) for method in methods])


# --- the list ------------------------------------------------------------------------------------


async def test_without_a_bot_it_says_how_to_get_one(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        message = await listed(scene)
        assert message.text == NONE
        assert message.button_texts == []


async def test_a_bot_of_another_kind_is_none_of_ours(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=FOREIGN) as scene:
        assert (await listed(scene)).text == NONE


async def test_one_bot_is_one_button(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        message = await listed(scene)
        assert message.text == LIST
        assert message.button_texts == [f"🟢 sales · {MASKED}"]


async def test_several_are_in_the_files_order_each_with_its_mark(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ANOTHER + FOREIGN + ONE) as scene:
        message = await listed(scene)
        assert message.button_texts == [f"⚪ hr · {OTHER_MASKED}", f"🟢 sales · {MASKED}"]
        assert [len(row) for row in message.buttons] == [1, 1]


async def test_the_list_is_in_ones_language(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        await scene.says("/platforms", language="zh-hans")
        await scene.sees("你的钉钉机器人")
        press = await scene.press(" sales · ")
        assert press.answer == ZH.plain("answer.platforms")
        message = await scene.sees("类型：dingtalk")
        assert message.button_texts == [
            ZH.plain(f"button.{name}") for name in ("test", "disable", "drop", "back")
        ]


async def test_more_than_a_message_can_hold_is_still_a_list(tmp_path: Path) -> None:
    more = "".join(
        f'[platforms.bot{n}]\ntype = "dingtalk"\nclient_id = "dingmany{n:08}"\n'
        for n in range(MOST_LISTED + 90)
    )
    async with Scene(tmp_path, more=more) as scene:
        assert len((await listed(scene)).buttons) == MOST_LISTED


async def test_a_name_is_shown_as_it_is_and_never_read_as_html(tmp_path: Path) -> None:
    name = '<b>&\\u202e"x' + "y" * 60
    more = ONE.replace("[platforms.sales]", '[platforms."<b>&\\u202e\\"x' + "y" * 60 + '"]')
    async with Scene(tmp_path, more=more) as scene:
        assert list(scene.platforms()) == [name.replace("\\u202e", "\u202e")]
        message = await listed(scene)
        assert message.button_texts == [f'🟢 <b>& "x{"y" * 32}… · {MASKED}']
        await scene.press("<b>&")
        assert (await scene.sees("Type: dingtalk")).text.startswith('<b>& "xyyy')
        await scene.press("Remove")
        await scene.sees("Really remove it?")
        await scene.press("Yes, remove it")
        assert '🗑 <b>& "xyyy' in (await scene.sees(NONE)).text
        assert scene.platforms() == {}


# --- the page of one -----------------------------------------------------------------------------


async def test_a_page_says_what_is_stored_where(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE + ANOTHER) as scene:
        message = await opened(scene)
        assert message.text == page()
        assert message.button_texts == PAGE_BUTTONS
        await scene.press("Back to the list")
        await scene.sees("Tap one")
        await scene.press(" hr · ")
        await scene.sees("Client ID")
        assert message.text == page("hr", "⚪ off", OTHER_MASKED)
        assert message.button_texts == OFF_BUTTONS
        assert scene.telegram.last(ADMIN) is message


async def test_back_leads_to_the_list_as_it_is_now(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        await opened(scene)
        scene.write_config(ONE + ANOTHER)
        await scene.press("Back to the list")
        message = await scene.sees("Tap one")
        assert message.button_texts == [f"🟢 sales · {MASKED}", f"⚪ hr · {OTHER_MASKED}"]


async def test_no_message_and_no_button_ever_holds_a_secret_or_a_whole_client_id(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path, more=ONE + ANOTHER) as scene:
        scene.dingtalk.apps[ID] = App(SECRET)
        await opened(scene)
        for label, then in (
            ("Check", "Checked"),
            ("Switch off", "⚪ off"),
            ("Switch on", "🟢 on"),
            ("Remove", "Really remove it?"),
            ("Yes, remove it", "is removed"),
        ):
            await scene.press(label)
            await scene.sees(then)
        sent = everything_sent(scene)
        assert MASKED in sent
        for secret in (SECRET, OTHER_SECRET, ID, OTHER_ID, SECRET[-4:], OTHER_SECRET[-4:]):
            assert secret not in sent


# --- checking ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("app", "health"),
    [
        (App(SECRET), "works"),
        (App("another secret"), "wrong_pair"),
        (None, "wrong_pair"),
        (App(SECRET, approved=False), "wrong_pair"),
        (App(SECRET, published=False), "not_published"),
    ],
)
async def test_the_check_says_in_words_what_dingtalk_says(
    tmp_path: Path, app: App | None, health: str
) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        if app is not None:
            scene.dingtalk.apps[ID] = app
        before = scene.config.read_bytes()
        message = await opened(scene)
        press = await scene.press("Check")
        assert press.answer == "Asking DingTalk"
        await scene.sees("Checked: ")
        assert message.text == f"{page()}\n\n{EN.plain(f'health.{health}')}"
        assert message.button_texts == PAGE_BUTTONS
        assert scene.config.read_bytes() == before


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(reset=True), "unreachable"),
        (http(500), "server_error"),
        (http(429), "rate_limited"),
        (http(200, "<html>"), "not_json"),
    ],
)
@pytest.mark.parametrize("call", ["token", "gateway"])
async def test_a_dingtalk_that_does_not_answer_is_no_verdict(
    tmp_path: Path, call: Any, answer: Answer, code: str
) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        scene.dingtalk.apps[ID] = App(SECRET)
        scene.dingtalk.always(call, answer)
        message = await opened(scene)
        await scene.press("Check")
        await scene.sees("That did not work")
        assert message.text == f"⚠️ That did not work: {EN.plain(f'error.{code}')}"
        assert message.button_texts == ["Back to the list"]
        scene.dingtalk.always(call, None)
        await scene.press("Back to the list")
        await scene.sees("Tap one")
        await scene.press(" sales · ")
        await scene.sees("Client ID")
        await scene.press("Check")
        await scene.sees("🟢 Checked")


async def test_a_dingtalk_that_says_nothing_holds_up_nobody(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE, timeout=1.0) as scene:
        scene.dingtalk.always("token", Answer(hang=True))
        await opened(scene)
        await scene.press("Check")
        hers = await listed(scene, OTHER_ADMIN)
        assert hers.text == LIST
        assert scene.telegram.last(ADMIN).text == page()
        await scene.sees(EN.plain("error.timeout"))


async def test_the_check_makes_two_calls_and_never_opens_the_stream(tmp_path: Path) -> None:
    asked: list[str] = []

    async def note(request: web.Request, _: web.StreamResponse) -> None:
        asked.append(request.path)

    scene = Scene(tmp_path, more=ONE)
    scene.dingtalk.app.on_response_prepare.append(note)
    async with scene:
        scene.dingtalk.apps[ID] = App(SECRET)
        await opened(scene)
        await scene.press("Check")
        await scene.sees("🟢 Checked")
        await scene.clock.advance(3600)
        await shown(scene)
        assert asked == [PATHS["token"], PATHS["gateway"]]


async def test_a_check_again_says_what_is_so_now(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        scene.dingtalk.apps[ID] = App(SECRET, published=False)
        await opened(scene)
        await scene.press("Check")
        await scene.sees("not published")
        scene.dingtalk.apps[ID].published = True
        await scene.press("Check")
        assert "not published" not in (await scene.sees("🟢 Checked")).text


async def test_a_bot_whose_secret_was_lost_can_be_looked_at(tmp_path: Path) -> None:
    more = ONE.replace(f'client_secret = "{SECRET}"\n', "")
    async with Scene(tmp_path, more=more) as scene:
        message = await opened(scene)
        assert message.text == page()
        await scene.press("Check")
        await scene.sees("🔴 Checked: DingTalk does not accept the credentials")


# --- switching -----------------------------------------------------------------------------------


async def test_switching_off_and_on_changes_one_word_in_the_file(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE + ANOTHER) as scene:
        before = scene.config.read_text(encoding="utf-8")
        message = await opened(scene)
        press = await scene.press("Switch off")
        assert press.answer == "Switching it off"
        await scene.sees("⚪ off")
        assert message.text == page(state="⚪ off")
        assert message.button_texts == OFF_BUTTONS
        after = scene.config.read_text(encoding="utf-8")
        assert after == before.replace("enabled = true ", "enabled = false ")
        press = await scene.press("Switch on")
        assert press.answer == "Switching it on"
        await scene.sees("🟢 on")
        assert message.text == page()
        assert message.button_texts == PAGE_BUTTONS
        assert scene.config.read_text(encoding="utf-8") == before
        assert backup(scene).read_text(encoding="utf-8") == after


async def test_where_the_word_is_missing_it_is_added(tmp_path: Path) -> None:
    more = ONE.replace("enabled = true   # on since May\n", "")
    async with Scene(tmp_path, more=more) as scene:
        before = scene.platforms()["sales"]
        assert (await opened(scene)).text == page()
        await scene.press("Switch off")
        await scene.sees("⚪ off")
        assert scene.platforms()["sales"] == {**before, "enabled": False}


async def test_switched_twice_is_switched_once(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        before = scene.config.read_bytes()
        message = await opened(scene)
        ref = ref_in(message, "disable")
        presses = [
            await scene.telegram.presses_data(ADMIN, message, f"bootstrap:disable:{ref}")
            for _ in range(3)
        ]
        await shown(scene)
        assert [press.answer for press in presses] == ["Switching it off"] * 3
        assert message.text == page(state="⚪ off")
        assert scene.platforms()["sales"]["enabled"] is False
        assert backup(scene).read_bytes() == before


async def test_the_lists_mark_follows(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        await opened(scene)
        await scene.press("Switch off")
        await scene.sees("⚪ off")
        await scene.press("Back to the list")
        assert (await scene.sees("Tap one")).button_texts == [f"⚪ sales · {MASKED}"]


# --- removing ------------------------------------------------------------------------------------


async def test_removing_asks_first_and_no_keeps_it(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        before = scene.config.read_bytes()
        message = await opened(scene)
        press = await scene.press("Remove")
        assert press.answer == "Really remove it?"
        await scene.sees("❓")
        assert message.text == f"{page()}\n\n{EN.plain('platforms.really')}"
        assert message.button_texts == ["Yes, remove it", "No, keep it"]
        assert scene.config.read_bytes() == before
        await scene.press("No, keep it")
        await scene.telegram.until(lambda: message.button_texts == PAGE_BUTTONS)
        assert message.text == page()
        assert scene.config.read_bytes() == before
        assert not backup(scene).exists()


async def test_yes_removes_its_table_keeps_the_version_before_and_shows_the_list(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path, more=ONE + ANOTHER) as scene:
        before = scene.config.read_bytes()
        message = await opened(scene)
        await scene.press("Remove")
        await scene.sees("❓")
        press = await scene.press("Yes, remove it")
        assert press.answer == "Removing it"
        await scene.sees("is removed")
        assert message.text == f"🗑 sales is removed.\n\n{LIST}"
        assert message.button_texts == [f"⚪ hr · {OTHER_MASKED}"]
        assert backup(scene).read_bytes() == before
        wanted = tomllib.loads(before.decode())
        del wanted["platforms"]["sales"]
        assert tomllib.loads(scene.config.read_text(encoding="utf-8")) == wanted
        assert "[somebody.else]   # not ours\n" in scene.config.read_text(encoding="utf-8")


async def test_after_the_last_one_there_is_none(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        message = await opened(scene)
        await scene.press("Remove")
        await scene.sees("❓")
        await scene.press("Yes, remove it")
        await scene.sees("is removed")
        assert message.text == f"🗑 sales is removed.\n\n{NONE}"
        assert message.button_texts == []
        assert scene.platforms() == {}


async def test_yes_pressed_twice_removes_once(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE + ANOTHER) as scene:
        before = scene.config.read_bytes()
        message = await opened(scene)
        await scene.press("Remove")
        await scene.sees("❓")
        ref = ref_in(message, "drop_now")
        for _ in range(3):
            await scene.telegram.presses_data(ADMIN, message, f"bootstrap:drop_now:{ref}")
        await shown(scene)
        assert list(scene.platforms()) == ["hr"]
        assert backup(scene).read_bytes() == before
        assert message.button_texts == [f"⚪ hr · {OTHER_MASKED}"]


async def test_a_removed_bot_comes_back_with_the_version_before(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        await opened(scene)
        await scene.press("Remove")
        await scene.sees("❓")
        await scene.press("Yes, remove it")
        await scene.sees("is removed")
        backup(scene).replace(scene.config)
        assert (await opened(scene)).text == page()


# --- what happened meanwhile ---------------------------------------------------------------------


@pytest.mark.parametrize("label", PAGE_BUTTONS)
@pytest.mark.parametrize("left", ["", ANOTHER])
async def test_what_was_removed_by_hand_is_no_longer_listed(
    tmp_path: Path, label: str, left: str
) -> None:
    async with Scene(tmp_path, more=ONE + left) as scene:
        message = await opened(scene)
        scene.write_config(left)
        by_hand = scene.config.read_bytes()
        await scene.press(label)
        await scene.telegram.until(lambda: "Client ID" not in message.text)
        await shown(scene)
        assert message.text == (LIST if left else NONE)
        assert message.button_texts == ([f"⚪ hr · {OTHER_MASKED}"] if left else [])
        assert scene.config.read_bytes() == by_hand
        assert not backup(scene).exists()


async def test_what_was_removed_by_hand_is_not_removed_again(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE + ANOTHER) as scene:
        message = await opened(scene)
        await scene.press("Remove")
        await scene.sees("❓")
        scene.write_config(ANOTHER)
        by_hand = scene.config.read_bytes()
        await scene.press("Yes, remove it")
        await scene.sees("Tap one")
        assert message.text == LIST
        assert scene.config.read_bytes() == by_hand


async def test_a_bot_that_got_another_name_by_hand_is_still_the_same(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        message = await opened(scene)
        scene.write_config(ONE.replace("platforms.sales", "platforms.shop"))
        await scene.press("Switch off")
        await scene.sees("⚪ off")
        assert message.text == page("shop", "⚪ off")


@pytest.mark.parametrize("label", [*PAGE_BUTTONS, "Yes, remove it", "No, keep it"])
async def test_a_config_that_does_not_parse_is_said_and_left_alone(
    tmp_path: Path, label: str
) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        whole = scene.config.read_text(encoding="utf-8")
        message = await opened(scene)
        if label not in PAGE_BUTTONS:
            await scene.press("Remove")
            await scene.sees("❓")
        scene.config.write_text(whole + "= oops\n", encoding="utf-8")
        await scene.press(label)
        await scene.sees("has a mistake")
        assert_names_the_mistake(scene, message.text)
        assert message.button_texts == ["Back to the list"]
        assert scene.config.read_text(encoding="utf-8") == whole + "= oops\n"
        assert not backup(scene).exists()
        scene.config.write_text(whole, encoding="utf-8")
        await scene.press("Back to the list")
        assert (await scene.sees("Tap one")).button_texts == [f"🟢 sales · {MASKED}"]


async def test_a_list_that_cannot_be_read_is_said_too(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        whole = scene.config.read_text(encoding="utf-8")
        scene.config.write_text(whole + "= oops\n", encoding="utf-8")
        message = await listed(scene)
        assert_names_the_mistake(scene, message.text)
        assert message.button_texts == ["Back to the list"]


async def test_a_message_that_went_away_meanwhile_changes_nothing_else(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        message = await opened(scene)
        ref = ref_in(message, "disable")
        scene.telegram.person_deletes(ADMIN, message.id)
        await scene.answered(
            await scene.telegram.presses_data(ADMIN, message, f"bootstrap:disable:{ref}")
        )
        await shown(scene)
        assert scene.platforms()["sales"]["enabled"] is False
        assert (await opened(scene)).text == page(state="⚪ off")


async def test_a_button_of_a_message_telegram_no_longer_gives_is_no_fault(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        message = await opened(scene)
        ref = ref_in(message, "disable")
        query = {
            "id": "1",
            "from": {"id": ADMIN, "is_bot": False, "first_name": "Alex"},
            "message": {
                "message_id": message.id,
                "date": 0,
                "chat": {"id": ADMIN, "type": "private"},
            },
            "chat_instance": "1",
            "data": f"bootstrap:disable:{ref}",
        }
        await scene.telegram.update({"callback_query": query})
        await shown(scene)
        assert (await opened(scene)).text == page(state="⚪ off")
    assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == []


# --- who may, and what is forged -----------------------------------------------------------------


@pytest.mark.parametrize("action", ON_A_PAGE)
@pytest.mark.parametrize("ref", ["0", "f" * 12, "dingabcdefgh1234", "sales"])
async def test_a_forged_reference_shows_the_list_and_changes_nothing(
    tmp_path: Path, action: str, ref: str
) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        before = scene.config.read_bytes()
        message = await opened(scene)
        press = await forged(scene, action, ref)
        assert press.answered
        assert message.text == LIST
        assert scene.config.read_bytes() == before
        assert not backup(scene).exists()
        assert scene.dingtalk.registrations == []


@pytest.mark.parametrize("ref", ["", "../../x", "F" * 12, "f" * 48, "a:b", "ж"])
async def test_what_cannot_be_a_reference_is_out_of_date(tmp_path: Path, ref: str) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        before = scene.config.read_bytes()
        message = await opened(scene)
        press = await forged(scene, "drop_now", ref)
        assert press.answer == EN.plain("answer.outdated")
        assert message.text == page()
        assert scene.config.read_bytes() == before


async def test_another_admin_can_use_them_too(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE + ANOTHER) as scene:
        mine = await opened(scene)
        hers = await opened(scene, user=OTHER_ADMIN)
        assert hers.text == mine.text == page()
        await scene.press("Switch off", OTHER_ADMIN)
        await scene.sees("⚪ off", OTHER_ADMIN)
        assert mine.text == page()
        await scene.press("Remove", OTHER_ADMIN)
        await scene.sees("❓", OTHER_ADMIN)
        await scene.press("Yes, remove it", OTHER_ADMIN)
        await scene.sees("is removed", OTHER_ADMIN)
        await scene.press("Check")
        await scene.sees("Tap one")
        assert mine.button_texts == [f"⚪ hr · {OTHER_MASKED}"]


async def test_strangers_see_and_change_nothing(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=ONE) as scene:
        before = scene.config.read_bytes()
        message = await opened(scene)
        ref = ref_in(message, "drop")
        await scene.says("/platforms", STRANGER)
        await scene.sees("serves its owners only", STRANGER)
        for action in (*ON_A_PAGE, "platforms"):
            assert not (await forged(scene, action, ref, STRANGER)).answered
        assert message.text == page()
        assert len(scene.telegram.bot_messages(STRANGER)) == 1
        assert scene.config.read_bytes() == before


# --- below a result ------------------------------------------------------------------------------


async def test_platforms_below_a_result_sends_the_list_and_leaves_the_result(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(success(ID, SECRET))
        result = await scene.sees("🟢 Checked")
        text, labels = result.text, result.button_texts
        press = await scene.press("Platforms")
        assert press.answer == "One moment"
        sent = await scene.sees("Tap one")
        assert sent.id > result.id
        assert sent.button_texts == [f"🟢 dingtalk · {MASKED}"]
        await shown(scene)
        assert not result.deleted
        assert (result.text, result.button_texts) == (text, labels)
        await scene.press(" dingtalk · ")
        await scene.sees("Type: dingtalk")
        await scene.press("Back to the list")
        assert (await scene.sees("Tap one")).id == sent.id


async def test_platforms_below_a_result_says_when_the_file_cannot_be_read(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(success(ID, SECRET))
        result = await scene.sees("🟢 Checked")
        with scene.config.open("a", encoding="utf-8") as file:
            file.write("= oops\n")
        await scene.press("Platforms")
        assert_names_the_mistake(scene, (await scene.sees("has a mistake")).text)
        assert result.text.startswith("✅")
