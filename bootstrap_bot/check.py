"""`check`: the doctor in a terminal, one line for each thing it finds."""

import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from typing import TextIO

from telegram import Bot
from telegram.request import HTTPXRequest

from bootstrap_bot.app import context_of, providers_of, proxies_of, secrets_of, targets_of
from bootstrap_bot.chat.doctor_talk import conclusion, subject_name, words
from bootstrap_bot.chat.language import language_for
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.clock import SystemClock
from bootstrap_bot.doctor.config import AdminsCheck, ConfigCheck
from bootstrap_bot.doctor.dingtalk import ClockCheck, DingTalkCheck
from bootstrap_bot.doctor.doctor import Doctor
from bootstrap_bot.doctor.finding import Finding, Mark, Subject
from bootstrap_bot.doctor.state import StateCheck
from bootstrap_bot.doctor.state_lock import StateLock
from bootstrap_bot.doctor.targets import TargetsCheck
from bootstrap_bot.doctor.telegram import PollingCheck, TokenCheck
from bootstrap_bot.http import Http
from bootstrap_bot.log import guard
from bootstrap_bot.settings.settings import Settings, proxy_of

# Whoever writes the config holds its lock for a moment only.
LOCK_SECONDS = 3.0
CLEAR_LINE = "\r\x1b[K"


async def check(settings: Settings) -> int:
    """Prints what was found; 0 when nothing is broken, 1 when something needs a hand."""
    telegram = settings.telegram
    token = telegram.token.get_secret_value()
    guard(*secrets_of(settings))
    proxy = proxy_of(telegram, os.environ)
    # The environment's proxies are already weighed: loopback must not go through one.
    request = HTTPXRequest(proxy=proxy, httpx_kwargs={"trust_env": False})
    base = f"{telegram.api_url}/bot"
    bot = Bot(token, base, request=request, get_updates_request=request)
    table = Table(Texts(_language(settings, os.environ)), sys.stdout)
    async with request, Http(proxies=proxies_of(settings)) as http:
        async for finding in doctor_from_outside(settings, bot, http).examine(table.announce):
            table.add(finding)
    return table.end()


def doctor_from_outside(settings: Settings, bot: Bot, http: Http) -> Doctor:
    """A doctor for an installation that may be running in another process."""
    provider = providers_of(settings, http)["dingtalk"]
    targets = targets_of(settings.targets, context_of(settings, http, LOCK_SECONDS))
    state = settings.state_path
    return Doctor(
        {
            Subject.CONFIG: ConfigCheck(settings.path, str(settings.path), lambda: settings),
            Subject.ADMINS: AdminsCheck(settings.telegram.admins),
            Subject.TELEGRAM: TokenCheck(bot),
            Subject.POLLING: PollingCheck(bot, StateLock(state)),
            Subject.DINGTALK: DingTalkCheck(provider),
            Subject.TARGET: TargetsCheck(targets, settings.providers),
            Subject.STATE: StateCheck(state, str(state)),
            Subject.CLOCK: ClockCheck(provider, SystemClock()),
        }
    )


class Table:
    """Lines written as they come; in a terminal also what is being looked at."""

    def __init__(self, texts: Texts, out: TextIO) -> None:
        self._texts = texts
        self._out = out
        self._findings: list[Finding] = []
        self._live = out.isatty()
        self._marks = _widest(texts.plain(f"doctor.mark_{mark.value}") for mark in Mark)
        self._names = _widest(subject_name(subject, texts) for subject in Subject)

    def announce(self, subject: Subject) -> None:
        """Shows what is next, until its line takes the place."""
        if self._live:
            self._write(CLEAR_LINE + self._row("…", subject))

    def add(self, finding: Finding) -> None:
        """Writes one line."""
        self._findings.append(finding)
        mark = self._texts.plain(f"doctor.mark_{finding.mark.value}")
        row = f"{self._row(mark, finding.subject)}  {words(finding, self._texts)}\n"
        self._write((CLEAR_LINE if self._live else "") + row)

    def end(self) -> int:
        """Writes how it all stands and gives the exit status."""
        self._write(f"\n{conclusion(self._findings, self._texts)}\n")
        return int(any(finding.mark is Mark.BAD for finding in self._findings))

    def _row(self, mark: str, subject: Subject) -> str:
        name = subject_name(subject, self._texts)
        return f"{_padded(mark, self._marks)}  {_padded(name, self._names)}"

    def _write(self, text: str) -> None:
        encoding = self._out.encoding or "utf-8"
        self._out.write(text.encode(encoding, "replace").decode(encoding))
        self._out.flush()


def _language(settings: Settings, environ: Mapping[str, str]) -> str:
    """The config's, else the terminal's."""
    variables = map(environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, variables), "")
    return language_for(settings.chat.language, locale.partition(".")[0])


def _widest(texts: Iterable[str]) -> int:
    return max(map(_width, texts))


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """Columns in a terminal, where a Chinese character takes two."""
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in text)
