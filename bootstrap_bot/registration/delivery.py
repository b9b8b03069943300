"""One attempt's credentials in one target: how far they came, and what followed."""

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from bootstrap_bot.errors import EXPOSING, Code, TargetError
from bootstrap_bot.targets.command import End, Ran
from bootstrap_bot.targets.target import PEOPLE_NOTES, Stored

HANDLE_LENGTH = 12


class DeliveryState(StrEnum):
    """How far the credentials came in one target; CLOSED is the end without them."""

    PENDING = "pending"
    WRITTEN = "written"
    VERIFIED = "verified"
    CLOSED = "closed"


class Closed(StrEnum):
    """Why a delivery ended without credentials in its target; each has its text."""

    LEFT = "left"
    SKIPPED = "skipped"
    DISPLACED = "displaced"
    UNSPOKEN = "unspoken"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The credentials in one target; `target` is the target's key, `kind` its kind.

    `trouble` is the code of what hinders it, `line` and `column` where in a file (1-based,
    0 when unknown), `about` what else its text names; `begun` says that a write may have been
    made, `updated` that the target knew this account before the first one. `occupant` is the
    account that has a place for one, `agreed` that the admin wants it replaced, `exposed` that
    they want the pair written though others can read it there. `notes` are codes with blanks
    between them. The command that follows was begun `runs` times, the last one at `run_at`
    (epoch seconds); `run_end` is how that ended, empty before, with its status, seconds and
    output. `listed`: the target answers a list of people only; `let_in`: who confirmed is on it.
    """

    target: str
    place: str
    state: DeliveryState = DeliveryState.PENDING
    platform_id: str = ""
    updated: bool = False
    trouble: str = ""
    line: int = 0
    column: int = 0
    kind: str = "config"
    occupant: str = ""
    agreed: bool = False
    closed: str = ""
    notes: str = ""
    runs: int = 0
    run_at: float = 0.0
    run_end: str = ""
    run_status: int | None = None
    run_seconds: float = 0.0
    run_output: str = ""
    begun: bool = False
    exposed: bool = False
    about: str = ""
    listed: bool = False
    let_in: bool = False

    @property
    def open(self) -> bool:
        """Whether the credentials are there or on their way."""
        return self.state is not DeliveryState.CLOSED

    @property
    def closed_to_scanner(self) -> bool:
        """Whether who confirmed is not on the target's list of people yet."""
        verified = self.state is DeliveryState.VERIFIED
        return verified and self.listed and not self.let_in

    @property
    def running(self) -> bool:
        """Whether its command was begun and nobody knows the end."""
        return self.runs > 0 and not self.run_end

    def untroubled(self) -> Self:
        """Nothing hinders it any more."""
        return replace(self, trouble="", line=0, column=0, about="")

    def troubled(self, error: TargetError) -> Self:
        """Hindered by that; an agreement holds for the occupant it was given for."""
        agreed = self.agreed and _kept(error.occupant) in ("", self.occupant)
        return replace(
            self,
            trouble=error.code.value,
            line=error.line,
            column=error.column,
            occupant=_kept(error.occupant) or self.occupant,
            agreed=agreed,
            about=_kept(error.about),
            begun=False,
        )

    def written(self, stored: Stored) -> Self:
        """Stored under this id, yet to be read back."""
        return replace(
            self.untroubled(),
            state=DeliveryState.WRITTEN,
            platform_id=_kept(stored.platform.id),
            notes=" ".join(stored.notes),
            begun=False,
        )

    def verified(self) -> Self:
        """Read back."""
        return replace(self, state=DeliveryState.VERIFIED)

    def opened(self) -> Self:
        """Who confirmed is on the target's list of people, and its command has to run again."""
        codes = ((note, note.partition(":")[0]) for note in self.notes.split())
        notes = (note for note, code in codes if code not in PEOPLE_NOTES)
        return replace(self.untroubled().to_run_again(), notes=" ".join(notes), let_in=True)

    def ended(self, why: Closed) -> Self:
        """Without the credentials."""
        return replace(self.untroubled(), state=DeliveryState.CLOSED, closed=why.value)

    def running_since(self, now: float) -> Self:
        """Its command is about to run."""
        return replace(self, runs=self.runs + 1, run_at=now, run_end="")

    def ran(self, ran: Ran) -> Self:
        """Its command has run."""
        return replace(
            self,
            run_end=ran.end.value,
            run_status=ran.status,
            run_seconds=ran.seconds,
            run_output=ran.output,
        )

    def to_run_again(self) -> Self:
        """What follows has to be done once more, for something was stored anew."""
        return replace(self, runs=0, run_end="", run_status=None, run_output="", let_in=False)

    @property
    def handle(self) -> str:
        """Names it, and the bot in its place, in a button: twelve hexadecimal digits."""
        named = f"{self.target}\n{self.occupant}".encode(errors="surrogatepass")
        return hashlib.sha256(named).hexdigest()[:HANDLE_LENGTH]

    @property
    def asks(self) -> bool:
        """Whether the admin has to say what becomes of another bot's place."""
        return self.trouble == Code.OCCUPIED.value and not self.agreed

    @property
    def asks_exposed(self) -> bool:
        """Whether the admin may have it written though others can read it there."""
        return self.trouble in EXPOSING and not self.exposed


INTERRUPTED = Ran(End.INTERRUPTED)


def _kept(text: str) -> str:
    """A text of somebody else's as it can be kept: without halves of surrogates."""
    return text.encode(errors="replace").decode()
