"""DingTalk's answers, read: only verdicts and typed errors come out, whatever goes in."""

import asyncio
import json
import logging
import math
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code, RemoteError
from bootstrap_bot.http import Http
from bootstrap_bot.providers.answer import number
from bootstrap_bot.providers.dingtalk.provider import DingTalk
from bootstrap_bot.providers.provider import (
    Denied,
    DeviceAuthorization,
    Expired,
    Granted,
    Health,
    Link,
    Pending,
    PollResult,
    Probe,
    Stage,
)
from bootstrap_bot.sandbox.answers import BAD_GATEWAY, Answer, http
from bootstrap_bot.sandbox.dingtalk.answers import ROWS, errcode, stage
from bootstrap_bot.sandbox.dingtalk.stand_in import DingTalkStandIn
from bootstrap_bot.sandbox.server import LoopbackServer
from tests.contracts.provider_contract import ProviderContract
from tests.support.clock import FakeClock
from tests.support.credentials import ding_pair

REAL = "http://oapi.dingtalk.com"  # reached through a proxy on loopback, so no sandbox
LINK = "https://open-dev.dingtalk.com/openapp/registration/openClaw?user_code=MUEU&source=X"
CODE = SecretStr("device-code-of-a-test")
PAIR = ding_pair("dingabcdefgh1234", "s" * 40)
BOTH = {"client_id": "dingabcdefgh1234", "client_secret": "s" * 40}
FUZZ = settings(deadline=None, suppress_health_check=list(HealthCheck))


class TestPromises(ProviderContract):
    """The promises of every platform."""

    BEGINNING = ("init", "begin")

    def platform(self, clock: FakeClock) -> DingTalkStandIn:
        return DingTalkStandIn(clock=clock, stage_seconds=0)

    def provider(self, http: Http, stand_in: DingTalkStandIn) -> DingTalk:
        return DingTalk(http, stand_in.url, "SOURCE", stand_in.url)

    async def approve(self, stand_in: DingTalkStandIn) -> None:
        await stand_in.approve()

    async def refuse(self, stand_in: DingTalkStandIn) -> None:
        await stand_in.refuse()


@pytest.fixture
async def stand_in() -> AsyncIterator[DingTalkStandIn]:
    async with DingTalkStandIn(stage_seconds=0) as server:
        yield server


@pytest.fixture
async def sandboxed(stand_in: DingTalkStandIn) -> AsyncIterator[DingTalk]:
    """The provider with the stand-in's own address as DingTalk's."""
    async with Http(5) as session:
        yield DingTalk(session, stand_in.url, "SOURCE", stand_in.url)


@pytest.fixture
async def provider(stand_in: DingTalkStandIn) -> AsyncIterator[DingTalk]:
    """The provider as in real life: DingTalk's address, its answers from the stand-in."""
    async with Http(5, {REAL: stand_in.url}) as session:
        yield DingTalk(session, REAL, "SOURCE", REAL)


async def begun(
    stand_in: DingTalkStandIn, provider: DingTalk, **fields: object
) -> DeviceAuthorization:
    """The invitation that these fields of begin's answer make."""
    stand_in.extra_begin = {"verification_uri_complete": LINK, **fields}
    return await provider.begin()


async def polled(stand_in: DingTalkStandIn, provider: DingTalk, answer: Answer) -> PollResult:
    """What this answer to poll says."""
    if not stand_in.registrations:
        await begun(stand_in, provider, device_code=CODE.get_secret_value())
    stand_in.next_poll(answer)
    return await provider.poll(CODE)


async def trouble(stand_in: DingTalkStandIn, provider: DingTalk, answer: Answer) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        await polled(stand_in, provider, answer)
    return caught.value


# The two calls that begin.


async def test_a_code_is_asked_for_with_a_fresh_nonce(
    stand_in: DingTalkStandIn, provider: DingTalk
) -> None:
    invitation = await begun(stand_in, provider, user_code=" MUEU-DEKR-5TN3 ")
    first, second = stand_in.requests
    assert (first.path, json.loads(first.body)) == (
        "/app/registration/init",
        {"source": "SOURCE"},
    )
    assert second.path == "/app/registration/begin"
    assert list(json.loads(second.body)) == ["nonce"]
    assert first.headers["Host"] == "oapi.dingtalk.com"
    assert invitation == DeviceAuthorization(
        state=SecretStr(stand_in.latest.device_code),
        links=(Link("app", invitation.links[0].url), Link("browser", LINK)),
        qr=LINK,
        user_code="MUEU-DEKR-5TN3",
        interval=5.0,
        expires_in=7200.0,
    )


async def test_the_app_link_carries_the_whole_link_encoded_once(
    stand_in: DingTalkStandIn, provider: DingTalk
) -> None:
    hard = LINK + "&x=%2F~a%20b+c"
    invitation = await begun(stand_in, provider, verification_uri_complete=hard)
    assert (await begun(stand_in, provider)).links[0].url == (
        "https://applink.dingtalk.com/page/link?url=https%3A%2F%2Fopen-dev.dingtalk.com"
        "%2Fopenapp%2Fregistration%2FopenClaw%3Fuser_code%3DMUEU%26source%3DX&target=fullScreen"
    )
    assert parse_qs(urlsplit(invitation.links[0].url).query) == {
        "url": [hard],
        "target": ["fullScreen"],
    }


async def test_a_sandbox_names_its_own_app_link(
    stand_in: DingTalkStandIn, sandboxed: DingTalk
) -> None:
    invitation = await sandboxed.begin()
    assert invitation.qr.startswith(f"{stand_in.url}/openapp/registration/openClaw?user_code=")
    assert invitation.links[0].url.startswith(
        f"{stand_in.url}/page/link?url=http%3A%2F%2F127.0.0.1"
    )
    assert invitation.links[0].url.endswith("&target=fullScreen")


async def test_without_the_complete_link_the_plain_one_does(
    stand_in: DingTalkStandIn, provider: DingTalk
) -> None:
    for missing in (None, "", "  ", 7, "x" * 65537):
        for other in ("pc_verification_uri_complete", "verification_uri"):
            fields = {"verification_uri_complete": missing, "verification_uri": "", other: LINK}
            assert (await begun(stand_in, provider, **fields)).qr == LINK


@pytest.mark.parametrize("value", [None, "", " \n", [], {}, True, 7.5])
async def test_begin_needs_no_user_code(
    stand_in: DingTalkStandIn, provider: DingTalk, value: object
) -> None:
    invitation = await begun(stand_in, provider, user_code=value)
    assert invitation.user_code == ""
    assert invitation.qr == LINK


@pytest.mark.parametrize(
    ("value", "read"), [(7, "7"), (0, "0"), (" d ", "d"), (10**40, "1" + "0" * 40)]
)
async def test_codes_may_be_numbers(
    stand_in: DingTalkStandIn, provider: DingTalk, value: object, read: str
) -> None:
    stand_in.next("init", Answer(body={"nonce": value}))
    whole = {"verification_uri_complete": LINK, "device_code": value, "user_code": value}
    stand_in.next("begin", Answer(body=whole))
    invitation = await provider.begin()
    assert json.loads(stand_in.requests[-1].body) == {"nonce": read}
    assert invitation.state.get_secret_value() == invitation.user_code == read


@pytest.mark.parametrize("envelope", ["result", "data"])
async def test_an_envelope_is_opened(
    stand_in: DingTalkStandIn, provider: DingTalk, envelope: str
) -> None:
    whole = {"verification_uri_complete": LINK, "device_code": "d", "user_code": "u"}
    stand_in.next("init", Answer(body={"errcode": 0, envelope: {"nonce": "n"}}))
    stand_in.next("begin", Answer(body={"errcode": 0, envelope: whole}))
    assert (await provider.begin()).user_code == "u"
    verdict = await polled(
        stand_in, provider, Answer(body={envelope: {"status": "SUCCESS", **BOTH}})
    )
    assert verdict == Granted(credentials=PAIR)


@pytest.mark.parametrize("value", [None, "", " \n", [], {}, True, 7.5, "x" * 65537, "half \ud83d"])
async def test_begin_without_a_usable_code_is_a_bad_answer(
    stand_in: DingTalkStandIn, provider: DingTalk, value: object
) -> None:
    fields = {"verification_uri_complete": LINK, "device_code": "d", "user_code": "u"}
    stand_in.next("begin", Answer(body={**fields, "device_code": value}))
    with pytest.raises(RemoteError) as caught:
        await provider.begin()
    assert caught.value.code is Code.BAD_ANSWER


async def test_fields_up_to_64_kib_are_taken_and_stripped(
    stand_in: DingTalkStandIn, provider: DingTalk
) -> None:
    longest = "x" * 65536
    invitation = await begun(
        stand_in, provider, device_code=f"\n{longest} ", user_code=f" {longest}\t"
    )
    assert invitation.state.get_secret_value() == longest
    assert invitation.user_code == "x" * 4096


@pytest.mark.parametrize("nonce", [None, "", 5.5, ["n"], "x" * 65537])
async def test_init_without_a_nonce_is_a_bad_answer_and_nothing_is_begun(
    stand_in: DingTalkStandIn, provider: DingTalk, nonce: object
) -> None:
    stand_in.next("init", Answer(body={"errcode": 0, "nonce": nonce}))
    with pytest.raises(RemoteError) as caught:
        await provider.begin()
    assert caught.value.code is Code.BAD_ANSWER
    assert len(stand_in.requests) == 1


@pytest.mark.parametrize("call", ["init", "begin"])
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (errcode(500), Code.ERRCODE),
        (http(429, {}, {"Retry-After": "9"}), Code.RATE_LIMITED),
        (http(502, BAD_GATEWAY), Code.SERVER_ERROR),
        (http(403, {}), Code.HTTP_ERROR),
        (Answer(body=[1]), Code.NOT_JSON),
        (Answer(reset=True), Code.UNREACHABLE),
        (Answer(body={}), Code.BAD_ANSWER),
    ],
)
async def test_either_call_can_fail(
    stand_in: DingTalkStandIn, provider: DingTalk, call: Any, answer: Answer, code: Code
) -> None:
    stand_in.next(call, answer)
    with pytest.raises(RemoteError) as caught:
        await begun(stand_in, provider)
    assert caught.value.code is code
    assert caught.value.retry_after == (9.0 if code is Code.RATE_LIMITED else None)


# Numbers.

CLAMPS: list[tuple[object, float]] = [
    (None, 5.0),
    (5, 5.0),
    (2, 2.0),
    ("2", 2.0),
    (" 7 ", 7.0),
    ("2.5", 2.5),
    (1, 1.0),
    (0.99, 1.0),
    (0, 1.0),
    (-1, 1.0),
    (-1e12, 1.0),
    (60, 60.0),
    (60.5, 60.0),
    (1e12, 60.0),
    (10**300, 60.0),
    (10**400, 5.0),
    ("1" + "0" * 4000, 5.0),
    (math.nan, 5.0),
    (math.inf, 5.0),
    (-math.inf, 5.0),
    ("nan", 5.0),
    ("Infinity", 5.0),
    ("-inf", 5.0),
    ("soon", 5.0),
    ("", 5.0),
    (True, 5.0),
    (False, 5.0),
    ([], 5.0),
    ({}, 5.0),
    ([5], 5.0),
]


@pytest.mark.parametrize(("value", "taken"), CLAMPS, ids=lambda value: repr(value)[:20])
async def test_the_interval_is_1_to_60_seconds_and_5_when_it_is_nonsense(
    stand_in: DingTalkStandIn, provider: DingTalk, value: object, taken: float
) -> None:
    assert number(value, default=5, low=1, high=60) == taken
    assert (await begun(stand_in, provider, interval=value)).interval == taken


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        (None, 7200.0),
        (7200, 7200.0),
        ("600", 600.0),
        (60, 60.0),
        (59, 60.0),
        (-5, 60.0),
        (86400, 86400.0),
        (86401, 86400.0),
        (1e12, 86400.0),
        (math.nan, 7200.0),
        ("x", 7200.0),
    ],
)
async def test_the_lifetime_is_a_minute_to_a_day_and_two_hours_when_it_is_nonsense(
    stand_in: DingTalkStandIn, provider: DingTalk, value: object, taken: float
) -> None:
    assert (await begun(stand_in, provider, expires_in=value)).expires_in == taken


async def test_numbers_that_are_missing_have_defaults(
    stand_in: DingTalkStandIn, provider: DingTalk
) -> None:
    fields = {"verification_uri_complete": LINK, "device_code": "d", "user_code": "u"}
    stand_in.next("begin", Answer(body=fields))
    invitation = await provider.begin()
    assert (invitation.interval, invitation.expires_in) == (5.0, 7200.0)


# Links a person may be sent to.

TRUSTED = [
    "https://dingtalk.com",
    "https://dingtalk.com/",
    "https://open-dev.dingtalk.com/openapp?user_code=A",
    "https://a.b.dingtalk.com/x#y",
    "https://dingtalk.com:443/x",
    "https://OPEN-DEV.DingTalk.COM/x",
    "HTTPS://dingtalk.com/x",
    "https://dingtalk.com/?next=https://evil.example",
    "https://dingtalk.com/@evil.example",
    "https://dingtalk.com/" + "x" * (512 - 21),
]
HOSTILE = [
    "http://dingtalk.com/",
    "http://open-dev.dingtalk.com/",
    "https://evil.example/",
    "https://dingtalk.com.evil.example/",
    "https://evildingtalk.com/",
    "https://evil-dingtalk.com/",
    "https://.dingtalk.com/",
    "https://dingtalk.com./",
    "https://dingtalk.co/",
    "https://dingtalk.com:8443/",
    "https://dingtalk.com:0/",
    "https://dingtalk.com:80/",
    "https://dingtalk.com:x/",
    "https://dingtalk.com:99999/",
    "https://me@dingtalk.com/",
    "https://dingtalk.com@evil.example/",
    "https://dingtalk.com:443@evil.example/",
    "https://@dingtalk.com/",
    "https://evil.example\\@dingtalk.com/",
    "https://evil.example\\.dingtalk.com/",
    "https://dingtalk.com\\.evil.example/",
    "https://evil.example#.dingtalk.com",
    "https://evil.example?.dingtalk.com",
    "https://evil.example;.dingtalk.com/",
    "https://evil.example%2f.dingtalk.com/",
    "https://dingtalk%2ecom/",
    "https://dıngtalk.com/",
    "https://dingtalk。com/",
    "https://dingtalk.com/ x",
    "https://dingtalk.com/\nx",
    "https://ding\ttalk.com/",
    "https://dingtalk.com/\x00",
    "https://dingtalk.com/\x7f",
    "https://dingtalk.com/é",
    "https://dingtalk.com/\u202e",
    "https:dingtalk.com",
    "https:/dingtalk.com/",
    "https:///dingtalk.com/",
    "https://",
    "//dingtalk.com/",
    "dingtalk.com",
    "javascript:alert(1)//dingtalk.com/",
    "data:text/html,https://dingtalk.com/",
    "tg://resolve?domain=dingtalk.com",
    "dingtalk://dingtalk.com/",
    "ftp://dingtalk.com/",
    "https://[::1]/",
    "https://[dingtalk.com/",
    "https://127.0.0.1/",
    "http://127.0.0.1/",
    "http://localhost/",
    "https://localhost/",
    "https://dingtalk.com/" + "x" * (513 - 21),
]


@pytest.mark.parametrize("link", TRUSTED)
async def test_dingtalks_own_links_are_shown(
    stand_in: DingTalkStandIn, provider: DingTalk, link: str
) -> None:
    assert (await begun(stand_in, provider, verification_uri_complete=link)).qr == link


@pytest.mark.parametrize("link", HOSTILE)
async def test_no_other_link_is_ever_shown(
    stand_in: DingTalkStandIn, provider: DingTalk, link: str
) -> None:
    with pytest.raises(RemoteError) as caught:
        await begun(stand_in, provider, verification_uri_complete=link)
    assert caught.value.code is Code.BAD_LINK
    assert str(caught.value) == "bad_link"


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1/x",
        "https://127.0.0.1:8443/x",
        "http://localhost:1/x",
        "http://demo.localhost/x",
        "http://[::1]:80/x",
        "https://dingtalk.com/x",
    ],
)
async def test_a_sandbox_on_loopback_may_name_itself(
    stand_in: DingTalkStandIn, sandboxed: DingTalk, link: str
) -> None:
    assert (await begun(stand_in, sandboxed, verification_uri_complete=link)).qr == link


@pytest.mark.parametrize(
    "link",
    [
        "ftp://127.0.0.1/x",
        "javascript://127.0.0.1/x",
        "http://127.0.0.1@evil.example/",
        "http://me@127.0.0.1/",
        "http://evil.example/",
        "http://dingtalk.com/",
        "http://localhost.evil.example/",
        "https://dingtalk.com:8443/",
        "http://127.0.0.1/" + "x" * 512,
    ],
)
async def test_a_sandbox_may_name_nothing_else(
    stand_in: DingTalkStandIn, sandboxed: DingTalk, link: str
) -> None:
    with pytest.raises(RemoteError) as caught:
        await begun(stand_in, sandboxed, verification_uri_complete=link)
    assert caught.value.code is Code.BAD_LINK


# The table of answers to poll.

KEPT = Pending(stage=Stage.UNKNOWN, credentials=PAIR)
GIVEN = Granted(credentials=PAIR)
VERDICTS: list[tuple[Answer, PollResult]] = [
    (stage("WAITING"), Pending(stage=Stage.WAITING)),
    (stage("SELECTING"), Pending(stage=Stage.SELECTING)),
    (stage("SCANNED"), Pending(stage=Stage.SCANNED)),
    (stage("CREATING"), Pending(stage=Stage.CREATING)),
    (stage("PUBLISHING"), Pending(stage=Stage.PUBLISHING)),
    (stage("PUBLISHING", **BOTH), Pending(stage=Stage.PUBLISHING, credentials=PAIR)),
    (stage("APPROVING"), Pending(stage=Stage.APPROVING)),
    (stage("APPROVING", **BOTH), Granted(credentials=PAIR, needs_approval=True)),
    (stage(" waiting\n"), Pending(stage=Stage.WAITING)),
    (stage("Success", **BOTH), GIVEN),
    (stage("SUCCESS", **BOTH), GIVEN),
    (stage("SUCCESS", **{k: f" {v}\n" for k, v in BOTH.items()}), GIVEN),
    (stage("SUCCESS"), Granted()),
    (stage("SUCCESS", client_id="dingabcdefgh1234"), Granted()),
    (stage("SUCCESS", client_secret="s" * 40), Granted()),
    (stage("SUCCESS", client_id="", client_secret="s" * 40), Granted()),
    (stage("SUCCESS", client_id="ding", client_secret="  "), Granted()),
    (stage("SUCCESS", client_id=1.5, client_secret="s" * 40), Granted()),
    (stage("SUCCESS", client_id=True, client_secret="s" * 40), Granted()),
    (stage("SUCCESS", client_id="ding", client_secret=None), Granted()),
    (stage("FAIL", fail_reason="No right."), Denied(reason="No right.")),
    (stage("FAIL", fail_reason="cut \ud83d"), Denied(reason="cut ?")),
    (stage("FAIL", fail_reason=7), Denied()),
    (stage("FAIL"), Denied()),
    (stage("FAIL", fail_reason="x" * 5000), Denied(reason="x" * 4096)),
    (stage("FAIL", fail_reason="No.", **BOTH), Denied(reason="No.", credentials=PAIR)),
    (stage("EXPIRED"), Expired()),
    (stage("EXPIRED", **BOTH), Expired(credentials=PAIR)),
    (stage(""), Pending(stage=Stage.UNKNOWN)),
    (stage("UNKNOWN"), Pending(stage=Stage.UNKNOWN)),
    (stage("POLISHING"), Pending(stage=Stage.UNKNOWN)),
    (stage("POLISHING", **BOTH), KEPT),
    (Answer(body={"errcode": 0}), Pending(stage=Stage.UNKNOWN)),
    (Answer(body={}), Pending(stage=Stage.UNKNOWN)),
    (Answer(body={"status": None}), Pending(stage=Stage.UNKNOWN)),
    (Answer(body={"status": 7}), Pending(stage=Stage.UNKNOWN)),
    (Answer(body={"status": ["SUCCESS"], **BOTH}), KEPT),
    (Answer(body={"status": "WAITING"}), Pending(stage=Stage.WAITING)),
    (Answer(body={"errcode": None, "status": "WAITING"}), Pending(stage=Stage.WAITING)),
    (Answer(body={"errcode": "0", "status": "WAITING"}), Pending(stage=Stage.WAITING)),
    # Credentials are given once: they count whatever surrounds them.
    (Answer(body={"errcode": 500, **BOTH}), KEPT),
    (http(500, BOTH), KEPT),
    (http(429, BOTH), KEPT),
    (http(302, BOTH), KEPT),
    (http(404, "<html>" + json.dumps(BOTH)), KEPT),
    (Answer(body=[{"status": "SUCCESS", **BOTH}]), KEPT),
    (Answer(body={"a": [{"b": {"status": "SUCCESS", **BOTH}}]}), KEPT),
    (stage("SUCCESS", client_id="elsewhere", app=BOTH), GIVEN),
    (stage("SUCCESS", clientId=PAIR.account, clientSecret="s" * 40), GIVEN),
    (Answer(body=json.dumps(stage("SUCCESS", **BOTH).body)[:-1]), KEPT),
    (Answer(body=json.dumps(stage("SUCCESS", **BOTH).body) + "}"), KEPT),
    (stage("SUCCESS", **BOTH, padding="x" * 1024 * 1024), KEPT),
    (stage("SUCCESS", **BOTH, padding="x" * 1000 * 1024), GIVEN),
    (Answer(body='{"n":' + "9" * 5000 + "," + json.dumps(BOTH)[1:]), KEPT),
    (Answer(body=json.dumps(BOTH) + "[" * 9000), KEPT),
    (stage("APPROVAL_REQUIRED", **BOTH), Granted(credentials=PAIR, needs_approval=True)),
    (stage("approval-required", **BOTH), Granted(credentials=PAIR, needs_approval=True)),
    (stage("APPROVAL_REQUIRED"), Pending(stage=Stage.APPROVING)),
    (http(201, {"status": "WAITING"}), Pending(stage=Stage.WAITING)),
    (Answer(body={"errcode": " 0 ", "status": "WAITING"}), Pending(stage=Stage.WAITING)),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "verdict"), VERDICTS, ids=lambda value: str(value)[:60])
async def test_every_answer_that_says_something_is_a_verdict(
    stand_in: DingTalkStandIn, provider: DingTalk, answer: Answer, verdict: PollResult
) -> None:
    assert await polled(stand_in, provider, answer) == verdict


HALVES = [{"client_id": PAIR.account}, {"client_secret": "s" * 40}]


@pytest.mark.parametrize("order", [1, -1])
async def test_a_pair_may_come_in_two_halves(
    stand_in: DingTalkStandIn, provider: DingTalk, order: int
) -> None:
    first, second = HALVES[::order]
    assert await polled(stand_in, provider, stage("PUBLISHING", **first)) == Pending(
        stage=Stage.PUBLISHING
    )
    assert await polled(stand_in, provider, stage("PUBLISHING")) == Pending(stage=Stage.PUBLISHING)
    assert await polled(stand_in, provider, stage("SUCCESS", **second)) == GIVEN
    assert await polled(stand_in, provider, stage("SUCCESS")) == Granted()


async def test_halves_of_two_registrations_make_no_pair(
    stand_in: DingTalkStandIn, provider: DingTalk
) -> None:
    await begun(stand_in, provider, device_code="another")
    await polled(stand_in, provider, stage("SUCCESS", **HALVES[0]))
    stand_in.next_poll(stage("SUCCESS", **HALVES[1]))
    assert await provider.poll(SecretStr("another")) == Granted()


async def test_a_whole_pair_stands_above_a_half_of_before(
    stand_in: DingTalkStandIn, provider: DingTalk
) -> None:
    await polled(stand_in, provider, stage("CREATING", client_id="dingother"))
    assert await polled(stand_in, provider, stage("SUCCESS", **BOTH)) == GIVEN
    assert await polled(stand_in, provider, stage("SUCCESS", client_secret="z")) == Granted()


TROUBLE: list[tuple[Answer, Code]] = [
    (errcode(500), Code.ERRCODE),
    (errcode("500"), Code.ERRCODE),
    (errcode(-1), Code.ERRCODE),
    (errcode(""), Code.ERRCODE),
    (Answer(body={"errcode": [], "status": "WAITING"}), Code.ERRCODE),
    (Answer(body={"errcode": {}, "status": "SUCCESS"}), Code.ERRCODE),
    (Answer(body={"errcode": 1, "status": "SUCCESS", "client_id": "ding"}), Code.ERRCODE),
    (http(302, "", {"Location": "/login"}), Code.MOVED),
    (http(301, {"status": "WAITING"}, {"Location": "https://dingtalk.com/"}), Code.MOVED),
    (http(303, ""), Code.MOVED),
    (http(307, "", {"Location": "https://oapi.dingtalk.com/x"}), Code.MOVED),
    (http(308, "", {"Location": "https://example.com/"}), Code.MOVED),
    (http(304, ""), Code.HTTP_ERROR),
    (stage("SUCCESS", client_id="ding", client_secret="half \ud83d"), Code.UNUSABLE_PAIR),
    (stage("SUCCESS", client_id="\udfff", client_secret="s" * 40), Code.UNUSABLE_PAIR),
    (stage("SUCCESS", client_id="ding", client_secret="s" * 65537), Code.UNUSABLE_PAIR),
    (stage("WAITING", client_id="d" * 65537, client_secret="s"), Code.UNUSABLE_PAIR),
    (Answer(body='{"client_id": "ding", "client_secret": "cut o'), Code.NOT_JSON),
    (Answer(body='{"client_id": "ding", "client_secret": 12'), Code.NOT_JSON),
    (http(400, {"status": "EXPIRED"}), Code.HTTP_ERROR),
    (http(404, "<html>"), Code.HTTP_ERROR),
    (http(428, {}), Code.HTTP_ERROR),
    (http(429, {}), Code.RATE_LIMITED),
    (http(430, {}), Code.HTTP_ERROR),
    (http(499, {"status": "FAIL"}), Code.HTTP_ERROR),
    (http(500, {"status": "EXPIRED"}), Code.SERVER_ERROR),
    (http(502, BAD_GATEWAY), Code.SERVER_ERROR),
    (http(599, {}), Code.SERVER_ERROR),
    (Answer(body=[{"status": "WAITING"}]), Code.NOT_JSON),
    (Answer(body=b""), Code.NOT_JSON),
    (Answer(body='{"status": "SUCC'), Code.NOT_JSON),
    (Answer(body="<html>"), Code.NOT_JSON),
    (ROWS["too_large"], Code.TOO_LARGE),
    (Answer(reset=True), Code.UNREACHABLE),
]


@pytest.mark.parametrize(("answer", "code"), TROUBLE, ids=lambda value: str(value)[:60])
async def test_every_other_answer_is_a_bad_road_and_no_verdict(
    stand_in: DingTalkStandIn, provider: DingTalk, answer: Answer, code: Code
) -> None:
    error = await trouble(stand_in, provider, answer)
    assert error.code is code
    assert error.retry_after is None


@pytest.mark.parametrize(
    "answer",
    [
        http(429, {}, {"Retry-After": "7"}),
        http(503, {}, {"Retry-After": "7"}),
        http(403, {}, {"Retry-After": "7"}),
        Answer(200, {"errcode": 88}, {"Retry-After": "7"}),
    ],
)
async def test_retry_after_is_handed_on_with_every_error_that_has_it(
    stand_in: DingTalkStandIn, provider: DingTalk, answer: Answer
) -> None:
    assert (await trouble(stand_in, provider, answer)).retry_after == 7.0


async def test_the_device_code_is_in_the_body_and_nowhere_else(
    stand_in: DingTalkStandIn, provider: DingTalk
) -> None:
    await polled(stand_in, provider, stage("WAITING"))
    request = stand_in.requests[-1]
    assert request.path == "/app/registration/poll"
    assert json.loads(request.body) == {"device_code": CODE.get_secret_value()}
    assert request.headers["Host"] == "oapi.dingtalk.com"
    assert CODE.get_secret_value() not in str(request.headers)


# What is said of it.


async def test_an_unknown_stage_is_named_once_in_the_log(
    stand_in: DingTalkStandIn, provider: DingTalk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for status in ("POLISHING", "POLISHING", "polishing", "GILDING", "WAITING", "UNKNOWN"):
        await polled(stand_in, provider, stage(status, **BOTH))
    assert [(r.name, r.levelname, r.getMessage()) for r in caplog.records] == [
        (
            "bootstrap_bot.providers.dingtalk.provider",
            "INFO",
            f"DingTalk names a stage that is not known here: {status}",
        )
        for status in ("POLISHING", "GILDING", "UNKNOWN")
    ]


@pytest.mark.parametrize(
    "status",
    ["", "WAITING\nFAKE LINE", "<b>", "A B", "A" * 33, "ÄRGER", "SCHRITT1", "%s", 'x"y', "\ud83d"],
)
async def test_a_stage_with_a_strange_name_leaves_no_trace_in_the_log(
    stand_in: DingTalkStandIn, provider: DingTalk, caplog: pytest.LogCaptureFixture, status: str
) -> None:
    caplog.set_level(logging.INFO)
    assert await polled(stand_in, provider, stage(status)) == Pending(stage=Stage.UNKNOWN)
    assert caplog.records == []


async def test_a_stages_name_of_32_letters_is_the_longest_that_is_noted(
    stand_in: DingTalkStandIn, provider: DingTalk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await polled(stand_in, provider, stage("A" * 32))
    assert [record.args for record in caplog.records] == [("A" * 32,)]


async def test_a_flood_of_new_stages_does_not_flood_the_log(
    stand_in: DingTalkStandIn, provider: DingTalk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for first in "ABCDEFGHIJK":
        for second in "ABCDEFGHIJ":
            await polled(stand_in, provider, stage(f"X_{first}{second}"))
    assert len(caplog.records) == 100


async def test_no_secret_is_in_any_repr_line_or_error(
    stand_in: DingTalkStandIn, provider: DingTalk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = [repr(await begun(stand_in, provider, device_code=CODE.get_secret_value()))]
    for answer in (stage("SUCCESS", **BOTH), stage("ODD", **BOTH), http(500, BOTH)):
        verdict = await polled(stand_in, provider, answer)
        said += [repr(verdict), str(verdict)]
    for answer in (errcode(500, "s" * 40), Answer(reset=True), Answer(body=str(BOTH))):
        error = await trouble(stand_in, provider, answer)
        said += [repr(error), str(error)]
    said += [record.getMessage() for record in caplog.records]
    everything = "\n".join([*said, repr(provider)])
    assert CODE.get_secret_value() not in everything
    assert "sss" not in everything


# What it is called, and what time it has.


async def test_dingtalks_clock_is_asked_for_without_beginning_anything(
    stand_in: DingTalkStandIn, provider: DingTalk
) -> None:
    assert provider.kind.name == "dingtalk"
    for answer in (None, http(500, "<html>")):
        if answer is not None:
            stand_in.next("init", answer)
        probe = await provider.probe()
        assert probe.date == pytest.approx(stand_in.clock.now(), abs=5)
    assert [request.path for request in stand_in.requests] == ["/app/registration/init"] * 2
    assert json.loads(stand_in.requests[0].body) == {"source": "SOURCE"}
    assert {request.headers["Host"] for request in stand_in.requests} == {"oapi.dingtalk.com"}
    assert stand_in.registrations == []


async def test_a_clock_that_cannot_be_reached_is_a_bad_road(
    stand_in: DingTalkStandIn, provider: DingTalk
) -> None:
    stand_in.next("init", Answer(reset=True))
    assert await provider.probe() == Probe(None, Code.UNREACHABLE)


# Whether a stored pair works.


async def approved(stand_in: DingTalkStandIn, provider: DingTalk) -> Credentials:
    await begun(stand_in, provider)
    await stand_in.approve()
    registration = stand_in.latest
    assert registration.client_id
    assert registration.client_secret
    return ding_pair(registration.client_id, registration.client_secret)


async def test_a_pair_that_works_is_asked_for_a_token_and_a_ticket(
    stand_in: DingTalkStandIn, provider: DingTalk
) -> None:
    pair = await approved(stand_in, provider)
    assert await provider.check(pair) is Health.WORKS
    token, gateway = stand_in.requests[-2:]
    assert token.path == "/v1.0/oauth2/accessToken"
    secret = pair.text("client_secret")
    assert json.loads(token.body) == {"appKey": pair.account, "appSecret": secret}
    assert gateway.path == "/v1.0/gateway/connections/open"
    assert {request.headers["Host"] for request in (token, gateway)} == {"oapi.dingtalk.com"}
    assert json.loads(gateway.body) == {
        "clientId": pair.account,
        "clientSecret": secret,
        "subscriptions": [{"type": "CALLBACK", "topic": "/v1.0/im/bot/messages/get"}],
        "ua": "bootstrap-bot",
    }


async def test_a_pair_that_is_wrong_is_told(stand_in: DingTalkStandIn, provider: DingTalk) -> None:
    await approved(stand_in, provider)
    assert await provider.check(PAIR) is Health.WRONG_PAIR


HEALTH = [
    ("token", http(400, {}), Health.WRONG_PAIR),
    ("token", http(401, {}), Health.WRONG_PAIR),
    ("token", http(403, {}), Health.WRONG_PAIR),
    ("gateway", http(401, {}), Health.WRONG_PAIR),
    ("gateway", http(403, {}), Health.WRONG_PAIR),
    ("gateway", http(400, {}), Health.NOT_PUBLISHED),
]


@pytest.mark.parametrize(("call", "answer", "health"), HEALTH)
async def test_each_check_has_its_own_no(
    stand_in: DingTalkStandIn, provider: DingTalk, call: Any, answer: Answer, health: Health
) -> None:
    pair = await approved(stand_in, provider)
    stand_in.next(call, answer)
    assert await provider.check(pair) is health


@pytest.mark.parametrize("call", ["token", "gateway"])
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (http(500, {}), Code.SERVER_ERROR),
        (http(429, {}), Code.RATE_LIMITED),
        (http(404, {}), Code.HTTP_ERROR),
        (http(302, {}), Code.MOVED),
        (Answer(body=[]), Code.NOT_JSON),
        (Answer(reset=True), Code.UNREACHABLE),
    ],
)
async def test_a_check_that_fails_says_nothing_about_the_pair(
    stand_in: DingTalkStandIn, provider: DingTalk, call: Any, answer: Answer, code: Code
) -> None:
    pair = await approved(stand_in, provider)
    stand_in.next(call, answer)
    with pytest.raises(RemoteError) as caught:
        await provider.check(pair)
    assert caught.value.code is code


# Anything at all.

NUMBERS = (
    st.integers()
    | st.integers(min_value=-(10**400), max_value=10**400)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.sampled_from([1e12, -1e12, 0, -0.0, 1e308, 5e-324])
)
TEXTS = st.text(st.characters(), max_size=30) | NUMBERS.map(str)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
NAMES = st.sampled_from(
    [
        "errcode",
        "nonce",
        "device_code",
        "user_code",
        "verification_uri",
        "verification_uri_complete",
        "expires_in",
        "interval",
        "status",
        "client_id",
        "client_secret",
        "fail_reason",
    ]
)
STATUSES = st.sampled_from(["SUCCESS", "FAIL", "WAITING", "APPROVING", "EXPIRED", "PUBLISHING", ""])
LIKELY = st.fixed_dictionaries(
    {"errcode": st.just(0)},
    optional={
        "nonce": st.just("n"),
        "device_code": st.just("d") | SCALARS,
        "user_code": st.just("u") | SCALARS,
        "verification_uri_complete": st.just(LINK) | SCALARS,
        "expires_in": SCALARS,
        "interval": SCALARS,
        "status": STATUSES | SCALARS,
        "client_id": SCALARS,
        "client_secret": SCALARS,
        "fail_reason": SCALARS,
    },
)
JSON = LIKELY | st.recursive(
    SCALARS | st.dictionaries(NAMES | TEXTS, SCALARS, max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=8),
    max_leaves=12,
)
BODIES = st.binary(max_size=200) | TEXTS.map(lambda t: t.encode(errors="replace")) | JSON.map(
    lambda value: json.dumps(value).encode()
)  # fmt: skip
REPLIES = st.tuples(st.sampled_from([200] * 12 + [201, 302, 400, 401, 404, 429, 500, 503]), BODIES)


class Anything(LoopbackServer):
    """Answers whatever a test says next, to any POST; init is answered well unless told."""

    def __init__(self) -> None:
        super().__init__()
        self.replies: dict[str, tuple[int, bytes]] = {}
        self.app.router.add_post("/app/registration/{call}", self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        status, body = self.replies.get(request.match_info["call"], (200, b'{"nonce": "n"}'))
        return web.Response(status=status, body=body)


class Machine:
    """A provider and its server on an event loop of their own, kept for many examples."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self.server = Anything()
        self._http = Http(5, {REAL: ""})
        self.provider = DingTalk(self._http, REAL, "S", REAL)

    def start(self) -> None:
        self._runner.run(self.server.__aenter__())
        self._http = Http(5, {REAL: self.server.url})
        self._runner.run(self._http.__aenter__())
        self.provider = DingTalk(self._http, REAL, "S", REAL)

    def stop(self) -> None:
        self._runner.run(self._http.__aexit__(None, None, None))
        self._runner.run(self.server.__aexit__(None, None, None))

    def begin(self) -> DeviceAuthorization | RemoteError:
        try:
            return self._runner.run(asyncio.wait_for(self.provider.begin(), 5))
        except RemoteError as error:
            return error

    def poll(self) -> PollResult | RemoteError:
        try:
            return self._runner.run(asyncio.wait_for(self.provider.poll(CODE), 5))
        except RemoteError as error:
            return error


@pytest.fixture
def machine() -> Iterator[Machine]:
    with asyncio.Runner() as runner:
        machine = Machine(runner)
        machine.start()
        yield machine
        machine.stop()


@settings(FUZZ, max_examples=300)
@given(REPLIES)
def test_any_answer_to_init_ends_in_an_invitation_or_a_typed_error(
    machine: Machine, reply: tuple[int, bytes]
) -> None:
    good = {"device_code": "d", "user_code": "u", "verification_uri_complete": LINK}
    machine.server.replies = {"init": reply, "begin": (200, json.dumps(good).encode())}
    outcome = machine.begin()
    if isinstance(outcome, RemoteError):
        assert str(outcome) == outcome.code.value
    else:
        assert outcome.state.get_secret_value() == "d"


@settings(FUZZ, max_examples=600)
@given(REPLIES)
@example((200, b'{"device_code":"d","user_code":"u","verification_uri":"https://dingtalk.com","interval":NaN,"expires_in":-Infinity}'))  # fmt: skip # noqa: E501
def test_any_answer_to_begin_ends_in_a_sound_invitation_or_a_typed_error(
    machine: Machine, reply: tuple[int, bytes]
) -> None:
    machine.server.replies = {"begin": reply}
    outcome = machine.begin()
    if isinstance(outcome, RemoteError):
        assert str(outcome) == outcome.code.value
        return
    assert 1 <= outcome.interval <= 60
    assert 60 <= outcome.expires_in <= 86400
    assert outcome.qr.startswith("https://")
    assert (urlsplit(outcome.qr).hostname or "").endswith("dingtalk.com")
    assert outcome.state.get_secret_value().strip()
    for text in (outcome.user_code, outcome.state.get_secret_value()):
        text.encode()


@settings(FUZZ, max_examples=1000)
@given(REPLIES)
@example((200, b'{"status":"FAIL","fail_reason":"\\ud83d"}'))
@example((200, b'{"status":"SUCCESS","client_id":"\\ud83d","client_secret":"x"}'))
def test_any_answer_to_poll_ends_in_a_verdict_or_a_typed_error(
    machine: Machine, reply: tuple[int, bytes]
) -> None:
    machine.server.replies = {"poll": reply}
    outcome = machine.poll()
    if isinstance(outcome, RemoteError):
        assert str(outcome) == outcome.code.value
        return
    assert isinstance(outcome, Pending | Granted | Denied | Expired)
    if isinstance(outcome, Denied):
        assert len(outcome.reason.encode()) <= 4 * 4096
    if outcome.credentials is not None:
        assert outcome.credentials.account.encode()
        assert outcome.credentials.text("client_secret").encode()


@given(SCALARS | st.lists(SCALARS, max_size=3))
def test_a_number_is_always_within_its_bounds(value: object) -> None:
    assert 1 <= number(value, default=5, low=1, high=60) <= 60
