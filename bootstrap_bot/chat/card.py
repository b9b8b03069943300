"""What the one message of an attempt shows in each state. Pure: a record in, a card out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from bootstrap_bot.attempts.aftercare import settling
from bootstrap_bot.attempts.attempt import Approval, Attempt, Held, State
from bootstrap_bot.attempts.delivery import Delivery, DeliveryState
from bootstrap_bot.chat import times
from bootstrap_bot.chat.buttons import Action, button
from bootstrap_bot.chat.delivery_text import LONGEST_CODE, fits, hindrance, outcome
from bootstrap_bot.chat.foreign_text import clean
from bootstrap_bot.chat.pictures import LONGEST_QR, Picture
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.credentials import masked_id
from bootstrap_bot.errors import Code
from bootstrap_bot.providers.provider import Health

# Telegram's limits: characters of a caption and of a copy button.
LONGEST_CAPTION = 1024
LONGEST_COPY = 256
LONGEST_REASON = 200
# Without news for so many seconds, something usually stands in the person's way.
HELP_AFTER = 300.0
# How long the outcome of "check now" stays in view.
OUTCOME_STAYS = 60.0
# Failures with a text of their own, and what is said of a check besides its outcome.
FAILURES = (Code.NO_CREDENTIALS.value, Code.BAD_LINK.value)
HEALTH_WORDS = ("checking", "settling", "approval", "approval_given_up")
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
    deliveries = attempt.deliveries
    troubled = any(delivery.trouble for delivery in deliveries)
    partly = any(delivery.state is DeliveryState.VERIFIED for delivery in deliveries)
    title = ("captured.partly" if troubled else "captured.running") if partly else "captured.title"
    first = [texts(title), *([texts("captured.safe")] if troubled else [])]
    caption = _as_many(first, deliveries, texts, troubled)
    return Card(Picture.WORKING, caption, _ways_on(attempt, texts))


def _removing(attempt: Attempt, texts: Texts) -> Card:
    troubled = [delivery for delivery in attempt.deliveries if delivery.trouble]
    caption = _as_many([texts("removing.title")], troubled, texts, goes_on=True)
    rows = ((button(Action.RETRY, attempt.id, texts),),)
    return Card(Picture.WORKING, caption, rows)


def _as_many(first: list[str], deliveries: Sequence[Delivery], texts: Texts, goes_on: bool) -> str:
    """Where the pair is and why it is not elsewhere, as many places as there is room for."""
    last = [texts("captured.goes_on")] if goes_on else []
    by_need = sorted(deliveries, key=lambda delivery: not delivery.trouble)
    told = [
        hindrance(one, texts) if one.trouble else outcome(one, texts, room=0, brief=True)
        for one in by_need
    ]
    for shown in range(len(told), 0, -1):
        paragraphs = [*first, *told[:shown], *_more(len(told) - shown, texts), *last]
        if fits(paragraphs, LONGEST_CAPTION):
            return "\n\n".join(paragraphs)
    return "\n\n".join([*first, *last])


def _more(count: int, texts: Texts) -> list[str]:
    return [texts.plural("stored.more", count)] if count else []


def _ways_on(attempt: Attempt, texts: Texts) -> tuple[tuple[InlineKeyboardButton, ...], ...]:
    """What to do about trouble; to go on without a target, where there is a choice."""
    deliveries = attempt.deliveries
    skip = button(Action.SKIP, attempt.id, texts)
    if any(delivery.asks for delivery in deliveries):
        return ((button(Action.OVERWRITE, attempt.id, texts),), (skip,))
    if not any(delivery.trouble for delivery in deliveries):
        return ()
    retry = button(Action.RETRY, attempt.id, texts)
    return ((retry,), (skip,)) if len(deliveries) > 1 else ((retry,),)


def _held(attempt: Attempt, texts: Texts) -> Card:
    lines = [texts("held.title"), texts(f"held.{attempt.held.value}"), _pair(attempt, texts)]
    use = Action.STORE if attempt.held is Held.CONFIRM else Action.USE
    rows = ((button(use, attempt.id, texts), button(Action.DISCARD, attempt.id, texts)),)
    return Card(Picture.WORKING, "\n\n".join(lines), rows)


def _stored(attempt: Attempt, texts: Texts, now: float) -> Card:
    pending = attempt.approval is Approval.PENDING
    rows = (
        (button(Action.PLATFORMS, attempt.id, texts), button(Action.ANOTHER, attempt.id, texts)),
        (button(Action.REMOVE, attempt.id, texts),),
    )
    picture = Picture.WORKING if pending else Picture.DONE
    paragraphs = next(
        (found for found in _results(attempt, texts, now) if fits(found, LONGEST_CAPTION)),
        [texts(f"stored.title_{attempt.approval.value}"), _pair(attempt, texts)],
    )
    return Card(picture, "\n\n".join(paragraphs), rows)


def _results(attempt: Attempt, texts: Texts, now: float) -> Iterator[list[str]]:
    """What there is to say of a result, the whole of it first, then less and less."""
    pending = attempt.approval is Approval.PENDING
    title = texts(f"stored.title_{attempt.approval.value}")
    after = [
        texts(f"health.{_health(attempt, now)}"),
        texts("stored.approval" if pending else "stored.next"),
    ]
    for room, brief, rest in ((500, False, after), (200, False, after), (0, False, after)):
        places = _places(attempt.deliveries, texts, room, brief)
        yield [title, f"{places}\n{_pair(attempt, texts)}", *rest]
    for shown in range(len(attempt.deliveries), 0, -1):
        places = _places(attempt.deliveries[:shown], texts, 0, brief=True)
        more = _more(len(attempt.deliveries) - shown, texts)
        start = [title, "\n".join([places, *more, _pair(attempt, texts)])]
        yield [*start, *after]
        yield [*start, *after[:1]]


def _places(deliveries: Sequence[Delivery], texts: Texts, room: int, brief: bool) -> str:
    return "\n".join(outcome(one, texts, room=room, brief=brief) for one in deliveries)


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
