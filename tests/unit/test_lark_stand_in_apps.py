"""The Lark stand-in's pages and open API: an app is approved, and tells of itself."""

import logging
from collections.abc import AsyncIterator

import pytest

from bootstrap_bot.sandbox.lark.registration import BRANDS
from bootstrap_bot.sandbox.lark.stand_in import OPEN_API, Brand, Call
from bootstrap_bot.sandbox.lark.words import CHINESE, ENGLISH
from tests.support.lark_client import LarkClient


@pytest.fixture
async def client() -> AsyncIterator[LarkClient]:
    async with LarkClient() as client:
        yield client


class TestPages:
    @pytest.mark.parametrize("brand", BRANDS)
    async def test_approving_makes_one_a_person_of_that_brand(
        self, client: LarkClient, brand: Brand
    ) -> None:
        begun = await client.begin()
        status, text = await client.page(begun["user_code"], brand)
        assert status == 200
        assert "Ada&#x27;s Feishu CLI" in text
        assert begun["user_code"] in text
        assert "Approve" in text
        status, text = await client.press("approve", begun["user_code"], brand)
        assert (status, "Done, go back to the chat" in text) == (200, True)
        assert client.lark.latest.brand == brand
        given = await client.poll(begun, brand)
        assert given["user_info"]["tenant_brand"] == brand

    async def test_decline(self, client: LarkClient) -> None:
        begun = await client.begin()
        _, text = await client.press("decline", begun["user_code"])
        assert "You declined" in text
        assert client.lark.latest.state == "denied"

    async def test_the_first_decision_stands(self, client: LarkClient) -> None:
        begun = await client.begin()
        await client.press("decline", begun["user_code"])
        status, text = await client.press("approve", begun["user_code"])
        assert (status, "You declined" in text) == (200, True)
        assert (client.lark.latest.state, client.lark.apps) == ("denied", {})

    async def test_an_expired_code(self, client: LarkClient) -> None:
        begun = await client.begin()
        await client.clock.advance(3600)
        _, text = await client.page(begun["user_code"])
        assert "This link has expired" in text
        assert "Approve" not in text
        _, text = await client.press("approve", begun["user_code"])
        assert "This link has expired" in text
        assert client.lark.latest.state == "expired"

    @pytest.mark.parametrize("brand", BRANDS)
    async def test_a_code_nobody_knows_or_begun_at_lark(
        self, client: LarkClient, brand: Brand
    ) -> None:
        for code in ("NO", "", (await client.begin("lark"))["user_code"]):
            for answer in (client.page(code, brand), client.press("approve", code, brand)):
                status, text = await answer
                assert (status, "Nobody knows this code" in text) == (404, True)
                assert "Approve" not in text
        assert client.lark.latest.state == "pending"

    @pytest.mark.parametrize("brand", BRANDS)
    async def test_the_launcher_says_expired_while_the_code_lives(
        self, client: LarkClient, brand: Brand
    ) -> None:
        begun = await client.begin()
        _, text = await client.page(begun["user_code"], brand, "/page/launcher")
        assert "This link has expired" in text
        assert (await client.poll(begun))["error"] == "authorization_pending"

    async def test_the_language(self, client: LarkClient) -> None:
        code = (await client.begin())["user_code"]
        wish = {"Accept-Language": "zh-CN,zh;q=0.9"}
        assert '<html lang="en">' in (await client.page(code))[1]
        shown = (await client.page(code, "feishu", **wish))[1]
        assert '<html lang="zh">' in shown
        assert CHINESE["approve"] in shown
        _, text = await client.press("approve", code, lang="zh")
        assert CHINESE["approved"] in text

    def test_everything_on_them_is_translated(self) -> None:
        assert ENGLISH.keys() == CHINESE.keys()

    async def test_text_from_outside_is_escaped(self) -> None:
        code = {"user_code": '"><b>'}
        async with LarkClient(person="<i>", extra_begin=code) as client:
            await client.begin()
            _, text = await client.page(code["user_code"])
            assert "<b>" not in text
            assert "<i>" not in text

    async def test_the_style(self, client: LarkClient) -> None:
        for address in client.open.values():
            async with client.session.get(address + "/sandbox/approve.css") as answer:
                assert (answer.status, answer.content_type) == (200, "text/css")

    async def test_other_sites_cannot_act(self, client: LarkClient) -> None:
        begun = await client.begin()
        address = client.open["feishu"] + "/sandbox/registration/approve"
        for headers in ({"Origin": client.open["lark"]}, {"Host": "evil.example"}):
            form = {"user_code": begun["user_code"]}
            async with client.session.post(address, data=form, headers=headers) as answer:
                assert answer.status == 403
        status, _ = await client.page(begun["user_code"], "feishu", Host="evil.example")
        assert status == 403
        assert client.lark.latest.state == "pending"


class TestOpenApi:
    @pytest.mark.parametrize("brand", BRANDS)
    async def test_a_pair_is_good_at_the_hosts_of_its_brand(
        self, client: LarkClient, brand: Brand
    ) -> None:
        given = await client.registered(brand)
        status, told = await client.token(*given, brand)
        assert (status, told["code"], told["expire"]) == (200, 0, 7200)
        _, bot = await client.ask("bot", told["tenant_access_token"], brand)
        _, found = await client.ask("connection", told["tenant_access_token"], brand)
        assert (bot["code"], bot["bot"]["app_name"]) == (0, "Ada's Feishu CLI")
        assert bot["bot"]["open_id"].startswith("ou_")
        assert found == {"code": 0, "msg": "", "data": {"online_instance_cnt": 0}}

    @pytest.mark.parametrize("brand", BRANDS)
    async def test_at_the_other_brand_nobody_knows_it(
        self, client: LarkClient, brand: Brand
    ) -> None:
        other: Brand = "lark" if brand == "feishu" else "feishu"
        given = await client.registered(brand)
        token = (await client.token(*given, brand))[1]["tenant_access_token"]
        assert (await client.token(*given, other))[1]["code"] == 10003
        for call in ("bot", "connection"):
            status, told = await client.ask(call, token, other)
            assert (status, told["code"]) == (400, 99991663)

    @pytest.mark.parametrize("status", [200, 400])
    async def test_a_bad_pair(self, status: int) -> None:
        async with LarkClient(bad_pair_status=status) as client:
            client_id, _ = await client.registered()
            for pair, code in {(client_id, "wrong é"): 10014, ("cli_x", "y"): 10003}.items():
                told = await client.token(*pair)
                assert (told[0], told[1]["code"]) == (status, code)
                assert "tenant_access_token" not in told[1]

    async def test_tokens_expire(self, client: LarkClient) -> None:
        given = await client.registered()
        token = (await client.token(*given))[1]["tenant_access_token"]
        await client.clock.advance(7199)
        assert (await client.ask("bot", token))[0] == 200
        await client.clock.advance(1)
        assert (await client.ask("bot", token))[1]["code"] == 99991663

    @pytest.mark.parametrize("call", ["bot", "connection"])
    async def test_a_token_is_wanted(self, client: LarkClient, call: Call) -> None:
        assert (await client.ask(call, ""))[1]["code"] == 99991661
        assert (await client.ask(call, "t-guess"))[1]["code"] == 99991663
        basic = {"Authorization": "Basic t-guess"}
        async with client.session.get(
            client.open["feishu"] + OPEN_API[call][1], headers=basic
        ) as answer:
            assert (await answer.json())["code"] == 99991661

    async def test_listeners_are_counted(self, client: LarkClient) -> None:
        client_id, secret = await client.registered()
        client.lark.apps[client_id].online = 2
        token = (await client.token(client_id, secret))[1]["tenant_access_token"]
        assert (await client.ask("connection", token))[1]["data"] == {"online_instance_cnt": 2}

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"[]",
            b"\xff",
            b'{"app_id": "x"}',
            b'{"app_id": "x", "app_secret": 1}',
            b'{"app_id": "x", "app_secret": "y", "more": 1}',
        ],
    )
    async def test_the_pair_is_two_texts_in_json(self, client: LarkClient, body: bytes) -> None:
        address = client.open["feishu"] + OPEN_API["token"][1]
        json = {"Content-Type": "application/json"}
        async with client.session.post(address, data=body, headers=json) as answer:
            assert (answer.status, (await answer.json())["code"]) == (400, 9499)
        form = {"app_id": "x", "app_secret": "y"}
        async with client.session.post(address, data=form) as answer:
            assert (answer.status, (await answer.json())["code"]) == (400, 9499)


async def test_secrets_are_in_no_page_address_repr_or_log(
    client: LarkClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    begun = await client.begin()
    pages = [(await client.page(begun["user_code"]))[1]]
    pages.append((await client.press("approve", begun["user_code"]))[1])
    given = await client.poll(begun)
    pair = given["client_id"], given["client_secret"]
    token = (await client.token(*pair))[1]["tenant_access_token"]
    await client.ask("bot", token)
    addresses = [request.path for request in client.lark.requests]
    reprs = [repr(client.lark.latest), repr(client.lark.apps)]
    shown = "".join([*pages, *addresses, *reprs, caplog.text])
    for secret in (given["client_secret"], begun["device_code"], token):
        assert secret not in shown
