"""Every answer to a poll: what the person reads, when the next poll comes, what is kept."""

import asyncio
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code, RemoteError
from bootstrap_bot.providers.dingtalk.kind import KIND
from bootstrap_bot.providers.provider import About, DeviceAuthorization, Health, PollResult, Probe
from bootstrap_bot.registration.authorization import invite
from bootstrap_bot.sandbox.answers import Answer, http
from bootstrap_bot.sandbox.dingtalk.answers import (
    PROGRESS,
    ROWS,
    TROUBLE,
    VERDICTS,
    approving,
    errcode,
    expired,
    fail,
    stage,
    success,
    waiting,
)
from tests.support.clock import START, FakeClock
from tests.support.scene import Scene

ID, SECRET = "dingabcdefgh1234", "q" * 60 + "WXYZ"
LIVE = "https://open-dev.dingtalk.com/openapp/registration/openClaw?user_code=MUEU-DEKR-5TN3"
PAIR = {"client_id": ID, "client_secret": SECRET}
STORED = {"type": "dingtalk", "enabled": True, **PAIR}
GOES_ON = "I keep trying by myself."
QUIETLY = 0.2  # real seconds for one request, where a row never answers

SAYS = {
    "waiting": "Waiting for you to confirm",
    "selecting": "Choose your organisation in DingTalk",
    "scanned": "Opened: now confirm",
    "creating": "DingTalk is creating the bot",
    "publishing": "DingTalk is publishing the bot",
    "publishing_with_credentials": "DingTalk is publishing the bot",
    "reviewing_with_credentials": "DingTalk is publishing the bot",
    "errcode_with_credentials": "DingTalk is publishing the bot",
}
# A stage we do not know is no news: the last one stays.
KEEPS = ("empty_status", "no_status", "unknown_status")
WAITS = ("numeric_strings", "no_errcode")
TROUBLE_SAYS = {
    "errcode": "DingTalk reports a problem on its side.",
    "moved_away": "DingTalk's address has moved, or a login page of the network is in the way: "
    "the answer leads somewhere else.",
    "errcode_text": "DingTalk reports a problem on its side.",
    "http_400": "DingTalk answers with an error.",
    "http_404": "DingTalk answers with an error.",
    "http_429": "DingTalk asks to be asked less often.",
    "http_500": "DingTalk has a fault of its own.",
    "http_502_html": "DingTalk has a fault of its own.",
    "redirect": "DingTalk's address has moved, or a login page of the network is in the way: "
    "the answer leads somewhere else.",
    "bad_json": "DingTalk's answer cannot be understood.",
    "list": "DingTalk's answer cannot be understood.",
    "empty_body": "DingTalk's answer cannot be understood.",
    "timeout": "DingTalk does not answer in time.",
    "reset": "DingTalk cannot be reached.",
    "too_large": "DingTalk's answer is far too long.",
}


def test_no_row_of_the_table_is_left_out() -> None:
    assert {*SAYS, *KEEPS, *WAITS} == set(PROGRESS)
    assert set(TROUBLE_SAYS) == set(TROUBLE)
    assert {*PROGRESS, *VERDICTS, *TROUBLE} == set(ROWS)


# --- progress ------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", SAYS)
async def test_a_stage_is_shown_and_waited_for(tmp_path: Path, row: str) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(PROGRESS["creating" if row != "creating" else "scanned"])
        assert await scene.poll(PROGRESS[row]) == 5
        shown = await scene.sees(SAYS[row])
        invites = not row.endswith("with_credentials")
        assert (scene.dingtalk.latest.user_code in shown.text) is invites
        assert ("Cancel" in shown.button_texts) is invites
        assert GOES_ON not in shown.text
        assert scene.platforms() == {}
        await scene.poll(success(ID, SECRET))
        await scene.sees("Done")
        assert scene.platforms()["dingtalk"] == STORED


@pytest.mark.parametrize("row", KEEPS)
async def test_a_stage_nobody_knows_waits(
    tmp_path: Path, row: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "bootstrap_bot"):
        async with Scene(tmp_path) as scene:
            await scene.invited()
            await scene.poll(PROGRESS["scanned"])
            await scene.sees("Opened: now confirm")
            pauses = [await scene.poll(PROGRESS[row]) for _ in range(3)]
            assert pauses == [5, 5, 5]
            await scene.settled()
            assert "Opened: now confirm" in scene.telegram.last(42).text
            assert scene.journal()[-1]["state"] == "waiting"
            await scene.poll(success(ID, SECRET))
            await scene.sees("Done")
    noted = [record for record in caplog.records if "POLISHING" in record.getMessage()]
    assert len(noted) == (1 if row == "unknown_status" else 0)


@pytest.mark.parametrize("row", WAITS)
async def test_an_odd_envelope_is_read_as_what_it_says(tmp_path: Path, row: str) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(PROGRESS["scanned"])
        assert await scene.poll(PROGRESS[row]) == 5
        assert GOES_ON not in (await scene.sees("Waiting for you to confirm")).text
        assert await scene.poll(success(ID, SECRET)) == 5
        await scene.sees("Done")


async def test_publishing_hands_out_the_pair_and_success_stores_it(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(stage("PUBLISHING", **PAIR))
        shown = await scene.sees("DingTalk is publishing the bot")
        assert SECRET not in shown.text
        assert scene.platforms() == {}
        [row] = scene.journal()
        assert (row["state"], row["client_id"], row["client_secret"]) == ("waiting", ID, SECRET)
        await scene.poll(stage("SUCCESS"))
        await scene.sees("Done")
        assert scene.platforms() == {"dingtalk": STORED}


async def test_a_secret_handed_out_while_publishing_survives_the_wait_for_approval(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(stage("PUBLISHING", **PAIR), stage("APPROVING"))
        await scene.sees("Your organisation still has to approve the bot")
        assert scene.platforms() == {"dingtalk": STORED}


# --- verdicts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ["success", "success_extras"])
async def test_success_is_stored(tmp_path: Path, row: str) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(ROWS[row])
        await scene.sees("Done: your DingTalk bot is stored")
        made = scene.dingtalk.latest
        assert scene.platforms()["dingtalk"] == {
            **STORED,
            "client_id": made.client_id,
            "client_secret": made.client_secret,
        }
        kept = await scene.recorded("stored")
        assert kept["client_id"] == made.client_id
        [delivery] = scene.deliveries()
        assert (delivery["state"], delivery["platform_id"]) == ("verified", "dingtalk")


@pytest.mark.parametrize("row", ["success_empty", "success_half"])
async def test_success_without_credentials_is_asked_about_and_then_said_plainly(
    tmp_path: Path, row: str
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        assert await scene.poll(*[ROWS[row]] * 3) == 5
        assert scene.journal()[-1]["state"] == "waiting"
        await scene.poll(ROWS[row])
        shown = await scene.sees("its secret was already given out and comes only once")
        assert shown.button_texts == ["Start again"]
        row_on_disk = await scene.recorded("failed")
        assert row_on_disk["trouble"] == "no_credentials"
        assert scene.platforms() == {}


async def test_success_that_brings_the_pair_late_is_stored(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(*[stage("SUCCESS")] * 3, success(ID, SECRET))
        await scene.sees("Done")
        assert scene.platforms() == {"dingtalk": STORED}


async def test_approving_is_stored_and_says_whom_to_ask(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(approving(ID, SECRET))
        shown = await scene.sees("Your organisation still has to approve the bot")
        assert "An administrator of your DingTalk organisation" in shown.text
        assert "Until they agree the bot cannot answer" in shown.text
        assert scene.platforms() == {"dingtalk": STORED}
        assert (await scene.recorded("stored"))["approval"] == "pending"


async def test_approving_without_the_pair_waits_and_says_so(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(stage("APPROVING"))
        await scene.sees("Your organisation has to approve")
        assert scene.platforms() == {}
        assert await scene.poll(success(ID, SECRET)) == 5
        await scene.sees("Done")


async def test_a_refusal_is_said_at_once_and_asked_about_quietly_for_two_minutes(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        assert await scene.poll(ROWS["fail"]) == 5
        shown = await scene.sees("DingTalk refused")
        assert "DingTalk's reason: You may not create apps in this organisation." in shown.text
        assert shown.button_texts == ["Start again"]
        assert (await scene.recorded("refused"))["device_code"]
        assert await scene.poll(*[ROWS["fail"], waiting(), http(502)] * 6) == 5
        assert scene.journal()[-1]["device_code"]
        while scene.journal()[-1]["device_code"]:
            await scene.next_poll()
        assert 120 <= scene.clock.now() - START - 5 < 130
        assert scene.journal()[-1]["state"] == "refused"
        assert scene.captions()[-1] == shown.text
        assert scene.platforms() == {}


@pytest.mark.parametrize("row", ["fail", "expired"])
@pytest.mark.parametrize("times", [1, 2, 20])
async def test_a_verdict_that_passes_is_not_final(tmp_path: Path, row: str, times: int) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(*[ROWS[row]] * times, success(ID, SECRET))
        shown = await scene.sees("Credentials of a DingTalk bot arrived")
        assert "They came after all" in shown.text
        assert scene.platforms() == {}
        await scene.press("Use it")
        await scene.sees("Done")
        assert scene.platforms() == {"dingtalk": STORED}


async def test_a_pair_of_the_old_code_is_not_passed_over_by_a_new_one(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(ROWS["fail"])
        await scene.sees("DingTalk refused")
        scene.dingtalk.next_poll(success(ID, SECRET))
        await scene.press("Start again")
        await scene.next_moment()
        await scene.sees("Credentials of a DingTalk bot arrived")
        assert len(bodies(scene, "begin")) == 1


async def test_a_pair_of_the_old_code_beside_a_new_one_is_offered(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(ROWS["expired"])
        await scene.sees("The link has expired")
        old = scene.dingtalk.latest
        await scene.press("Start again")
        await scene.next_moment()
        await scene.sees("Waiting for you")
        old.stage = "WAITING"
        await scene.dingtalk.approve(old.user_code)
        await scene.next_poll()
        await scene.next_poll()
        await scene.sees("Credentials of a DingTalk bot arrived")
        assert [row["state"] for row in scene.journal()] == ["held", "waiting"]


@pytest.mark.parametrize("row", ["unknown_status", "publishing", "no_status", "scanned"])
async def test_a_pair_that_stays_without_a_verdict_is_an_approval(tmp_path: Path, row: str) -> None:
    answer = ROWS[row]
    assert isinstance(answer.body, dict)
    with_pair = Answer(body={**answer.body, **PAIR})
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(with_pair)
        await scene.sees("there is nothing more for you to do")
        await scene.poll(with_pair, with_pair)
        await scene.sees("Your organisation still has to approve the bot")
        assert scene.platforms() == {"dingtalk": STORED}
        assert (await scene.recorded("stored"))["approval"] == "pending"


async def test_a_refusal_without_a_reason_says_what_it_often_is(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(stage("FAIL", fail_reason=17))
        await scene.sees("DingTalk gave no reason")


async def test_an_expired_code_is_final_and_offers_a_new_one(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(ROWS["expired"])
        shown = await scene.sees("The link has expired")
        assert shown.button_texts == ["Start again"]
        await scene.recorded("expired")
        assert scene.platforms() == {}


# --- credentials in odd answers ------------------------------------------------------------------

ODD = {
    "errcode": Answer(body={"errcode": 500, "status": "WAITING", **PAIR}),
    "http 500": Answer(500, {"errcode": 0, "status": "SUCCESS", **PAIR}),
    "a list": Answer(body=[{"status": "SUCCESS", **PAIR}]),
    "far too large": stage("CREATING", **PAIR, padding="x" * 1024 * 1024),
    "nested": Answer(body={"errcode": 0, "app": {"credentials": PAIR}}),
    "unknown stage": stage("POLISHING", **PAIR),
    "no status": Answer(body=PAIR),
}


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD)
async def test_a_pair_in_an_odd_answer_is_kept_and_goes_on_to_success(
    tmp_path: Path, answer: Answer
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(answer)
        [row] = scene.journal()
        assert (row["client_id"], row["client_secret"]) == (ID, SECRET)
        assert scene.platforms() == {}
        await scene.poll(stage("SUCCESS"))
        await scene.sees("Done")
        assert scene.platforms() == {"dingtalk": STORED}


BAD_ENDS = {
    "before expiring": [stage("PUBLISHING", **PAIR), expired()],
    "before a refusal": [stage("PUBLISHING", **PAIR), fail("no")],
    "with a refusal": [stage("FAIL", **PAIR)],
    "with expiring": [stage("EXPIRED", **PAIR)],
}


@pytest.mark.parametrize("answers", BAD_ENDS.values(), ids=BAD_ENDS)
async def test_a_pair_with_a_bad_end_is_offered_not_thrown_away(
    tmp_path: Path, answers: list[Answer]
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(*answers)
        shown = await scene.sees("Credentials of a DingTalk bot arrived")
        assert shown.button_texts == ["Use it", "Discard"]
        assert scene.platforms() == {}
        await scene.press("Use it")
        await scene.sees("Done")
        assert scene.platforms() == {"dingtalk": STORED}


# --- a bad road ----------------------------------------------------------------------------------


@pytest.mark.parametrize("row", TROUBLE)
async def test_a_bad_road_says_so_goes_on_and_recovers(tmp_path: Path, row: str) -> None:
    async with Scene(tmp_path, timeout=QUIETLY if row == "timeout" else 5.0) as scene:
        before = await scene.invited()
        buttons = before.button_texts
        assert await scene.poll(ROWS[row]) == 5
        shown = await scene.sees(f"Since 14:13 UTC: {TROUBLE_SAYS[row]} {GOES_ON}")
        assert shown.id == before.id
        assert shown.button_texts == buttons
        assert scene.dingtalk.latest.user_code in shown.text
        assert await scene.poll(waiting()) == 10
        await scene.telegram.until(lambda: GOES_ON not in scene.telegram.last(42).text)
        assert await scene.poll(success(ID, SECRET)) == 5
        await scene.sees("Done")
        assert scene.platforms() == {"dingtalk": STORED}


async def test_pauses_double_up_to_a_minute_and_start_over_after_an_answer(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        pauses = [await scene.poll(errcode(500)) for _ in range(7)]
        assert pauses == [5, 10, 20, 40, 60, 60, 60]
        assert await scene.poll(waiting()) == 60
        assert await scene.poll(errcode(500)) == 5
        assert await scene.poll(waiting()) == 10
        assert await scene.next_poll() == 5


@pytest.mark.parametrize(
    ("status", "retry_after", "pause"),
    [
        (429, "30", 30),
        (503, "30", 30),
        (429, "3", 10),
        (429, "3600", 60),
        (429, "Mon, 21 Sep 2026 14:14:00 GMT", 35),
        (429, "soon", 10),
        (429, "-5", 10),
    ],
)
async def test_retry_after_is_honoured_up_to_a_minute(
    tmp_path: Path, status: int, retry_after: str, pause: float
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(http(status, "", {"Retry-After": retry_after}))
        assert await scene.poll(waiting()) == pause
        assert await scene.next_poll() == 5


async def test_retry_after_stands_above_an_impatient_person(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(http(429, "", {"Retry-After": "40"}))
        press = await scene.press("Check now")
        assert press.answer == "Next look in 40 seconds"
        assert await scene.next_poll() == 40


async def test_a_road_that_was_bad_from_the_first_poll_still_leads_to_success(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path, timeout=QUIETLY) as scene:
        await scene.invited()
        await scene.poll(*TROUBLE.values(), success(ID, SECRET))
        await scene.sees("Done")
        assert scene.platforms() == {"dingtalk": STORED}


async def test_the_caption_tells_since_when_the_road_is_bad(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(errcode(1), errcode(1), errcode(1), errcode(1), http(500))
        await scene.sees("Since 14:13 UTC: DingTalk has a fault of its own.")


# --- the deadline --------------------------------------------------------------------------------


async def test_late_success_is_real(tmp_path: Path) -> None:
    async with Scene(tmp_path, interval=50, lifetime=60) as scene:
        await scene.invited()
        await scene.poll(waiting())
        assert await scene.poll(success(ID, SECRET)) == 50
        assert scene.clock.now() == START + 100
        await scene.sees("Done")
        assert scene.platforms() == {"dingtalk": STORED}


async def test_one_poll_after_the_deadline_that_says_nothing_is_the_last(tmp_path: Path) -> None:
    async with Scene(tmp_path, interval=50, lifetime=60) as scene:
        await scene.invited()
        await scene.poll(waiting(), waiting())
        await scene.sees("The link has expired")
        assert (await scene.recorded("expired"))["device_code"]
        assert scene.dingtalk.polls == 2


async def test_the_last_poll_after_the_deadline_has_to_be_answered(tmp_path: Path) -> None:
    async with Scene(tmp_path, interval=50, lifetime=60) as scene:
        await scene.invited()
        await scene.poll(waiting(), http(502), http(502), success(ID, SECRET))
        await scene.sees("Done")
        assert scene.platforms() == {"dingtalk": STORED}


async def test_a_road_that_stays_bad_past_the_deadline_ends_in_the_end(tmp_path: Path) -> None:
    async with Scene(tmp_path, interval=50, lifetime=60) as scene:
        scene.dingtalk.always_poll(http(502))
        await scene.invited()
        while scene.journal()[-1]["state"] == "waiting":
            await scene.next_poll()
        await scene.sees("The link has expired")
        assert 60 + 600 < scene.clock.now() - START <= 60 + 600 + 60


async def test_a_secret_kept_before_the_deadline_is_offered_after_it(tmp_path: Path) -> None:
    async with Scene(tmp_path, interval=50, lifetime=60) as scene:
        await scene.invited()
        await scene.poll(stage("PUBLISHING", **PAIR), stage("PUBLISHING"))
        await scene.sees("Credentials of a DingTalk bot arrived")
        assert scene.journal()[-1]["client_secret"] == SECRET


# --- what begin says -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (2, 2),
        ("7", 7),
        (0, 1),
        (-3, 1),
        (0.5, 1),
        (61, 60),
        ("1e9", 60),
        (float("inf"), 5),
        ("often", 5),
        (None, 5),
        (True, 5),
        ([3], 5),
    ],
)
async def test_the_interval_is_between_a_second_and_a_minute(
    tmp_path: Path, said: Any, seconds: float
) -> None:
    async with Scene(tmp_path, extra_begin={"interval": said}) as scene:
        await scene.invited()
        assert await scene.next_poll() == seconds
        assert await scene.next_poll() == seconds


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (600, 600),
        ("900", 900),
        (1, 60),
        (-1, 60),
        (10**9, 86400),
        ("soon", 7200),
        (None, 7200),
        (False, 7200),
    ],
)
async def test_the_lifetime_is_between_a_minute_and_a_day(
    tmp_path: Path, said: Any, seconds: float
) -> None:
    async with Scene(tmp_path, extra_begin={"expires_in": said}) as scene:
        shown = await scene.invited()
        until = datetime.fromtimestamp(START + seconds, UTC)
        form = "%Y-%m-%d %H:%M UTC" if seconds == 86400 else "%H:%M UTC"
        assert f"Valid until {until:{form}} (" in shown.text
        assert scene.journal()[-1]["expires_at"] == START + seconds


@pytest.mark.parametrize("call", ["init", "begin"])
async def test_no_link_in_twenty_seconds_is_said_in_words(tmp_path: Path, call: Any) -> None:
    async with Scene(tmp_path) as scene:
        scene.dingtalk.always(call, http(502))
        await scene.says("/dingtalk_new")
        await scene.settled()
        pauses = [await next_try(scene, call) for _ in range(4)]
        shown = await scene.sees("DingTalk did not give a link. Nothing was created")
        assert pauses == [1, 2, 4, 8]
        assert scene.clock.now() - START <= 20
        assert shown.button_texts == ["Start again"]
        assert (await scene.recorded("failed"))["trouble"] == "server_error"
        scene.dingtalk.always(call, None)
        await scene.press("Start again")
        await scene.sees("Waiting for you")


async def test_init_and_begin_are_repeated_as_a_pair(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        scene.dingtalk.next("begin", errcode(500), Answer(reset=True))
        await scene.says("/dingtalk_new")
        await scene.settled()
        await scene.pass_time(1 + 2)
        await scene.sees("Waiting for you")
        nonces = bodies(scene, "begin")
        assert len(bodies(scene, "init")) == len(nonces) == len(set(nonces)) == 3


def bodies(scene: Scene, call: str) -> list[bytes]:
    """What was sent with every call of that kind."""
    path = f"/app/registration/{call}"
    return [one.body for one in scene.dingtalk.requests if one.path == path]


async def next_try(scene: Scene, call: str) -> float:
    """Passes to the next call of that kind; gives the seconds until then."""
    before = len(bodies(scene, call))
    return await scene.pass_until(lambda: len(bodies(scene, call)) > before)


@pytest.mark.parametrize("row", [row for row in TROUBLE if row not in ("redirect", "moved_away")])
async def test_a_bad_road_to_begin_is_tried_again(tmp_path: Path, row: str) -> None:
    async with Scene(tmp_path, timeout=QUIETLY if row == "timeout" else 5.0) as scene:
        scene.dingtalk.next("begin", ROWS[row])
        await scene.says("/dingtalk_new")
        await scene.settled()
        passed = await scene.pass_until(lambda: scene.dingtalk.registrations)
        assert passed == (7 if row == "http_429" else 1)
        await scene.sees("Waiting for you")


@pytest.mark.parametrize(
    "fields",
    [
        {"user_code": ""},
        {"user_code": None},
        {"device_code": 12345, "user_code": 77},
        {"interval": "5", "expires_in": "7200"},
        {
            "verification_uri_complete": "",
            "verification_uri": "",
            "pc_verification_uri_complete": LIVE,
        },
        {"verification_uri_complete": None, "verification_uri": LIVE},
        {"source": "X", "mode": {"a": []}, "errcode": "0"},
    ],
    ids=str,
)
async def test_what_every_other_client_takes_is_enough(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    async with Scene(tmp_path, extra_begin=fields) as scene:
        shown = await scene.invited()
        user_code = fields.get("user_code", scene.dingtalk.latest.user_code)
        assert f"Code: {user_code}" in shown.text if user_code else "Code:" not in shown.text
        assert "ink to the page" in shown.text
        assert await scene.poll(success(ID, SECRET)) == 5
        await scene.sees("Done")


@pytest.mark.parametrize("call", ["init", "begin", "poll"])
@pytest.mark.parametrize("status", [307, 308])
async def test_a_lasting_redirect_at_dingtalk_itself_is_followed(
    tmp_path: Path, call: Any, status: int
) -> None:
    async with Scene(tmp_path) as scene:
        path = f"/app/registration/{call}"
        moved = http(status, "", {"Location": f"{path}?again"})
        scene.dingtalk.next(call, moved)
        await scene.invited()
        scene.dingtalk.latest.script.queue.append(success(ID, SECRET))
        await scene.next_poll()
        await scene.sees("Done")


@pytest.mark.parametrize("call", ["init", "begin"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_an_address_that_leads_elsewhere_is_said_at_once(
    tmp_path: Path, call: Any, status: int
) -> None:
    async with Scene(tmp_path) as scene:
        scene.dingtalk.next(call, http(status, "", {"Location": "https://example.com/"}))
        await scene.says("/dingtalk_new")
        shown = await scene.sees("The answer leads to another address")
        assert "registration_url" in shown.text
        assert (await scene.recorded("failed"))["trouble"] == "moved"


@pytest.mark.parametrize("secret", ["s" * 65537, "half \ud83d"])
async def test_a_pair_beyond_reason_is_refused_in_words_and_a_sound_one_still_taken(
    tmp_path: Path, secret: str
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(success(ID, secret))
        shown = await scene.sees("the credentials it gave are too long or damaged")
        assert "open-dev.dingtalk.com" in shown.text
        assert (await scene.recorded("failed"))["trouble"] == "unusable_pair"
        assert scene.platforms() == {}
        await scene.poll(success(ID, SECRET))
        await scene.sees("Credentials of a DingTalk bot arrived")


@pytest.mark.parametrize("gap", ["device_code", "verification_uri_complete", "nonce"])
async def test_an_incomplete_invitation_is_tried_again(tmp_path: Path, gap: str) -> None:
    whole = {
        "nonce": "n",
        "device_code": "d",
        "user_code": "u",
        "verification_uri_complete": "https://open-dev.dingtalk.com/",
    }
    async with Scene(tmp_path) as scene:
        call: Any = "init" if gap == "nonce" else "begin"
        scene.dingtalk.next(call, Answer(body={**whole, gap: ""}))
        await scene.says("/dingtalk_new")
        await scene.settled()
        assert await scene.next_moment() == 1
        await scene.sees("Waiting for you")


class SlowDingTalk:
    """A provider that takes its time, and then all of it."""

    kind = KIND

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._begun = 0

    async def begin(self) -> DeviceAuthorization:
        self._begun += 1
        if self._begun == 1:
            await self._clock.advance(18.95)
            raise RemoteError(Code.UNREACHABLE)
        await self._clock.sleep(3600)
        raise AssertionError("nobody waits that long")

    async def poll(self, state: SecretStr) -> PollResult:
        raise AssertionError("nothing was begun")

    async def check(self, credentials: Credentials) -> Health:
        raise AssertionError("nothing was created")

    async def about(self, credentials: Credentials) -> About:
        raise AssertionError("nothing was created")

    async def probe(self) -> Probe:
        raise AssertionError("nobody asks for the time")


async def test_a_call_that_hangs_at_the_end_of_twenty_seconds_is_cut_off() -> None:
    clock = FakeClock()
    inviting = asyncio.create_task(invite(SlowDingTalk(clock), clock))
    assert await clock.pass_until_due() == 1
    async with asyncio.timeout(2):
        with pytest.raises(RemoteError) as caught:
            await inviting
    assert caught.value.code is Code.TIMEOUT
    assert clock.now() - START < 20


# --- the link ------------------------------------------------------------------------------------

BASE = "https://open-dev.dingtalk.com/openapp/registration/openClaw?user_code="
BAD_LINKS = {
    "another host": "https://dingtalk.example.com/x",
    "a host that ends alike": "https://evildingtalk.com/x",
    "a host that begins alike": "https://dingtalk.com.example.com/x",
    "http": "http://open-dev.dingtalk.com/x",
    "too long": BASE + "x" * (513 - len(BASE)),
    "a user": "https://open-dev.dingtalk.com@example.com/x",
    "a user of theirs": "https://someone@open-dev.dingtalk.com/x",
    "a backslash": "https://example.com\\.dingtalk.com/x",
    "a backslash and a user": "https://example.com\\@open-dev.dingtalk.com/x",
    "backslashes for slashes": "https:\\\\open-dev.dingtalk.com/x",
    "a script": "javascript:alert(1)//open-dev.dingtalk.com",
    "a port": "https://open-dev.dingtalk.com:8443/x",
    "no port": "https://open-dev.dingtalk.com:x/x",
    "white space": "https://open-dev.dingtalk.com/a b",
    "a line end": "https://open-dev.dingtalk.com/a\nb",
    "a foreign letter": "https://open-dev.d\u0456ngtalk.com/x",
    "no host": "https:///x",
    "half a bracket": "https://[open-dev.dingtalk.com/x",
}


@pytest.mark.parametrize("link", BAD_LINKS.values(), ids=BAD_LINKS)
async def test_a_link_that_does_not_lead_to_dingtalk_is_refused(tmp_path: Path, link: str) -> None:
    async with Scene(tmp_path, extra_begin={"verification_uri_complete": link}) as scene:
        await scene.says("/dingtalk_new")
        shown = await scene.sees("does not lead to DingTalk, so I do not show it")
        assert shown.button_texts == ["Start again"]
        assert link not in shown.html
        row = await scene.recorded("failed")
        assert (row["trouble"], row["link"], row["device_code"]) == ("bad_link", "", None)
        assert len(bodies(scene, "begin")) == 1


@pytest.mark.parametrize(
    "link",
    [
        BASE + "MUEU-DEKR-5TN3&source=DING_DWS_CLAW",
        "https://dingtalk.com/x",
        "https://OPEN-DEV.DINGTALK.COM:443/x",
        BASE + "x" * (512 - len(BASE)),
    ],
    ids=["live", "bare", "capitals", "longest"],
)
async def test_a_link_of_dingtalk_is_shown(tmp_path: Path, link: str) -> None:
    async with Scene(tmp_path, extra_begin={"verification_uri_complete": link}) as scene:
        shown = await scene.invited()
        assert link in [button.url for row in shown.buttons for button in row]


@pytest.mark.parametrize(("length", "with_qr"), [(300, True), (301, False)])
async def test_above_300_characters_the_picture_is_left_out_and_the_message_says_so(
    tmp_path: Path, length: int, with_qr: bool
) -> None:
    link = BASE + "x" * (length - len(BASE))
    async with Scene(tmp_path, extra_begin={"verification_uri_complete": link}) as scene:
        shown = await scene.invited()
        assert shown.upload is not None
        with Image.open(io.BytesIO(shown.upload)) as picture:
            found = zxingcpp.read_barcodes(picture)
        assert [code.text for code in found] == ([link] if with_qr else [])
        assert ("too long for a QR picture" in shown.text) is not with_qr
        assert ("scan the picture" in shown.text) is with_qr
        links = [entity.get("url") for entity in shown.entities if entity["type"] == "text_link"]
        assert links == [link]
