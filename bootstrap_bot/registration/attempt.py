"""An attempt in progress: a plain record that another process can take up.

    requested ──> waiting ──> captured ──> stored ──> removed
        │            │  │        └───> held
        │            │  └───> refused, expired, failed ──> held
        │            └──────> cancelled ──> held ──> captured, discarded
        └──> failed

`told` says whether the person was shown the state as it is. A code stays with its row until
a while after the platform's verdict, a secret until it is safely stored or discarded; a row
that has neither and was told is over.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials, Values, secrets_of
from bootstrap_bot.providers.provider import Health, Link, Stage
from bootstrap_bot.registration.delivery import Delivery
from bootstrap_bot.registration.person import PersonId


class State(StrEnum):
    """Where an attempt stands; each has its text in every catalogue."""

    REQUESTED = "requested"
    WAITING = "waiting"
    CAPTURED = "captured"
    HELD = "held"
    STORED = "stored"
    REFUSED = "refused"
    EXPIRED = "expired"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DISCARDED = "discarded"
    REMOVED = "removed"


LIVE = frozenset({State.REQUESTED, State.WAITING, State.CAPTURED, State.HELD})
# States in which the platform may still say something about a code.
ASKED = frozenset({State.WAITING, State.CANCELLED, State.REFUSED, State.EXPIRED, State.FAILED})
# What the person has to learn, if need be by a message of its own.
RESULTS = frozenset(State) - {State.REQUESTED, State.WAITING, State.CAPTURED}


class Held(StrEnum):
    """Why credentials wait for their admin's decision; each has its text."""

    CONFIRM = "confirm"
    LATE = "late"
    AFTERWARDS = "afterwards"
    UNFINISHED = "unfinished"
    INHERITED = "inherited"
    UNPLACED = "unplaced"


class Approval(StrEnum):
    """Whether somebody in the organisation has to agree before the bot can work."""

    NONE = "none"
    PENDING = "pending"
    GRANTED = "granted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One registration. Times are seconds since the epoch, `interval` is seconds.

    Ids are the chat host's own; `update` is what asked for it. `topic` is the part of the chat in
    which it is told, None in a chat without any. `message` is the one message people see,
    `old_message` a copy that is to be removed once a later one stands; `stale` says that what
    was told has a small change, worth an edit. `wanted_id` and `replaces` (an account) say
    where the pair is to go. `device_state` is the provider's, for polls. After a verdict it is
    kept until `let_go_at` (0 before one). `stage` holds since `stage_at`; `checked_at` is when
    the person last had the platform asked. `watching`: a pending approval is looked for.
    `looked_at` is when the stored pair was last checked, with `health` as its outcome.
    `masked_secret` stays when secrets are erased from `values`, so that what is shown does not
    change with that. `version` counts the journal's saves of it.
    """

    id: str
    provider: str
    owner: PersonId
    chat: str
    language: str
    update: str
    requested_at: float
    acted_at: float
    state: State = State.REQUESTED
    told: bool = False
    stale: bool = False
    topic: str | None = None
    message: str | None = None
    old_message: str | None = None
    wanted_id: str
    replaces: str = ""
    device_state: SecretStr | None = None
    user_code: str = ""
    links: tuple[Link, ...] = ()
    qr: str = ""
    interval: float = 5.0
    expires_at: float = 0.0
    let_go_at: float = 0.0
    stage: Stage = Stage.WAITING
    stage_at: float = 0.0
    checked_at: float = 0.0
    approval: Approval = Approval.NONE
    watching: bool = False
    health: Health = Health.UNKNOWN
    looked_at: float = 0.0
    held: Held = Held.LATE
    account: str = ""
    values: Values = field(default_factory=dict)
    masked_secret: str = ""
    reason: str = ""
    trouble: str = ""
    trouble_since: float = 0.0
    stored_at: float = 0.0
    deliveries: tuple[Delivery, ...] = ()
    version: int = field(default=0, compare=False)

    @property
    def credentials(self) -> Credentials | None:
        """What the platform gave out, while its secrets are kept here."""
        if not self.has_secret:
            return None
        return Credentials(self.provider, self.account, self.values)

    @property
    def has_secret(self) -> bool:
        """Whether secrets of the bot are kept here."""
        return bool(secrets_of(self.values))

    @property
    def live(self) -> bool:
        """Whether its owner has something to do or to wait for."""
        return self.state in LIVE

    @property
    def pollable(self) -> bool:
        """Whether the platform may still have something to say about its code."""
        return self.state in ASKED and self.device_state is not None

    @property
    def at_work(self) -> bool:
        """Whether targets are being changed right now, which is shown only if it hangs."""
        removing = self.state is State.REMOVED and bool(self.deliveries)
        return self.state is State.CAPTURED or removing

    def delivery(self, target: str) -> Delivery | None:
        """What is known of that target, by its key."""
        return next((one for one in self.deliveries if one.target == target), None)

    @property
    def over(self) -> bool:
        """Whether nothing is left to do: no code, no secret, no watch, and the person knows."""
        kept = self.device_state is not None or self.has_secret
        return self.told and not self.stale and not kept and not self.watching
