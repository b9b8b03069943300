"""Attempts as they are at one point or another, with credentials that must not leak."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pydantic import SecretStr

from bootstrap_bot.providers.provider import Link
from bootstrap_bot.registration.attempt import Attempt, State
from bootstrap_bot.registration.delivery import Delivery, DeliveryState
from bootstrap_bot.registration.person import PersonId
from tests.support.clock import START
from tests.support.credentials import ding_pair

ADMIN, OTHER = PersonId("telegram", "42"), PersonId("telegram", "43")
# Who was an admin once, and two who are.
FORMER = PersonId("telegram", "7")
SECRET = "secret-of-a-test-that-must-not-leak"
CLIENT_ID = "dingabcdefgh1234"
PAIR = ding_pair(CLIENT_ID, SECRET)
# What stays of it once secrets are erased.
ERASED = {"client_id": CLIENT_ID}


LINKS = (
    Link("app", "https://page.dingtalk.com/x"),
    Link("browser", "https://open-dev.dingtalk.com/x?code=1"),
)


def an_attempt(**changes: Any) -> Attempt:
    """A fresh attempt of admin 42, with these changes."""
    fresh = Attempt(
        id="a1b2c3d4e5",
        provider="dingtalk",
        owner=ADMIN,
        chat="42",
        language="en",
        update="1000",
        requested_at=START,
        acted_at=START,
        wanted_id="dingtalk",
    )
    return replace(fresh, **changes)


def captured(**changes: Any) -> Attempt:
    """An attempt whose credentials came."""
    given: dict[str, Any] = {
        "state": State.CAPTURED,
        "device_state": SecretStr("device-code"),
        "account": CLIENT_ID,
        "values": PAIR.values,
    }
    return an_attempt(**{**given, **changes})


def waiting(**changes: Any) -> Attempt:
    """An attempt with a code that nothing was heard of yet."""
    given: dict[str, Any] = {
        "state": State.WAITING,
        "device_state": SecretStr("device-code"),
        "user_code": "ABCD-EFGH",
        "expires_at": START + 7200,
        "message": "7",
    }
    return an_attempt(**{**given, **changes})


def stored(**changes: Any) -> Attempt:
    """An attempt whose pair was just stored in the target `a`, and told."""
    there = Delivery("config:/a", "a", DeliveryState.VERIFIED, platform_id="dingtalk")
    given: dict[str, Any] = {
        "state": State.STORED,
        "stored_at": START,
        "deliveries": (there,),
        "told": True,
        "message": "7",
    }
    return captured(**{**given, **changes})


def held(**changes: Any) -> Attempt:
    """An offer that was told."""
    return captured(**{"state": State.HELD, "told": True, "message": "7", **changes})


def first(turn: Callable[[Attempt, str], Attempt]) -> Callable[[Attempt], Attempt]:
    """What an admin says about the first delivery."""
    return lambda now: turn(now, now.deliveries[0].handle)
