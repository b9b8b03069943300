"""Telegram's side: whose token it is, and who gets the bot's messages."""

import re
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from telegram import Bot
from telegram.error import Conflict, InvalidToken, TelegramError

from bootstrap_bot.doctor.finding import Finding, Subject
from bootstrap_bot.doctor.state_lock import StateLock
from bootstrap_bot.hosts.telegram.odd_answers import understood

_HOST = re.compile(r"[a-z0-9.-]{1,253}")


class TokenCheck:
    """The token, tried with getMe."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def __call__(self) -> Sequence[Finding]:
        """Whether Telegram answers, and knows the token."""
        try:
            me = await understood(self._bot.get_me)
        except InvalidToken:
            return [Finding.bad(Subject.TELEGRAM, "doctor.telegram_token")]
        except TelegramError:
            return [Finding.bad(Subject.TELEGRAM, "doctor.telegram_away")]
        return [Finding.good(Subject.TELEGRAM, "doctor.telegram_good", bot=f"@{me.username}")]


class PollingCheck:
    """Who gets the messages, seen from outside of the bot.

    Nothing is asked that could take them from a `run`, which holds the lock of its state file.
    Without a file there is no telling.
    """

    def __init__(self, bot: Bot, lock: StateLock | None) -> None:
        self._bot = bot
        self._lock = lock

    async def __call__(self) -> Sequence[Finding]:
        """Whether a webhook, a running bot or somebody unknown does."""
        if self._lock is None:
            return [Finding.look(Subject.POLLING, "doctor.polling_unasked")]
        try:
            holder = self._lock.holder()
        except OSError:
            return [Finding.look(Subject.POLLING, "doctor.polling_lock")]
        return [await _asked(lambda: self._look(holder))]

    async def _look(self, holder: str | None) -> Finding:
        host = await _webhook(self._bot)
        if host and holder is None:
            return Finding.bad(Subject.POLLING, "doctor.polling_webhook", host=host)
        if host:
            return Finding.look(Subject.POLLING, "doctor.polling_both", host=host)
        if holder is not None:
            return Finding.good(Subject.POLLING, "doctor.polling_run", process=holder or "?")
        # without an offset nothing is confirmed: every message stays for whoever comes
        await understood(lambda: self._bot.get_updates(limit=1, timeout=0))
        return Finding.good(Subject.POLLING, "doctor.polling_nobody")


class OwnPollingCheck:
    """The same seen from inside: it is the bot itself that gets them."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def __call__(self) -> Sequence[Finding]:
        """In which way it gets them."""
        return [await _asked(self._look)]

    async def _look(self) -> Finding:
        host = await _webhook(self._bot)
        if host:
            return Finding.good(Subject.POLLING, "doctor.polling_own_webhook", host=host)
        return Finding.good(Subject.POLLING, "doctor.polling_own")


async def _asked(look: Callable[[], Awaitable[Finding]]) -> Finding:
    try:
        return await look()
    except Conflict:
        return Finding.bad(Subject.POLLING, "doctor.polling_other")
    except TelegramError:
        # the line above says what to do about it
        return Finding.look(Subject.POLLING, "doctor.polling_unknown")


async def _webhook(bot: Bot) -> str:
    """The host a webhook leads to, "" without one: the rest of its address may be a secret."""
    address = (await understood(bot.get_webhook_info)).url
    if not address:
        return ""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        host = ""
    return host if _HOST.fullmatch(host) else "?"
