"""What comes from outside changes nothing around it, wherever people read it."""

import re
import unicodedata
from datetime import UTC

import pytest

from bootstrap_bot.chat.card import card
from bootstrap_bot.chat.foreign_text import clean
from bootstrap_bot.chat.platform_menu import list_page, platform_page
from bootstrap_bot.chat.question import ask
from bootstrap_bot.chat.result_text import fits
from bootstrap_bot.chat.texts import LANGUAGES, Texts
from bootstrap_bot.credentials import masked
from bootstrap_bot.errors import Code
from bootstrap_bot.hosts.telegram.host import LIMITS
from bootstrap_bot.registration.attempt import Approval, Attempt, State
from bootstrap_bot.registration.delivery import Closed, Delivery, DeliveryState
from bootstrap_bot.registration.inventory import Found, Listed
from bootstrap_bot.sandbox.telegram.entities import formatted
from bootstrap_bot.targets.command import End
from tests.support.attempts import LINKS, an_attempt
from tests.support.clock import START
from tests.support.credentials import a_secret, ding_bot, ding_pair

FOUL = {
    "controls": "a\x00\x07\x1b[31m\x9b2Jz\x7f",
    "direction": "abc\u202ecod\u2066exe\u2069",
    "unseen": "a\u200b\u2060\ufeff\u00ad\u3164\u115f\u2800z",
    "marks": "Z" + "\u0301\u0300\u0336" * 40,
    "html": "</code><b>&lt;x\"'",
    "long": "x" * 9000,
    "surrogates": "a\ud800z\udfff",
    "tags": "a\U000e0041\U000e007fz",
    "lines": "a\u2028b\u2029c",
}
CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
STATES = [State.WAITING, State.CAPTURED, State.HELD, State.STORED, State.REFUSED, State.REMOVED]


def assert_fit(text: str) -> None:
    """Nothing of it is unseen, turns what follows or covers what is around."""
    bad = {
        letter for letter in text if letter != "\n" and unicodedata.category(letter) in CATEGORIES
    }
    assert not bad, ascii(text)
    assert not re.search("[\u034f\u115f\u1160\u2800\u3164\uffa0]", text), ascii(text)
    assert not re.search("[\u0300-\u036f]{4}", text), ascii(text)
    text.encode()


def foul_attempt(foul: str, state: State, delivery: DeliveryState, trouble: str) -> Attempt:
    """An attempt in which everything that may come from outside does."""
    one = Delivery(
        target="t",
        place=foul,
        kind="config",
        state=delivery,
        platform_id=foul,
        trouble=trouble,
        occupant=foul,
        about=foul,
        run_end=End.EXITED.value,
        run_status=1,
        run_output=foul,
        closed=Closed.SKIPPED.value if state is State.REMOVED else "",
    )
    return an_attempt(
        wanted_id=foul,
        state=state,
        user_code=foul,
        links=LINKS,
        qr=LINKS[1].url,
        expires_at=START + 600,
        approval=Approval.PENDING,
        account=foul * 3,
        values={} if state is State.WAITING else a_secret(foul * 4),
        masked_secret="•" * 8 + (foul * 4)[-4:],
        reason=foul,
        stored_at=START,
        deliveries=(one,),
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("foul", FOUL.values(), ids=FOUL)
def test_no_card_shows_anything_of_it_raw(language: str, foul: str) -> None:
    texts = Texts(language, "dingtalk")
    for state in STATES:
        for delivery in DeliveryState:
            troubles = ("", Code.OCCUPIED, Code.READABLE_BY_ALL, Code.RIGHTS_FIXED)
            for trouble in troubles:
                attempt = foul_attempt(foul, state, delivery, str(trouble))
                look = card(attempt, texts, START, UTC, LIMITS)
                shown = formatted(look.text, "HTML", None).text
                for text in [shown, *(button.label for row in look.rows for button in row)]:
                    assert_fit(text)
                assert fits([look.text], LIMITS.text)
                assert all(look.rows)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("foul", FOUL.values(), ids=FOUL)
def test_no_list_of_bots_shows_anything_of_it_raw(language: str, foul: str) -> None:
    texts = Texts(language, "dingtalk")
    bot = ding_bot(foul, True, foul * 3, foul * 4)
    listed = Listed("0123456789", "config", foul, bot)
    found = Found([listed])
    for text, rows in (
        ask(found, "dingtalk", texts),
        list_page(found, texts),
        platform_page(listed, texts, ""),
    ):
        assert_fit(formatted(text, "HTML", None).text)
        assert rows
        for row in rows:
            for button in row:
                assert_fit(button.label)


@pytest.mark.parametrize("foul", FOUL.values(), ids=FOUL)
def test_no_mask_shows_anything_of_it_raw(foul: str) -> None:
    for value in (foul, foul * 4, "x" * 16 + foul):
        assert_fit(masked(value))
        assert_fit(ding_pair("x", value).masked_secret())


@pytest.mark.parametrize("foul", FOUL.values(), ids=FOUL)
def test_no_text_shows_a_value_raw_even_where_nobody_cleaned_it(foul: str) -> None:
    for language in LANGUAGES:
        assert_fit(Texts(language, "dingtalk")("refused.reason", reason=foul))
        assert_fit(Texts(language, "dingtalk").plain("button.replace", id=foul, client=foul))


@pytest.mark.parametrize(
    "fine", ["钉钉机器人", "Çağrı", "café", "ไทยน้ำ", "Tiếng Việt", "कि", "🤖", "a b"]
)
def test_what_people_write_stays_as_it_is(fine: str) -> None:
    assert clean(fine, 40) == fine
