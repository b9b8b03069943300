"""/doctor: one message that fills line by line with what the doctor finds."""

import asyncio
from collections.abc import Mapping

from bootstrap_bot.activity import waiting
from bootstrap_bot.chat.context import Asked, ChatContext
from bootstrap_bot.chat.host import Address, Card, ChatHost, Shown
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.doctor.doctor import Check
from bootstrap_bot.doctor.finding import Finding, Mark, Subject
from bootstrap_bot.errors import Code

ICONS: Mapping[Mark, str] = {Mark.GOOD: "🟢", Mark.LOOK: "🟡", Mark.BAD: "🔴"}


class DoctorTalk:
    """One examination at a time in each chat."""

    def __init__(self, context: ChatContext) -> None:
        self._context = context
        self._under_way: set[str] = set()

    async def command(self, asked: Asked) -> None:
        """/doctor: begins, unless the message above is still filling."""
        address = asked.event.address
        if address.chat not in self._under_way:
            self._under_way.add(address.chat)
            self._context.outbox.work(self._examine(address, asked.texts))

    async def _examine(self, address: Address, texts: Texts) -> None:
        page = Page(texts)
        live = _LiveMessage(self._context.host, address, page)

        def begins(check: Check) -> None:
            page.looking_at = check
            self._context.outbox.post(address.chat, live.show)

        try:
            async for finding in self._context.doctor.examine(begins):
                page.findings.append(finding)
            page.looking_at = None
            self._context.outbox.post(address.chat, live.show)
        finally:
            self._under_way.discard(address.chat)


class Page:
    """The message's text as it is now."""

    def __init__(self, texts: Texts) -> None:
        self.findings: list[Finding] = []
        self.looking_at: Check | None = None
        self._texts = texts

    def html(self) -> str:
        """Title, lines, and at the end what is next or how it all stands."""
        lines = [_line(finding, self._texts) for finding in self.findings]
        return "\n".join([self._texts("doctor.title"), "", *lines, self._last_line()])

    def _last_line(self) -> str:
        if self.looking_at is not None:
            check = self.looking_at
            return f"⏳ {subject_name(check.subject, check.platform, self._texts)} …"
        return f"\n{conclusion(self.findings, self._texts)}"


class _LiveMessage:
    """Sent first, edited from then on; a turn that brings nothing new makes no request."""

    def __init__(self, host: ChatHost, address: Address, page: Page) -> None:
        self._host = host
        self._address = address
        self._page = page
        self._shown: Shown | None = None
        self._turn = asyncio.Lock()

    async def show(self) -> None:
        with waiting(lambda: not self._turn.locked()):
            await self._turn.acquire()
        try:
            if self._shown is None:
                self._shown = await self._host.send(self._address, self._draw)
            else:
                self._shown = await self._host.edit(self._shown, self._draw)
        finally:
            self._turn.release()

    def _draw(self) -> Card:
        return Card(self._page.html())


def subject_name(subject: Subject, platform: str, texts: Texts) -> str:
    """What people call it; a platform by its own name."""
    if subject is Subject.PLATFORM:
        return texts.about(platform).plain("platform.name")
    return texts.plain(f"doctor.{subject.value}")


def finding_name(finding: Finding, texts: Texts) -> str:
    """What people call what was found out about."""
    return subject_name(finding.subject, _platform(finding), texts)


def words(finding: Finding, texts: Texts) -> str:
    """What was found and what to do about it, as plain text."""
    return texts.about(_platform(finding)).plain(finding.code, **_worded(finding, texts))


def conclusion(findings: list[Finding], texts: Texts) -> str:
    """How it all stands, in a sentence without markup."""
    bad = sum(finding.mark is Mark.BAD for finding in findings)
    return texts.plural("doctor.some_bad", bad) if bad else texts.plain("doctor.all_good")


def _line(finding: Finding, texts: Texts) -> str:
    name = finding_name(finding, texts)
    told = texts.about(_platform(finding))(finding.code, **_worded(finding, texts))
    return f"{ICONS[finding.mark]} <b>{name}</b> · {told}"


def _platform(finding: Finding) -> str:
    """The platform a finding is about, "" for none in particular."""
    return str(finding.values.get("platform", ""))


def _worded(finding: Finding, texts: Texts) -> dict[str, object]:
    """The values as people read them: an error by its text, platforms by their names."""
    texts = texts.about(_platform(finding))
    values = {name: value for name, value in finding.values.items() if name != "platform"}
    return {name: _value(value, texts) for name, value in values.items()}


def _value(value: object, texts: Texts) -> object:
    if isinstance(value, tuple):
        return ", ".join(texts.about(one).plain("platform.name") for one in value)
    return texts.plain(f"error.{value.value}") if isinstance(value, Code) else value
