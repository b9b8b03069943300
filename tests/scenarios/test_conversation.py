"""The conversation, line by line: the real bot between the two stand-ins."""

import io
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
import zxingcpp
from PIL import Image

from bootstrap_bot.chat.card import card
from bootstrap_bot.chat.codes import looked_up_by_value
from bootstrap_bot.chat.texts import LANGUAGES, Texts
from bootstrap_bot.errors import Code
from bootstrap_bot.hosts.telegram.host import LIMITS
from bootstrap_bot.providers.provider import Health, Link, Stage
from bootstrap_bot.registration.attempt import Approval, Attempt, Held, State
from bootstrap_bot.registration.delivery import Delivery, DeliveryState
from bootstrap_bot.sandbox.answers import Answer, http
from bootstrap_bot.sandbox.dingtalk.answers import (
    approving,
    expired,
    fail,
    stage,
    success,
    waiting,
)
from bootstrap_bot.sandbox.telegram.entities import formatted
from bootstrap_bot.sandbox.telegram.rules import units
from bootstrap_bot.sandbox.telegram.stand_in import Message, Trouble
from bootstrap_bot.targets.target import Note
from tests.support.clock import START
from tests.support.credentials import a_secret
from tests.support.hindrances import DELIVERY_BEGUN, no_room_for
from tests.support.scene import ADMIN, OTHER_ADMIN, Scene

ID, SECRET = "dingabcdefgh1234", "q" * 60 + "WXYZ"
STORED = {"type": "dingtalk", "enabled": True, "client_id": ID, "client_secret": SECRET}
MASKED_ID, MASKED_SECRET = "ding••••••••1234", "••••••••WXYZ"
WAITING_BUTTONS = ["Open in DingTalk", "Open in browser", "Copy link", "Check now", "Cancel"]


@pytest.fixture(autouse=True)
def _durations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # else it warns, and warnings are errors here


def buttons(message: Message) -> dict[str, str | None]:
    """What each button opens or copies; None for those that tell the bot something."""
    return {b.text: b.url or b.copy for row in message.buttons for b in row}


def begun(scene: Scene) -> int:
    """How many registrations were begun at DingTalk."""
    return len(scene.dingtalk.registrations)


async def called(scene: Scene, method: str, times: int) -> None:
    """Returns once the bot has called that method of Telegram's so many times."""
    await scene.telegram.until(lambda: len(scene.telegram.calls(method)) == times)


def shows_qr(message: Message) -> bool:
    """Whether there is a QR code in the message's picture, as a person sees it."""
    assert message.photo is not None
    with Image.open(io.BytesIO(message.photo)) as picture:
        return bool(zxingcpp.read_barcodes(picture))


# --- the invitation ------------------------------------------------------------------------------


async def test_from_the_command_to_a_stored_platform(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        before = scene.config.read_text(encoding="utf-8")
        invitation = await scene.invited()
        assert invitation.photo is not None
        await scene.poll(success(ID, SECRET))
        done = await scene.sees("Done")
        assert done.id == invitation.id
        assert scene.platforms() == {"dingtalk": STORED}
        after = scene.config.read_text(encoding="utf-8")
        assert re.sub(r"\n*\[platforms\.dingtalk\](\n.+){4}\n", "", after).strip() == before.strip()
        assert MASKED_ID in done.text
        assert MASKED_SECRET in done.text
        assert "qqq" not in done.text


async def test_the_picture_is_a_qr_code_of_the_link(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        invitation = await scene.invited()
        link = buttons(invitation)["Open in browser"]
        assert invitation.upload is not None
        assert invitation.photo is not None
        with Image.open(io.BytesIO(invitation.upload)) as sent:
            assert sent.format == "PNG"
            assert sent.width == sent.height
            assert 600 <= sent.width <= 700
            assert {colour for _, colour in sent.convert("RGB").getcolors() or []} == {
                (0, 0, 0),
                (255, 255, 255),
            }
        with Image.open(io.BytesIO(invitation.photo)) as shown:
            assert [code.text for code in zxingcpp.read_barcodes(shown)] == [link]


async def test_the_caption_says_what_one_has_to_know(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        invitation = await scene.invited()
        text = invitation.text
        link = scene.dingtalk.url + "/openapp/registration/openClaw?user_code="
        code = scene.dingtalk.latest.user_code
        behind = [one["url"] for one in invitation.entities if one["type"] == "text_link"]
        assert behind == [f"{link}{code}&source=DING_DWS_CLAW"]
        assert f"Code: {code} · link to the page\n" in text
        assert "Valid until 16:13 UTC (2 h left)" in text
        assert "The page says “OpenClaw” for every bot." in text
        assert "Your account must belong to an organisation." in text


async def test_times_are_in_the_owners_time_zone(tmp_path: Path) -> None:
    more = '[chat]\ntimezone = "Asia/Shanghai"\n'
    async with Scene(tmp_path, more=more) as scene:
        assert "Valid until 00:13 CST (2 h left)" in (await scene.invited()).text


async def test_the_buttons_open_dingtalk_open_the_link_and_cancel(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        invitation = await scene.invited()
        assert invitation.button_texts == WAITING_BUTTONS
        found = buttons(invitation)
        link = found["Open in browser"] or ""
        assert scene.dingtalk.latest.user_code in link
        app_link = f"{scene.dingtalk.url}/page/link?url={quote(link, safe='')}&target=fullScreen"
        assert found["Open in DingTalk"] == app_link
        assert found["Copy link"] == link
        assert found["Cancel"] is None


async def test_people_are_spoken_to_in_their_language(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("/dingtalk_new", language="zh-hans")
        invitation = await scene.sees("接入一个钉钉机器人")
        assert "Connect" not in invitation.text
        await scene.poll(success(ID, SECRET))
        await scene.sees("完成：钉钉机器人已保存")


async def test_the_time_left_is_brought_up_to_date_each_minute(tmp_path: Path) -> None:
    async with Scene(tmp_path, interval=60) as scene:
        invitation = await scene.invited()
        await scene.poll(waiting())
        await scene.sees("(1 h 59 min left)")
        await scene.poll(waiting())
        assert (await scene.sees("(1 h 58 min left)")).id == invitation.id
        await scene.idle()
        assert scene.telegram.most_writes(ADMIN, 60) <= 2


# --- one attempt at a time -----------------------------------------------------------------------


async def test_a_second_command_brings_the_live_message_down(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        first = await scene.invited()
        await scene.says("/dingtalk_new")
        await scene.telegram.until(lambda: first.deleted)
        second = scene.telegram.last(ADMIN)
        assert second is scene.telegram.messages(ADMIN)[-1]
        assert second.id > first.id
        assert (second.text, buttons(second), second.upload) == (
            first.text,
            buttons(first),
            first.upload,
        )
        assert [m.id for m in scene.telegram.bot_messages(ADMIN)] == [second.id]
        assert begun(scene) == 1
        await scene.poll(success(ID, SECRET))
        assert (await scene.sees("Done")).id == second.id


async def test_the_old_message_goes_only_when_the_new_one_stands(tmp_path: Path) -> None:
    async with Scene(tmp_path, interval=30) as scene:
        invitation = await scene.invited()
        scene.telegram.fail("editMessageCaption", Trouble(429, retry_after=12))
        await scene.poll(stage("SCANNED"))
        scene.telegram.fail("sendPhoto", Trouble(500))
        await scene.says("/dingtalk_status")
        await scene.settled()
        assert scene.journal()[0]["message"] is None
        assert await scene.next_moment() == 12
        await scene.idle()
        assert len(scene.telegram.calls("sendPhoto")) == 2
        assert not invitation.deleted
        assert await scene.next_moment() == 1
        await scene.telegram.until(lambda: invitation.deleted)
        assert [m.id > invitation.id for m in scene.telegram.bot_messages(ADMIN)] == [True]


async def test_a_message_brought_down_while_its_edit_waits_is_not_lost(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        cancelled = await scene.cancelled_while_asked(success(ID, SECRET))
        await scene.recorded("cancelled")
        scene.telegram.fail("editMessageMedia", Trouble(429, retry_after=12))
        scene.dingtalk.release_polls()
        await scene.until(lambda: 12 in scene.clock.pauses)
        await scene.says("/dingtalk_status")
        await scene.settled()
        assert scene.journal()[0]["message"] is None
        assert await scene.next_moment() == 12
        await scene.telegram.until(lambda: cancelled.deleted)
        await scene.recorded("held")
        [shown] = scene.telegram.bot_messages(ADMIN)
        assert "Credentials of a DingTalk bot arrived" in shown.text
        assert shown.button_texts == ["Use it", "Discard"]


async def test_impatience_begins_no_second_attempt(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        for _ in range(5):
            await scene.says("/dingtalk_new")
        await scene.settled()
        await scene.sees("Waiting for you")
        assert begun(scene) == 1
        assert len(scene.journal()) == 1
        await scene.telegram.until(lambda: len(scene.telegram.bot_messages(ADMIN)) == 1)


async def test_an_update_that_comes_twice_begins_once(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        said = await scene.says("/help")
        await scene.settled()
        again = {
            "update_id": 900_000,
            "message": {
                "message_id": said.id,
                "date": int(START),
                "chat": {"id": ADMIN, "type": "private"},
                "from": {"id": ADMIN, "is_bot": False, "first_name": "Alex"},
                "text": "/dingtalk_new",
                "entities": [{"type": "bot_command", "offset": 0, "length": 13}],
            },
        }
        await scene.telegram.update(dict(again))
        await scene.sees("Waiting for you")
        await scene.idle()
        await scene.poll(expired())
        await scene.recorded("expired")
        await scene.telegram.update(dict(again))
        await scene.settled()
        assert begun(scene) == len(scene.journal()) == 1


async def test_two_admins_do_not_meet(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        mine = await scene.invited(ADMIN)
        hers = await scene.invited(OTHER_ADMIN)
        assert begun(scene) == 2
        codes = [registration.user_code for registration in scene.dingtalk.registrations]
        assert codes[0] in mine.text
        assert codes[1] in hers.text
        await scene.dingtalk.approve(codes[1], client_id="dinghers00000000")
        await scene.next_moment()
        assert (await scene.sees("Done", OTHER_ADMIN)).id == hers.id
        assert "Waiting for you" in scene.telegram.last(ADMIN).text
        await scene.press("Cancel", ADMIN)
        await scene.sees("Cancelled", ADMIN)
        assert "Done" in scene.telegram.last(OTHER_ADMIN).text
        assert list(scene.platforms()) == ["dingtalk"]
        assert scene.platforms()["dingtalk"]["client_id"] == "dinghers00000000"


async def test_a_second_bot_gets_the_next_free_id(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        for number in (1, 2, 3):
            await scene.says("/dingtalk_new")
            if number > 1:
                await scene.sees("There is a DingTalk bot already.")
                await scene.press("Add it as another one")
            await scene.sees("Waiting for you")
            scene.dingtalk.always_poll(success(f"dingbot{number}xxxxxxxx", SECRET))
            while f"dingbot{number}xxxxxxxx" not in str(scene.platforms()):
                await scene.next_poll()
            await scene.sees("Done")
        assert {name: one["client_id"] for name, one in scene.platforms().items()} == {
            "dingtalk": "dingbot1xxxxxxxx",
            "dingtalk_2": "dingbot2xxxxxxxx",
            "dingtalk_3": "dingbot3xxxxxxxx",
        }


async def test_the_same_bot_again_keeps_its_place(tmp_path: Path) -> None:
    more = (
        f'[platforms.mine]\ntype = "dingtalk"\nclient_id = "{ID}"\n'
        'client_secret = "old"\nmodel = "kept"\n'
    )
    async with Scene(tmp_path, more=more) as scene:
        await scene.says("/dingtalk_new")
        await scene.sees("There is a DingTalk bot already.")
        await scene.press("Add it as another one")
        await scene.sees("Waiting for you")
        await scene.poll(success(ID, SECRET))
        done = await scene.sees("Done")
        assert "Platform mine in config.toml (known before, now updated)" in done.text
        assert scene.platforms() == {
            "mine": {"type": "dingtalk", "client_id": ID, "client_secret": SECRET, "model": "kept"}
        }


async def test_as_many_attempts_an_hour_are_enough_as_the_config_says(tmp_path: Path) -> None:
    async with Scene(tmp_path, more="[limits]\nper_hour = 10\n") as scene:
        for _ in range(10):
            await scene.invited()
            await scene.expire()
            await scene.sees("The link has expired")
        await scene.says("/dingtalk_new")
        await scene.sees("Those were too many attempts within an hour.")
        await scene.settled()
        assert begun(scene) == len(scene.journal()) == 10
        await scene.clock.advance(3600)
        await scene.invited()


# --- success -------------------------------------------------------------------------------------


async def test_the_result_shows_no_qr_no_link_and_no_code(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        invitation = await scene.invited()
        code, uploaded = scene.dingtalk.latest.user_code, invitation.upload
        assert shows_qr(invitation)
        await scene.poll(success(ID, SECRET))
        done = await scene.sees("Done")
        assert done.id == invitation.id
        assert done.upload != uploaded
        assert not shows_qr(done)
        assert code not in done.text
        assert "registration" not in done.text
        assert not any(buttons(done).values())
        assert [entity["url"] for entity in done.entities if entity["type"] == "text_link"] == [
            "https://open-dev.dingtalk.com"
        ]
        assert not [entity for entity in done.entities if entity["type"] == "url"]


async def test_the_result_names_the_platform_the_file_and_the_masked_pair(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(success(ID, SECRET))
        text = (await scene.sees("Done")).text
        assert "Platform dingtalk in config.toml\n" in text
        assert f"Client ID: {MASKED_ID}\nClient secret: {MASKED_SECRET}\n" in text


@pytest.mark.parametrize(
    ("client_id", "secret", "shown_id", "shown_secret"),
    [
        ("dingabcdefgh1234", "s" * 12 + "WXYZ", "ding••••••••1234", "••••••••WXYZ"),
        ("dingabcdefgh1234", "s" * 11 + "WXYZ", "ding••••••••1234", "••••••••"),
        ("dingabcdefgh1234", "s" * 500 + "WXYZ", "ding••••••••1234", "••••••••WXYZ"),
        ("ding1234", "s" * 60, "di••••••••", "••••••••ssss"),
    ],
)
async def test_masks_tell_neither_length_nor_more_than_four_characters(
    tmp_path: Path, client_id: str, secret: str, shown_id: str, shown_secret: str
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(success(client_id, secret))
        text = (await scene.sees("Done")).text
        assert f"Client ID: {shown_id}\nClient secret: {shown_secret}\n" in text


async def test_the_result_says_whether_the_bot_can_work(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.dingtalk.approve()
        await scene.next_moment()
        await scene.sees("Checked: DingTalk accepts the credentials")


async def test_a_check_that_fails_throws_nothing_away(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        scene.dingtalk.always("token", http(500))
        await scene.invited()
        await scene.poll(success(ID, SECRET))
        await scene.sees("Not checked: DingTalk did not answer")
        assert scene.platforms() == {"dingtalk": STORED}


async def test_waiting_for_approval_is_stored_and_says_whom_to_ask(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(approving(ID, SECRET))
        shown = await scene.sees("Your organisation still has to approve the bot")
        assert "An administrator of your DingTalk organisation" in shown.text
        assert f"Client ID: {MASKED_ID}\nClient secret: {MASKED_SECRET}\n" in shown.text
        assert not shows_qr(shown)
        assert scene.platforms() == {"dingtalk": STORED}


# --- what is written first -----------------------------------------------------------------------


async def test_nothing_is_written_or_said_before_the_secret_is_in_the_journal(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        before = scene.config.read_bytes()
        with no_room_for(scene, "UPDATE ON attempts WHEN NEW.secrets IS NOT NULL"):
            scene.dingtalk.next_poll(success(ID, SECRET))
            for pause in (5, 1, 2, 4):
                assert await scene.next_moment() == pause
            await scene.idle()
            assert scene.config.read_bytes() == before
            assert "Waiting for you" in scene.telegram.last(ADMIN).text
        assert await scene.next_moment() == 8
        await scene.sees("Done")
        assert scene.platforms() == {"dingtalk": STORED}
        assert scene.dingtalk.polls == 1


async def test_the_config_is_not_touched_before_its_delivery_is_in_the_journal(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        before = scene.config.read_bytes()
        with no_room_for(scene, DELIVERY_BEGUN):
            await scene.poll(success(ID, SECRET))
            [row] = scene.journal()
            assert row["state"] == "captured"
            assert (row["client_id"], row["client_secret"]) == (ID, SECRET)
            assert scene.config.read_bytes() == before
            assert "Waiting for you" in scene.telegram.last(ADMIN).text
        await scene.next_moment()
        await scene.sees("Done")


async def test_no_message_says_so_before_the_config_holds_it_and_it_was_read_back(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        with no_room_for(scene, "UPDATE ON attempts WHEN NEW.state = 'stored'"):
            await scene.poll(success(ID, SECRET))
            assert scene.platforms() == {"dingtalk": STORED}
            assert [one["state"] for one in scene.deliveries()] == ["verified"]
            assert "Waiting for you" in scene.telegram.last(ADMIN).text
        await scene.next_moment()
        await scene.sees("Done")


async def test_what_does_not_read_back_the_same_is_not_called_stored(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        with no_room_for(
            scene, "UPDATE ON attempts WHEN NEW.rest ->> '$.deliveries[0].state' = 'written'"
        ):
            await scene.poll(success(ID, SECRET))
            written = scene.config.read_text(encoding="utf-8")
            assert SECRET in written
            scene.config.write_text(written.replace(SECRET, "another"), encoding="utf-8")
        await scene.next_moment()
        shown = await scene.sees("not stored yet")
        assert "what was written did not read back the same" in shown.text
        await scene.idle()
        assert await scene.next_moment() == 2
        await scene.sees("Done")
        assert scene.platforms() == {"dingtalk": STORED}


async def test_a_config_with_a_mistake_is_named_left_alone_and_written_when_mended(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        whole = scene.config.read_text(encoding="utf-8")
        scene.config.write_text(whole + "= oops\n", encoding="utf-8")
        await scene.poll(success(ID, SECRET))
        shown = await scene.sees("DingTalk created the bot, but it is not stored yet")
        line = (whole + "= oops").count("\n") + 1
        where = f"config.toml, line {line}, column 1"
        assert f"{where}: the file has a mistake and cannot be read." in shown.text
        assert "Nothing is lost" in shown.text
        assert SECRET[-4:] not in shown.text
        assert scene.config.read_text(encoding="utf-8") == whole + "= oops\n"
        scene.config.write_text(whole, encoding="utf-8")
        press = await scene.press("Try again now")
        assert press.answer == "Trying again now"
        await scene.sees("Done")
        assert scene.platforms() == {"dingtalk": STORED}


# --- a final state that comes late ---------------------------------------------------------------


@pytest.mark.parametrize("end", ["success", "expired", "refused"])
async def test_a_final_state_after_more_than_two_minutes_is_a_new_message(
    tmp_path: Path, end: str
) -> None:
    answers = {"success": [success()], "expired": [expired()], "refused": [fail(), fail()]}[end]
    says = {"success": "Done", "expired": "has expired", "refused": "refused"}[end]
    async with Scene(tmp_path, interval=60) as scene:
        invitation = await scene.invited()
        await scene.poll(waiting(), waiting(), *answers)
        shown = await scene.sees(says)
        assert shown.id > invitation.id
        assert not shown.silent
        await scene.telegram.until(lambda: invitation.deleted)
        assert [m.id for m in scene.telegram.bot_messages(ADMIN)] == [shown.id]


@pytest.mark.parametrize("act", ["/dingtalk_status", "Check now"])
async def test_a_person_who_acted_within_two_minutes_gets_an_edit(tmp_path: Path, act: str) -> None:
    async with Scene(tmp_path, interval=60) as scene:
        invitation = await scene.invited()
        await scene.poll(waiting())
        if act.startswith("/"):
            await scene.says(act)
            await scene.telegram.until(lambda: invitation.deleted)
        else:
            await scene.press(act)
        before = scene.telegram.last(ADMIN)
        await scene.poll(waiting(), success())
        assert scene.clock.now() == START + 180
        assert (await scene.sees("Done")).id == before.id


async def test_exactly_two_minutes_is_not_late(tmp_path: Path) -> None:
    async with Scene(tmp_path, interval=60) as scene:
        invitation = await scene.invited()
        await scene.poll(waiting(), success())
        assert scene.clock.now() == START + 120
        assert (await scene.sees("Done")).id == invitation.id


# --- refused and expired -------------------------------------------------------------------------


async def test_a_reason_is_shown_as_code_without_links_controls_and_turned_text(
    tmp_path: Path,
) -> None:
    reason = (
        "no\u202eright\x07 <b>see</b>\nhttps://evil.example/x & t.me/joke /dingtalk_new \u2066x"
    )
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(fail(reason), fail(reason))
        shown = await scene.sees("DingTalk refused")
        clean = "no right <b>see</b> https://evil.example/x & t.me/joke /dingtalk_new x"
        assert f"\n\nDingTalk's reason: {clean}\n\n" in re.sub(" +", " ", shown.text)
        assert [entity["type"] for entity in shown.entities] == ["bold", "code"]
        code = shown.entities[1]
        assert shown.text[code["offset"] : code["offset"] + code["length"]].endswith("x")
        assert code["length"] >= len(clean)


async def test_a_long_reason_is_cut_to_200_characters(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(fail("r" * 5000), fail("r" * 5000))
        shown = await scene.sees("DingTalk refused")
        assert f"\n\nDingTalk's reason: {'r' * 199}…\n\n" in shown.text


async def test_expired_offers_a_new_try_and_it_works(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(expired())
        ended = await scene.sees("The link has expired")
        assert not shows_qr(ended)
        first = scene.dingtalk.latest.user_code
        assert first not in ended.text
        press = await scene.press("Start again")
        assert press.answer == "Starting again"
        fresh = await scene.sees("Waiting for you")
        assert shows_qr(fresh)
        assert scene.dingtalk.latest.user_code != first
        assert scene.dingtalk.latest.user_code in fresh.text
        scene.dingtalk.latest.script.queue.append(success(ID, SECRET))
        await scene.clock.advance(10)
        assert (await scene.sees("Done")).id == fresh.id


async def test_start_again_pressed_twice_begins_once(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(expired())
        ended = await scene.sees("The link has expired")
        presses = [await scene.telegram.press(ADMIN, ended, "Start again") for _ in range(3)]
        await scene.telegram.until(lambda: all(press.answered for press in presses))
        await scene.settled()
        assert [press.answer for press in presses] == [
            "Starting again",
            *["This button is out of date. Send /dingtalk_status to see how things stand."] * 2,
        ]
        assert begun(scene) == 2


# --- check now -----------------------------------------------------------------------------------


async def test_check_now_asks_as_soon_as_dingtalk_allows(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.clock.advance(3)
        press = await scene.press("Check now")
        assert press.answer == "Next look in 2 seconds"
        assert await scene.next_poll() == 2
        await scene.poll(http(502), http(502), http(502))
        await scene.clock.advance(4)
        assert (await scene.press("Check now")).answer == "Next look in 1 second"
        scene.dingtalk.next_poll(success(ID, SECRET))
        assert await scene.next_poll() == 1
        await scene.sees("Done")


async def test_check_now_asks_at_once_when_the_pause_is_longer_than_need_be(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(http(502), http(502))
        await scene.clock.advance(10)
        scene.dingtalk.next_poll(success(ID, SECRET))
        moment = scene.clock.now()
        assert (await scene.press("Check now")).answer == "Asking DingTalk now"
        await scene.sees("Done")
        assert scene.clock.now() == moment


# --- cancelling ----------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["button", "command"])
async def test_cancel_ends_the_conversation(tmp_path: Path, by: str) -> None:
    async with Scene(tmp_path) as scene:
        invitation = await scene.invited()
        if by == "button":
            assert (await scene.press("Cancel")).answer == "Cancelled"
        else:
            await scene.says("/dingtalk_cancel")
        shown = await scene.sees("Cancelled")
        assert "This deletes nothing at DingTalk." in shown.text
        assert shown.button_texts == ["Start again"]
        assert not shows_qr(shown)
        assert scene.dingtalk.latest.user_code not in shown.text
        assert (shown.id == invitation.id) is (by == "button")
        await scene.telegram.until(lambda: len(scene.telegram.bot_messages(ADMIN)) == 1)
        assert (await scene.recorded("cancelled"))["device_code"] is not None


async def test_a_cancelled_code_is_asked_about_quietly_until_it_is_dead(tmp_path: Path) -> None:
    async with Scene(tmp_path, lifetime=300) as scene:
        await scene.invited()
        await scene.press("Cancel")
        await scene.sees("Cancelled")
        await scene.settled()
        history = len(scene.telegram.history(ADMIN))
        pauses = [await scene.next_poll() for _ in range(24 + 3 + 24)]
        assert pauses == [5] * 24 + [60] * 3 + [5] * 24
        row = await scene.recorded("cancelled")
        assert row["device_code"] is None
        assert len(scene.telegram.history(ADMIN)) == history
        assert scene.platforms() == {}


async def held(scene: Scene) -> Message:
    """Cancelled while a poll was in flight that returns SUCCESS."""
    await scene.cancelled_while_asked(success(ID, SECRET))
    scene.dingtalk.release_polls()
    shown = await scene.sees("Credentials of a DingTalk bot arrived")
    await scene.idle()
    return shown


async def test_credentials_that_come_after_cancelling_are_kept_and_offered(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        shown = await held(scene)
        assert "They came after you had cancelled." in shown.text
        assert f"Client ID: {MASKED_ID}\nClient secret: {MASKED_SECRET}" in shown.text
        assert shown.button_texts == ["Use it", "Discard"]
        assert (await scene.recorded("held"))["client_secret"] == SECRET
        assert scene.platforms() == {}


async def test_kept_credentials_can_be_used(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        shown = await held(scene)
        assert (await scene.press("Use it")).answer == "Storing it"
        assert (await scene.sees("Done")).id == shown.id
        assert scene.platforms() == {"dingtalk": STORED}


async def test_discarded_credentials_leave_no_trace(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await held(scene)
        assert SECRET.encode() in scene.state.read_bytes()
        assert (await scene.press("Discard")).answer == "Discarded"
        shown = await scene.sees("Credentials discarded")
        assert "The app itself still exists" in shown.text
        row = await scene.recorded("discarded")
        assert (row["client_secret"], row["device_code"]) == (None, None)
        assert SECRET.encode() not in scene.state.read_bytes()
        assert scene.platforms() == {}


async def test_credentials_that_come_long_after_cancelling_notify(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.press("Cancel")
        cancelled = await scene.sees("Cancelled")
        await scene.settled()
        await scene.poll(*[waiting()] * 24, stage("PUBLISHING"), success(ID, SECRET))
        shown = await scene.sees("Credentials of a DingTalk bot arrived")
        assert shown.id > cancelled.id
        await scene.telegram.until(lambda: cancelled.deleted)


async def test_the_old_code_is_asked_about_once_more_before_a_new_one_is_begun(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.press("Cancel")
        await scene.sees("Cancelled")
        await scene.settled()
        await scene.dingtalk.approve(client_id=ID)
        await scene.says("/dingtalk_new")
        await scene.settled()
        assert len(scene.journal()) == 2
        await scene.next_poll()
        await scene.sees("Credentials of a DingTalk bot arrived")
        await scene.settled()
        assert begun(scene) == 1
        await scene.press("Use it")
        await scene.sees("Done")
        assert scene.platforms()["dingtalk"]["client_id"] == ID


async def test_a_new_one_is_begun_when_the_old_code_has_nothing_to_say(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.press("Cancel")
        await scene.sees("Cancelled")
        await scene.settled()
        await scene.press("Start again")
        await scene.settled()
        assert len(scene.journal()) == 2
        polls = scene.dingtalk.polls
        await scene.next_poll()
        await scene.sees("Waiting for you")
        assert scene.dingtalk.polls == polls + 1
        assert begun(scene) == 2


async def test_cancel_reaches_the_attempt_that_waits_not_the_one_that_is_held(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.press("Cancel")
        await scene.sees("Cancelled")
        await scene.settled()
        await scene.press("Start again")
        await scene.settled()
        assert len(scene.journal()) == 2
        await scene.next_poll()
        await scene.sees("Waiting for you")
        await scene.dingtalk.approve(scene.dingtalk.registrations[0].user_code, client_id=ID)
        await scene.until(lambda: scene.journal()[1]["state"] == "waiting")
        while scene.journal()[0]["state"] != "held":
            await scene.next_poll()
        await scene.sees("Credentials of a DingTalk bot arrived")
        await scene.says("/dingtalk_cancel")
        await scene.recorded("cancelled")
        await scene.sees("Cancelled")
        assert scene.journal()[0]["state"] == "held"


# --- status and cancel wherever an attempt stands ------------------------------------------------

Way = Callable[[Scene], Awaitable[object]]


async def nothing(scene: Scene) -> None:
    """No attempt at all."""


async def requested(scene: Scene) -> None:
    """DingTalk has given no link yet."""
    scene.dingtalk.next("init", http(502))
    await scene.says("/dingtalk_new")
    await scene.settled()


async def invited(scene: Scene) -> None:
    """The QR is there."""
    await scene.invited()


async def captured(scene: Scene) -> None:
    """Created, but the config cannot be written."""
    await scene.invited()
    scene.config.write_text("= oops\n", encoding="utf-8")
    await scene.poll(success(ID, SECRET))
    await scene.sees("not stored yet")


async def stored(scene: Scene) -> None:
    """Done."""
    await scene.invited()
    await scene.poll(success(ID, SECRET))
    await scene.sees("Done")


async def refused(scene: Scene) -> None:
    """DingTalk said no."""
    await scene.invited()
    await scene.poll(fail("no <right>"), fail("no <right>"))
    await scene.sees("refused")


async def ran_out(scene: Scene) -> None:
    """The code died."""
    await scene.invited()
    await scene.poll(expired())
    await scene.sees("expired")


async def failed(scene: Scene) -> None:
    """The link was none of DingTalk's."""
    scene.dingtalk.extra_begin["verification_uri_complete"] = "https://evil.example/"
    await scene.says("/dingtalk_new")
    await scene.sees("did not work")


async def cancelled(scene: Scene) -> None:
    """The person gave up."""
    await scene.invited()
    await scene.press("Cancel")
    await scene.sees("Cancelled")


async def discarded(scene: Scene) -> None:
    """Late credentials were thrown away."""
    await held(scene)
    await scene.press("Discard")
    await scene.sees("discarded")


async def removed(scene: Scene) -> None:
    """Stored, and taken out again."""
    await stored(scene)
    await scene.press("Not mine: remove it")
    await scene.telegram.until(lambda: "Yes, remove it" in scene.telegram.last(ADMIN).button_texts)
    await scene.press("Yes, remove it")
    await scene.sees("Removed")


@pytest.mark.parametrize(
    ("way", "says"),
    [
        (nothing, "Nothing is under way. Send /dingtalk_new"),
        (stored, f"Client ID: {MASKED_ID}"),
        (refused, "DingTalk's reason: no <right>"),
        (ran_out, "The link has expired"),
        (failed, "That did not work"),
        (cancelled, "Cancelled"),
        (discarded, "Credentials discarded"),
        (removed, "Removed"),
    ],
)
async def test_status_of_what_is_over_is_a_message_of_its_own(
    tmp_path: Path, way: Way, says: str
) -> None:
    async with Scene(tmp_path) as scene:
        await way(scene)
        await scene.settled()
        there = {message.id for message in scene.telegram.bot_messages(ADMIN)}
        await scene.says("/dingtalk_status")
        await scene.telegram.until(
            lambda: {m.id for m in scene.telegram.bot_messages(ADMIN)} - there
        )
        shown = scene.telegram.last(ADMIN)
        assert says in shown.text
        assert shown.photo is None
        assert shown.link_preview_disabled
        await scene.settled()
        after = {message.id for message in scene.telegram.bot_messages(ADMIN)}
        assert after == there | {shown.id}


@pytest.mark.parametrize(
    ("way", "says"),
    [
        (invited, "Waiting for you"),
        (captured, "not stored yet"),
        (held, "Credentials of a DingTalk bot arrived"),
    ],
)
async def test_status_of_what_is_live_brings_its_message_down(
    tmp_path: Path, way: Way, says: str
) -> None:
    async with Scene(tmp_path) as scene:
        await way(scene)
        await scene.settled()
        before = scene.telegram.last(ADMIN)
        labels = before.button_texts
        await scene.says("/dingtalk_status")
        await scene.telegram.until(lambda: before.deleted)
        [shown] = scene.telegram.bot_messages(ADMIN)
        assert shown is scene.telegram.messages(ADMIN)[-1]
        assert says in shown.text
        assert shown.button_texts == labels
        assert begun(scene) == 1


async def test_status_before_there_is_a_link_waits_for_the_link(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await requested(scene)
        await scene.says("/dingtalk_status")
        await scene.settled()
        assert scene.telegram.bot_messages(ADMIN) == []
        await scene.next_moment()
        await scene.sees("Waiting for you")


@pytest.mark.parametrize("way", [nothing, stored, refused, ran_out, failed, cancelled, discarded])
async def test_there_is_nothing_to_cancel_in_what_is_over(tmp_path: Path, way: Way) -> None:
    async with Scene(tmp_path) as scene:
        await way(scene)
        await scene.settled()
        states = [row["state"] for row in scene.journal()]
        await scene.says("/dingtalk_cancel")
        await scene.sees("There is nothing to cancel.")
        assert [row["state"] for row in scene.journal()] == states


@pytest.mark.parametrize(("way", "state"), [(captured, "captured"), (held, "held")])
async def test_it_is_too_late_to_cancel_what_was_created(
    tmp_path: Path, way: Way, state: str
) -> None:
    async with Scene(tmp_path) as scene:
        await way(scene)
        await scene.says("/dingtalk_cancel")
        await scene.sees("It is too late to cancel: DingTalk has already created the bot.")
        [row] = scene.journal()
        assert (row["state"], row["client_secret"]) == (state, SECRET)


async def test_cancel_before_there_is_a_link_shows_none(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await requested(scene)
        await scene.says("/dingtalk_cancel")
        await scene.sees("Cancelled")
        await scene.next_moment()
        row = await scene.recorded("cancelled")
        await scene.settled()
        assert (row["device_code"], row["link"]) == (None, "")
        assert not any("Link:" in text for text in scene.captions())


# --- buttons that are out of date ----------------------------------------------------------------

OUTDATED = "This button is out of date. Send /dingtalk_status to see how things stand."


async def test_a_button_of_a_message_that_is_gone_still_finds_its_attempt(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        first = await scene.invited()
        data = next(b.data for row in first.buttons for b in row if b.text == "Cancel")
        await scene.says("/dingtalk_new")
        await scene.telegram.until(lambda: first.deleted)
        press = await scene.telegram.presses_data(ADMIN, first, data or "")
        await scene.answered(press)
        assert press.answer == "Cancelled"
        await scene.sees("Cancelled")


@pytest.mark.parametrize("label", ["Cancel", "Check now"])
async def test_a_button_of_what_is_over_says_so(tmp_path: Path, label: str) -> None:
    async with Scene(tmp_path) as scene:
        invitation = await scene.invited()
        data = next(b.data for row in invitation.buttons for b in row if b.text == label)
        await scene.poll(success(ID, SECRET))
        await scene.sees("Done")
        press = await scene.telegram.presses_data(ADMIN, invitation, data or "")
        await scene.answered(press)
        assert press.answer == OUTDATED
        assert "Done" in scene.telegram.last(ADMIN).text
        assert scene.platforms() == {"dingtalk": STORED}


async def test_a_decision_pressed_twice_counts_once(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        shown = await held(scene)
        presses = [
            await scene.telegram.press(ADMIN, shown, label)
            for label in ("Use it", "Use it", "Discard")
        ]
        await scene.telegram.until(lambda: all(press.answered for press in presses))
        assert [press.answer for press in presses] == ["Storing it", OUTDATED, OUTDATED]
        await scene.sees("Done")
        assert scene.platforms() == {"dingtalk": STORED}


# --- start, help and the menu --------------------------------------------------------------------


@pytest.mark.parametrize("command", ["/start", "/help", "/START", "/help@bootstrap_demo_bot"])
async def test_help_says_what_the_bot_can_do(tmp_path: Path, command: str) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says(command)
        shown = await scene.sees("I connect DingTalk bots to your program.")
        for name in ("/bot_new", "/dingtalk_new", "/status", "/cancel", "/bots"):
            assert name in shown.text
        assert begun(scene) == 0


async def test_the_menu_is_set_at_each_admins_first_update_and_not_before(
    tmp_path: Path,
) -> None:
    ours = {"bot_new", "dingtalk_new", "status", "cancel", "bots", "help"}
    async with Scene(tmp_path) as scene:
        await scene.says("hello")
        await scene.telegram.until(lambda: "chat:42" in scene.telegram.commands)
        assert ours <= {name for name, _ in scene.telegram.commands["chat:42"]}
        assert list(scene.telegram.commands) == ["chat:42"]
        await scene.says("/help", OTHER_ADMIN, language="zh")
        await scene.telegram.until(lambda: "chat:43" in scene.telegram.commands)
        assert "钉钉" in dict(scene.telegram.commands["chat:43"])["dingtalk_new"]
        await scene.says("/help")
        await scene.says("/dingtalk_status")
        await scene.settled()
        assert len(scene.telegram.calls("setMyCommands")) == 2


async def test_a_menu_that_could_not_be_set_is_set_at_the_next_update(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        scene.telegram.fail("setMyCommands", Trouble(500))
        await scene.says("/help")
        await scene.settled()
        assert "chat:42" not in scene.telegram.commands
        await scene.says("/help")
        await scene.telegram.until(lambda: "chat:42" in scene.telegram.commands)


# --- Telegram's own troubles ---------------------------------------------------------------------


async def test_a_chat_that_must_wait_holds_up_no_other(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        scene.telegram.fail("sendPhoto", Trouble(429, retry_after=30))
        await scene.says("/dingtalk_new", ADMIN)
        await scene.settled()
        await scene.invited(OTHER_ADMIN)
        assert scene.telegram.bot_messages(ADMIN) == []
        await scene.clock.advance(30)
        await scene.sees("Waiting for you", ADMIN)


async def test_edits_that_a_later_one_replaced_are_not_sent(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        scene.telegram.fail("editMessageCaption", Trouble(429, retry_after=12))
        await scene.poll(stage("SCANNED"))
        await scene.poll(stage("CREATING"), stage("PUBLISHING"))
        assert await scene.next_moment() == 2
        await scene.sees("DingTalk is publishing the bot")
        assert not any("creating" in text for text in scene.captions())


async def test_an_edit_that_had_to_wait_does_not_cry_over_work_that_has_just_begun(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        scene.telegram.fail("editMessageCaption", Trouble(429, retry_after=12))
        await scene.poll(stage("SCANNED"))
        with no_room_for(scene, DELIVERY_BEGUN):
            await scene.poll(success(ID, SECRET))
            await scene.recorded("captured", told=False)
            await scene.pass_time(12 - 5)
            await scene.settled()
        await scene.next_moment()
        await scene.sees("Done")
        assert not any("not stored yet" in text for text in scene.captions())


async def test_a_message_the_person_deleted_is_sent_anew(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        invitation = await scene.invited()
        scene.telegram.person_deletes(ADMIN, invitation.id)
        await scene.poll(stage("SCANNED"))
        fresh = await scene.sees("Opened: now confirm")
        assert fresh.id > invitation.id
        assert shows_qr(fresh)
        assert fresh.button_texts == WAITING_BUTTONS


async def test_a_result_waits_for_a_person_who_blocked_the_bot(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        scene.telegram.block(ADMIN)
        await scene.poll(success(ID, SECRET))
        await scene.recorded("stored", told=False)
        assert scene.platforms() == {"dingtalk": STORED}
        scene.telegram.unblock(ADMIN)
        await scene.says("/help")
        await scene.telegram.until(
            lambda: any("Done" in m.text for m in scene.telegram.bot_messages(ADMIN))
        )
        await scene.recorded("stored")


async def test_a_result_is_told_once_telegram_answers_again(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        scene.telegram.fail("editMessageMedia", Trouble(500), times=3)
        await scene.poll(success(ID, SECRET))
        for failures, pause in ((1, 1), (2, 2), (3, 4)):
            await called(scene, "editMessageMedia", failures)
            assert await scene.next_moment() == pause
        await scene.sees("Done")


@pytest.mark.parametrize("trouble", [Trouble(404), Trouble(401), Trouble(409), Trouble(502)])
async def test_no_answer_to_getting_updates_makes_the_bot_deaf(
    tmp_path: Path, trouble: Trouble
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("hello")
        await scene.settled()
        scene.telegram.fail("getUpdates", trouble)
        await scene.says("hello")
        await scene.says("/help")
        await scene.sees("I connect DingTalk bots to your program.")


async def test_nothing_is_uploaded_but_for_a_picture_that_changes(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(stage("SCANNED"), stage("CREATING"), http(502), waiting())
        await scene.sees("Waiting for you")
        # what the check says is a later edit of the result
        scene.dingtalk.always("token", Answer(hang=True))
        scene.dingtalk.next_poll(success(ID, SECRET))
        await scene.next_moment()
        await scene.sees("Done")
        assert len(scene.telegram.calls("sendPhoto")) == 1
        assert len(scene.telegram.calls("editMessageMedia")) == 1


async def test_every_request_to_telegram_was_taken(tmp_path: Path) -> None:
    """No edit without a change, no caption too long, no button Telegram refuses."""
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(stage("SCANNED"), http(502), waiting(), waiting(), stage("PUBLISHING"))
        await scene.says("/dingtalk_status")
        await scene.settled()
        await scene.poll(success(ID, SECRET))
        await scene.sees("Done")
        await scene.settled()
        sent = [one for one in scene.telegram.history(ADMIN) if one.sender == "bot"]
        writes = ("sendPhoto", "sendMessage", "editMessageCaption", "editMessageMedia")
        calls = [call for name in writes for call in scene.telegram.calls(name)]
        assert len(calls) == len([one for one in sent if one.kind != "deleted"])
        assert all(json.dumps(call.get("reply_markup", {})) for call in calls)


# --- every state fits a caption ------------------------------------------------------------------

WIDE = "𝕏"  # two UTF-16 code units, the measure of Telegram's limits
LONGEST_LINK = "https://open-dev.dingtalk.com/" + "&" * 300
CODES = list(Code)
ROAD_ERRORS = CODES[: CODES.index(Code.NO_CREDENTIALS)]
TARGET_ERRORS = CODES[CODES.index(Code.UNPARSABLE) : CODES.index(Code.STATE_HELD)]


def longest(state: State, **fields: Any) -> Attempt:
    """An attempt with the longest value everywhere."""
    whole: dict[str, Any] = {
        "id": "f" * 10,
        "provider": "dingtalk",
        "owner": 2**52,
        "chat": 2**52,
        "language": "en",
        "update": 2**31,
        "requested_at": START,
        "acted_at": START,
        "state": state,
        "wanted_id": "x" * 32,
        "user_code": WIDE * 4096,
        **leading_to(LONGEST_LINK[:300]),
        "expires_at": START + 86400,
        "checked_at": START - 86400,
        "stage_at": START - 86400,
        "account": WIDE * 4096,
        "values": a_secret(WIDE * 4096),
        "reason": WIDE * 4096,
        "trouble_since": START - 86400,
        "stored_at": START - 86400,
        "looked_at": START - 3600,
    }
    return Attempt(**whole | fields)


def leading_to(link: str) -> dict[str, Any]:
    """Where a picture and its buttons lead."""
    app = "https://applink.dingtalk.com/page/link?url=" + "%26" * 300
    return {"links": (Link("app", app), Link("browser", link)), "qr": link}


def deliveries(**fields: Any) -> tuple[Delivery, ...]:
    return (Delivery("config:/x", WIDE * 255, platform_id=WIDE * 255, **fields),)


def talkative() -> tuple[Delivery, ...]:
    """One with everything that can be said of a delivery."""
    return deliveries(
        kind="openclaw",
        state=DeliveryState.VERIFIED,
        updated=True,
        notes=" ".join(note.value for note in Note),
        runs=1,
        run_end="exited",
        run_status=-(2**31),
        run_seconds=1e9,
        run_output=WIDE * 500,
    )


def every_look() -> Iterator[Attempt]:
    """Every state with everything that changes its card, at its longest."""
    for link in (LONGEST_LINK[:256], LONGEST_LINK[:300], LONGEST_LINK[:300] + "&" * 212):
        for stage_now in Stage:
            yield longest(State.WAITING, stage=stage_now, **leading_to(link))
        for code in ROAD_ERRORS:
            yield longest(State.WAITING, trouble=code.value, **leading_to(link))
    for code in TARGET_ERRORS:
        there = deliveries(trouble=code.value, line=2**31, column=2**31)
        yield longest(State.CAPTURED, deliveries=there)
        yield longest(State.REMOVED, deliveries=there)
        yield longest(State.CAPTURED, deliveries=there * 9)
        yield longest(State.REMOVED, deliveries=there * 9)
        yield longest(State.STORED, deliveries=there * 9)
    gone = deliveries(state=DeliveryState.CLOSED, closed="displaced")
    yield longest(State.STORED, deliveries=gone * 20)
    for number in (1, 2, 5, 20):
        yield longest(State.STORED, deliveries=talkative() * number)
        yield longest(State.CAPTURED, deliveries=talkative() * number)
    for why in Held:
        yield longest(State.HELD, held=why)
    for approval, health, watching in product(Approval, Health, (True, False)):
        for looked_at in (0.0, START - 3600):
            yield longest(
                State.STORED,
                approval=approval,
                health=health,
                watching=watching,
                looked_at=looked_at,
                deliveries=deliveries(updated=True),
            )
    for trouble in Code:
        yield longest(State.FAILED, trouble=trouble.value)
    for reason in ("", WIDE * 4096, "&" * 4096):
        yield longest(State.REFUSED, reason=reason)
    for state in (State.EXPIRED, State.CANCELLED, State.DISCARDED, State.REMOVED):
        yield longest(state)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_fits_a_caption_in_every_language(language: str) -> None:
    seen = set()
    for attempt in every_look():
        for zone in (UTC, ZoneInfo("America/Argentina/ComodRivadavia")):
            look = card(attempt, Texts(language, "dingtalk"), START, zone, LIMITS)
            text = formatted(look.text, "HTML", None).text
            assert units(text) <= 1024, (attempt.state, units(text))
            assert not [code for code in looked_up_by_value() if code in text]
            # while the command runs that follows a delivery there is nothing to press
            at_rest = not any(delivery.trouble for delivery in attempt.deliveries)
            waits_for_a_command = attempt.state is State.CAPTURED and at_rest
            assert bool(look.rows) is not waits_for_a_command
            seen.add(attempt.state)
    assert seen == set(State) - {State.REQUESTED}


async def test_answers_and_results_wait_for_no_menu_and_no_countdown(tmp_path: Path) -> None:
    async with Scene(tmp_path, interval=60) as scene:
        flood = Trouble(429, retry_after=490)
        scene.telegram.fail("setMyCommands", flood, -1)
        await scene.invited()
        scene.telegram.fail("editMessageCaption", flood, -1)
        await scene.next_moment()
        await scene.telegram.until(lambda: scene.telegram.calls("editMessageCaption"))
        moment = scene.clock.now()
        await scene.says("/help")
        await scene.telegram.until(lambda: len(scene.telegram.bot_messages(ADMIN)) == 2)
        assert scene.clock.now() == moment
        await scene.poll(success(ID, SECRET))
        await scene.until(lambda: "Done" in scene.telegram.bot_messages(ADMIN)[0].text)
