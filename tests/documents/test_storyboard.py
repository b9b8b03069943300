"""The storyboard shows what the bot shows today, and every state of it."""

import difflib
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from bootstrap_bot import registry
from bootstrap_bot.chat.texts import ANY, DOMAIN, LANGUAGES, LOCALE
from tests.storyboard.document import (
    CHAPTERS,
    COMMAND,
    DOCUMENT,
    HEAD,
    SECTION,
    chapter_section,
    count_taps,
    same_phone,
    second_device,
    taps_section,
)
from tests.storyboard.play import plain, words

# What has to be in it, text by text; error codes and short answers are examples there.
STATES = (
    "requested.",
    "waiting.",
    "stage.",
    "captured.",
    "held.",
    "stored.",
    "closed.",
    "note.",
    "run.",
    "health.",
    "removing.",
    "removed.",
    "cancelled.",
    "discarded.",
    "refused.",
    "expired.",
    "failed.",
    "question.",
    "platforms.",
    "language.",
    "button.",
)
# A stage nobody knows is shown as the stage before it; the others need a mount without rights, a
# platform that a target has no place for, and one of OpenClaw's own plugins.
NEVER_SHOWN = {
    *("stage.unknown", "captured.rights_fixed", "closed.unspoken", "note.openclaw_plugin"),
}
# What a platform has no occasion for: Lark's links are made here and short, its successes have
# credentials, and no answer of it tells of an approval.
NEVER_SAID_BY = {
    "lark": {
        *("failed.bad_link", "failed.no_credentials", "waiting.steps_without_qr"),
        *("stored.approval", "health.not_published"),
    }
}


@pytest.fixture(autouse=True)
def _durations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # else it warns, and warnings are errors here


def states(folder: Path) -> Iterator[str]:
    """The code of every text of a catalogue that a state can show."""
    with (folder / "en" / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        ids = [message.id for message in read_po(file)]
    codes = [names if isinstance(names, str) else names[0] for names in ids]
    return (code for code in codes if code.startswith(STATES) and not _is_never_shown(code))


def _is_never_shown(code: str) -> bool:
    # what is said of several platforms is not, while the document knows one
    return code in NEVER_SHOWN or code.endswith(ANY)


def committed() -> list[str]:
    """The sections of the document, what stands before the first one included."""
    return DOCUMENT.read_text(encoding="utf-8").split(SECTION) if DOCUMENT.exists() else []


def assert_committed(shown: str) -> None:
    title = shown.splitlines()[0]
    section = next((text for text in committed() if text.splitlines()[0] == title), "")
    difference = "\n".join(
        difflib.unified_diff(
            section.splitlines(), shown.splitlines(), "committed", "shown", n=1, lineterm=""
        )
    )
    assert shown == section, f"`{COMMAND}` brings it up to date:\n{difference}"


def test_the_storyboard_has_these_sections_in_this_order() -> None:
    head, *sections = committed()
    assert head == HEAD
    assert [text.splitlines()[0] for text in sections] == ["Taps", *CHAPTERS]


@pytest.mark.parametrize("chapter", CHAPTERS)
async def test_the_storyboard_is_what_the_bot_shows_today(tmp_path: Path, chapter: str) -> None:
    assert_committed(await chapter_section(tmp_path, chapter))


async def test_the_taps_are_those_that_lead_there_today(tmp_path: Path) -> None:
    assert_committed(await taps_section(tmp_path))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_is_in_it(language: str) -> None:
    text = plain(DOCUMENT.read_text(encoding="utf-8"))
    missing = [code for code in states(LOCALE) if words(language, code) not in text]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("platform", registry.providers())
def test_every_word_of_a_platform_is_in_it(language: str, platform: str) -> None:
    text = plain(DOCUMENT.read_text(encoding="utf-8"))
    codes = states(registry.providers()[platform].words)
    shown = (code for code in codes if code not in NEVER_SAID_BY.get(platform, ()))
    assert [code for code in shown if words(language, code, platform) not in text] == []


async def test_four_taps_are_enough_on_the_same_phone(tmp_path: Path) -> None:
    taps = await count_taps(tmp_path, same_phone)
    assert all(len(made) <= 4 for made in taps.values()), taps


async def test_two_taps_are_enough_with_a_second_device(tmp_path: Path) -> None:
    taps = await count_taps(tmp_path, second_device)
    assert all(len(made) <= 2 for made in taps.values()), taps
