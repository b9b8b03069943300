"""What the one message of an attempt shows in each state. Pure: a record in, a card out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from bootstrap_bot.attempts.aftercare import settling
from bootstrap_bot.attempts.attempt import Approval, Attempt, Delivery, Held, State
from bootstrap_bot.chat import times
from bootstrap_bot.chat.buttons import Action, button
from bootstrap_bot.chat.pictures import LONGEST_QR, Picture
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.credentials import masked_id
from bootstrap_bot.errors import Code
from bootstrap_bot.providers.provider import Health

# Telegram's limits: characters of a caption and of a copy button.
LONGEST_CAPTION = 1024
LONGEST_COPY = 256
LONGEST_REASON = 200
LONGEST_CODE = 40
LONGEST_NAME = 64
# Without news for so many seconds, something usually stands in the person's way.
HELP_AFTER = 300.0
# How long the outcome of "check now" stays in view.
OUTCOME_STAYS = 60.0
# Failures with a text of their own, and what is said of a check besides its outcome.
FAILURES = (Code.NO_CREDENTIALS.value, Code.BAD_LINK.value)
HEALTH_WORDS = ("checking", "settling", "approval", "approval_given_up")
# Controls, separators, surrogates and everything that turns the direction of writing.
UNFIT = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]+"
)

Rows = Sequence[Sequence[InlineKeyboardButton]]


@dataclass(frozen=True, slots=True)
class Card:
    """A picture, a caption in Telegram's HTML, and rows of buttons.

    `link` is what a QR picture leads to.
    """

    picture: Picture
    caption: str
    rows: tuple[tuple[InlineKeyboardButton, ...], ...] = ()
    link: str = ""

    @property
    def keyboard(self) -> InlineKeyboardMarkup:
        """The buttons as Telegram takes them."""
        return InlineKeyboardMarkup(self.rows)


def card(attempt: Attempt, texts: Texts, now: float, zone: tzinfo) -> Card:
    """The card of an attempt at a moment (epoch seconds)."""
    match attempt.state:
        case State.REQUESTED:
            rows = ((button(Action.CANCEL, attempt.id, texts),),)
            return Card(Picture.WORKING, texts("requested.title"), rows)
        case State.WAITING:
            return _waiting(attempt, texts, now, zone)
        case State.CAPTURED:
            return _captured(attempt, texts)
        case State.HELD:
            return _held(attempt, texts)
        case State.STORED:
            return _stored(attempt, texts, now)
        case State.REMOVED if attempt.deliveries:
            return _removing(attempt, texts)
    return _ended(attempt, texts)


def clean(text: str, longest: int) -> str:
    """Foreign text made fit to be shown: one line, no controls, no turned direction, cut."""
    fit = UNFIT.sub(" ", text).strip()
    return fit if len(fit) <= longest else fit[: longest - 1] + "…"


def _waiting(attempt: Attempt, texts: Texts, now: float, zone: tzinfo) -> Card:
    with_qr = len(attempt.link) <= LONGEST_QR
    code = clean(attempt.user_code, LONGEST_CODE)
    # The link stands behind a word: written out it would push the picture out of a phone's view.
    paragraphs = [
        texts("waiting.title"),
        texts("waiting.steps") if with_qr else texts("waiting.steps_without_qr"),
        f"{texts('waiting.code', code=code, link=attempt.link)}\n{texts('waiting.branding')}",
        _progress(attempt, texts, now, zone),
    ]
    link = InlineKeyboardButton(texts.plain("button.browser"), url=attempt.link)
    rows = (
        (InlineKeyboardButton(texts.plain("button.app"), url=attempt.app_link),),
        (link, *_copy(attempt, texts)),
        (button(Action.CHECK, attempt.id, texts), button(Action.CANCEL, attempt.id, texts)),
    )
    picture = Picture.QR if with_qr else Picture.LINK
    return Card(picture, "\n\n".join(paragraphs), rows, attempt.link)


def _copy(attempt: Attempt, texts: Texts) -> tuple[InlineKeyboardButton, ...]:
    if len(attempt.link) > LONGEST_COPY:
        return ()
    copy = CopyTextButton(attempt.link)
    return (InlineKeyboardButton(texts.plain("button.copy"), copy_text=copy),)


def _progress(attempt: Attempt, texts: Texts, now: float, zone: tzinfo) -> str:
    until = times.at(attempt.expires_at, now, zone)
    remaining = times.left(max(attempt.expires_at - now, 0.0), texts)
    lines = [
        texts(f"stage.{attempt.stage.value}"),
        texts("waiting.until", until=until, left=remaining),
    ]
    if now - attempt.checked_at < OUTCOME_STAYS:
        checked_at = times.at(attempt.checked_at, now, zone, seconds=True)
        code = "waiting.tried" if attempt.trouble else "waiting.checked"
        lines.append(texts(code, at=checked_at))
    if attempt.trouble:
        since = times.at(attempt.trouble_since, now, zone)
        lines.append(
            texts("waiting.trouble", why=texts.plain(f"error.{attempt.trouble}"), since=since)
        )
    elif now - attempt.stage_at > HELP_AFTER:
        lines.append(texts("waiting.help"))
    return "\n".join(lines)


def _captured(attempt: Attempt, texts: Texts) -> Card:
    return _troubled(attempt, texts, texts("captured.title"), texts("captured.safe"))


def _removing(attempt: Attempt, texts: Texts) -> Card:
    return _troubled(attempt, texts, texts("removing.title"))


def _troubled(attempt: Attempt, texts: Texts, *first: str) -> Card:
    lines = list(first)
    lines += [_trouble(delivery, texts) for delivery in attempt.deliveries if delivery.trouble]
    lines.append(texts("captured.goes_on"))
    rows = ((button(Action.RETRY, attempt.id, texts),),)
    return Card(Picture.WORKING, "\n\n".join(lines), rows)


def _trouble(delivery: Delivery, texts: Texts) -> str:
    return trouble(delivery.place, delivery.trouble, delivery.line, delivery.column, texts)


def trouble(place: str, code: str, line: int, column: int, texts: Texts) -> str:
    """What is wrong with a place, and where in it if that is known."""
    place, what = clean(place, LONGEST_NAME), texts.plain(f"error.{code}")
    if line:
        return texts("captured.trouble_at", place=place, what=what, line=line, column=column)
    return texts("captured.trouble", place=place, what=what)


def _held(attempt: Attempt, texts: Texts) -> Card:
    lines = [texts("held.title"), texts(f"held.{attempt.held.value}"), _pair(attempt, texts)]
    use = Action.STORE if attempt.held is Held.CONFIRM else Action.USE
    rows = ((button(use, attempt.id, texts), button(Action.DISCARD, attempt.id, texts)),)
    return Card(Picture.WORKING, "\n\n".join(lines), rows)


def _stored(attempt: Attempt, texts: Texts, now: float) -> Card:
    places = "\n".join(_place(delivery, texts) for delivery in attempt.deliveries)
    pending = attempt.approval is Approval.PENDING
    paragraphs = [
        texts(f"stored.title_{attempt.approval.value}"),
        f"{places}\n{_pair(attempt, texts)}",
        texts(f"health.{_health(attempt, now)}"),
        texts("stored.approval" if pending else "stored.next"),
    ]
    rows = (
        (button(Action.PLATFORMS, attempt.id, texts), button(Action.ANOTHER, attempt.id, texts)),
        (button(Action.REMOVE, attempt.id, texts),),
    )
    picture = Picture.WORKING if pending else Picture.DONE
    return Card(picture, "\n\n".join(paragraphs), rows)


def _health(attempt: Attempt, now: float) -> str:
    if attempt.approval is Approval.PENDING:
        return "approval" if attempt.watching else "approval_given_up"
    if attempt.looked_at < attempt.stored_at:
        return "checking"
    failed = attempt.health in (Health.WRONG_PAIR, Health.NOT_PUBLISHED)
    return "settling" if failed and settling(attempt, now) else attempt.health.value


def remove_rows(attempt: str, texts: Texts) -> InlineKeyboardMarkup:
    """The buttons that ask once more before a stored bot is removed."""
    actions = (Action.REMOVE_NOW, Action.KEEP)
    return InlineKeyboardMarkup([[button(action, attempt, texts) for action in actions]])


def _place(delivery: Delivery, texts: Texts) -> str:
    code = "stored.updated" if delivery.updated else "stored.added"
    place = clean(delivery.place, LONGEST_NAME)
    return texts(code, id=clean(delivery.platform_id, LONGEST_NAME), place=place)


def _pair(attempt: Attempt, texts: Texts) -> str:
    client = clean(masked_id(attempt.client_id), LONGEST_CODE)
    return texts("stored.pair", client=client, secret=attempt.masked_secret)


def _ended(attempt: Attempt, texts: Texts) -> Card:
    state = attempt.state.value
    paragraphs = [texts(f"{state}.title")]
    if attempt.state is State.REFUSED and attempt.reason.strip():
        reason = clean(attempt.reason, LONGEST_REASON)
        paragraphs += [texts("refused.reason", reason=reason), texts("refused.hint")]
    elif attempt.state is State.FAILED:
        paragraphs.append(texts(f"failed.{_failure(attempt)}"))
    else:
        paragraphs.append(texts(f"{state}.why"))
    unwanted = attempt.state in (State.DISCARDED, State.REMOVED)
    action = Action.ANOTHER if unwanted else Action.AGAIN
    rows = ((button(action, attempt.id, texts),),)
    return Card(Picture.ENDED, "\n\n".join(paragraphs), rows)


def _failure(attempt: Attempt) -> str:
    return attempt.trouble if attempt.trouble in FAILURES else "begin"
