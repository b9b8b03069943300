"""Which language a person reads."""

import pytest

from bootstrap_bot.chat.language import language_for
from bootstrap_bot.chat.texts import LANGUAGES


@pytest.mark.parametrize(
    "code", ["zh", "ZH", "zh-hans", "zh-hant", "zh-CN", "zh_TW", "zh-Hans-CN", "Zh-hk"]
)
def test_every_kind_of_chinese_reads_the_one_we_have(code: str) -> None:
    assert language_for("", code) == "zh"


@pytest.mark.parametrize("code", ["en", "en-GB", "en_US", "EN"])
def test_every_kind_of_english_is_english(code: str) -> None:
    assert language_for("", code) == "en"


@pytest.mark.parametrize(
    "code", [None, "", "de", "pt-br", "zhuang", "z", "-", "_zh", "<b>", "中文"]
)
def test_whoever_reads_something_else_gets_english(code: str | None) -> None:
    assert language_for("", code) == "en"


@pytest.mark.parametrize(
    ("setting", "code", "chosen"),
    [("en", "zh", "en"), ("zh", "en", "zh"), ("zh", None, "zh"), ("zh-CN", "de", "zh")],
)
def test_the_owners_setting_beats_what_telegram_says(
    setting: str, code: str | None, chosen: str
) -> None:
    assert language_for(setting, code) == chosen


@pytest.mark.parametrize(("setting", "chosen"), [("auto", "zh"), ("de", "zh"), ("", "zh")])
def test_a_setting_that_names_no_catalogue_leaves_it_to_telegram(setting: str, chosen: str) -> None:
    assert language_for(setting, "zh-hans") == chosen


@pytest.mark.parametrize(
    ("chosen", "setting", "code", "language"),
    [
        ("zh", "en", "en", "zh"),
        ("en", "zh", "zh", "en"),
        ("", "zh", "en", "zh"),
        (None, "auto", "zh", "zh"),
        (None, "", None, "en"),
    ],
)
def test_what_the_person_chose_beats_both(
    chosen: str | None, setting: str, code: str | None, language: str
) -> None:
    assert language_for(chosen, setting, code) == language


def test_whoever_says_nothing_at_all_gets_english() -> None:
    assert language_for() == "en"


def test_what_is_chosen_is_always_a_catalogue() -> None:
    assert {language_for(*pair) for pair in (("", "zh"), ("", None))} == set(LANGUAGES)
