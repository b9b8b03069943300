"""What people read of a stored bot, as much of it as one message holds."""

import re
from collections.abc import Iterator, Sequence
from html import unescape

from bootstrap_bot.chat.delivery_text import LONGEST_CODE, LONGEST_NAME, outcome
from bootstrap_bot.chat.foreign_text import clean
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.credentials import masked
from bootstrap_bot.providers.provider import Health
from bootstrap_bot.registration.attempt import Approval, Attempt
from bootstrap_bot.registration.delivery import Delivery
from bootstrap_bot.registration.verification import settling

# What is said of a check besides its outcome.
HEALTH_WORDS = ("checking", "settling", "approval", "approval_given_up")
# Places named at the most; a message is to hold the next steps as well.
MOST_PLACES = 8
# Characters of a command's output, the most that fits.
ROOMS = (500, 200, 0)
_TAG = re.compile(r"<[^>]*>")


def result(attempt: Attempt, texts: Texts, now: float, longest: int) -> list[str]:
    """The paragraphs of a result at a moment (epoch seconds) that are together no longer."""
    shortest = [texts(f"stored.title_{attempt.approval.value}"), pair(attempt, texts)]
    versions = _versions(attempt, texts, now)
    return next((found for found in versions if fits(found, longest)), shortest)


def fits(paragraphs: Sequence[str], longest: int) -> bool:
    """Whether they are no longer than that, in what is seen, counted in UTF-16."""
    text = unescape(_TAG.sub("", "\n\n".join(paragraphs)))
    return len(text.encode("utf-16-le")) // 2 <= longest


def pair(attempt: Attempt, texts: Texts) -> str:
    """The credentials, masked."""
    client = clean(masked(attempt.account), LONGEST_CODE)
    return texts("stored.pair", client=client, secret=clean(attempt.masked_secret, LONGEST_CODE))


def more(count: int, texts: Texts) -> list[str]:
    """That there are so many places besides, if there are."""
    return [texts.plural("stored.more", count)] if count else []


def _versions(attempt: Attempt, texts: Texts, now: float) -> Iterator[list[str]]:
    """The whole of it first, then less and less."""
    title = texts(f"stored.title_{attempt.approval.value}")
    health = "\n".join([texts(f"health.{_health(attempt, now)}"), *_about(attempt, texts)])
    pending = attempt.approval is Approval.PENDING
    steps = texts("stored.approval" if pending else "stored.next")
    named, all_of_them = attempt.deliveries[:MOST_PLACES], len(attempt.deliveries)
    for room in ROOMS:
        places = _places(named, texts, room=room) + more(all_of_them - len(named), texts)
        yield [title, *_block(places, pair(attempt, texts)), health, steps]
    for shown in range(len(named), 0, -1):
        places = _places(named[:shown], texts, brief=True) + more(all_of_them - shown, texts)
        yield [title, *_block(places, pair(attempt, texts)), health, steps]
        yield [title, *_block(places, pair(attempt, texts)), health]


def asks_for_scanner(attempt: Attempt) -> bool:
    """Whether who confirmed could be let in, and nobody has said so yet."""
    closed = any(delivery.closed_to_scanner for delivery in attempt.deliveries)
    return bool(attempt.scanner) and closed and not attempt.let_in


def _about(attempt: Attempt, texts: Texts) -> Iterator[str]:
    """What the platform tells of the bot, and whether who confirmed may talk to it."""
    if attempt.bot_name:
        yield texts("stored.named", name=clean(attempt.bot_name, LONGEST_NAME))
    if attempt.connections is not None:
        yield texts.plural("stored.connections", attempt.connections)
    if asks_for_scanner(attempt):
        yield texts("stored.scanner")
    elif any(delivery.let_in for delivery in attempt.deliveries):
        yield texts("stored.let_in")


def _places(
    deliveries: Sequence[Delivery], texts: Texts, *, room: int = 0, brief: bool = False
) -> list[str]:
    return [outcome(one, texts, room=room, brief=brief) for one in deliveries]


def _block(places: Sequence[str], pair: str) -> list[str]:
    """Paragraphs of their own where a place has more than a line to say."""
    if len(places) > 1 and any("\n" in place for place in places):
        return [*places, pair]
    return ["\n".join([*places, pair])]


def _health(attempt: Attempt, now: float) -> str:
    if attempt.approval is Approval.PENDING:
        return "approval" if attempt.watching else "approval_given_up"
    if attempt.looked_at < attempt.stored_at:
        return "checking"
    failed = attempt.health in (Health.WRONG_PAIR, Health.NOT_PUBLISHED)
    return "settling" if failed and settling(attempt, now) else attempt.health.value
