"""Nobody is asked to confirm once more while their pair is kept."""

from datetime import UTC

import pytest

from bootstrap_bot.chat.card import card
from bootstrap_bot.chat.host import Picture
from bootstrap_bot.chat.texts import LANGUAGES, Texts
from bootstrap_bot.hosts.telegram.host import LIMITS
from bootstrap_bot.providers.provider import Stage
from bootstrap_bot.registration.attempt import Attempt, State
from tests.support.attempts import LINKS, an_attempt
from tests.support.clock import START
from tests.support.credentials import a_secret

INVITING = ("waiting.title", "waiting.steps", "stage.waiting", "stage.scanned", "stage.selecting")


def kept(state: State, stage: Stage, trouble: str = "") -> Attempt:
    """An attempt in that state whose pair is kept."""
    return an_attempt(
        state=state,
        stage=stage,
        stage_at=START - 3600,
        expires_at=START + 600,
        user_code="ABCD",
        links=LINKS,
        qr=LINKS[1].url,
        trouble=trouble,
        account="dingabcdefgh1234",
        values=a_secret("q" * 60 + "WXYZ"),
        masked_secret="••••••••WXYZ",
        stored_at=START,
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", list(State))
def test_no_state_with_a_pair_asks_to_confirm(language: str, state: State) -> None:
    texts = Texts(language, "dingtalk")
    for stage in Stage:
        for trouble in ("", "timeout"):
            look = card(kept(state, stage, trouble), texts, START, UTC, LIMITS)
            for code in INVITING:
                assert texts(code) not in look.text, (stage, code)
            assert look.picture is not Picture.QR
            links = [button for row in look.rows for button in row if button.url]
            assert links == []
