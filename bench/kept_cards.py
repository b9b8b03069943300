"""Attempts that wait, and a chat that keeps what it shows but sends nothing."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC
from urllib.parse import quote

from pydantic import SecretStr

from bootstrap_bot.chat.card import card
from bootstrap_bot.chat.host import Card
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.clock import Clock
from bootstrap_bot.hosts.telegram.host import LIMITS
from bootstrap_bot.providers.provider import Link
from bootstrap_bot.registration.attempt import Attempt, State
from bootstrap_bot.registration.person import PersonId
from bootstrap_bot.targets.command import Command, End, Ran

LIFETIME = 7200.0


class KeptCards:
    """Implements `Display`: each card is made and remembered as for Telegram."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shown: dict[tuple[str, str], Card] = {}

    async def show(self, latest: Callable[[], Attempt]) -> str:
        attempt = latest()
        message = attempt.message or attempt.chat
        now = self._clock.now()
        texts = Texts(attempt.language)
        self._shown[attempt.chat, message] = card(attempt, texts, now, UTC, LIMITS)
        return message

    async def remove(self, attempt: Attempt, message: str) -> None:
        self._shown.pop((attempt.chat, message), None)


async def no_command(command: Command, secrets: Sequence[str]) -> Ran:
    """No target, no command."""
    return Ran(End.NOT_STARTED)


def device_code(number: int) -> str:
    """As long as DingTalk's."""
    return f"{number:064}"


def waiting_attempt(number: int, url: str, interval: float) -> Attempt:
    """One whose picture is in the chat and whose code is asked for."""
    now = time.time()
    link = f"{url}/openapp/registration/openClaw?user_code={number:012}&source=DING_DWS_CLAW"
    return Attempt(
        id=f"{number:010x}",
        provider="dingtalk",
        owner=PersonId("telegram", str(number)),
        chat=str(number),
        language="en",
        update=str(number),
        requested_at=now,
        acted_at=now,
        state=State.WAITING,
        message=str(number),
        wanted_id="dingtalk",
        device_state=SecretStr(device_code(number)),
        user_code=f"{number:012}",
        links=(
            Link("app", f"{url}/page/link?url={quote(link, safe='')}&target=fullScreen"),
            Link("browser", link),
        ),
        qr=link,
        interval=interval,
        expires_at=now + LIFETIME,
        stage_at=now,
    )
