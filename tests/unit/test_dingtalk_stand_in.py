"""The DingTalk stand-in, asked by a plain HTTP client."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
import pytest

from bootstrap_bot.clock import SystemClock
from bootstrap_bot.sandbox.answers import Answer, http
from bootstrap_bot.sandbox.dingtalk.answers import (
    ROWS,
    approving,
    errcode,
    fail,
    stage,
    success,
    waiting,
)
from bootstrap_bot.sandbox.dingtalk.page import PAGES
from bootstrap_bot.sandbox.dingtalk.stand_in import BOT_TOPIC, PATHS, Call, DingTalkStandIn

START = 1_800_000_000.0
QUIET_ROWS = {"timeout", "reset"}  # these send no HTTP answer


class HandClock(SystemClock):
    """A clock that only a test moves; seconds."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


class Client:
    """Speaks to the stand-in as a bot and as a browser would."""

    def __init__(self, stand_in: DingTalkStandIn, session: aiohttp.ClientSession) -> None:
        self.stand_in = stand_in
        self.session = session

    async def post(self, call: Call, body: object) -> tuple[int, Any]:
        """Status and JSON (text where it is none)."""
        address = self.stand_in.url + PATHS[call]
        async with self.session.post(address, json=body) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await (answer.json() if is_json else answer.text())

    async def begin(self, **source: str) -> dict[str, Any]:
        """The answer to begin, after a proper init."""
        _, first = await self.post("init", source)
        _, begun = await self.post("begin", {"nonce": first["nonce"]})
        assert isinstance(begun, dict)
        return begun

    async def poll(self, begun: dict[str, Any]) -> Any:
        """The body of one answer to poll."""
        return (await self.post("poll", {"device_code": begun["device_code"]}))[1]

    async def token(self, client_id: str, secret: str) -> tuple[int, Any]:
        return await self.post("token", {"appKey": client_id, "appSecret": secret})

    async def gateway(self, client_id: str, secret: str) -> tuple[int, Any]:
        body = {"clientId": client_id, "clientSecret": secret, "subscriptions": [BOT_TOPIC]}
        return await self.post("gateway", body)

    async def open(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and text of a page, redirects not followed."""
        address = self.stand_in.url + path
        async with self.session.get(address, headers=headers, allow_redirects=False) as answer:
            return answer.status, await answer.text()

    async def act(self, action: str, begun: dict[str, Any], **form: str) -> tuple[int, Any]:
        """Presses a button of the approval page."""
        address = f"{self.stand_in.url}/sandbox/registration/{action}"
        form["user_code"] = begun["user_code"]
        async with self.session.post(address, data=form) as answer:
            return answer.status, await answer.json()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def dingtalk(clock: HandClock) -> AsyncIterator[DingTalkStandIn]:
    async with DingTalkStandIn(clock=clock, stage_seconds=0) as stand_in:
        yield stand_in


@pytest.fixture
async def client(dingtalk: DingTalkStandIn) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(dingtalk, session)


def page_of(begun: dict[str, Any]) -> str:
    """Path and query of the verification link."""
    parts = urlsplit(begun["verification_uri_complete"])
    return f"{parts.path}?{parts.query}"


class TestRegistration:
    async def test_begins_with_everything_the_protocol_names(
        self, dingtalk: DingTalkStandIn, client: Client
    ) -> None:
        begun = await client.begin(source="DING_DWS_CLAW")
        link = urlsplit(begun["verification_uri_complete"])
        query = {"user_code": [begun["user_code"]], "source": ["DING_DWS_CLAW"]}
        assert (begun["errcode"], begun["interval"], begun["expires_in"]) == (0, 5, 7200)
        assert re.fullmatch(r"([A-Z2-9]{4}-){2}[A-Z2-9]{4}", begun["user_code"])
        assert begun["verification_uri_complete"].startswith(begun["verification_uri"] + "?")
        assert link.path == "/openapp/registration/openClaw"
        assert parse_qs(link.query) == query
        assert dingtalk.latest.device_code == begun["device_code"]
        assert dingtalk.latest.expires_at == START + 7200

    async def test_the_source_is_optional(self, client: Client) -> None:
        begun = await client.begin()
        assert begun["verification_uri_complete"].endswith("source=openClaw")

    async def test_a_nonce_works_once_and_for_five_minutes(
        self, client: Client, clock: HandClock
    ) -> None:
        _, first = await client.post("init", {})
        _, second = await client.post("init", {})
        nonce = {"nonce": first["nonce"]}
        assert first["expires_in"] == 300
        assert (await client.post("begin", nonce))[1]["errcode"] == 0
        assert (await client.post("begin", nonce))[1]["errcode"] == 40035
        clock.time += 300
        assert (await client.post("begin", {"nonce": second["nonce"]}))[1]["errcode"] == 40035

    async def test_begin_can_be_bent(self, clock: HandClock) -> None:
        bent = {"interval": "2", "user_code": "AB-1", "verification_uri_complete": "https://x.org"}
        async with (
            DingTalkStandIn(clock=clock, extra_begin=bent) as stand_in,
            aiohttp.ClientSession() as session,
        ):
            begun = await Client(stand_in, session).begin()
            assert begun.items() >= bent.items()
            assert stand_in.latest.user_code == "AB-1"

    async def test_the_credentials_are_given_once(
        self, dingtalk: DingTalkStandIn, client: Client
    ) -> None:
        begun = await client.begin()
        assert (await client.poll(begun))["status"] == "WAITING"
        await dingtalk.approve(name="Ada")
        given, again = await client.poll(begun), await client.poll(begun)
        assert given["status"] == again["status"] == "SUCCESS"
        assert re.fullmatch("ding[a-z0-9]{16}", given["client_id"])
        assert re.fullmatch("[A-Za-z0-9_-]{64}", given["client_secret"])
        assert again.keys() == {"errcode", "errmsg", "status"}
        assert dingtalk.latest.handed_out
        assert dingtalk.apps[given["client_id"]].name == "Ada"

    @pytest.mark.parametrize("pending", [False, True])
    async def test_stages_pass_before_the_verdict_and_publishing_has_the_pair(
        self, clock: HandClock, pending: bool
    ) -> None:
        async with (
            DingTalkStandIn(clock=clock, repeats=True) as stand_in,
            aiohttp.ClientSession() as session,
        ):
            client = Client(stand_in, session)
            begun = await client.begin()
            told = [await client.poll(begun)]
            await (stand_in.approve_pending() if pending else stand_in.approve())
            for _ in range(4):
                told.append(await client.poll(begun))
                clock.time += 0.9
            verdict = "APPROVING" if pending else "SUCCESS"
            assert [one["status"] for one in told] == [
                "WAITING",
                "CREATING",
                "CREATING",
                "PUBLISHING",
                verdict,
            ]
            assert ["client_secret" in one for one in told] == [False, False, False, True, True]

    async def test_a_slow_poll_misses_every_stage(self, clock: HandClock) -> None:
        async with (
            DingTalkStandIn(clock=clock) as stand_in,
            aiohttp.ClientSession() as session,
        ):
            client = Client(stand_in, session)
            begun = await client.begin()
            await stand_in.approve()
            clock.time += 2
            assert (await client.poll(begun))["status"] == "SUCCESS"

    async def test_a_pair_given_while_publishing_is_given(self, clock: HandClock) -> None:
        async with (
            DingTalkStandIn(clock=clock) as stand_in,
            aiohttp.ClientSession() as session,
        ):
            client = Client(stand_in, session)
            begun = await client.begin()
            await stand_in.approve()
            clock.time += 1
            given = await client.poll(begun)
            clock.time += 1
            assert (given["status"], "client_secret" in given) == ("PUBLISHING", True)
            assert await client.poll(begun) == {"errcode": 0, "errmsg": "ok", "status": "SUCCESS"}

    @pytest.mark.parametrize("pending", [False, True])
    async def test_a_pair_may_be_repeated_until_the_code_dies(
        self, clock: HandClock, pending: bool
    ) -> None:
        async with (
            DingTalkStandIn(clock=clock, stage_seconds=0, repeats=True) as stand_in,
            aiohttp.ClientSession() as session,
        ):
            client = Client(stand_in, session)
            begun = await client.begin()
            await (stand_in.approve_pending() if pending else stand_in.approve())
            given = await client.poll(begun)
            clock.time += 7199
            assert await client.poll(begun) == given
            assert given["client_secret"]
            clock.time += 1
            assert "client_secret" not in await client.poll(begun)

    async def test_an_existing_bot_keeps_its_pair(
        self, dingtalk: DingTalkStandIn, client: Client
    ) -> None:
        first = await client.begin()
        await dingtalk.approve()
        given = await client.poll(first)
        second = await client.begin()
        await dingtalk.approve(client_id=given["client_id"])
        assert await client.poll(second) == given

    async def test_approval_waits_for_the_admin(
        self, dingtalk: DingTalkStandIn, client: Client, clock: HandClock
    ) -> None:
        begun = await client.begin()
        await dingtalk.approve_pending()
        given, again = await client.poll(begun), await client.poll(begun)
        pair = given["client_id"], given["client_secret"]
        assert given["status"] == again["status"] == "APPROVING"
        assert "client_secret" not in again
        assert (await client.token(*pair))[0] == 400
        assert (await client.gateway(*pair))[0] == 401
        await dingtalk.grant()
        assert (await client.poll(begun))["status"] == "SUCCESS"
        assert (await client.token(*pair))[0] == (await client.gateway(*pair))[0] == 200

    async def test_the_admin_may_agree_after_the_code_is_dead(
        self, dingtalk: DingTalkStandIn, client: Client, clock: HandClock
    ) -> None:
        begun = await client.begin()
        await dingtalk.approve_pending()
        given = await client.poll(begun)
        clock.time += 7200
        await dingtalk.grant()
        assert (await client.poll(begun))["status"] == "EXPIRED"
        assert (await client.token(given["client_id"], given["client_secret"]))[0] == 200

    async def test_refusal_stays(self, dingtalk: DingTalkStandIn, client: Client) -> None:
        begun = await client.begin()
        await dingtalk.refuse(reason="no right to create apps")
        told = [await client.poll(begun), await client.poll(begun)]
        assert [one["status"] for one in told] == ["FAIL", "FAIL"]
        assert told[0]["fail_reason"] == "no right to create apps"
        with pytest.raises(ValueError, match="already FAIL"):
            await dingtalk.approve()

    async def test_stages_show(self, dingtalk: DingTalkStandIn, client: Client) -> None:
        begun = await client.begin()
        await dingtalk.set_stage("SCANNED")
        assert (await client.poll(begun))["status"] == "SCANNED"

    async def test_codes_expire_unless_somebody_agreed(
        self, dingtalk: DingTalkStandIn, client: Client, clock: HandClock
    ) -> None:
        dead, late = await client.begin(), await client.begin()
        await dingtalk.approve(late["user_code"])
        clock.time += 7200
        assert (await client.poll(dead))["status"] == "EXPIRED"
        assert (await client.poll(late))["status"] == "SUCCESS"
        with pytest.raises(ValueError, match="already EXPIRED"):
            await dingtalk.approve(dead["user_code"])

    async def test_polls_are_counted_by_the_clock(
        self, dingtalk: DingTalkStandIn, client: Client, clock: HandClock
    ) -> None:
        begun = await client.begin()
        await client.poll(begun)
        clock.time += 5
        await client.poll(begun)
        assert (dingtalk.polls, dingtalk.latest.polls) == (2, 2)
        assert dingtalk.poll_times == [START, START + 5]

    async def test_the_date_is_the_clocks(self, dingtalk: DingTalkStandIn, client: Client) -> None:
        async with client.session.get(dingtalk.url + "/nowhere") as answer:
            assert answer.headers["Date"] == "Fri, 15 Jan 2027 08:00:00 GMT"


class TestStrictness:
    @pytest.mark.parametrize("call", list(PATHS))
    async def test_only_posts_of_json(
        self, dingtalk: DingTalkStandIn, client: Client, call: Call
    ) -> None:
        address = dingtalk.url + PATHS[call]
        async with client.session.get(address) as answer:
            assert answer.status == 405
        async with client.session.post(address, data={"nonce": "1"}) as answer:
            assert answer.status == 415
        json = {"Content-Type": "application/json"}
        async with client.session.post(address, data=b"{", headers=json) as answer:
            assert answer.status == 400

    @pytest.mark.parametrize(
        ("call", "body"),
        [
            ("init", []),
            ("init", {"source": ""}),
            ("init", {"who": "me"}),
            ("begin", {}),
            ("begin", {"nonce": 1}),
            ("begin", {"source": "X"}),
            ("poll", {"source": "X"}),
            ("token", {"appKey": "x"}),
            ("gateway", {"clientId": "x", "clientSecret": "y", "subscriptions": []}),
        ],
    )
    async def test_only_the_fields_it_knows(self, client: Client, call: Call, body: object) -> None:
        assert (await client.post(call, body))[0] == 400

    @pytest.mark.parametrize("more", [{"source": "X"}, {"source": ""}, {"a": None, "b": [{}]}])
    async def test_begin_and_poll_take_whatever_comes_besides(
        self, client: Client, more: dict[str, Any]
    ) -> None:
        _, first = await client.post("init", {})
        _, begun = await client.post("begin", {"nonce": first["nonce"], **more})
        _, told = await client.post("poll", {"device_code": begun["device_code"], **more})
        assert told["status"] == "WAITING"

    async def test_unknown_device_code(self, client: Client) -> None:
        assert (await client.poll({"device_code": "guess"}))["errcode"] == 40035

    async def test_a_bad_pair(self, dingtalk: DingTalkStandIn, client: Client) -> None:
        begun = await client.begin()
        await dingtalk.approve()
        client_id = (await client.poll(begun))["client_id"]
        status, told = await client.token(client_id, "wrong")
        assert (status, told["code"]) == (400, "invalidClientIdOrSecret")
        status, told = await client.gateway(client_id, "wrong")
        assert (status, told["code"]) == (401, "authFailed")

    async def test_an_unpublished_bot_cannot_listen(
        self, dingtalk: DingTalkStandIn, client: Client
    ) -> None:
        begun = await client.begin()
        await dingtalk.approve()
        given = await client.poll(begun)
        dingtalk.apps[given["client_id"]].published = False
        assert (await client.gateway(given["client_id"], given["client_secret"]))[0] == 400
        other = {"type": "EVENT", "topic": "*"}
        body = {
            "clientId": given["client_id"],
            "clientSecret": given["client_secret"],
            "subscriptions": [other],
        }
        assert (await client.post("gateway", body))[1]["code"] == "invalidParameter"


class TestScript:
    async def test_queued_then_standing_then_its_own(
        self, dingtalk: DingTalkStandIn, client: Client
    ) -> None:
        begun = await client.begin()
        dingtalk.always_poll(stage("CREATING"))
        dingtalk.next_poll(waiting(), fail("first"))
        told = [(await client.poll(begun))["status"] for _ in range(3)]
        dingtalk.always_poll(None)
        assert told == ["WAITING", "FAIL", "CREATING"]
        assert (await client.poll(begun))["status"] == "WAITING"

    async def test_other_calls(self, dingtalk: DingTalkStandIn, client: Client) -> None:
        dingtalk.next("init", errcode(500))
        dingtalk.always("token", http(502, "<h1>down</h1>"))
        assert (await client.post("init", {}))[1]["errcode"] == 500
        assert (await client.post("init", {}))[1]["errcode"] == 0
        assert await client.token("x", "y") == (502, "<h1>down</h1>")

    async def test_a_scripted_pair_works(self, dingtalk: DingTalkStandIn, client: Client) -> None:
        begun = await client.begin()
        dingtalk.next_poll(success("dingaaaa", "secret"))
        assert (await client.poll(begun))["client_id"] == "dingaaaa"
        assert (await client.token("dingaaaa", "secret"))[0] == 200
        assert "client_id" not in await client.poll(begun)

    async def test_a_scripted_approval_can_be_granted(
        self, dingtalk: DingTalkStandIn, client: Client
    ) -> None:
        begun = await client.begin()
        dingtalk.next_poll(approving("dingaaaa", "secret"))
        await client.poll(begun)
        assert (await client.token("dingaaaa", "secret"))[0] == 400
        await dingtalk.grant()
        assert (await client.token("dingaaaa", "secret"))[0] == 200
        assert (await client.poll(begun))["status"] == "SUCCESS"

    async def test_credentials_under_publishing_do_not_come_again(
        self, dingtalk: DingTalkStandIn, client: Client
    ) -> None:
        begun = await client.begin()
        dingtalk.next_poll(ROWS["publishing_with_credentials"])
        given = await client.poll(begun)
        await dingtalk.approve()
        assert await client.poll(begun) == {"errcode": 0, "errmsg": "ok", "status": "SUCCESS"}
        assert (await client.token(given["client_id"], given["client_secret"]))[0] == 200

    @pytest.mark.parametrize("name", sorted(ROWS.keys() - QUIET_ROWS))
    async def test_every_row_can_be_sent(
        self, dingtalk: DingTalkStandIn, client: Client, name: str
    ) -> None:
        begun = await client.begin()
        dingtalk.next_poll(ROWS[name])
        address = dingtalk.url + PATHS["poll"]
        body = {"device_code": begun["device_code"]}
        async with client.session.post(address, json=body, allow_redirects=False) as answer:
            data = await answer.read()
        assert answer.status == ROWS[name].status
        assert b"{client" not in data
        assert (len(data) > 64 * 1024) == (name == "too_large")

    async def test_reset(self, dingtalk: DingTalkStandIn, client: Client) -> None:
        begun = await client.begin()
        dingtalk.next_poll(ROWS["reset"])
        with pytest.raises(aiohttp.ClientOSError):
            await client.poll(begun)

    async def test_no_answer(self, dingtalk: DingTalkStandIn, client: Client) -> None:
        begun = await client.begin()
        dingtalk.next_poll(ROWS["timeout"])
        call = asyncio.create_task(client.poll(begun))
        await dingtalk.until(lambda: dingtalk.polls == 1)
        assert not call.done()
        call.cancel()

    async def test_a_delayed_answer(self, dingtalk: DingTalkStandIn, client: Client) -> None:
        begun = await client.begin()
        gate = asyncio.Event()
        dingtalk.next_poll(Answer(body={"status": "LATE"}, delay=gate))
        call = asyncio.create_task(client.poll(begun))
        await dingtalk.until(lambda: dingtalk.polls == 1)
        gate.set()
        assert await call == {"status": "LATE"}

    async def test_held_polls_are_decided_when_they_come(
        self, dingtalk: DingTalkStandIn, client: Client
    ) -> None:
        begun = await client.begin()
        await dingtalk.approve()
        dingtalk.hold_polls()
        call = asyncio.create_task(client.poll(begun))
        await dingtalk.until(lambda: dingtalk.latest.handed_out)
        assert not call.done()
        dingtalk.release_polls()
        assert (await call)["client_secret"] == dingtalk.latest.client_secret

    async def test_it_closes_while_a_poll_is_held(self, clock: HandClock) -> None:
        async with aiohttp.ClientSession() as session:
            async with DingTalkStandIn(clock=clock) as stand_in:
                client = Client(stand_in, session)
                begun = await client.begin()
                stand_in.hold_polls()
                call = asyncio.create_task(client.poll(begun))
                await stand_in.until(lambda: stand_in.polls == 1)
            await asyncio.gather(call, return_exceptions=True)


class TestPages:
    async def test_opening_counts_as_scanning(
        self, dingtalk: DingTalkStandIn, client: Client
    ) -> None:
        begun = await client.begin()
        status, text = await client.open(page_of(begun))
        assert status == 200
        assert "This is not DingTalk" in text
        assert (await client.poll(begun))["status"] == "SCANNED"
        await dingtalk.set_stage("CREATING")
        await client.open(page_of(begun))
        assert dingtalk.latest.state == "CREATING"

    async def test_the_language(self, client: Client) -> None:
        page = page_of(await client.begin())
        wish = {"Accept-Language": "zh-CN,zh;q=0.9"}
        assert '<html lang="en">' in (await client.open(page))[1]
        assert '<html lang="zh">' in (await client.open(page, **wish))[1]
        assert '<html lang="zh">' in (await client.open(page + "&lang=zh"))[1]
        assert '<html lang="en">' in (await client.open(page + "&lang=en", **wish))[1]

    async def test_everything_on_it_is_translated(self) -> None:
        html = (PAGES / "approve.html").read_text(encoding="utf-8")
        chinese = (PAGES / "approve.zh.js").read_text(encoding="utf-8")
        texts = re.findall(r"data-text>([^<]+)<", html) + [row.title for row in ROWS.values()]
        assert [text for text in texts if f'"{text}":' not in chinese] == []

    async def test_its_files(self, client: Client) -> None:
        for name, status in {"approve.css": 200, "approve.js": 200, "approve.html": 404}.items():
            assert (await client.open(f"/sandbox/approve/{name}"))[0] == status

    async def test_approve(self, dingtalk: DingTalkStandIn, client: Client) -> None:
        begun = await client.begin()
        status, seen = await client.act("approve", begun, name=" Ada ")
        given = await client.poll(begun)
        assert (status, seen["state"], seen["name"]) == (200, "SUCCESS", "Ada")
        assert dingtalk.apps[given["client_id"]].name == "Ada"
        assert (await client.act("refuse", begun))[0] == 409

    async def test_pending_and_grant(self, client: Client) -> None:
        begun = await client.begin()
        _, pending = await client.act("pending", begun)
        _, granted = await client.act("grant", begun)
        assert (pending["state"], pending["pending"]) == ("APPROVING", True)
        assert (granted["state"], granted["pending"]) == ("SUCCESS", False)

    async def test_nothing_to_grant(self, client: Client) -> None:
        assert (await client.act("grant", await client.begin()))[0] == 409

    async def test_refuse(self, client: Client) -> None:
        begun = await client.begin()
        _, seen = await client.act("refuse", begun, reason="Not me")
        assert (seen["state"], seen["reason"]) == ("FAIL", "Not me")
        assert (await client.poll(begun))["fail_reason"] == "Not me"

    async def test_play_rows_to_one_registration(self, client: Client) -> None:
        begun, other = await client.begin(), await client.begin()
        await client.act("play", begun, row="creating", times="always")
        _, seen = await client.act("play", begun, row="selecting", times="once")
        assert (seen["queued"], seen["standing"]) == (["Selecting an organisation"], "Creating")
        told = [(await client.poll(begun))["status"] for _ in range(3)]
        assert told == ["SELECTING", "CREATING", "CREATING"]
        assert (await client.poll(other))["status"] == "WAITING"
        await client.act("stop", begun)
        assert (await client.poll(begun))["status"] == "WAITING"
        assert (await client.act("play", begun, row="nonsense"))[0] == 409

    async def test_credentials_are_never_shown(
        self, dingtalk: DingTalkStandIn, client: Client
    ) -> None:
        begun = await client.begin()
        await client.act("approve", begun)
        given = await client.poll(begun)
        state = f"/sandbox/registration?user_code={begun['user_code']}"
        shown = (await client.open(page_of(begun)))[1] + (await client.open(state))[1]
        asked = "".join(request.path for request in dingtalk.requests)
        for secret in (given["client_secret"], begun["device_code"], given["client_id"]):
            assert secret not in shown + asked

    async def test_unknown_code(self, client: Client) -> None:
        page = "/openapp/registration/openClaw?user_code=NO"
        assert (await client.open(page))[0] == 404
        assert (await client.act("approve", {"user_code": "NO"}))[1] == {"state": "UNKNOWN"}
        assert (await client.act("dance", await client.begin()))[0] == 404

    async def test_other_sites_cannot_act(self, dingtalk: DingTalkStandIn, client: Client) -> None:
        begun = await client.begin()
        address = dingtalk.url + "/sandbox/registration/approve"
        for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
            form = {"user_code": begun["user_code"]}
            async with client.session.post(address, data=form, headers=headers) as answer:
                assert answer.status == 403
        assert dingtalk.latest.state == "WAITING"

    async def test_the_app_link_leads_only_here(
        self, dingtalk: DingTalkStandIn, client: Client
    ) -> None:
        link = (await client.begin())["verification_uri_complete"]
        address = f"{dingtalk.url}/page/link?url={quote(link, safe='')}&target=fullScreen"
        async with client.session.get(address, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (302, link)
        for bad in (
            "",
            "https://evil.example/openapp/registration/openClaw",
            dingtalk.url + "/sandbox/registration",
            "javascript:alert(1)",
            f"{dingtalk.url}@evil.example/openapp/registration/openClaw",
            quote(link, safe=""),
        ):
            status, _ = await client.open(f"/page/link?url={quote(bad, safe='')}")
            assert status == 400
