"""What people do about registrations: whoever confirms one, and their organisation's admin."""

import secrets
from collections.abc import Iterable, Mapping

from bootstrap_bot.clock import Clock
from bootstrap_bot.sandbox.device_flow import DeviceFlowServer
from bootstrap_bot.sandbox.dingtalk.registration import App, Registration, new_client_id


class DingTalkPeople(DeviceFlowServer[Registration]):
    """A server on whose registrations people decide. `apps` are their bots, by client id."""

    def __init__(
        self,
        calls: Iterable[str],
        clock: Clock | None,
        interval: int,
        lifetime: int,
        extra_begin: Mapping[str, object] | None,
        port: int,
    ) -> None:
        super().__init__(calls, clock, interval, lifetime, extra_begin, port)
        self.apps: dict[str, App] = {}

    async def set_stage(self, name: str, user_code: str | None = None) -> None:
        """The registration moves on to that stage."""
        self.find(user_code).stage = name
        await self.changed()

    async def approve(
        self, user_code: str | None = None, name: str = "My bot", client_id: str | None = None
    ) -> None:
        """The person confirms; `client_id` binds an existing bot or names the new one."""
        await self._decide(user_code, "SUCCESS", name, client_id)

    async def approve_pending(
        self, user_code: str | None = None, name: str = "My bot", client_id: str | None = None
    ) -> None:
        """The person confirms, and their organisation's admin is yet to agree."""
        await self._decide(user_code, "APPROVING", name, client_id)

    async def grant(self, user_code: str | None = None) -> None:
        """The organisation's admin agrees, be the device code dead or alive."""
        registration = self.find(user_code)
        app = self.apps.get(registration.client_id or "")
        if app is None:
            raise ValueError(f"{registration.user_code} has no app yet")
        app.approved = app.published = True
        if registration.state == "APPROVING":
            registration.stage = "SUCCESS"
        await self.changed()

    async def refuse(
        self, user_code: str | None = None, reason: str = "The person refused."
    ) -> None:
        """The person says no."""
        registration = self._undecided(user_code)
        registration.stage, registration.fail_reason = "FAIL", reason
        await self.changed()

    def is_pending(self, registration: Registration) -> bool:
        """Whether its bot waits for the organisation's admin."""
        app = self.apps.get(registration.client_id or "")
        return app is not None and not app.approved

    async def _decide(
        self, user_code: str | None, verdict: str, name: str, client_id: str | None
    ) -> None:
        registration = self._undecided(user_code)
        self._mint(registration, client_id)
        registration.stage, registration.name = verdict, name
        registration.decided_at = self.clock.now()
        app = self.apps[registration.client_id or ""]
        app.name = name
        app.approved = app.published = verdict == "SUCCESS"
        await self.changed()

    def _mint(self, registration: Registration, client_id: str | None = None) -> tuple[str, str]:
        """The registration's pair, made now unless it has one; its app exists afterwards."""
        wanted = client_id or registration.client_id or new_client_id()
        secret = registration.client_secret if wanted == registration.client_id else None
        app = self.apps.setdefault(wanted, App(secret or secrets.token_urlsafe(48)))
        registration.client_id, registration.client_secret = wanted, app.client_secret
        return wanted, app.client_secret
