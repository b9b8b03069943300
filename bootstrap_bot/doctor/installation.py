"""What there is to look at in one installation, from inside the bot or from outside of it."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bootstrap_bot.clock import Clock
from bootstrap_bot.doctor.config import AdminsCheck, ConfigCheck
from bootstrap_bot.doctor.doctor import Check, Doctor
from bootstrap_bot.doctor.finding import Subject
from bootstrap_bot.doctor.platforms import ClockCheck, PlatformCheck
from bootstrap_bot.doctor.state import OwnStateCheck, StateCheck
from bootstrap_bot.doctor.targets import TargetsCheck
from bootstrap_bot.providers.provider import Provider
from bootstrap_bot.registration.journal import Journal
from bootstrap_bot.registration.person import Admins
from bootstrap_bot.settings.settings import Settings, load
from bootstrap_bot.targets.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The parts of one bot. `chat` are its chat host's own checks.

    `journal` is its own, None for who is not the running bot itself.
    """

    settings: Settings
    admins: Admins
    chat: Sequence[Check]
    providers: Mapping[str, Provider]
    targets: Sequence[Target]
    clock: Clock
    journal: Journal | None = None

    def doctor(self) -> Doctor:
        """A doctor for it: what the bot does itself need not be asked for."""
        return Doctor([*self._checks()])

    def _checks(self) -> Iterator[Check]:
        path = self.settings.path
        file = path.name if self.journal else str(path)
        yield Check(Subject.CONFIG, ConfigCheck(path, file, lambda: load(path, os.environ)))
        yield Check(Subject.ADMINS, AdminsCheck(self.admins))
        yield from self.chat
        providers = [self.providers[name] for name in self.settings.offered]
        for provider in providers:
            yield Check(Subject.PLATFORM, PlatformCheck(provider), provider.kind.name)
        yield Check(Subject.TARGET, TargetsCheck(self.targets, self.settings.offered))
        yield from self._state()
        yield Check(Subject.CLOCK, ClockCheck(providers, self.clock))

    def _state(self) -> Iterator[Check]:
        """From outside only a file can be looked at."""
        path = self.settings.state_path
        if self.journal is not None:
            name = path.name if path else f"{self.settings.state.scheme}://"
            yield Check(Subject.STATE, OwnStateCheck(self.journal, name, path))
        elif path is not None:
            yield Check(Subject.STATE, StateCheck(path, str(path)))
