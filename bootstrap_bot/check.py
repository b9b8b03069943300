"""`check`: the doctor in a terminal, one line for each thing it finds."""

import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from typing import TextIO

from telegram import Bot
from telegram.request import HTTPXRequest

from bootstrap_bot.app import context_of, providers_of, proxies_of, secrets_of, targets_of
from bootstrap_bot.chat.doctor_talk import conclusion, finding_name, subject_name, words
from bootstrap_bot.chat.language import language_for
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.clock import SystemClock
from bootstrap_bot.doctor.doctor import Check, Doctor
from bootstrap_bot.doctor.finding import Finding, Mark, Subject
from bootstrap_bot.doctor.installation import Installation
from bootstrap_bot.doctor.state_lock import StateLock
from bootstrap_bot.hosts.telegram.checks import PollingCheck, TokenCheck
from bootstrap_bot.hosts.telegram.events import person_of
from bootstrap_bot.http import Http
from bootstrap_bot.log import guard
from bootstrap_bot.registration.person import FixedAdmins
from bootstrap_bot.settings.proxies import proxy_of
from bootstrap_bot.settings.settings import Settings

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
    texts = Texts(_language(settings, os.environ), settings.only_offered)
    async with request, Http(proxies=proxies_of(settings)) as http:
        doctor = doctor_from_outside(settings, bot, http)
        table = Table(texts, sys.stdout, doctor.checks)
        async for finding in doctor.examine(table.announce):
            table.add(finding)
    return table.end()


def doctor_from_outside(settings: Settings, bot: Bot, http: Http) -> Doctor:
    """A doctor for an installation that may be running in another process."""
    path = settings.state_path
    polling = PollingCheck(bot, StateLock(path) if path else None)
    installation = Installation(
        settings=settings,
        admins=FixedAdmins(map(person_of, settings.telegram.admins)),
        chat=[Check(Subject.TELEGRAM, TokenCheck(bot)), Check(Subject.POLLING, polling)],
        providers=providers_of(settings, http),
        targets=targets_of(settings.targets, context_of(settings, http, LOCK_SECONDS)),
        clock=SystemClock(),
    )
    return installation.doctor()


class Table:
    """Lines written as they come; in a terminal also what is being looked at."""

    def __init__(self, texts: Texts, out: TextIO, checks: Iterable[Check]) -> None:
        self._texts = texts
        self._out = out
        self._findings: list[Finding] = []
        self._live = out.isatty()
        self._marks = _widest(texts.plain(f"doctor.mark_{mark.value}") for mark in Mark)
        self._names = _widest(subject_name(one.subject, one.platform, texts) for one in checks)

    def announce(self, check: Check) -> None:
        """Shows what is next, until its line takes the place."""
        if self._live:
            name = subject_name(check.subject, check.platform, self._texts)
            self._write(CLEAR_LINE + self._row("…", name))

    def add(self, finding: Finding) -> None:
        """Writes one line."""
        self._findings.append(finding)
        mark = self._texts.plain(f"doctor.mark_{finding.mark.value}")
        name = finding_name(finding, self._texts)
        row = f"{self._row(mark, name)}  {words(finding, self._texts)}\n"
        self._write((CLEAR_LINE if self._live else "") + row)

    def end(self) -> int:
        """Writes how it all stands and gives the exit status."""
        self._write(f"\n{conclusion(self._findings, self._texts)}\n")
        return int(any(finding.mark is Mark.BAD for finding in self._findings))

    def _row(self, mark: str, name: str) -> str:
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
