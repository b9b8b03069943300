"""What every platform promises of its registration."""

import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials, secrets_of
from bootstrap_bot.errors import RemoteError
from bootstrap_bot.http import Http
from bootstrap_bot.providers.provider import (
    Denied,
    Expired,
    Granted,
    Health,
    Pending,
    PollResult,
    Provider,
)
from bootstrap_bot.sandbox.answers import BROKEN
from bootstrap_bot.sandbox.device_flow import DeviceFlowServer
from tests.support.clock import FakeClock

MOST_POLLS = 20


@dataclass
class Desk:
    """A provider with the stand-in that it asks."""

    provider: Provider
    stand_in: DeviceFlowServer[Any]
    clock: FakeClock

    async def begun(self) -> SecretStr:
        """The state of a fresh registration."""
        return (await self.provider.begin()).state

    async def poll(self, state: SecretStr) -> PollResult:
        """The answer to a poll that comes when it may."""
        await self.clock.advance(self.stand_in.interval)
        return await self.provider.poll(state)

    async def verdict(self, state: SecretStr) -> PollResult:
        """The first answer that is not pending, asked for as the platform wants it."""
        for _ in range(MOST_POLLS):
            answer = await self.poll(state)
            if not isinstance(answer, Pending):
                return answer
            state = answer.state or state
        raise AssertionError("nothing was decided")


class ProviderContract(ABC):
    """Inherited by the tests of each provider, which say how its platform is played."""

    # Calls of the stand-in that `begin` makes, the last one last.
    BEGINNING: Sequence[str] = ("begin",)

    @abstractmethod
    def platform(self, clock: FakeClock) -> DeviceFlowServer[Any]:
        """A stand-in of the platform."""

    @abstractmethod
    def provider(self, http: Http, stand_in: Any) -> Provider:
        """The provider that asks it."""

    @abstractmethod
    async def approve(self, stand_in: Any) -> None:
        """A person confirms the latest registration."""

    @abstractmethod
    async def refuse(self, stand_in: Any) -> None:
        """A person refuses it."""

    @pytest.fixture
    async def desk(self) -> AsyncIterator[Desk]:
        clock = FakeClock()
        async with self.platform(clock) as stand_in, Http(1) as http:
            yield Desk(self.provider(http, stand_in), stand_in, clock)

    async def granted(self, desk: Desk) -> Credentials:
        """Credentials of a bot that was just made."""
        state = await desk.begun()
        await self.approve(desk.stand_in)
        verdict = await desk.verdict(state)
        assert isinstance(verdict, Granted)
        assert verdict.credentials is not None
        return verdict.credentials

    async def test_a_beginning_has_all_that_a_person_needs(self, desk: Desk) -> None:
        authorization = await desk.provider.begin()
        assert authorization.links
        for url in (authorization.qr, *(link.url for link in authorization.links)):
            parts = urlsplit(url)
            assert (parts.scheme, parts.hostname) == ("http", "127.0.0.1")
        assert 1 <= authorization.interval <= 60
        assert authorization.expires_in >= 60
        assert authorization.user_code == desk.stand_in.latest.user_code

    async def test_two_registrations_are_two(self, desk: Desk) -> None:
        assert await desk.begun() != await desk.begun()
        assert len(desk.stand_in.registrations) == 2

    async def test_nobody_has_confirmed_yet(self, desk: Desk) -> None:
        answer = await desk.poll(await desk.begun())
        assert isinstance(answer, Pending)
        assert answer.credentials is None

    async def test_whoever_confirms_gets_every_field(self, desk: Desk) -> None:
        credentials = await self.granted(desk)
        kind = desk.provider.kind
        assert credentials.provider == kind.name
        assert credentials.account == credentials.text(kind.account) != ""
        for field in kind.fields:
            assert field.optional or credentials.text(field.name)
            hidden = isinstance(credentials.values.get(field.name), SecretStr)
            assert hidden is field.secret
        assert set(credentials.values) <= {field.name for field in kind.fields}

    async def test_whoever_refuses_is_heard(self, desk: Desk) -> None:
        state = await desk.begun()
        await self.refuse(desk.stand_in)
        assert isinstance(await desk.verdict(state), Denied)

    async def test_a_dead_code_is_known_to_be_dead(self, desk: Desk) -> None:
        state = await desk.begun()
        await desk.clock.advance(desk.stand_in.lifetime)
        assert isinstance(await desk.verdict(state), Expired)

    async def test_another_process_goes_on_from_the_state_alone(self, desk: Desk) -> None:
        state = await desk.begun()
        await self.approve(desk.stand_in)
        async with Http(1) as http:
            later = Desk(self.provider(http, desk.stand_in), desk.stand_in, desk.clock)
            assert isinstance(await later.verdict(state), Granted)

    @pytest.mark.parametrize("row", BROKEN)
    async def test_a_beginning_that_fails_is_a_typed_error(self, desk: Desk, row: str) -> None:
        for call in self.BEGINNING:
            desk.stand_in.next(call, BROKEN[row])
            with pytest.raises(RemoteError) as caught:
                await desk.provider.begin()
            assert str(caught.value) == caught.value.code.value

    @pytest.mark.parametrize("row", BROKEN)
    async def test_an_answer_that_says_nothing_is_a_typed_error(self, desk: Desk, row: str) -> None:
        state = await desk.begun()
        desk.stand_in.next_poll(BROKEN[row])
        with pytest.raises(RemoteError):
            await desk.poll(state)
        assert isinstance(await desk.poll(state), Pending)

    async def test_a_bot_that_was_just_made_works(self, desk: Desk) -> None:
        assert await desk.provider.check(await self.granted(desk)) is Health.WORKS

    async def test_a_wrong_secret_is_known(self, desk: Desk) -> None:
        credentials = await self.granted(desk)
        kind = desk.provider.kind
        wrong = {
            field.name: "wrong" * 8 if field.secret else credentials.text(field.name)
            for field in kind.fields
        }
        assert await desk.provider.check(kind.credentials(wrong)) is Health.WRONG_PAIR

    async def test_a_probe_begins_nothing(self, desk: Desk) -> None:
        assert (await desk.provider.probe()).trouble is None
        assert desk.stand_in.registrations == []

    async def test_no_log_and_no_address_has_a_secret(
        self, desk: Desk, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        credentials = await self.granted(desk)
        await desk.provider.check(credentials)
        await desk.provider.about(credentials)
        secrets = [*secrets_of(credentials.values), desk.stand_in.latest.device_code]
        shown = [caplog.text, repr(credentials), *(one.path for one in desk.stand_in.requests)]
        for secret in secrets:
            assert all(secret not in text for text in shown)
