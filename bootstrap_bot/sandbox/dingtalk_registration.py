"""One device flow in the stand-in, and the bot it makes."""

import secrets
import string
from dataclasses import dataclass, field

from bootstrap_bot.clock import Clock
from bootstrap_bot.sandbox.answers import (
    Answer,
    Script,
    approving,
    expired,
    fail,
    stage,
    success,
)

CLIENT_ID_LETTERS = string.ascii_lowercase + string.digits
USER_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that look alike


@dataclass(slots=True)
class Registration:
    """One device flow. Times are seconds since the epoch by the server's clock.

    `stage` is what happened last; `state` is `stage` as of now, since a code dies by itself.
    `handed_out`: the credentials left in an answer, whether or not it arrived.
    """

    clock: Clock = field(repr=False)
    device_code: str = field(repr=False)
    user_code: str
    begun_at: float
    expires_at: float
    stage: str = "WAITING"
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    name: str = ""
    fail_reason: str = ""
    polls: int = 0
    handed_out: bool = False
    script: Script = field(default_factory=Script, repr=False)

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
        if self.client_id and self.client_secret and not self.handed_out:
            pair = {"SUCCESS": success, "APPROVING": approving}.get(self.state)
            if pair is not None:
                return pair(self.client_id, self.client_secret)
        return stage(self.state)


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


def new_user_code() -> str:
    """Like `MUEU-DEKR-5TN3`."""
    letters = "".join(secrets.choice(USER_CODE_LETTERS) for _ in range(12))
    return "-".join((letters[:4], letters[4:8], letters[8:]))
