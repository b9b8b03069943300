"""One device flow in the stand-in, and the app it makes."""

import secrets
import string
from dataclasses import dataclass, field
from typing import Literal, get_args

from bootstrap_bot.sandbox.answers import OWN_CLIENT_ID, OWN_CLIENT_SECRET, Answer
from bootstrap_bot.sandbox.device_flow import DeviceFlow
from bootstrap_bot.sandbox.lark.answers import (
    OWN_BRAND,
    OWN_OPEN_ID,
    brand_hint,
    denied,
    expired,
    invalid_grant,
    pending,
    success,
)

Brand = Literal["feishu", "lark"]
State = Literal["pending", "approved", "denied", "expired"]

BRANDS: tuple[Brand, ...] = get_args(Brand)
SECRET_LETTERS = string.ascii_letters + string.digits
SLOWER = 5.0
# What the network may shorten a pause by.
LEEWAY = 0.1


@dataclass(slots=True)
class App:
    """One app. `online`: how many long connections listen for it."""

    client_secret: str = field(repr=False)
    brand: Brand
    name: str
    bot_open_id: str
    online: int = 0


@dataclass(slots=True, kw_only=True)
class Registration(DeviceFlow):
    """One device flow, and what became of it.

    `begun_at` is the brand of the host where it began, `brand` that of the person who approved.
    `interval` grows with every `slow_down`; `early` counts the polls that came too early.
    """

    begun_at: Brand
    interval: float
    brand: Brand = "feishu"
    decision: Literal["pending", "approved", "denied"] = "pending"
    open_id: str | None = None
    early: int = 0
    hint_given: bool = False
    last_polls: dict[Brand, float] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """The decision; without one the code dies by itself."""
        if self.decision == "pending" and self.clock.now() >= self.expires_at:
            return "expired"
        return self.decision

    @property
    def is_open(self) -> bool:
        return self.state == "pending"

    @property
    def own_values(self) -> dict[str, str]:
        """What the placeholders in an answer stand for."""
        return {
            OWN_CLIENT_ID: self.client_id or "",
            OWN_CLIENT_SECRET: self.client_secret or "",
            OWN_OPEN_ID: self.open_id or "",
            OWN_BRAND: self.brand,
        }

    def note_poll(self, host: Brand) -> bool:
        """Takes note of a poll at that host; True if it came too early after the one before."""
        now = self.clock.now()
        before, self.last_polls[host] = self.last_polls.get(host), now
        is_early = before is not None and now - before < self.interval - LEEWAY
        self.early += is_early
        return is_early

    def answer(self, host: Brand, *, hint_has_id: bool = False) -> Answer:
        """What a poll hears now at the host of that brand."""
        if self.state == "denied":
            return denied()
        if self.state == "expired":
            return expired()
        if self.state == "pending":
            return pending()
        if host == self.brand:
            return invalid_grant() if self.handed_out else success()
        if host == "feishu" and not self.hint_given:
            self.hint_given = True
            return brand_hint(client_id=OWN_CLIENT_ID) if hint_has_id else brand_hint()
        return pending()


def tenant_brand(answer: Answer) -> Brand | None:
    """The brand that the answer says its person is of."""
    person = answer.value("user_info")
    named = person.get("tenant_brand") if isinstance(person, dict) else None
    return next((brand for brand in BRANDS if brand == named), None)


def new_client_id() -> str:
    """Like `cli_a1b2c3d4e5f60718`."""
    return "cli_" + secrets.token_hex(8)


def new_client_secret() -> str:
    """32 letters and digits."""
    return "".join(secrets.choice(SECRET_LETTERS) for _ in range(32))


def new_open_id() -> str:
    """Like `ou_` and 32 hexadecimal digits."""
    return "ou_" + secrets.token_hex(16)
