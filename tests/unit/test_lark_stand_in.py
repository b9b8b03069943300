"""The Lark stand-in's registration, asked by a plain HTTP client."""

import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bootstrap_bot.sandbox.lark.answers import (
    silence,
)
from bootstrap_bot.sandbox.lark.registration import BRANDS
from bootstrap_bot.sandbox.lark.stand_in import OPEN_API, REGISTRATION, Brand
from tests.support.clock import START
from tests.support.lark_client import BEGIN, INTERVAL, LarkClient

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def client() -> AsyncIterator[LarkClient]:
    async with LarkClient() as client:
        yield client


class TestHosts:
    async def test_there_are_four_origins(self, client: LarkClient) -> None:
        addresses = {*client.accounts.values(), *client.open.values()}
        assert len(addresses) == 4
        assert all(re.fullmatch(r"http://127\.0\.0\.1:\d+", address) for address in addresses)

    async def test_each_serves_its_own_part(self, client: LarkClient) -> None:
        for brand in BRANDS:
            async with client.session.post(client.open[brand] + REGISTRATION) as answer:
                assert answer.status == 404
            for path in ("/page/cli", "/page/launcher", OPEN_API["bot"][1]):
                async with client.session.get(client.accounts[brand] + path) as answer:
                    assert answer.status == 404

    async def test_all_remember_together(self, client: LarkClient) -> None:
        await client.post("init")
        await client.post("init", "lark")
        await client.page("NO", "feishu")
        await client.page("NO", "lark")
        hosts = [f"http://{request.headers['Host']}" for request in client.lark.requests]
        assert hosts == [*client.accounts.values(), *client.open.values()]
        await client.lark.until(lambda: len(client.lark.requests) == 4)

    async def test_the_date_is_the_clocks(self, client: LarkClient) -> None:
        for address in (*client.accounts.values(), *client.open.values()):
            async with client.session.get(address + "/nowhere") as answer:
                assert answer.headers["Date"] == "Mon, 21 Sep 2026 14:13:20 GMT"


class TestBegin:
    async def test_init_tells_the_methods(self, client: LarkClient) -> None:
        status, told = await client.post("init")
        assert (status, told) == (200, {"supported_auth_methods": ["client_secret"]})

    async def test_begins_with_everything_the_protocol_names(self, client: LarkClient) -> None:
        begun = await client.begin()
        link = urlsplit(begun["verification_uri_complete"])
        assert (begun["interval"], begun["expires_in"]) == (INTERVAL, 3600)
        assert re.fullmatch(r"[A-Z2-9]{4}-[A-Z2-9]{4}", begun["user_code"])
        assert begun["verification_uri"] == client.lark.feishu_open_url + "/page/launcher"
        assert begun["verification_uri_complete"].startswith(begun["verification_uri"] + "?")
        assert parse_qs(link.query) == {"user_code": [begun["user_code"]]}
        assert client.lark.latest.device_code == begun["device_code"]
        assert client.lark.latest.expires_at == START + 3600

    async def test_begin_can_be_bent(self) -> None:
        bent = {"interval": "2", "user_code": "AB-1"}
        async with LarkClient(lifetime_field="expire_in", extra_begin=bent) as client:
            begun = await client.begin()
            assert begun.items() >= {**bent, "expire_in": 3600}.items()
            assert "expires_in" not in begun
            assert client.lark.latest.user_code == "AB-1"

    async def test_the_link_of_a_code_begun_at_lark_is_larks(self, client: LarkClient) -> None:
        begun = await client.begin("lark")
        assert begun["verification_uri"] == client.lark.lark_open_url + "/page/launcher"


class TestStrictness:
    @pytest.mark.parametrize("host", BRANDS)
    @pytest.mark.parametrize(
        ("content_type", "body"),
        [
            ("application/json", b'{"action": "init"}'),
            ("text/plain", b"action=init"),
            (FORM, b""),
            (FORM, b"action"),
            (FORM, b"action=poll&device_code=%ff"),
            (FORM, b"action=\xff"),
            (FORM, b"action=dance"),
            (FORM, b"device_code=x"),
            (FORM, b"action=init&action=init"),
            (FORM, b"action=init&more=x"),
            (FORM, b"action=poll"),
            (FORM, b"action=poll&device_code="),
            (FORM, b"action=poll&device_code=x&more=x"),
        ],
    )
    async def test_only_forms_it_knows(
        self, client: LarkClient, host: Brand, content_type: str, body: bytes
    ) -> None:
        headers = {"Content-Type": content_type}
        address = client.accounts[host] + REGISTRATION
        async with client.session.post(address, data=body, headers=headers) as answer:
            told = await answer.json()
        assert (answer.status, told["error"]) == (400, "invalid_request")
        assert told.keys() == {"error", "error_description", "code"}

    async def test_no_multipart(self, client: LarkClient) -> None:
        form = aiohttp.FormData({"action": "init"}, default_to_multipart=True)
        address = client.accounts["feishu"] + REGISTRATION
        async with client.session.post(address, data=form) as answer:
            assert (answer.status, (await answer.json())["error"]) == (400, "invalid_request")

    async def test_no_query_and_no_other_method(self, client: LarkClient) -> None:
        address = client.accounts["feishu"] + REGISTRATION
        form = {"action": "init"}
        async with client.session.post(address + "?action=init", data=form) as answer:
            assert (answer.status, (await answer.json())["error"]) == (400, "invalid_request")
        async with client.session.put(address, data=form) as answer:
            assert (answer.status, (await answer.json())["error"]) == (400, "invalid_request")

    @pytest.mark.parametrize("name", BEGIN)
    async def test_begin_needs_its_fields_exactly(self, client: LarkClient, name: str) -> None:
        left = {key: value for key, value in BEGIN.items() if key != name}
        for fields in (left, {**BEGIN, name: ""}, {**BEGIN, name: "other"}):
            status, told = await client.post("begin", "feishu", **fields)
            assert (status, told["error"]) == (400, "invalid_request")
        assert client.lark.registrations == []

    async def test_malformed_polls_are_not_counted(self, client: LarkClient) -> None:
        client.lark.next_poll(silence())
        await client.post("poll")
        assert client.lark.polls == 0
        assert await client.poll(await client.begin()) == {}

    @pytest.mark.parametrize("host", BRANDS)
    async def test_unknown_device_code(self, client: LarkClient, host: Brand) -> None:
        status, told = await client.post("poll", host, device_code="guess")
        assert (status, told["error"]) == (400, "invalid_grant")


class TestPolls:
    async def test_an_error_is_a_400_with_a_body(self, client: LarkClient) -> None:
        begun = await client.begin()
        status, told = await client.post("poll", device_code=begun["device_code"])
        assert (status, told["error"], told["code"]) == (400, "authorization_pending", 20094)
        assert told["error_description"]

    async def test_a_person_of_feishu_gets_the_secret_there_and_once(
        self, client: LarkClient
    ) -> None:
        begun = await client.begin()
        await client.lark.approve(open_id="ou_ada")
        assert (await client.poll(begun, "lark"))["error"] == "authorization_pending"
        given = await client.poll(begun)
        await client.clock.advance(INTERVAL)
        assert re.fullmatch("cli_[0-9a-f]{16}", given["client_id"])
        assert re.fullmatch("[A-Za-z0-9]{32}", given["client_secret"])
        assert given["user_info"] == {"open_id": "ou_ada", "tenant_brand": "feishu"}
        assert given.keys() == {"client_id", "client_secret", "user_info"}
        assert client.lark.latest.handed_out
        assert (await client.poll(begun))["error"] == "invalid_grant"

    async def test_a_person_of_lark_gets_a_hint_once_and_the_secret_there(
        self, client: LarkClient
    ) -> None:
        begun = await client.begin()
        await client.lark.approve(brand="lark")
        assert await client.poll(begun) == {"user_info": {"tenant_brand": "lark"}}
        for _ in range(3):
            await client.clock.advance(3600)
            assert (await client.poll(begun))["error"] == "authorization_pending"
        given = await client.poll(begun, "lark")
        await client.clock.advance(INTERVAL)
        assert given["user_info"]["tenant_brand"] == "lark"
        assert re.fullmatch("ou_[0-9a-f]{32}", given["user_info"]["open_id"])
        assert (await client.poll(begun, "lark"))["error"] == "invalid_grant"
        assert (await client.poll(begun))["error"] == "authorization_pending"

    async def test_a_hint_may_have_the_id(self) -> None:
        async with LarkClient(hint_has_id=True) as client:
            begun = await client.begin()
            await client.lark.approve(brand="lark")
            hint = await client.poll(begun)
            given = await client.poll(begun, "lark")
            assert hint.keys() == {"client_id", "user_info"}
            assert hint["client_id"] == given["client_id"]

    async def test_who_polls_too_early_waits_longer_for_good(self, client: LarkClient) -> None:
        begun = await client.begin()
        heard = []
        for pause in (0, 4, 9, 14, 20, 20):
            await client.clock.advance(pause)
            heard.append((await client.poll(begun))["error"])
        slow, wait = "slow_down", "authorization_pending"
        assert heard == [wait, slow, slow, slow, wait, wait]
        assert (client.lark.latest.early, client.lark.latest.interval) == (3, 20)

    async def test_a_slow_down_stands_before_any_verdict(self, client: LarkClient) -> None:
        begun = await client.begin()
        await client.poll(begun)
        await client.lark.approve()
        assert (await client.poll(begun))["error"] == "slow_down"
        await client.clock.advance(INTERVAL + 5)
        assert (await client.poll(begun))["client_secret"]

    async def test_the_other_host_may_be_polled_at_once(self, client: LarkClient) -> None:
        begun = await client.begin()
        await client.lark.approve(brand="lark")
        await client.poll(begun)
        assert (await client.poll(begun, "lark"))["client_secret"]
        assert (client.lark.poll_hosts, client.lark.latest.early) == (["feishu", "lark"], 0)

    @pytest.mark.parametrize("host", BRANDS)
    async def test_refusal_stays(self, client: LarkClient, host: Brand) -> None:
        begun = await client.begin()
        await client.lark.decline()
        for _ in range(2):
            assert (await client.poll(begun, host))["error"] == "access_denied"
            await client.clock.advance(3600)
        with pytest.raises(ValueError, match="already denied"):
            await client.lark.approve()

    async def test_codes_expire_unless_somebody_approved(self, client: LarkClient) -> None:
        dead, late = await client.begin(), await client.begin()
        await client.lark.approve(late["user_code"])
        await client.clock.advance(3599)
        assert (await client.poll(dead))["error"] == "authorization_pending"
        await client.clock.advance(INTERVAL)
        assert (await client.poll(dead))["error"] == "expired_token"
        assert (await client.poll(dead, "lark"))["error"] == "expired_token"
        assert (await client.poll(late))["client_secret"]
        with pytest.raises(ValueError, match="already expired"):
            await client.lark.decline(dead["user_code"])

    async def test_a_code_begun_at_lark_leads_nowhere(self, client: LarkClient) -> None:
        begun = await client.begin("lark")
        with pytest.raises(ValueError, match="begun at Lark"):
            await client.lark.approve(brand="lark")
        assert (await client.poll(begun, "lark"))["error"] == "authorization_pending"
        assert (await client.poll(begun))["error"] == "authorization_pending"

    async def test_an_existing_app_keeps_its_pair(self, client: LarkClient) -> None:
        first = await client.begin()
        await client.lark.approve()
        given = await client.poll(first)
        second, third = await client.begin(), await client.begin()
        await client.lark.approve(second["user_code"], client_id=given["client_id"])
        again = await client.poll(second)
        assert again["client_secret"] == given["client_secret"]
        with pytest.raises(ValueError, match="other brand"):
            await client.lark.approve(third["user_code"], "lark", client_id=given["client_id"])

    async def test_polls_are_counted_by_the_clock(self, client: LarkClient) -> None:
        begun = await client.begin()
        await client.poll(begun)
        await client.clock.advance(INTERVAL)
        await client.poll(begun, "lark")
        assert (client.lark.polls, client.lark.latest.polls) == (2, 2)
        assert client.lark.poll_times == [START, START + INTERVAL]
        assert client.lark.poll_hosts == ["feishu", "lark"]
