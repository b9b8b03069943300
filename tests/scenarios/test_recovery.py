"""A restart in every state, and all that is looked after when nobody watches."""

import re
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bootstrap_bot.sandbox.answers import Answer, http
from bootstrap_bot.sandbox.dingtalk.answers import approving, success, waiting
from bootstrap_bot.sandbox.dingtalk.stand_in import PATHS
from bootstrap_bot.sandbox.telegram.stand_in import Message, Trouble
from bootstrap_bot.targets.neighbours import copy_of
from tests.support.clock import START
from tests.support.hindrances import mend, spoil
from tests.support.scene import ADMIN, OTHER_ADMIN, STRANGER, Scene

ID, SECRET = "dingabcdefgh1234", "q" * 60 + "WXYZ"
PAIR = {"client_id": ID, "client_secret": SECRET}
STORED = {"type": "dingtalk", "enabled": True, **PAIR}
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
DOWN = Trouble(502)
CODE = re.compile(r"\b[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}\b")  # as the stand-in makes them


async def looks(scene: Scene) -> float:
    """Passes to the next moment at which something is due; gives it in seconds from START."""
    await scene.next_moment()
    await scene.idle()
    return scene.clock.now() - START


async def until_deleted(scene: Scene, message: Message) -> None:
    await scene.telegram.until(lambda: message.deleted)


def codes(scene: Scene) -> set[str]:
    """Every user code the admin was ever shown."""
    return {code for text in scene.captions() for code in CODE.findall(text)}


def bytes_of(folder: Path) -> bytes:
    """Every byte of the state file and of what SQLite keeps beside it."""
    return b"".join(file.read_bytes() for file in folder.glob("bootstrap-bot.db*"))


def checks(scene: Scene) -> int:
    """How often DingTalk was asked whether a pair works."""
    return sum(request.path == PATHS["token"] for request in scene.dingtalk.requests)


# --- a restart in every state --------------------------------------------------------------------


async def test_an_attempt_that_has_no_link_yet_gets_one(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        scene.dingtalk.next("init", Answer(hang=True))
        await scene.says("/dingtalk_new")
        await scene.dingtalk.until(lambda: scene.dingtalk.requests)
        await scene.recorded("requested", told=False)
        await scene.restart()
        await scene.sees("Waiting for you")
        await scene.settled()
        assert len(scene.journal()) == len(scene.dingtalk.registrations) == 1
        assert len(scene.telegram.bot_messages(ADMIN)) == 1


async def test_a_waiting_attempt_goes_on_with_the_same_code_and_message(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        before = await scene.invited()
        await scene.poll(waiting())
        await scene.stop()
        await scene.dingtalk.approve(client_id=ID)
        await scene.start()
        await scene.next_poll()
        after = await scene.sees("Done")
        assert after.id == before.id
        assert scene.telegram.bot_messages(ADMIN) == [after]
        assert codes(scene) == {scene.dingtalk.latest.user_code}
        assert len(scene.dingtalk.registrations) == 1
        assert scene.platforms()["dingtalk"]["client_id"] == ID


async def test_a_code_that_expired_meanwhile_gets_its_last_poll(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        before = await scene.invited()
        await scene.restart(away=DAY)
        await scene.poll(waiting())  # whatever it says: this was the last one
        after = await scene.sees("The link has expired")
        assert after.id > before.id
        assert scene.dingtalk.polls == 1
        await scene.recorded("expired")
        await scene.telegram.until(lambda: before.deleted)
        while scene.journal()[-1]["device_code"]:
            await scene.next_poll()
        assert not scene.clock.pauses


async def test_a_success_that_came_while_nobody_ran_is_fetched_after_the_expiry(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.stop()
        await scene.dingtalk.approve(client_id=ID)
        await scene.clock.advance(DAY)
        await scene.start()
        await scene.next_poll()
        await scene.sees("Done")
        made = scene.dingtalk.latest
        assert scene.platforms()["dingtalk"]["client_secret"] == made.client_secret


@pytest.mark.parametrize(("button", "state"), [("Use it", "stored"), ("Discard", "discarded")])
async def test_a_cancelled_code_is_asked_about_once_a_minute_and_what_comes_is_offered(
    tmp_path: Path, button: str, state: str
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.press("Cancel")
        await scene.sees("Cancelled")
        await scene.recorded("cancelled")
        assert await scene.poll(waiting(), waiting()) == 5
        await scene.restart(away=2 * MINUTE)
        assert await scene.poll(waiting(), waiting()) == MINUTE
        assert await scene.poll(success(ID, SECRET)) == MINUTE
        offer = await scene.sees("They came after you had cancelled")
        assert offer.button_texts == ["Use it", "Discard"]
        assert (await scene.recorded("held"))["client_secret"] == SECRET
        assert scene.platforms() == {}
        await scene.restart()  # the offer outlives that too
        await scene.press(button)
        await scene.recorded(state)
        assert scene.platforms() == ({"dingtalk": STORED} if state == "stored" else {})
        assert (SECRET.encode() in scene.state.read_bytes()) is (state == "stored")


async def test_what_was_captured_is_stored_as_soon_as_it_can_be(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        before = await scene.invited()
        spoil(scene)
        await scene.poll(success(ID, SECRET))
        await scene.sees("it is not stored yet")
        await scene.restart()
        await scene.idle()
        assert (await scene.recorded("captured", told=False))["client_secret"] == SECRET
        mend(scene)
        await scene.next_moment()
        assert (await scene.sees("Done")).id == before.id
        assert scene.platforms() == {"dingtalk": STORED}


async def test_what_was_stored_is_told(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        before = await scene.invited()
        scene.telegram.fail("editMessageMedia", DOWN, -1)
        await scene.poll(success(ID, SECRET))
        await scene.recorded("stored", told=False)
        await scene.stop()
        scene.telegram.heal()
        await scene.start()
        after = await scene.sees("Done")
        assert after.id == before.id
        await scene.recorded("stored")
        assert scene.telegram.bot_messages(ADMIN) == [after]


async def test_what_is_told_is_not_told_again(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.stored(success(ID, SECRET))
        await scene.until(lambda: checks(scene) == 1)
        await scene.idle()
        await scene.sees("Checked: DingTalk accepts the credentials")
        for away in (0, 5 * MINUTE, 5 * MINUTE, DAY):
            before = scene.telegram.history(ADMIN)
            await scene.restart(away)
            await scene.settled()
            assert scene.telegram.history(ADMIN) == before


async def test_a_message_that_was_to_be_removed_is_removed_after_the_restart(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path, interval=60) as scene:
        before = await scene.invited()
        scene.telegram.fail("deleteMessage", Trouble(hang=True), -1)
        await scene.poll(waiting(), waiting())
        scene.dingtalk.next_poll(success(ID, SECRET))
        await scene.next_moment()
        after = await scene.sees("Done")
        assert after.id > before.id
        row = await scene.recorded("stored")
        assert row["old_message"] == before.id
        await scene.stop()
        scene.telegram.heal()
        assert not before.deleted
        await scene.start()
        await until_deleted(scene, before)
        await scene.until(lambda: scene.journal()[-1]["old_message"] is None)
        assert scene.telegram.bot_messages(ADMIN) == [after]


async def test_a_removal_under_way_is_finished(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.stored(success(ID, SECRET))
        spoil(scene)
        scene.config.write_text(scene.config.read_text().replace("[platforms.dingtalk]", "[spare]"))
        await scene.press("Not mine")
        await scene.sees("Done")
        await scene.telegram.until(
            lambda: scene.telegram.last(ADMIN).button_texts == ["Yes, remove it", "No, keep it"]
        )
        await scene.press("Yes, remove it")
        await scene.sees("The bot could not be removed yet")
        await scene.restart()
        await scene.idle()
        mend(scene)
        scene.config.write_text(scene.config.read_text().replace("[spare]", "[platforms.dingtalk]"))
        assert scene.platforms() == {"dingtalk": STORED}
        await scene.next_moment()
        await scene.sees("The bot is gone from where it was stored")
        assert scene.platforms() == {}
        await scene.recorded("removed")
        assert scene.deliveries() == []


async def test_attempts_do_not_wait_for_telegram(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        before = await scene.invited()
        await scene.stop()
        scene.telegram.fail("*", DOWN, -1)
        await scene.dingtalk.approve(client_id=ID)
        await scene.start()
        await scene.next_poll()
        row = await scene.recorded("stored", told=False)
        assert scene.platforms()["dingtalk"]["client_secret"] == row["client_secret"]
        await scene.pass_time(30)
        scene.telegram.heal()
        await scene.pass_time(MINUTE)
        assert (await scene.sees("Done")).id == before.id
        await scene.recorded("stored")
        assert len(scene.telegram.bot_messages(ADMIN)) == 1


async def test_an_update_seen_again_after_a_restart_begins_nothing(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        asked = scene.journal()[-1]["update"]
        scene.dingtalk.next_poll(Answer(body={"errcode": 0, "status": "EXPIRED"}))
        await scene.next_poll()
        await scene.sees("The link has expired")
        await scene.recorded("expired")
        await scene.restart()
        await scene.settled()
        before = scene.telegram.history(ADMIN)
        command = {"type": "bot_command", "offset": 0, "length": 13}
        person = {"id": ADMIN, "is_bot": False, "first_name": "Alex", "language_code": "en"}
        message = {
            "message_id": 1,
            "date": int(START),
            "chat": {"id": ADMIN, "type": "private", "first_name": "Alex"},
            "from": person,
            "text": "/dingtalk_new",
            "entities": [command],
        }
        await scene.telegram.update({"update_id": asked, "message": message})
        await scene.settled()
        assert len(scene.journal()) == len(scene.dingtalk.registrations) == 1
        assert scene.telegram.history(ADMIN) == before
        await scene.telegram.update({"update_id": asked + 1, "message": message})
        await scene.sees("Waiting for you")
        assert len(scene.journal()) == 2


# --- before a new code ---------------------------------------------------------------------------


async def cancelled_and_restarted(scene: Scene) -> None:
    await scene.invited()
    await scene.press("Cancel")
    await scene.sees("Cancelled")
    await scene.recorded("cancelled")
    await scene.restart()
    await scene.idle()


async def asked_again(scene: Scene) -> None:
    """/dingtalk_new while an older code has no verdict: that one is about to be asked for."""
    await scene.says("/dingtalk_new")
    await scene.settled()
    assert len(scene.journal()) == 2
    assert min(scene.clock.pauses) <= 5


async def test_a_new_code_is_begun_after_the_cancelled_one_was_asked_about(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await cancelled_and_restarted(scene)
        await asked_again(scene)
        assert (scene.dingtalk.polls, len(scene.dingtalk.registrations)) == (0, 1)
        await scene.next_poll()
        await scene.sees("Waiting for you")
        assert (scene.dingtalk.polls, len(scene.dingtalk.registrations)) == (1, 2)
        assert scene.dingtalk.registrations[0].polls == 1


async def test_no_new_code_is_begun_when_the_cancelled_one_brings_credentials(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        await cancelled_and_restarted(scene)
        await scene.dingtalk.approve(client_id=ID)
        await asked_again(scene)
        await scene.next_poll()
        await scene.sees("Credentials of a DingTalk bot arrived")
        await scene.until(lambda: scene.journal()[1]["state"] == "cancelled")
        await scene.idle()
        assert len(scene.dingtalk.registrations) == 1
        assert [row["state"] for row in scene.journal()] == ["held", "cancelled"]
        await scene.press("Use it")
        await scene.sees("Done")
        assert scene.platforms()["dingtalk"]["client_id"] == ID


async def test_a_road_that_is_bad_does_not_keep_a_new_code_from_being_begun(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await cancelled_and_restarted(scene)
        scene.dingtalk.next_poll(http(502))
        await asked_again(scene)
        await scene.next_poll()
        await scene.sees("Waiting for you")
        assert (scene.dingtalk.polls, len(scene.dingtalk.registrations)) == (1, 2)


# --- waiting for approval ------------------------------------------------------------------------


@asynccontextmanager
async def awaiting_approval(folder: Path) -> AsyncIterator[Scene]:
    """A stored bot whose organisation has not agreed yet, just checked for the first time."""
    async with Scene(folder) as scene:
        await scene.invited()
        await scene.poll(approving(ID, SECRET))
        await scene.sees("Your organisation still has to approve the bot")
        await scene.until(lambda: checks(scene) == 1)
        await scene.idle()
        await scene.settled()
        yield scene


async def test_approval_is_looked_for_every_ten_minutes_then_hourly_for_a_week(
    tmp_path: Path,
) -> None:
    async with awaiting_approval(tmp_path) as scene:
        stored_at = scene.journal()[-1]["stored_at"] - START
        seen = checks(scene)
        times = []
        while scene.clock.pauses:
            moment = await looks(scene)
            if checks(scene) > seen:
                times.append(moment - stored_at)
            seen = checks(scene)
        often = [10 * MINUTE * n for n in range(1, 13)]
        hourly = [2 * HOUR + HOUR * n for n in range(1, 7 * 24 - 1)]
        assert times == [*often, *hourly]
        shown = await scene.sees("After a week I have stopped looking")
        assert "Your organisation still has to approve the bot" in shown.text
        row = scene.journal()[-1]
        assert (row["watching"], row["approval"], row["told"]) == (0, "pending", 1)
        await scene.restart(away=DAY)
        await scene.settled()
        assert checks(scene) == seen
        assert scene.platforms() == {"dingtalk": STORED}


async def test_an_approval_is_a_new_message(tmp_path: Path) -> None:
    async with awaiting_approval(tmp_path) as scene:
        before = scene.telegram.last(ADMIN)
        await looks(scene)
        await looks(scene)
        await scene.dingtalk.grant()
        await looks(scene)
        after = await scene.sees("Done: your organisation has approved the bot")
        assert after.id > before.id
        await scene.settled()
        assert scene.telegram.bot_messages(ADMIN) == [after]
        row = await scene.recorded("stored")
        assert (row["approval"], row["watching"]) == ("granted", 0)
        assert not scene.clock.pauses


async def test_an_approval_while_nobody_ran_is_found_after_the_restart(tmp_path: Path) -> None:
    async with awaiting_approval(tmp_path) as scene:
        await scene.stop()
        await scene.dingtalk.grant()
        await scene.clock.advance(5 * DAY)
        await scene.start()
        await scene.sees("Done: your organisation has approved the bot")


async def test_status_looks_for_the_approval_at_once(tmp_path: Path) -> None:
    async with awaiting_approval(tmp_path) as scene:
        moment = scene.clock.now()
        await scene.dingtalk.grant()
        await scene.says("/dingtalk_status")
        await scene.until(lambda: scene.journal()[-1]["approval"] == "granted")
        assert scene.clock.now() == moment
        await scene.telegram.until(
            lambda: any("has approved the bot" in text for text in scene.captions())
        )


async def test_the_watch_uses_what_the_config_holds_when_our_copy_is_erased(
    tmp_path: Path,
) -> None:
    async with awaiting_approval(tmp_path) as scene:
        await looks(scene)
        assert SECRET.encode() not in scene.state.read_bytes()
        before = checks(scene)
        await looks(scene)
        assert checks(scene) == before + 1
        asked = [request.body for request in scene.dingtalk.requests][-1]
        assert SECRET.encode() in asked


# --- the second look, and what is forgotten ------------------------------------------------------


async def test_a_table_wiped_within_ten_minutes_is_written_once_more(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        stale = scene.config.read_text(encoding="utf-8")
        await scene.stored(success(ID, SECRET))
        await scene.idle()
        scene.config.write_text(stale, encoding="utf-8")
        assert scene.platforms() == {}
        while scene.clock.pauses:
            moment = await looks(scene)
        assert moment == scene.journal()[-1]["stored_at"] - START + 10 * MINUTE
        assert scene.platforms() == {"dingtalk": STORED}
        # Whoever takes it out after that means it.
        scene.config.write_text(stale, encoding="utf-8")
        await scene.restart(away=DAY)
        await scene.settled()
        assert scene.platforms() == {}


async def test_a_table_that_is_there_is_not_touched_by_the_second_look(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.stored(success(ID, SECRET))
        scene.config.write_text(
            scene.config.read_text().replace("enabled = true", "enabled = false # by hand")
        )
        before = scene.config.read_bytes(), scene.config.stat().st_ino
        while scene.clock.pauses:
            await looks(scene)
        assert (scene.config.read_bytes(), scene.config.stat().st_ino) == before


async def test_code_and_secret_are_erased_together_after_the_second_look(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.stored(success(ID, SECRET))
        code = scene.dingtalk.latest.device_code
        for kept in (code, SECRET):
            assert kept.encode() in scene.state.read_bytes()
        await scene.restart()
        while scene.journal()[-1]["client_secret"] is not None:
            assert scene.journal()[-1]["device_code"] == code
            moment = await looks(scene)
        assert moment == scene.journal()[-1]["stored_at"] - START + 10 * MINUTE
        row = scene.journal()[-1]
        assert (row["device_code"], row["client_secret"], row["client_id"]) == (None, None, ID)
        assert not any(kept.encode() in bytes_of(tmp_path) for kept in (code, SECRET))


async def test_a_second_look_that_fails_keeps_the_secret_and_comes_again(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.stored(success(ID, SECRET))
        spoil(scene)
        scene.config.write_text(scene.config.read_text().replace("[platforms.dingtalk]", "[spare]"))
        stored_at = scene.journal()[-1]["stored_at"] - START
        moment = 0.0
        while moment < stored_at + 13 * MINUTE:
            moment = await looks(scene)
            assert scene.journal()[-1]["client_secret"] == SECRET
        mend(scene)
        assert await looks(scene) == moment + MINUTE
        assert scene.platforms() == {"dingtalk": STORED}
        assert scene.journal()[-1]["client_secret"] is None


async def test_what_is_over_is_forgotten_after_thirty_days(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.stored(success(ID, SECRET))
        while scene.clock.pauses:
            await looks(scene)
        begun = START - scene.clock.now() + 30 * DAY
        await scene.restart(away=begun - 1)
        assert len(scene.journal()) == 1
        await scene.restart(away=2)
        await scene.settled()
        assert scene.journal() == scene.deliveries() == []


async def test_a_row_that_holds_a_secret_goes_by_discard_only(tmp_path: Path) -> None:
    async with Scene(tmp_path, more="[security]\nconfirm = true\n") as scene:
        await scene.invited()
        await scene.poll(success(ID, SECRET))
        await scene.sees("Credentials of a DingTalk bot arrived")
        await scene.recorded("held")
        await scene.restart(away=400 * DAY)
        await scene.idle()
        assert (await scene.recorded("held"))["client_secret"] == SECRET
        await scene.press("Discard")
        await scene.sees("Credentials discarded")
        await scene.recorded("discarded")
        await scene.restart()
        await scene.settled()
        assert scene.journal() == []


# --- former admins -------------------------------------------------------------------------------


async def restart_with_admins(scene: Scene, admins: str) -> None:
    await scene.stop()
    text = scene.config.read_text(encoding="utf-8")
    scene.config.write_text(text.replace("[42, 43]", admins), encoding="utf-8")
    await scene.start()


async def test_a_former_admins_waiting_attempt_is_cancelled_and_asked_about_quietly(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("hello", OTHER_ADMIN)
        invitation = await scene.invited()
        await restart_with_admins(scene, "[43, 44]")
        row = await scene.recorded("cancelled")
        assert row["owner"] == ADMIN
        shown = await scene.sees("Cancelled")
        assert shown.id == invitation.id
        assert scene.dingtalk.latest.user_code not in shown.text
        assert await scene.poll(success(ID, SECRET)) == 5
        offer = await scene.sees("A former admin had begun this", OTHER_ADMIN)
        assert offer.button_texts == ["Use it", "Discard"]
        assert scene.platforms() == {}
        assert not any("former admin" in text for text in scene.captions(ADMIN))
        await scene.press("Use it", OTHER_ADMIN)
        await scene.sees("Done", OTHER_ADMIN)
        assert scene.platforms() == {"dingtalk": STORED}


async def test_what_a_former_admin_captured_is_offered_to_the_first_admin(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("hello", OTHER_ADMIN)
        await scene.invited()
        spoil(scene)
        await scene.poll(success(ID, SECRET))
        await scene.sees("it is not stored yet")
        mend(scene)
        await restart_with_admins(scene, "[43, 44]")
        offer = await scene.sees("A former admin had begun this", OTHER_ADMIN)
        row = await scene.recorded("held")
        assert (row["owner"], row["chat"]) == (OTHER_ADMIN, OTHER_ADMIN)
        assert scene.platforms() == {}
        for data in ("use", "discard", "retry"):
            await scene.telegram.presses_data(ADMIN, offer, f"bootstrap:{data}:{row['id']}")
        await scene.settled()
        assert (await scene.recorded("held"))["client_secret"] == SECRET
        await scene.press("Use it", OTHER_ADMIN)
        await scene.sees("Done", OTHER_ADMIN)
        assert scene.platforms() == {"dingtalk": STORED}


async def test_an_admin_who_stays_keeps_what_is_theirs(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await restart_with_admins(scene, "[43, 42]")
        await scene.poll(success(ID, SECRET))
        await scene.sees("Done")
        assert scene.platforms() == {"dingtalk": STORED}


# --- [security] confirm --------------------------------------------------------------------------


@asynccontextmanager
async def asking_first(folder: Path) -> AsyncIterator[Scene]:
    """Somebody confirmed a link, and the admin is asked whether to store what came."""
    async with Scene(folder, more="[security]\nconfirm = true\n") as scene:
        await scene.says("hello", OTHER_ADMIN)
        await scene.says("hello", STRANGER)
        await scene.invited()
        await scene.poll(success(ID, SECRET))
        offer = await scene.sees("Somebody confirmed the link")
        assert offer.button_texts == ["Store it", "Discard"]
        await scene.recorded("held")
        await scene.idle()
        assert scene.platforms() == {}
        yield scene


def offers(scene: Scene) -> list[Message]:
    """Every message with "Store it" that stands in the admin's chat."""
    return [m for m in scene.telegram.bot_messages(ADMIN) if "Store it" in m.button_texts]


async def test_confirm_stores_after_store_it_only(tmp_path: Path) -> None:
    async with asking_first(tmp_path) as scene:
        await scene.says("/dingtalk_status")
        await scene.restart(away=HOUR)
        await scene.says("/dingtalk_status")
        await scene.settled()
        assert scene.platforms() == {}
        assert (await scene.press("Store it")).answer == "Storing it"
        await scene.sees("Done")
        assert scene.platforms() == {"dingtalk": STORED}


@pytest.mark.parametrize("person", [OTHER_ADMIN, STRANGER])
async def test_nobody_else_can_store_or_discard_it(tmp_path: Path, person: int) -> None:
    async with asking_first(tmp_path) as scene:
        offer = scene.telegram.last(ADMIN)
        [row] = scene.journal()
        for action in ("store", "use", "discard", "retry", "remove_now"):
            await scene.telegram.presses_data(person, offer, f"bootstrap:{action}:{row['id']}")
        await scene.settled()
        assert scene.journal() == [row]
        assert scene.platforms() == {}


async def test_confirm_reminds_once_a_day(tmp_path: Path) -> None:
    async with asking_first(tmp_path) as scene:
        await scene.idle()
        for day in range(1, 4):
            before = scene.telegram.last(ADMIN)
            assert await looks(scene) == pytest.approx(day * DAY, abs=HOUR)
            await until_deleted(scene, before)
            [after] = offers(scene)
            assert after.id > before.id
            await scene.recorded("held")
            await scene.idle()
        assert scene.platforms() == {}


# --- limits --------------------------------------------------------------------------------------


async def test_twenty_attempts_in_all_are_enough(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await restart_with_admins(scene, str([*range(100, 122)]))
        for person in range(100, 120):
            await scene.invited(person)
        await scene.says("/dingtalk_new", 120)
        shown = await scene.sees("Too many attempts are under way at once", 120)
        assert "wait until one of them has ended" in shown.text
        assert len(scene.journal()) == len(scene.dingtalk.registrations) == 20
        await scene.restart()
        await scene.says("/dingtalk_new", 121)
        await scene.sees("Too many attempts are under way at once", 121)
        await scene.press("Cancel", 100)
        await scene.sees("Cancelled", 100)
        await scene.says("/dingtalk_new", 121)
        await scene.sees("Waiting for you", 121)


async def test_attempts_of_the_hour_count_across_a_restart(tmp_path: Path) -> None:
    async with Scene(tmp_path, more="[limits]\nper_hour = 10\n") as scene:
        for number in range(10):
            if number == 5:
                await scene.restart()
            await scene.invited()
            await scene.expire()
            await scene.sees("The link has expired")
            await scene.recorded("expired")
        await scene.restart()
        await scene.says("/dingtalk_new")
        await scene.sees("Those were too many attempts within an hour")
        assert len(scene.dingtalk.registrations) == 10
        await scene.clock.advance(HOUR)
        await scene.says("/dingtalk_new")
        await scene.sees("Waiting for you")


# --- the same bot twice, and a bot that is not theirs --------------------------------------------


async def test_a_bot_bound_again_changes_its_secret_and_nothing_else(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        table = (
            "[platforms.sales] # the sales bot\n"
            'type = "dingtalk"\n'
            "enabled = false # until monday\n"
            f'client_id = "{ID}"\n'
            'client_secret = "old"\n'
            "colour = 'blue'\n"
        )
        before = f"{scene.config.read_text()}\n{table}"
        scene.config.write_text(before)
        await scene.says("/dingtalk_new again")
        await scene.sees("Waiting for you")
        await scene.idle()
        await scene.poll(success(ID, SECRET))
        shown = await scene.sees("Done")
        assert "sales" in shown.text
        assert "known before, now updated" in shown.text
        assert scene.config.read_text() == before.replace('"old"', f'"{SECRET}"')


async def test_not_mine_asks_again_and_removes_the_table(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        before = scene.config.read_text()
        result = await scene.stored(success(ID, SECRET))
        own = result.button_texts
        await scene.press("Not mine")
        await scene.telegram.until(lambda: result.button_texts == ["Yes, remove it", "No, keep it"])
        assert scene.platforms() == {"dingtalk": STORED}
        await scene.press("No, keep it")
        await scene.telegram.until(lambda: result.button_texts == own)
        await scene.press("Not mine")
        await scene.telegram.until(lambda: "Yes, remove it" in result.button_texts)
        assert (await scene.press("Yes, remove it")).answer == "Removing it"
        shown = await scene.sees("Removed")
        assert "belongs to whoever confirmed the link" in shown.text
        assert scene.config.read_text().rstrip() == before.rstrip()
        backup = copy_of(scene.config)
        assert backup.read_text() == before
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600
        row = await scene.recorded("removed")
        assert (row["device_code"], row["client_secret"]) == (None, None)
        assert SECRET.encode() not in scene.state.read_bytes()


@pytest.mark.parametrize("away", [MINUTE, 20 * DAY])
async def test_not_mine_works_after_a_restart(tmp_path: Path, away: float) -> None:
    async with Scene(tmp_path) as scene:
        result = await scene.stored(success(ID, SECRET))
        if away > DAY:
            while scene.clock.pauses:
                await looks(scene)
        await scene.press("Not mine")
        await scene.telegram.until(lambda: "Yes, remove it" in result.button_texts)
        await scene.restart(away)
        await scene.press("Yes, remove it")
        await scene.sees("The bot is gone from where it was stored")
        await scene.recorded("removed")
        assert scene.platforms() == {}
        await scene.restart()
        await scene.settled()
        assert scene.platforms() == {}
        assert not scene.clock.pauses
