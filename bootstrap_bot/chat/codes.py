"""The codes of texts that are made from a value, so that no source names them whole."""

from collections.abc import Iterator

from bootstrap_bot import registry
from bootstrap_bot.chat.buttons import Action
from bootstrap_bot.chat.card import FAILURES
from bootstrap_bot.chat.commands import GENERAL, HELP
from bootstrap_bot.chat.delivery_text import NAMELESS, RUN_ENDS
from bootstrap_bot.chat.result_text import HEALTH_WORDS
from bootstrap_bot.chat.texts import ANY
from bootstrap_bot.doctor.finding import Mark, Subject
from bootstrap_bot.errors import Code
from bootstrap_bot.providers.provider import Health, ProviderKind, Stage
from bootstrap_bot.registration.attempt import Approval, Held, State
from bootstrap_bot.registration.delivery import Closed
from bootstrap_bot.targets.target import Note

# States with a card of their own shape; every other one has a title and a reason.
SHAPED = (State.REQUESTED, State.WAITING, State.CAPTURED, State.HELD, State.STORED, State.FAILED)

# What every platform's own catalogue has, besides a label for each of its links.
WORDS = (
    *("platform.name", "platform.console", "platform.account", "platform.needs"),
    *("waiting.steps", "waiting.steps_without_qr", "waiting.branding", "waiting.help"),
    *("stored.pair", "stored.next", "stored.approval", "health.not_published"),
    *("refused.why", "refused.hint", "expired.why", "failed.bad_link", "failed.moved"),
    *("failed.no_credentials", "failed.unusable_pair"),
)

# Texts that are another one where there are several platforms.
ABOUT_ALL = (
    *("answer.outdated", "gate.claim_done", "help", "platforms.none", "platforms.title"),
    *("reply.bad_name", "reply.no_attempt"),
    *("doctor.target_good", "doctor.target_api", "notice.journal_broken"),
)

# Buttons that are labelled with what they are for.
NAMED = (Action.SPEAK, Action.PLATFORM, Action.CHOOSE, Action.CANCEL_ONE)


def words_of(kind: ProviderKind) -> Iterator[str]:
    """Every code of a platform's own catalogue."""
    yield from WORDS
    yield from (f"button.{label}" for label in kind.labels)


def looked_up_by_value() -> Iterator[str]:
    """Every such code of the general catalogue."""
    yield from (code for code in _made() if code not in WORDS)


def _made() -> Iterator[str]:
    yield from (f"error.{code.value}" for code in Code)
    yield from (f"stage.{stage.value}" for stage in Stage)
    yield from (f"health.{health.value}" for health in Health)
    yield from (f"health.{word}" for word in HEALTH_WORDS)
    yield from (f"held.{held.value}" for held in Held)
    yield from (f"stored.title_{approval.value}" for approval in Approval)
    yield from (f"failed.{failure}" for failure in ("title", "begin", *FAILURES))
    yield from (f"button.{action.value}" for action in Action if action not in NAMED)
    yield from (f"menu.{command}" for command in (*GENERAL, HELP))
    yield from (f"closed.{why.value}" for why in Closed)
    yield from (f"note.{note.value}" for note in Note)
    yield from (f"run.{end}" for end in RUN_ENDS)
    yield from (
        f"program.{kind.replace('-', '_')}" for kind in registry.targets() if kind not in NAMELESS
    )
    yield from (f"doctor.{subject.value}" for subject in Subject if subject is not Subject.PLATFORM)
    yield from ("platform.name_any", "platform.console_any")
    yield from (f"{code}{ANY}" for code in ABOUT_ALL)
    yield from (f"doctor.mark_{mark.value}" for mark in Mark)
    for state in State:
        if state not in SHAPED:
            yield from (f"{state.value}.title", f"{state.value}.why")
