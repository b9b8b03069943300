"""Lark and Feishu, from the command to the credentials: the real bot between the stand-ins."""

import logging
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from bootstrap_bot.sandbox.answers import http
from bootstrap_bot.sandbox.lark.answers import (
    denied,
    error,
    expired,
    pending,
    silence,
    slow_down,
)
from bootstrap_bot.sandbox.telegram.stand_in import Message
from tests.support.lark_scene import LarkScene
from tests.support.scene import ADMIN, TOKEN

HERMES = """
[[targets]]
kind = "hermes"
path = "hermes/.env"
"""
CONFIRM = "[security]\nconfirm = true\n"


def links(message: Message) -> dict[str, str]:
    """Where each button leads that leads somewhere."""
    return {b.text: b.url for row in message.buttons for b in row if b.url}


def labels(message: Message) -> Sequence[str]:
    return [b.text for row in message.buttons for b in row]


async def test_a_feishu_app_is_stored_with_its_own_field_names(tmp_path: Path) -> None:
    async with LarkScene(tmp_path) as scene:
        await scene.lark_invited()
        await scene.lark.approve(open_id="ou_1")
        await scene.lark_poll()
        await scene.sees("Done")
        made = scene.lark.latest
        assert scene.platforms() == {
            "lark": {
                "type": "lark",
                "enabled": True,
                "app_id": made.client_id,
                "app_secret": made.client_secret,
                "domain": "feishu",
                "owner_open_id": "ou_1",
            }
        }
        assert scene.dingtalk.registrations == []


async def test_a_lark_tenant_is_asked_for_at_larks_host_at_once(tmp_path: Path) -> None:
    async with LarkScene(tmp_path) as scene:
        await scene.lark_invited("/lark_new sales")
        await scene.lark.approve(brand="lark")
        before = scene.clock.now()
        await scene.lark_poll()
        await scene.sees("Done")
        assert scene.lark.poll_hosts[-2:] == ["feishu", "lark"]
        assert scene.clock.now() - before <= 5
        assert scene.platforms()["sales"]["domain"] == "lark"


async def test_two_buttons_lead_to_the_two_pages_and_the_picture_to_the_readers(
    tmp_path: Path,
) -> None:
    async with LarkScene(tmp_path) as scene:
        message = await scene.lark_invited()
        code = scene.lark.latest.user_code
        assert links(message) == {
            "Open the Feishu page": f"{scene.lark.feishu_open_url}/page/cli?user_code={code}",
            "Open the Lark page": f"{scene.lark.lark_open_url}/page/cli?user_code={code}",
        }
        assert "leads to Lark" in message.text
        assert "launcher" not in message.html


async def test_a_refusal_ends_it_and_says_why_that_may_be(tmp_path: Path) -> None:
    async with LarkScene(tmp_path) as scene:
        await scene.lark_invited()
        await scene.lark_poll(denied())
        assert "administrators" in (await scene.sees("Lark refused")).text
        await scene.recorded("refused")
        assert scene.journal()[-1]["device_code"] is None  # the verdict of this platform stays


async def test_an_unknown_error_is_final_and_shown(tmp_path: Path) -> None:
    async with LarkScene(tmp_path) as scene:
        await scene.lark_invited()
        await scene.lark_poll(error("forbidden", "Only an admin may create apps.", 20029))
        await scene.sees("Only an admin may create apps.")


async def test_a_dead_code_is_told(tmp_path: Path) -> None:
    async with LarkScene(tmp_path) as scene:
        await scene.lark_invited()
        await scene.lark_poll(expired())
        await scene.recorded("expired")


async def test_slow_down_is_kept_over_a_restart(tmp_path: Path) -> None:
    async with LarkScene(tmp_path) as scene:
        await scene.lark_invited()
        await scene.lark_poll(slow_down())
        assert scene.journal()[-1]["interval"] == 10
        await scene.restart()
        await scene.lark_poll(pending())
        before = scene.clock.now()
        await scene.lark_poll(silence())
        assert scene.clock.now() - before == 10
        assert scene.lark.latest.early == 0


async def test_the_way_to_larks_host_is_kept_over_a_restart(tmp_path: Path) -> None:
    async with LarkScene(tmp_path) as scene:
        await scene.lark_invited()
        await scene.lark.approve(brand="lark")
        # the hint comes once; the poll that follows it at once finds nobody
        scene.lark.next_poll(*[])
        polls = scene.lark.polls
        scene.lark.hold_polls()
        await scene.next_moment()
        await scene.lark.until(lambda: scene.lark.polls > polls)
        scene.lark.release_polls()
        await scene.sees("Done")
        await scene.restart()
        assert scene.platforms()["lark"]["domain"] == "lark"


async def test_troubles_on_the_way_are_waited_out(tmp_path: Path) -> None:
    async with LarkScene(tmp_path) as scene:
        await scene.lark_invited()
        await scene.lark.approve()
        for answer in (http(502, "<html>"), http(429, {}, {"Retry-After": "7"}), http(400, "[]")):
            await scene.lark_poll(answer)
        await scene.lark_poll()
        await scene.sees("Done")


async def test_each_platform_has_an_attempt_of_its_own(tmp_path: Path) -> None:
    async with LarkScene(tmp_path) as scene:
        await scene.invited()
        await scene.lark_invited()
        assert [row["provider"] for row in scene.journal()] == ["dingtalk", "lark"]
        await scene.says("/lark_cancel")
        await scene.sees("Cancelled")
        await scene.idle()
        assert [row["state"] for row in scene.journal()] == ["waiting", "cancelled"]


async def test_who_confirmed_is_let_in_on_the_admins_word_only(tmp_path: Path) -> None:
    (tmp_path / "hermes").mkdir()
    env = tmp_path / "hermes" / ".env"
    async with LarkScene(tmp_path, more=HERMES) as scene:
        await scene.lark_invited()
        await scene.lark.approve(open_id="ou_scanner")
        await scene.lark_poll()
        message = await scene.sees("Was it you")
        assert "ou_scanner" not in env.read_text()
        assert "FEISHU_DOMAIN=feishu" in env.read_text()
        [label] = [one for one in labels(message) if "It was me" in one]
        await scene.press(label)
        await scene.sees("may talk to it")
        assert re.search("^FEISHU_ALLOWED_USERS=ou_scanner$", env.read_text(), re.MULTILINE)


async def test_one_question_asks_to_store_and_to_let_in(tmp_path: Path) -> None:
    (tmp_path / "hermes").mkdir()
    env = tmp_path / "hermes" / ".env"
    async with LarkScene(tmp_path, more=CONFIRM + HERMES) as scene:
        await scene.lark_invited()
        await scene.lark.approve(open_id="ou_scanner")
        await scene.lark_poll()
        message = await scene.sees("on its list")
        assert not env.exists()
        [label] = [one for one in labels(message) if "let me" in one]
        await scene.press(label)
        await scene.sees("may talk to it")
        assert "FEISHU_ALLOWED_USERS=ou_scanner" in env.read_text()


async def test_no_secret_leaves_through_a_log_or_a_message(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with LarkScene(tmp_path) as scene:
        await scene.lark_invited()
        await scene.lark.approve(brand="lark")
        await scene.lark_poll()
        await scene.sees("Done")
        await scene.pass_time(3600)
        made = scene.lark.latest
        shown = [caplog.text, *scene.captions(ADMIN)]
        shown += [request.path for request in scene.lark.requests]
        for secret in (made.device_code, made.client_secret or "", TOKEN):
            assert all(secret not in text for text in shown)
        assert all((made.client_id or "") not in text for text in scene.captions(ADMIN))
        raw = scene.state.read_bytes()
        assert made.device_code.encode() not in raw
        assert (made.client_secret or "").encode() not in raw


async def test_where_the_hint_of_the_other_brand_was_lost_the_end_says_where_to_look(
    tmp_path: Path,
) -> None:
    async with LarkScene(tmp_path) as scene:
        await scene.lark_invited()
        await scene.lark.approve(brand="lark")
        scene.lark.latest.hint_given = True
        await scene.pass_until(lambda: "The link has expired" in scene.telegram.last(ADMIN).text)
        assert "the app is in the developer console" in scene.telegram.last(ADMIN).text
        assert scene.platforms() == {}
