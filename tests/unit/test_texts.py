"""The catalogues: complete in every language, in step with the code, fit for Telegram."""

import ast
import gettext
import re
import string
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC
from enum import Enum, StrEnum
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

import bootstrap_bot
from bootstrap_bot import registry
from bootstrap_bot.chat.buttons import Action
from bootstrap_bot.chat.card import card
from bootstrap_bot.chat.codes import WORDS, looked_up_by_value, words_of
from bootstrap_bot.chat.host import Card
from bootstrap_bot.chat.texts import DOMAIN, ENGLISH, LANGUAGES, LOCALE, Texts
from bootstrap_bot.errors import Code
from bootstrap_bot.hosts.telegram.host import LIMITS
from bootstrap_bot.providers.provider import Link, ProviderKind, Stage
from bootstrap_bot.registration.attempt import Attempt, State
from bootstrap_bot.registration.delivery import Delivery, DeliveryState
from bootstrap_bot.sandbox.telegram.entities import formatted
from tests.support.attempts import an_attempt
from tests.support.clock import START
from tests.support.credentials import a_secret

PACKAGE = Path(bootstrap_bot.__file__).parent
HOSTILE = "<b>&amp;\"'</code> {x} %s"
LINK = "https://open-dev.dingtalk.com/openapp/registration/openClaw?user_code=A&source=B"
# What is shown where no HTML is read: buttons, short answers, menus, durations.
PLAIN = ("button.", "answer.", "menu.", "time.", "language.")


# The general texts, and each platform's own.
GENERAL = ""
FOLDERS = {GENERAL: LOCALE} | {name: kind.words for name, kind in registry.providers().items()}
PARTS = pytest.mark.parametrize("part", FOLDERS)


def catalogue(part: str, language: str) -> Catalog:
    source = FOLDERS[part] / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    with source.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


CATALOGUES = {
    (part, language): catalogue(part, language) for part in FOLDERS for language in LANGUAGES
}


def code_of(message: Message) -> str:
    """The code a message is looked up by, also when it counts something."""
    return message.id if isinstance(message.id, str) else message.id[0]


def texts_of(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def messages(language: str, part: str = GENERAL) -> dict[str, Message]:
    return {code_of(message): message for message in CATALOGUES[part, language] if message.id}


CODES = sorted(messages(ENGLISH))
EVERY_CODE = [(part, code) for part in FOLDERS for code in sorted(messages(ENGLISH, part))]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def sources() -> Iterator[ast.AST]:
    for file in sorted(PACKAGE.rglob("*.py")):
        if "sandbox" not in file.relative_to(PACKAGE).parts:
            yield from ast.walk(ast.parse(file.read_text(encoding="utf-8")))


def named() -> set[str]:
    """Every text that stands in the code as a whole literal."""
    nodes = list(sources())
    parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    return {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts
    }


def looked_up() -> set[str]:
    """The literals that are handed to a `Texts`."""
    found = set()
    for node in sources():
        if isinstance(node, ast.Call) and node.args and _is_texts(node.func):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(first.value)
    return found


def _is_texts(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr in ("plain", "plural") or "texts" in function.attr
    if isinstance(function, ast.Call):
        return _is_texts(function.func)
    return isinstance(function, ast.Name) and "texts" in function.id.lower()


# Complete.


@PARTS
def test_english_is_a_catalogue_like_any_other(part: str) -> None:
    assert ENGLISH in LANGUAGES
    assert {file.parent.parent.name for file in FOLDERS[part].rglob("*.po")} == set(LANGUAGES)


@PARTS
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_its_text_in_every_language(language: str, part: str) -> None:
    assert sorted(messages(language, part)) == sorted(messages(ENGLISH, part))
    for code, message in messages(language, part).items():
        assert all(text.strip() for text in texts_of(message)), code


@pytest.mark.parametrize("kind", registry.providers().values(), ids=registry.providers())
def test_every_platform_has_words_for_what_differs(kind: ProviderKind) -> None:
    assert sorted(messages(ENGLISH, kind.name)) == sorted(words_of(kind))


@PARTS
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_in_a_catalogue_is_fuzzy_or_left_over(language: str, part: str) -> None:
    assert [code for code, message in messages(language, part).items() if message.fuzzy] == []
    assert list(CATALOGUES[part, language].obsolete) == []
    assert not CATALOGUES[part, language].fuzzy


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_counted_has_as_many_forms_as_the_language(language: str) -> None:
    plurals = [message for message in messages(language).values() if message.pluralizable]
    assert plurals
    for message in plurals:
        assert message.id[0] == message.id[1]
        assert len(texts_of(message)) == CATALOGUES[GENERAL, language].num_plurals


@PARTS
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(language: str, part: str) -> None:
    file = FOLDERS[part] / language / "LC_MESSAGES" / f"{DOMAIN}.mo"
    fresh = BytesIO()
    write_mo(fresh, CATALOGUES[part, language])
    fresh.seek(0)
    written, compiled = gettext.GNUTranslations(fresh), _opened(file)
    for code, message in messages(language, part).items():
        counts = (1, 2) if message.pluralizable else ()
        assert compiled.gettext(code) == written.gettext(code)
        for count in counts:
            forms = [one.ngettext(code, code, count) for one in (compiled, written)]
            assert forms[0] == forms[1] != code


def _opened(file: Path) -> gettext.GNUTranslations:
    with file.open("rb") as compiled:
        return gettext.GNUTranslations(compiled)


@pytest.mark.parametrize(("part", "code"), EVERY_CODE)
def test_a_text_takes_the_same_values_in_every_language(part: str, code: str) -> None:
    wanted = placeholders(texts_of(messages(ENGLISH, part)[code])[-1])
    for language in LANGUAGES:
        message = messages(language, part)[code]
        for text in texts_of(message):
            assert placeholders(text) == wanted, language
        if message.pluralizable:
            assert wanted == {"count"}
    assert all(re.fullmatch(r"[a-z_]+", name) for name in wanted)


def test_the_languages_differ() -> None:
    same = [
        code
        for part, code in EVERY_CODE
        # names and addresses are the same everywhere
        if not code.startswith(("program.", "platform.console", "platform.account"))
        and texts_of(messages("en", part)[code])[0] == texts_of(messages("zh", part)[code])[0]
        and re.search(
            r"[a-z]{4}", re.sub(r"\{\w+\}|<[^>]*>", "", texts_of(messages("en", part)[code])[0])
        )
    ]
    assert same == []


# In step with the code.


def test_every_code_in_the_code_is_in_the_catalogue() -> None:
    families = {code.partition(".")[0] for code in CODES if "." in code}
    alike = {
        text
        for text in named()
        if re.fullmatch(r"[a-z]+\.[a-z_]+", text) and text.partition(".")[0] in families
    }
    assert looked_up() > {"waiting.title", "time.minutes", "button.copy"}
    assert sorted((alike | looked_up()) - {*CODES, *WORDS}) == []


def test_every_code_in_the_catalogue_is_in_the_code() -> None:
    assert sorted(set(CODES) - named() - set(looked_up_by_value())) == []
    assert not {*CODES} & {*WORDS}


def test_every_code_made_from_a_value_is_in_the_catalogue() -> None:
    made = list(looked_up_by_value())
    assert sorted(set(made) - set(CODES)) == []
    assert len(made) == len(set(made))


@pytest.mark.parametrize("kind", [Code, Stage])
def test_every_error_and_every_stage_has_a_text(kind: type[StrEnum]) -> None:
    family = {Code: "error", Stage: "stage"}[kind]
    codes = {code for code in CODES if code.startswith(f"{family}.")}
    assert codes == {f"{family}.{value.value}" for value in kind}


def test_every_answer_to_a_button_belongs_to_one() -> None:
    answers = {code.partition(".")[2] for code in CODES if code.startswith("answer.")}
    assert answers - {action.value for action in Action} <= {
        "outdated",
        "outdated_any",
        "check_soon",
    }


# Fit for Telegram.


def filled(part: str, code: str, language: str, value: str = HOSTILE) -> list[str]:
    """A text with hostile values, in each of its forms."""
    texts = Texts(language, "dingtalk" if part == GENERAL else part)
    message = messages(language, part)[code]
    if message.pluralizable:
        return [texts.plural(code, count) for count in (1, 2, 59)]
    values = dict.fromkeys(placeholders(texts_of(message)[0]), value)
    return [texts(code, **values)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_html_as_telegram_reads_it(language: str) -> None:
    for part, code in EVERY_CODE:
        for text in filled(part, code, language):
            assert formatted(text, "HTML", None).text, code


@pytest.mark.parametrize("language", LANGUAGES)
def test_values_are_shown_as_they_are_and_never_read_as_html(language: str) -> None:
    checked = 0
    for part, code in EVERY_CODE:
        message = messages(language, part)[code]
        if message.pluralizable:
            continue
        names = placeholders(texts_of(message)[0]) - {"link"}  # behind a word
        shown = formatted(filled(part, code, language)[0], "HTML", None).text
        assert shown.count(HOSTILE) >= len(names), code
        checked += len(names)
    assert checked > 10


def test_a_link_behind_a_word_leads_where_it_should() -> None:
    for language in LANGUAGES:
        shown = formatted(
            Texts(language, "dingtalk")("waiting.code", code="C", link=LINK), "HTML", None
        )
        assert [one["url"] for one in shown.entities if one["type"] == "text_link"] == [LINK]
        assert LINK not in shown.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_plain_texts_hold_no_html_and_fit_their_place(language: str) -> None:
    for part, code in EVERY_CODE:
        for text in texts_of(messages(language, part)[code]):
            if code.startswith(PLAIN):
                assert unescape(text) == text, code
                assert not re.search(r"<[/a-z]", text), code
            if code.startswith("button."):
                assert len(text) <= 40, code
            if code.startswith(("answer.", "error.")):
                assert len(text) <= 200, code  # what an answer to a button takes
                assert not set(text) & set("<>&"), code
            if code.startswith("menu."):
                assert 1 <= len(text) <= 256, code


def test_values_are_escaped_in_html_only() -> None:
    texts = Texts("en", "dingtalk")
    assert texts("refused.reason", reason="<&>\"'") == (
        "DingTalk's reason: <code>&lt;&amp;&gt;&quot;&#x27;</code>"
    )
    assert "<&>" in texts.plain("refused.reason", reason="<&>")
    assert texts("gate.stranger", id=42).count("42") == 1


def test_a_count_chooses_its_form() -> None:
    texts = Texts("en", "dingtalk")
    assert texts.plural("time.minutes", 1) == "1 minute"
    assert texts.plural("time.minutes", 2) == "2 minutes"
    assert Texts("zh", "dingtalk").plural("time.minutes", 1) == "1 分钟"


def test_a_language_nobody_translated_is_english() -> None:
    assert Texts("de", "dingtalk")("waiting.title") == Texts("en", "dingtalk")("waiting.title")
    assert Texts("zh", "dingtalk").language == "zh"
    assert Texts("zh", "dingtalk")("waiting.title") != Texts("en", "dingtalk")("waiting.title")


# Whole messages.

NAMES = st.text(max_size=80)
APP_LINK = "https://applink.dingtalk.com/page/link?url=x&target=fullScreen"
RECORDED: dict[str, st.SearchStrategy[Any]] = {
    "id": st.just("a1b2c3d4e5"),
    "provider": st.just("dingtalk"),
    "qr": st.sampled_from([LINK, LINK + "x" * (512 - len(LINK)), LINK + "&" * 200]),
    "links": st.just((Link("app", APP_LINK), Link("browser", LINK))),
    "trouble": st.sampled_from(["", *(code.value for code in Code)]),
    "user_code": NAMES | st.just("<" * 4096),
    "reason": NAMES | st.just("&" * 4096),
    "account": NAMES | st.just("ding" + "x" * 500),
    "values": st.just({}) | st.just(a_secret("s" * 64)),
    "deliveries": st.lists(
        st.builds(
            Delivery,
            target=st.just("config:/a"),
            place=NAMES | st.just("<" * 255),
            state=st.sampled_from(list(DeliveryState)),
            platform_id=NAMES | st.just("&" * 255),
            updated=st.booleans(),
            trouble=st.sampled_from(["", *(code.value for code in Code)]),
            line=st.integers(0, 10**6),
            column=st.integers(0, 10**6),
        ),
        max_size=1,
    ).map(tuple),
}
MOMENTS = st.sampled_from([0.0, START - 86400, START - 600, START, START + 60, START + 86400])


def of_field(name: str, hint: Any) -> st.SearchStrategy[Any]:
    if name in RECORDED:
        return RECORDED[name]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    plain = {bool: st.booleans(), float: MOMENTS, int: st.integers(1, 2**40), str: st.just("en")}
    return plain[hint] if hint in plain else st.none() | st.just(_sample(hint))


def _sample(hint: Any) -> object:
    return SecretStr("d") if SecretStr in get_args(hint) else 5


HINTS = get_type_hints(Attempt)
ATTEMPTS = st.builds(
    Attempt, **{field.name: of_field(field.name, HINTS[field.name]) for field in fields(Attempt)}
)
RAW_CODE = re.compile(
    rf"\b(?:{'|'.join(sorted({code.partition('.')[0] for code in CODES if '.' in code}))})\.[a-z_]+"
)


def shown(attempt: Attempt, language: str) -> tuple[Card, str]:
    look = card(attempt, Texts(language, "dingtalk"), START, UTC, LIMITS)
    return look, formatted(look.text, "HTML", None).text


@pytest.mark.parametrize("language", LANGUAGES)
@settings(deadline=None, max_examples=400)
@given(attempt=ATTEMPTS)
def test_every_attempt_makes_a_message_telegram_takes(language: str, attempt: Attempt) -> None:
    look, text = shown(attempt, language)
    assert len(text.encode("utf-16-le")) // 2 <= 1024
    for row in look.rows:
        for button in row:
            assert len(button.data.encode()) <= 64
            assert RAW_CODE.findall(button.label) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", list(State))
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_no_message_shows_a_code_instead_of_a_text(
    language: str, state: State, data: st.DataObject
) -> None:
    plain = {name: st.just("words") for name in ("user_code", "reason", "account")}
    given_fields = {
        field.name: of_field(field.name, HINTS[field.name])
        for field in fields(Attempt)
        if field.name not in plain
    }
    given_fields["state"] = st.just(state)
    given_fields["deliveries"] = st.just(()) | st.sampled_from(list(Code)).map(
        lambda code: (Delivery("config:/a", "a.toml", trouble=code.value, line=1),)
    )
    attempt = data.draw(st.builds(Attempt, **given_fields, **plain))
    _, text = shown(attempt, language)
    assert RAW_CODE.findall(text.replace(attempt.qr, "")) == []


def test_a_message_hides_the_secret_whatever_the_state() -> None:
    secret = "SECRET" * 10 + "WXYZ"
    for state in State:
        attempt = an_attempt(
            state=state,
            links=(Link("app", LINK), Link("browser", LINK)),
            qr=LINK,
            account="dingabcdefgh1234",
            values=a_secret(secret),
            device_state=SecretStr("DEVICE"),
        )
        for language in LANGUAGES:
            look, _ = shown(attempt, language)
            assert "SECRET" not in look.text
            assert "DEVICE" not in look.text
            assert "dingabcdefgh1234" not in look.text
