"""One device flow in the stand-in, and the bot it makes."""

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, field

from bootstrap_bot.sandbox.answers import Answer
from bootstrap_bot.sandbox.device_flow import DeviceFlow
from bootstrap_bot.sandbox.dingtalk.answers import (
    approving,
    expired,
    fail,
    publishing,
    stage,
    success,
)

CLIENT_ID_LETTERS = string.ascii_lowercase + string.digits
# Answers that carry the pair.
GIVING: dict[str, Callable[[str, str], Answer]] = {
    "PUBLISHING": publishing,
    "SUCCESS": success,
    "APPROVING": approving,
}


@dataclass(slots=True, kw_only=True)
class Registration(DeviceFlow):
    """One device flow, and what became of it.

    `stage` is what happened last; `state` is `stage` as of now, since a code dies by itself.
    After the person confirmed, at `decided_at`, polls hear of CREATING and PUBLISHING for
    `stage_seconds` each before they hear the verdict. The credentials are handed out once, or
    with `repeats` in every answer.
    """

    stage_seconds: float = 0.0
    repeats: bool = False
    decided_at: float = 0.0
    stage: str = "WAITING"
    name: str = ""
    fail_reason: str = ""

    @property
    def state(self) -> str:
        """`stage`, or EXPIRED; a success or a refusal outlives the deadline."""
        if self.stage in {"SUCCESS", "FAIL"} or self.clock.now() < self.expires_at:
            return self.stage
        return "EXPIRED"

    @property
    def is_open(self) -> bool:
        """Whether the person may still decide."""
        return self.state not in {"SUCCESS", "FAIL", "EXPIRED", "APPROVING"}

    def answer(self) -> Answer:
        """What a poll hears now, by the state of things alone."""
        if self.state == "FAIL":
            return fail(self.fail_reason)
        if self.state == "EXPIRED":
            return expired()
        heard = self._on_the_way() or self.state
        gives = GIVING.get(heard)
        if gives and self.client_id and self.client_secret and self._may_give():
            return gives(self.client_id, self.client_secret)
        return stage(heard)

    def _on_the_way(self) -> str:
        """The stage between what the person did and its verdict; empty without one."""
        if self.state not in ("SUCCESS", "APPROVING"):
            return ""
        passed = self.clock.now() - self.decided_at
        if passed < self.stage_seconds:
            return "CREATING"
        return "PUBLISHING" if passed < 2 * self.stage_seconds else ""

    def _may_give(self) -> bool:
        return not self.handed_out or (self.repeats and self.clock.now() < self.expires_at)


@dataclass(slots=True)
class App:
    """One bot. `approved`: the organisation lets it in; `published`: it can listen."""

    client_secret: str = field(repr=False)
    name: str = ""
    published: bool = True
    approved: bool = True


def new_client_id() -> str:
    """Like `dingabcdefgh12345678`."""
    return "ding" + "".join(secrets.choice(CLIENT_ID_LETTERS) for _ in range(16))
