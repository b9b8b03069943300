"""What the Lark stand-in answers when it is told to."""

import asyncio
import re
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bootstrap_bot.sandbox.answers import Answer, http
from bootstrap_bot.sandbox.lark.answers import (
    ROWS,
    pending,
    silence,
    slow_down,
    success,
)
from bootstrap_bot.sandbox.lark.registration import BRANDS
from bootstrap_bot.sandbox.lark.stand_in import REGISTRATION, Brand
from tests.support.lark_client import INTERVAL, LarkClient

QUIET_ROWS = {"timeout", "reset"}  # these send no HTTP answer


@pytest.fixture
async def client() -> AsyncIterator[LarkClient]:
    async with LarkClient() as client:
        yield client


class TestScript:
    async def test_queued_then_standing_then_its_own(self, client: LarkClient) -> None:
        begun = await client.begin()
        client.lark.always_poll(silence())
        client.lark.next_poll(pending(), http(502, {"down": True}))
        told = []
        for _ in range(4):
            told.append(await client.poll(begun))
            await client.clock.advance(INTERVAL)
        client.lark.always_poll(None)
        assert [*map(len, told)] == [3, 1, 0, 0]
        assert (await client.poll(begun))["error"] == "authorization_pending"

    async def test_other_calls(self, client: LarkClient) -> None:
        client.lark.next("init", http(500, {"code": 1}))
        client.lark.next("begin", Answer(body={"device_code": "d"}))
        client.lark.always("token", http(200, {"code": 99991400}))
        client.lark.next("connection", http(200, {"code": 0, "data": {"online_instance_cnt": 3}}))
        assert (await client.post("init"))[0] == 500
        assert await client.begin() == {"device_code": "d"}
        assert await client.token("x", "y") == (200, {"code": 99991400})
        assert (await client.ask("connection", "t-x"))[1]["data"]["online_instance_cnt"] == 3
        assert client.lark.registrations == []

    async def test_a_script_of_one_registration(self, client: LarkClient) -> None:
        begun, other = await client.begin(), await client.begin()
        client.lark.find(begun["user_code"]).script.standing = silence()
        assert await client.poll(begun) == {}
        assert (await client.poll(other))["error"] == "authorization_pending"

    @pytest.mark.parametrize("host", BRANDS)
    async def test_a_scripted_pair_works(self, client: LarkClient, host: Brand) -> None:
        begun = await client.begin()
        client.lark.next_poll(success("cli_a", "secret", open_id="ou_ada"))
        given = await client.poll(begun, host)
        assert (given["client_id"], given["client_secret"]) == ("cli_a", "secret")
        assert given["user_info"] == {"open_id": "ou_ada", "tenant_brand": host}
        assert (await client.token("cli_a", "secret", host))[1]["code"] == 0
        assert [*client.lark.apps] == ["cli_a"]
        await client.clock.advance(INTERVAL)
        assert (await client.poll(begun, host))["error"] == "invalid_grant"

    async def test_a_scripted_hint_and_the_secret_are_of_one_app(self, client: LarkClient) -> None:
        begun = await client.begin()
        client.lark.next_poll(ROWS["brand_hint_empty_secret"])
        hint = await client.poll(begun)
        await client.lark.approve(brand="lark")
        given = await client.poll(begun, "lark")
        assert (hint["client_id"], hint["client_secret"]) == (given["client_id"], "")

    async def test_a_scripted_brand_is_believed(self, client: LarkClient) -> None:
        begun = await client.begin()
        client.lark.next_poll(success(brand="lark"))
        given = await client.poll(begun)
        assert client.lark.apps[given["client_id"]].brand == "lark"

    async def test_a_scripted_slow_down_is_meant(self, client: LarkClient) -> None:
        begun = await client.begin()
        client.lark.next_poll(slow_down())
        await client.poll(begun)
        await client.clock.advance(9)
        assert (await client.poll(begun))["error"] == "slow_down"
        assert client.lark.latest.interval == 15

    async def test_a_scripted_answer_hides_an_early_poll_but_it_is_counted(
        self, client: LarkClient
    ) -> None:
        begun = await client.begin()
        client.lark.next_poll(pending(), pending())
        for _ in range(2):
            assert (await client.poll(begun))["error"] == "authorization_pending"
        assert (client.lark.latest.early, client.lark.latest.interval) == (1, INTERVAL)

    @pytest.mark.parametrize("name", sorted(ROWS.keys() - QUIET_ROWS))
    async def test_every_row_can_be_sent(self, client: LarkClient, name: str) -> None:
        begun = await client.begin()
        client.lark.next_poll(ROWS[name])
        address = client.lark.feishu_accounts_url + REGISTRATION
        form = {"action": "poll", "device_code": begun["device_code"]}
        async with client.session.post(address, data=form, allow_redirects=False) as answer:
            data = await answer.read()
        assert answer.status == ROWS[name].status
        assert not re.search(rb'"\{[a-z_]+\}"', data)
        assert (len(data) > 64 * 1024) == (name == "too_large")

    async def test_reset(self, client: LarkClient) -> None:
        begun = await client.begin()
        client.lark.next_poll(ROWS["reset"])
        with pytest.raises(aiohttp.ClientOSError):
            await client.poll(begun)

    @pytest.mark.parametrize("host", BRANDS)
    async def test_no_answer(self, client: LarkClient, host: Brand) -> None:
        begun = await client.begin()
        client.lark.next_poll(ROWS["timeout"])
        call = asyncio.create_task(client.poll(begun, host))
        await client.lark.until(lambda: client.lark.polls == 1)
        assert not call.done()
        call.cancel()

    async def test_held_polls_are_decided_when_they_come(self, client: LarkClient) -> None:
        begun = await client.begin()
        await client.lark.approve()
        client.lark.hold_polls()
        call = asyncio.create_task(client.poll(begun))
        await client.lark.until(lambda: client.lark.latest.handed_out)
        assert not call.done()
        client.lark.release_polls()
        assert (await call)["client_secret"] == client.lark.latest.client_secret

    @pytest.mark.parametrize("host", BRANDS)
    async def test_it_closes_while_a_call_hangs(self, host: Brand) -> None:
        async with LarkClient() as client:
            begun = await client.begin()
            client.lark.next_poll(Answer(hang=True))
            call = asyncio.create_task(client.poll(begun, host))
            await client.lark.until(lambda: client.lark.polls == 1)
        with pytest.raises(aiohttp.ClientError):
            await call
