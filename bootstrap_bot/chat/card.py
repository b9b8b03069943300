"""What the one message of an attempt shows in each state. Pure: a record in, a card out."""

from collections.abc import Sequence
from datetime import tzinfo
from html import escape

from bootstrap_bot.chat import times
from bootstrap_bot.chat.buttons import Action, Button, Rows, button, labelled
from bootstrap_bot.chat.delivery_text import LONGEST_CODE, NAMELESS, blocker, outcome, program
from bootstrap_bot.chat.foreign_text import clean
from bootstrap_bot.chat.host import Card, Limits, Picture
from bootstrap_bot.chat.result_text import asks_for_scanner, fits, more, pair, result
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.errors import Code
from bootstrap_bot.providers.provider import Stage
from bootstrap_bot.registration.attempt import Approval, Attempt, Held, State
from bootstrap_bot.registration.delivery import Delivery, DeliveryState

LONGEST_REASON = 200
LONGEST_LABEL = 32
# Without news for so many seconds, something usually stands in the person's way.
HELP_AFTER = 300.0
# How long the outcome of "check now" stays in view.
OUTCOME_STAYS = 60.0
# Failures with a text of their own.
FAILURES = tuple(
    code.value for code in (Code.NO_CREDENTIALS, Code.UNUSABLE_PAIR, Code.BAD_LINK, Code.MOVED)
)


def card(attempt: Attempt, texts: Texts, now: float, zone: tzinfo, limits: Limits) -> Card:
    """The card of an attempt at a moment (epoch seconds)."""
    texts = texts.about(attempt.provider)
    match attempt.state:
        case State.REQUESTED:
            rows = ((button(Action.CANCEL, attempt.id, texts),),)
            return Card(texts("requested.title"), rows, Picture.WORKING)
        case State.WAITING if attempt.has_secret:
            return _finishing(attempt, texts)
        case State.WAITING:
            return _waiting(attempt, texts, now, zone, limits)
        case State.CAPTURED:
            return _captured(attempt, texts, limits)
        case State.HELD:
            return _held(attempt, texts)
        case State.STORED if not any(delivery.open for delivery in attempt.deliveries):
            return _taken_out(attempt, texts, limits)
        case State.STORED:
            return _stored(attempt, texts, now, limits)
        case State.REMOVED if attempt.deliveries:
            return _removing(attempt, texts, limits)
    return _ended(attempt, texts)


def _waiting(attempt: Attempt, texts: Texts, now: float, zone: tzinfo, limits: Limits) -> Card:
    lead = _lead(attempt, texts)
    with_qr = len(lead) <= limits.qr
    code = clean(attempt.user_code, LONGEST_CODE)
    page = texts("waiting.code" if code else "waiting.page", code=code, link=lead)
    # The link stands behind a word: written out it would push the picture out of a phone's view.
    rest = [f"{page}\n{texts('waiting.branding')}", _progress(attempt, texts, now, zone)]
    without_qr = "\n\n".join([texts("waiting.title"), texts("waiting.steps_without_qr"), *rest])
    text = "\n\n".join([texts("waiting.title"), texts("waiting.steps"), *rest])
    return Card(
        text if with_qr else without_qr,
        _ways_to_confirm(attempt, lead, texts, limits),
        Picture.QR if with_qr else Picture.LINK,
        lead,
        bare=f"{without_qr}\n\n{escape(lead)}",
    )


def _ways_to_confirm(attempt: Attempt, lead: str, texts: Texts, limits: Limits) -> Rows:
    first, *others = [
        Button(texts.plain(f"button.{link.label}"), url=link.url) for link in attempt.links
    ]
    if len(lead) <= limits.copy:
        others.append(Button(texts.plain("button.copy"), copy=lead))
    return (
        (first,),
        tuple(others),
        (button(Action.CHECK, attempt.id, texts), button(Action.CANCEL, attempt.id, texts)),
    )


def _finishing(attempt: Attempt, texts: Texts) -> Card:
    """The credentials came, the verdict has not: nobody is to scan and confirm again."""
    # Whatever the platform calls it: credentials are given when the app exists.
    stage = Stage.APPROVING if attempt.stage is Stage.APPROVING else Stage.PUBLISHING
    lines = [
        texts("waiting.finishing_title"),
        f"{texts(f'stage.{stage.value}')}\n{texts('waiting.finishing')}",
    ]
    rows = ((button(Action.CHECK, attempt.id, texts),),)
    return Card("\n\n".join(lines), rows, Picture.WORKING)


def _lead(attempt: Attempt, texts: Texts) -> str:
    """Where the picture leads a person who reads this language."""
    own = (link.url for link in attempt.links if link.language == texts.language)
    return next(own, attempt.qr)


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


def _captured(attempt: Attempt, texts: Texts, limits: Limits) -> Card:
    deliveries = attempt.deliveries
    troubled = any(delivery.trouble for delivery in deliveries)
    partly = any(delivery.state is DeliveryState.VERIFIED for delivery in deliveries)
    title = ("captured.partly" if troubled else "captured.running") if partly else "captured.title"
    first = [texts(title), *([texts("captured.safe")] if troubled else [])]
    tried_again = any(delivery.trouble and not delivery.asks for delivery in deliveries)
    last = [texts("captured.goes_on")] if tried_again else []
    text = _as_many(first, _standing(deliveries, texts), last, texts, limits)
    return Card(text, _ways_on(attempt, texts), Picture.WORKING)


def _removing(attempt: Attempt, texts: Texts, limits: Limits) -> Card:
    troubled = [delivery for delivery in attempt.deliveries if delivery.trouble]
    last = [texts("captured.goes_on")]
    text = _as_many([texts("removing.title")], _standing(troubled, texts), last, texts, limits)
    return Card(text, ((button(Action.RETRY, attempt.id, texts),),), Picture.WORKING)


def _standing(deliveries: Sequence[Delivery], texts: Texts) -> list[str]:
    """Why the pair is not everywhere, then where it is."""
    by_need = sorted(deliveries, key=lambda delivery: not delivery.trouble)
    return [
        blocker(one, texts) if one.trouble else outcome(one, texts, room=0, brief=True)
        for one in by_need
    ]


def _as_many(
    first: Sequence[str],
    places: Sequence[str],
    last: Sequence[str],
    texts: Texts,
    limits: Limits,
) -> str:
    """A text with as many places in it as there is room for."""
    for shown in range(len(places), 0, -1):
        paragraphs = [*first, *places[:shown], *more(len(places) - shown, texts), *last]
        if fits(paragraphs, limits.text):
            return "\n\n".join(paragraphs)
    return "\n\n".join([*first, *last])


def _ways_on(attempt: Attempt, texts: Texts) -> Rows:
    """An answer to what is asked, another try of what hangs, a way on without either."""
    troubled = [one for one in attempt.deliveries if one.trouble]
    hopeless = any(one.trouble == Code.VALUE_UNFIT.value for one in troubled)
    rows = []
    if not all(one.asks for one in troubled):
        rows.append(button(Action.RETRY, attempt.id, texts))
    for one in troubled:
        ref, place = attempt.id + one.handle, _named(one, troubled, texts)
        if one.asks:
            rows.append(_about(Action.OVERWRITE, ref, place, texts))
        if one.asks_exposed:
            rows.append(_about(Action.EXPOSE, ref, place, texts))
        if one.asks or one.asks_exposed or hopeless or len(attempt.deliveries) > 1:
            rows.append(_about(Action.SKIP, ref, place, texts))
    return tuple((row,) for row in rows)


def _named(delivery: Delivery, troubled: Sequence[Delivery], texts: Texts) -> str:
    """Which place a button is about, where there are several."""
    if len(troubled) == 1:
        return ""
    place = clean(delivery.place, LONGEST_LABEL)
    return place if delivery.kind in NAMELESS else program(delivery.kind, texts)


def _about(action: Action, ref: str, place: str, texts: Texts) -> Button:
    label = texts.plain(f"button.{action.value}")
    return labelled(f"{label}: {place}" if place else label, action, ref)


def _held(attempt: Attempt, texts: Texts) -> Card:
    title = "held.nowhere" if attempt.held is Held.UNPLACED else "held.title"
    lines = [texts(title), texts(f"held.{attempt.held.value}"), pair(attempt, texts)]
    use = Action.STORE if attempt.held is Held.CONFIRM else Action.USE
    rows: Rows = ((button(use, attempt.id, texts), button(Action.DISCARD, attempt.id, texts)),)
    if attempt.scanner:
        lines.append(texts("held.scanner"))
        rows = ((button(Action.STORE_LET_IN, attempt.id, texts),), *rows)
    return Card("\n\n".join(lines), rows, Picture.WORKING)


def _stored(attempt: Attempt, texts: Texts, now: float, limits: Limits) -> Card:
    pending = attempt.approval is Approval.PENDING
    rows: Rows = (
        (button(Action.PLATFORMS, attempt.id, texts), button(Action.ANOTHER, attempt.id, texts)),
        (button(Action.REMOVE, attempt.id, texts),),
    )
    if asks_for_scanner(attempt):
        rows = ((button(Action.LET_IN, attempt.id, texts),), *rows)
    picture = Picture.WORKING if pending else Picture.DONE
    return Card("\n\n".join(result(attempt, texts, now, limits.text)), rows, picture)


def _taken_out(attempt: Attempt, texts: Texts, limits: Limits) -> Card:
    """Stored once, and since then taken out of every place by an admin."""
    places = [outcome(delivery, texts, room=0) for delivery in attempt.deliveries]
    text = _as_many([texts("removed.title")], places, [texts("removed.why")], texts, limits)
    return Card(text, ((button(Action.ANOTHER, attempt.id, texts),),), Picture.ENDED)


def remove_rows(attempt: str, texts: Texts) -> Rows:
    """The buttons that ask once more before a stored bot is removed."""
    return (tuple(button(action, attempt, texts) for action in (Action.REMOVE_NOW, Action.KEEP)),)


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
    return Card("\n\n".join(paragraphs), ((button(action, attempt.id, texts),),), Picture.ENDED)


def _failure(attempt: Attempt) -> str:
    return attempt.trouble if attempt.trouble in FAILURES else "begin"
