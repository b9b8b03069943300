"""Lark's answers, read: only verdicts and typed errors come out, whatever goes in."""

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code, RemoteError
from bootstrap_bot.http import Http
from bootstrap_bot.providers.lark.kind import KIND
from bootstrap_bot.providers.lark.provider import Lark
from bootstrap_bot.providers.lark.settings import LarkTable
from bootstrap_bot.providers.provider import (
    About,
    Denied,
    Expired,
    Granted,
    Health,
    Pending,
    PollResult,
    Probe,
)
from bootstrap_bot.sandbox.answers import Answer, http
from bootstrap_bot.sandbox.lark.answers import (
    ROWS,
    TROUBLE,
    brand_hint,
    error,
    open_api,
)
from bootstrap_bot.sandbox.lark.stand_in import LarkStandIn
from tests.contracts.provider_contract import ProviderContract
from tests.support.clock import FakeClock

SECRET = "s" * 28 + "WXYZ"


class TestPromises(ProviderContract):
    """The promises of every platform."""

    def platform(self, clock: FakeClock) -> LarkStandIn:
        return LarkStandIn(clock=clock)

    def provider(self, http: Http, stand_in: LarkStandIn) -> Lark:
        return asking(http, stand_in)

    async def approve(self, stand_in: LarkStandIn) -> None:
        await stand_in.approve()

    async def refuse(self, stand_in: LarkStandIn) -> None:
        await stand_in.decline()


class TestPromisesToPeopleOfLark(TestPromises):
    """The same to people of the other brand."""

    async def approve(self, stand_in: LarkStandIn) -> None:
        await stand_in.approve(brand="lark")


def asking(http: Http, stand_in: LarkStandIn) -> Lark:
    """The provider with the stand-in's hosts."""
    table = LarkTable(
        feishu_accounts_url=stand_in.feishu_accounts_url,
        feishu_open_url=stand_in.feishu_open_url,
        lark_accounts_url=stand_in.lark_accounts_url,
        lark_open_url=stand_in.lark_open_url,
    )
    return Lark(http, table.accounts, table.open)


@pytest.fixture
async def stand_in() -> AsyncIterator[LarkStandIn]:
    async with LarkStandIn(clock=FakeClock()) as server:
        yield server


@pytest.fixture
async def lark(stand_in: LarkStandIn) -> AsyncIterator[Lark]:
    """The provider with the stand-in's hosts."""
    async with Http(1) as session:
        yield asking(session, stand_in)


def credentials(
    app_id: str = "cli_a1b2c3d4e5f60718", domain: str = "feishu", owner: str = "ou_1"
) -> Credentials:
    values = {"app_id": app_id, "app_secret": SECRET, "domain": domain, "owner_open_id": owner}
    return KIND.credentials({name: text for name, text in values.items() if text})


async def begun(stand_in: LarkStandIn, lark: Lark) -> SecretStr:
    """The state of a registration whose first poll may come now."""
    state = (await lark.begin()).state
    await wait(stand_in)
    return state


async def wait(stand_in: LarkStandIn, seconds: float = 5.0) -> None:
    assert isinstance(stand_in.clock, FakeClock)
    await stand_in.clock.advance(seconds)


# Beginning.


async def test_a_registration_begins_at_feishu_as_a_form(stand_in: LarkStandIn, lark: Lark) -> None:
    authorization = await lark.begin()
    (request,) = stand_in.requests
    assert request.path == "/oauth/v1/app/registration"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(request.body.decode()) == {
        "action": ["begin"],
        "archetype": ["PersonalAgent"],
        "auth_method": ["client_secret"],
        "request_user_info": ["open_id tenant_brand"],
    }
    assert stand_in.latest.begun_at == "feishu"
    assert (authorization.interval, authorization.expires_in) == (5, 3600)
    assert authorization.user_code == stand_in.latest.user_code


async def test_both_brands_get_a_page_of_their_own_and_the_answers_own_link_is_not_used(
    stand_in: LarkStandIn, lark: Lark
) -> None:
    stand_in.extra_begin = {"user_code": "A+/=&B"}
    authorization = await lark.begin()
    pages = [(link.label, link.language, link.url) for link in authorization.links]
    query = "/page/cli?user_code=A%2B%2F%3D%26B"
    assert pages == [
        ("feishu", "zh", stand_in.feishu_open_url + query),
        ("lark", "en", stand_in.lark_open_url + query),
    ]
    assert authorization.qr == authorization.links[0].url
    assert "launcher" not in repr(authorization)


def test_without_settings_the_links_lead_to_the_vendors() -> None:
    table = LarkTable()
    assert [urlsplit(url).hostname for url in table.addresses] == [
        "accounts.feishu.cn",
        "accounts.larksuite.com",
        "open.feishu.cn",
        "open.larksuite.com",
    ]


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"expires_in": 3600}, 3600),
        ({"expires_in": "900"}, 900),
        ({"expires_in": None, "expire_in": 700}, 700),
        ({"expires_in": None}, 600),
        ({"expires_in": 1}, 60),
        ({"expires_in": 10**9}, 86400),
    ],
)
async def test_both_spellings_of_the_lifetime_are_read(
    stand_in: LarkStandIn, lark: Lark, fields: dict[str, object], seconds: float
) -> None:
    stand_in.extra_begin = fields
    assert (await lark.begin()).expires_in == seconds


@pytest.mark.parametrize("missing", ["device_code", "user_code"])
async def test_without_a_code_there_is_no_registration(
    stand_in: LarkStandIn, lark: Lark, missing: str
) -> None:
    stand_in.extra_begin = {missing: ""}
    with pytest.raises(RemoteError) as caught:
        await lark.begin()
    assert caught.value.code is Code.BAD_ANSWER


async def test_a_refusal_to_begin_is_the_platforms(stand_in: LarkStandIn, lark: Lark) -> None:
    stand_in.next("begin", error("invalid_request", "no"))
    with pytest.raises(RemoteError) as caught:
        await lark.begin()
    assert caught.value.code is Code.ERRCODE


# Polling.

EXPECTED: dict[str, PollResult | Code] = {
    "pending": Pending(),
    "silence": Pending(),
    "slow_down": Pending(slow_down=5.0),
    "success": Granted(credentials=credentials()),
    "success_bare": Granted(credentials=credentials(owner="")),
    "success_half": Pending(),
    "success_without_id": Pending(),
    "denied": Denied(),
    "expired": Expired(),
    "invalid_grant": Expired(),
    "unknown_error": Denied(reason="Only an admin may create apps."),
    "http_429": Code.RATE_LIMITED,
    "http_500": Code.SERVER_ERROR,
    "moved_away": Code.MOVED,
    "bad_json": Code.NOT_JSON,
    "list": Code.NOT_JSON,
    "text": Code.NOT_JSON,
    "too_large": Code.TOO_LARGE,
    "http_404": Code.HTTP_ERROR,
    "http_502_html": Code.SERVER_ERROR,
    "redirect": Code.MOVED,
    "empty_body": Code.NOT_JSON,
    "timeout": Code.TIMEOUT,
    "reset": Code.UNREACHABLE,
}
HINTS = [name for name in ROWS if name.startswith("brand_hint")]


def test_every_row_of_the_table_is_expected() -> None:
    assert {*EXPECTED, *HINTS} == {*ROWS}


@pytest.mark.parametrize("row", EXPECTED)
async def test_each_answer_means_what_the_table_says(
    stand_in: LarkStandIn, lark: Lark, row: str
) -> None:
    state = await begun(stand_in, lark)
    given = {"client_id": "cli_a1b2c3d4e5f60718", "client_secret": SECRET}
    body = ROWS[row].body
    if isinstance(body, dict):
        pair = {key: given[key] for key in given if key in body}
        person = {"user_info": {"open_id": "ou_1", "tenant_brand": "feishu"}}
        body = {**body, **pair, **(person if "user_info" in body else {})}
    stand_in.next_poll(replace(ROWS[row], body=body))
    expected = EXPECTED[row]
    if isinstance(expected, Code):
        with pytest.raises(RemoteError) as caught:
            await lark.poll(state)
        assert caught.value.code is expected
    else:
        assert await lark.poll(state) == expected


@pytest.mark.parametrize("row", HINTS)
async def test_a_person_of_lark_is_asked_for_at_larks_host_from_then_on(
    stand_in: LarkStandIn, lark: Lark, row: str
) -> None:
    state = await begun(stand_in, lark)
    stand_in.next_poll(ROWS[row])
    hint = await lark.poll(state)
    assert isinstance(hint, Pending)
    assert hint.state is not None
    assert hint.credentials is None
    stand_in.next_poll(brand_hint())
    again = await lark.poll(hint.state)
    assert again == Pending()  # the hint is of no interest there
    assert stand_in.poll_hosts == ["feishu", "lark"]


async def test_the_whole_way_of_a_person_of_lark(stand_in: LarkStandIn, lark: Lark) -> None:
    state = await begun(stand_in, lark)
    await stand_in.approve(brand="lark", open_id="ou_lark")
    hint = await lark.poll(state)
    assert isinstance(hint, Pending)
    assert hint.state is not None
    granted = await lark.poll(hint.state)
    assert isinstance(granted, Granted)
    assert granted.credentials is not None
    assert granted.credentials.text("domain") == "lark"
    assert granted.credentials.text("owner_open_id") == "ou_lark"
    assert granted.credentials.account == stand_in.latest.client_id
    assert await lark.check(granted.credentials) is Health.WORKS


async def test_the_whole_way_of_a_person_of_feishu(stand_in: LarkStandIn, lark: Lark) -> None:
    state = await begun(stand_in, lark)
    assert await lark.poll(state) == Pending()
    await stand_in.approve()
    await wait(stand_in)
    granted = await lark.poll(state)
    assert isinstance(granted, Granted)
    assert granted.credentials is not None
    assert granted.credentials.text("domain") == "feishu"
    assert await lark.check(granted.credentials) is Health.WORKS


async def test_a_poll_that_comes_too_early_is_slowed_down(
    stand_in: LarkStandIn, lark: Lark
) -> None:
    state = await begun(stand_in, lark)
    assert await lark.poll(state) == Pending()
    assert await lark.poll(state) == Pending(slow_down=5.0)


async def test_a_pair_is_kept_whatever_it_comes_with(stand_in: LarkStandIn, lark: Lark) -> None:
    state = await begun(stand_in, lark)
    pair = {"client_id": "cli_a1b2c3d4e5f60718", "client_secret": SECRET}
    kept = credentials(owner="")
    for answer, expected in (
        (http(500, pair), Granted(credentials=kept)),
        (Answer(400, {"error": "access_denied", **pair}), Denied(credentials=kept)),
        (Answer(400, {"error": "expired_token", **pair}), Expired(credentials=kept)),
        (Answer(400, {"error": "authorization_pending", **pair}), Pending(credentials=kept)),
        (Answer(body={"data": pair}), Granted(credentials=kept)),
    ):
        stand_in.next_poll(answer)
        assert await lark.poll(state) == expected


async def test_two_halves_make_a_pair(stand_in: LarkStandIn, lark: Lark) -> None:
    state = await begun(stand_in, lark)
    stand_in.next_poll(Answer(body={"client_id": "cli_a1b2c3d4e5f60718"}))
    assert await lark.poll(state) == Pending()
    stand_in.next_poll(Answer(body={"client_secret": SECRET}))
    assert await lark.poll(state) == Granted(credentials=credentials(owner=""))


async def test_the_state_hides_itself_and_is_sent_in_a_body_only(
    stand_in: LarkStandIn, lark: Lark, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    state = await begun(stand_in, lark)
    await lark.poll(state)
    code = stand_in.latest.device_code
    assert json.loads(state.get_secret_value()) == {"device_code": code, "brand": "feishu"}
    assert code not in repr(state)
    assert code not in caplog.text
    assert all(code not in request.path for request in stand_in.requests)
    sent = dict(parse_qsl(stand_in.requests[-1].body.decode()))
    assert sent == {"action": "poll", "device_code": code}


# Whether stored credentials work.


@pytest.mark.parametrize("status", [200, 400])
async def test_a_bad_pair_is_known(status: int) -> None:
    async with LarkStandIn(bad_pair_status=status) as stand_in, Http(5) as session:
        table = LarkTable(
            feishu_open_url=stand_in.feishu_open_url, lark_open_url=stand_in.lark_open_url
        )
        lark = Lark(session, table.accounts, table.open)
        assert await lark.check(credentials()) is Health.WRONG_PAIR
        assert await lark.check(credentials(domain="lark")) is Health.WRONG_PAIR


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (open_api(99991663, "busy"), Code.ERRCODE),
        (open_api(0), Code.BAD_ANSWER),
        (http(502, "<html>"), Code.SERVER_ERROR),
        (Answer(reset=True), Code.UNREACHABLE),
        (Answer(body=b"no"), Code.NOT_JSON),
    ],
)
async def test_an_answer_that_says_nothing_about_the_pair_is_an_error(
    stand_in: LarkStandIn, lark: Lark, answer: Answer, code: Code
) -> None:
    stand_in.next("token", answer)
    with pytest.raises(RemoteError) as caught:
        await lark.check(credentials())
    assert caught.value.code is code


async def test_a_bot_tells_its_name_and_who_listens(stand_in: LarkStandIn, lark: Lark) -> None:
    state = await begun(stand_in, lark)
    await stand_in.approve()
    granted = await lark.poll(state)
    assert granted.credentials is not None
    assert await lark.about(granted.credentials) == About("Ada's Feishu CLI", 0)
    stand_in.apps[granted.credentials.account].online = 2
    assert await lark.about(granted.credentials) == About("Ada's Feishu CLI", 2)
    for call in ("bot", "connection"):
        stand_in.next(call, open_api(0))
    assert await lark.about(granted.credentials) == About()
    assert await lark.about(credentials()) == About()


async def test_a_check_opens_no_connection(stand_in: LarkStandIn, lark: Lark) -> None:
    await lark.check(credentials())
    assert {request.path for request in stand_in.requests} == {
        "/open-apis/auth/v3/tenant_access_token/internal"
    }


# Whether a registration could begin.


async def test_a_probe_begins_nothing_and_tells_the_time(stand_in: LarkStandIn, lark: Lark) -> None:
    probe = await lark.probe()
    assert probe.trouble is None
    assert probe.date == pytest.approx(stand_in.clock.now(), abs=5)
    assert stand_in.registrations == []


async def test_a_probe_says_what_is_wrong(stand_in: LarkStandIn, lark: Lark) -> None:
    stand_in.next("init", Answer(reset=True))
    assert await lark.probe() == Probe(None, Code.UNREACHABLE)
    stand_in.next("init", http(502, "<html>"))
    assert (await lark.probe()).trouble is Code.SERVER_ERROR


def test_the_troubles_of_the_table_are_errors() -> None:
    assert all(isinstance(EXPECTED[row], Code) for row in TROUBLE)
