"""/doctor: one message that fills line by line with what the doctor finds."""

from collections.abc import Mapping

from telegram import Message, Update
from telegram.constants import ParseMode
from telegram.ext import ApplicationHandlerStop, ContextTypes

from bootstrap_bot.chat.context import ChatContext, said
from bootstrap_bot.chat.manner import Manner, as_taken, topic_of
from bootstrap_bot.chat.outbox import NO_PREVIEW
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.doctor.doctor import Check
from bootstrap_bot.doctor.finding import Finding, Mark, Subject
from bootstrap_bot.errors import Code

ICONS: Mapping[Mark, str] = {Mark.GOOD: "🟢", Mark.LOOK: "🟡", Mark.BAD: "🔴"}


class DoctorTalk:
    """One examination at a time in each chat."""

    def __init__(self, context: ChatContext) -> None:
        self._context = context
        self._under_way: set[int] = set()

    async def command(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/doctor: begins, unless the message above is still filling."""
        message, user = said(update)
        if message.chat_id not in self._under_way:
            self._under_way.add(message.chat_id)
            self._context.outbox.work(self._examine(message, self._context.texts(user)))
        raise ApplicationHandlerStop

    async def _examine(self, message: Message, texts: Texts) -> None:
        page = Page(texts)
        live = _LiveMessage(message, page)

        def begins(check: Check) -> None:
            page.looking_at = check
            self._context.outbox.post(message.chat_id, live.show)

        try:
            async for finding in self._context.doctor.examine(begins):
                page.findings.append(finding)
            page.looking_at = None
            self._context.outbox.post(message.chat_id, live.show)
        finally:
            self._under_way.discard(message.chat_id)


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

    def __init__(self, question: Message, page: Page) -> None:
        self._question = question
        self._page = page
        self._sent: Message | None = None
        self._shown = ""

    async def show(self) -> None:
        html = self._page.html()
        if html == self._shown:
            return
        if self._sent is None:
            self._sent, _ = await as_taken(Manner(picture=False), self._reply)
        else:
            await self._sent.edit_text(
                html, parse_mode=ParseMode.HTML, link_preview_options=NO_PREVIEW
            )
        self._shown = html

    async def _reply(self, manner: Manner) -> Message:
        return await self._question.reply_text(
            manner.text(self._page.html()),
            parse_mode=manner.parse_mode,
            link_preview_options=NO_PREVIEW,
            message_thread_id=topic_of(self._question) if manner.topic else None,
        )


def subject_name(subject: Subject, platform: object, texts: Texts) -> str:
    """What people call it; a platform by its own name."""
    if subject is Subject.PLATFORM:
        return texts.plain(f"platform.{platform}")
    return texts.plain(f"doctor.{subject.value}")


def finding_name(finding: Finding, texts: Texts) -> str:
    """What people call what was found out about."""
    return subject_name(finding.subject, finding.values.get("platform"), texts)


def words(finding: Finding, texts: Texts) -> str:
    """What was found and what to do about it, as plain text."""
    return texts.plain(finding.code, **_worded(finding, texts))


def conclusion(findings: list[Finding], texts: Texts) -> str:
    """How it all stands, in a sentence without markup."""
    bad = sum(finding.mark is Mark.BAD for finding in findings)
    return texts.plural("doctor.some_bad", bad) if bad else texts.plain("doctor.all_good")


def _line(finding: Finding, texts: Texts) -> str:
    name = finding_name(finding, texts)
    told = texts(finding.code, **_worded(finding, texts))
    return f"{ICONS[finding.mark]} <b>{name}</b> · {told}"


def _worded(finding: Finding, texts: Texts) -> dict[str, object]:
    """The values as people read them: an error by its text."""
    return {name: _value(name, value, texts) for name, value in finding.values.items()}


def _value(name: str, value: object, texts: Texts) -> object:
    if name == "platform":
        return texts.plain(f"platform.{value}")
    return texts.plain(f"error.{value.value}") if isinstance(value, Code) else value
