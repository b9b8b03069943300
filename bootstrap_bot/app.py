"""The parts of one bot, wired together, and their life from start to stop."""

import asyncio
import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from bootstrap_bot import registry
from bootstrap_bot.chat.access import AccessControl
from bootstrap_bot.chat.attempt_messages import AttemptMessages
from bootstrap_bot.chat.claim import Claims
from bootstrap_bot.chat.commands import commands
from bootstrap_bot.chat.context import ChatContext
from bootstrap_bot.chat.dispatcher import Dispatcher
from bootstrap_bot.chat.host import ChatHost, Event
from bootstrap_bot.chat.language import language_for
from bootstrap_bot.chat.menu import Menu
from bootstrap_bot.chat.outbox import Outbox
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.clock import Clock
from bootstrap_bot.doctor.installation import Installation
from bootstrap_bot.errors import TargetError
from bootstrap_bot.http import Http
from bootstrap_bot.providers.provider import Provider
from bootstrap_bot.registration.deliverer import contained
from bootstrap_bot.registration.inventory import Inventory
from bootstrap_bot.registration.journal import Journal
from bootstrap_bot.registration.limits import Caps
from bootstrap_bot.registration.person import Admins
from bootstrap_bot.registration.service import RegistrationService
from bootstrap_bot.registration.worker import OnStored, Services
from bootstrap_bot.secret_spellings import proxies_in
from bootstrap_bot.settings.proxies import proxy_of_provider
from bootstrap_bot.settings.settings import Settings
from bootstrap_bot.settings.targets import addresses_of, proxy_of_target
from bootstrap_bot.targets.command import Command, Ran, run
from bootstrap_bot.targets.config_file import OWN_CONFIG
from bootstrap_bot.targets.file_target import LOCK_SECONDS
from bootstrap_bot.targets.tables import TargetContext, TargetTable
from bootstrap_bot.targets.target import Target
from bootstrap_bot.urls import DIRECT

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """Whether it is the whole bot (`alone`) or part of another one, with a menu, with claims."""

    alone: bool
    menu: bool
    claims: Claims | None = None


class App:
    """A chat on one side, provider, journal and target on the other, attempts between them.

    `given` are targets that take the place of the settings'.
    """

    def __init__(
        self,
        host: ChatHost,
        settings: Settings,
        admins: Admins,
        clock: Clock,
        timeout: float,
        on_stored: OnStored | None,
        role: Role,
        given: Sequence[Target] | None = None,
    ) -> None:
        zone = _zone(settings.chat.timezone)
        self._settings = settings
        self._admins = admins
        self._host = host
        self._http = Http(timeout, proxies_of(settings))
        self._journal = journal_of(settings)
        providers = providers_of(settings, self._http)
        context = context_of(settings, self._http, LOCK_SECONDS)
        targets = targets_of(settings.targets, context) if given is None else given
        self._targets = targets

        async def run_command(command: Command, secrets: Sequence[str]) -> Ran:
            return await run(command, clock, os.environ, [*secrets_of(settings), *secrets])

        services = Services(
            providers=providers,
            targets=targets,
            journal=self._journal,
            display=AttemptMessages(host, clock, zone),
            clock=clock,
            run_command=run_command,
            on_stored=on_stored,
            admins=admins,
            confirm=settings.security.confirm,
            caps=Caps(**settings.limits.model_dump()),
        )
        attempts = RegistrationService(services)
        installation = Installation(
            settings=settings,
            admins=admins,
            chat=host.checks(),
            providers=providers,
            targets=targets,
            clock=clock,
            journal=self._journal,
        )
        outbox = Outbox(host, clock)
        self.context = ChatContext(
            host=host,
            providers=settings.offered,
            attempts=attempts,
            platforms=Inventory(targets, providers, run_command, attempts.displaced),
            outbox=outbox,
            doctor=installation.doctor(),
            clock=clock,
            zone=zone,
            texts=self._texts,
            menu=Menu(host, outbox, settings.offered, alone=role.alone) if role.menu else None,
        )
        self.access = AccessControl(
            admins,
            alone=role.alone,
            commands=commands(settings.offered, alone=role.alone),
            outbox=outbox,
            clock=clock,
            texts=self._texts,
            private_chat=host.private_chat,
            welcome=self._welcome,
            claims=role.claims,
        )
        self.dispatcher = Dispatcher(self.context, alone=role.alone)
        self._running = AsyncExitStack()
        self._started = False

    @property
    def idle(self) -> bool:
        """Whether it has started and nothing is under way: all waits, for time or for a person."""
        parts = (self.context.attempts, self.context.outbox, self._host)
        return self._started and all(part.idle for part in parts)

    async def start(self) -> None:
        """Takes up what was under way. Raises `JournalError`, with nothing left open."""
        async with AsyncExitStack() as stack:
            await self._journal.open()
            stack.push_async_callback(self._journal.close)
            await stack.enter_async_context(self._http)
            stack.push_async_callback(self._fall_silent)
            await self.context.attempts.start()
            tidying = asyncio.create_task(_tidy(self._targets))
            stack.callback(tidying.cancel)
            await self._tell_of_damage()
            self._running = stack.pop_all()
        self._started = True

    async def stop(self) -> None:
        """Comes to rest at once, but for polls on their way; the rest goes on at the next start."""
        await self._running.aclose()

    async def _fall_silent(self) -> None:
        """Nobody is told anything any more while the last answers of DingTalk are waited for."""
        await asyncio.gather(
            self.context.attempts.stop(), self.context.outbox.stop(), self._host.stop()
        )

    async def _welcome(self, event: Event) -> None:
        """An admin wrote or pressed something."""
        await self.context.attempts.person_is_back(event.person)
        if self.context.menu is not None:
            self.context.menu.ensure(event.address, await self._texts(event))

    async def _texts(self, event: Event) -> Texts:
        chosen = await self.context.attempts.language_of(event.person)
        return self._texts_in(language_for(chosen, self._settings.chat.language, event.language))

    def _texts_in(self, language: str) -> Texts:
        return Texts(language, self._settings.only_offered)

    async def _tell_of_damage(self) -> None:
        """A state file that had to be given up is no secret from the admins."""
        if self._journal.moved_aside is None:
            return
        log.error("the state file was broken; it is kept as %s", self._journal.moved_aside)
        texts = self._texts_in(language_for(self._settings.chat.language))
        for admin in await self._admins.all():
            address = self._host.private_chat_of(admin)
            self.context.outbox.tell_surely(address, texts("notice.journal_broken"))


async def _tidy(targets: Sequence[Target]) -> None:
    """What we left in a target when we were killed is in its program's way until then."""

    async def tidy(target: Target) -> None:
        with suppress(TargetError), contained(target):
            await target.tidy()

    await asyncio.gather(*map(tidy, targets))


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Every secret of the settings, and of the environment's proxies, for whoever hides them."""
    held = [settings.telegram.token, settings.telegram.proxy]
    held += [table.proxy for table in settings.providers.values()]
    held += [secret for target in settings.targets for secret in target.secrets]
    values = [*(secret.get_secret_value() for secret in held), *proxies_in(os.environ)]
    if settings.state.scheme:
        # an address may hold a password
        values.append(settings.state.path)
    return tuple(value for value in values if len(value) > len(DIRECT))


def proxies_of(settings: Settings) -> dict[str, str]:
    """The proxy of each address that has one: the platforms' and the targets'."""
    found: dict[str, str | None] = {}
    for name, table in settings.providers.items():
        for address in table.addresses:
            found[address] = proxy_of_provider(name, table, address, os.environ)
    for address in addresses_of(settings.targets):
        found[address] = proxy_of_target(address, os.environ)
    return {address: proxy for address, proxy in found.items() if proxy}


def providers_of(settings: Settings, http: Http) -> Mapping[str, Provider]:
    """Every platform by its name."""
    kinds = registry.providers()
    return {name: kinds[name].build(http, table) for name, table in settings.providers.items()}


def context_of(settings: Settings, http: Http, lock_seconds: float) -> TargetContext:
    """What targets are built from."""
    return TargetContext(settings.path, http, lock_seconds, registry.providers().values())


def journal_of(settings: Settings) -> Journal:
    """Where is kept what must survive."""
    address = settings.state_path or settings.state.path
    return registry.journals()[settings.state.scheme].at(str(address))


def targets_of(tables: Sequence[TargetTable], context: TargetContext) -> list[Target]:
    """The targets themselves, this bot's own config if there is none."""
    return [table.build(context) for table in (tables or (OWN_CONFIG,))]


def _zone(name: str) -> tzinfo:
    # UTC needs no time zone data, which small systems do not have.
    return UTC if name == "UTC" else ZoneInfo(name)
