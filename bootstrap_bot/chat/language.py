"""Which language a person reads."""

from bootstrap_bot.chat.texts import ENGLISH, LANGUAGES


def language_for(*codes: str | None) -> str:
    """The first code that names a language we speak; every `zh*` means Simplified Chinese.

    In this order: what the person chose, the owner's setting, Telegram's code.
    """
    for code in codes:
        language = (code or "").lower().replace("_", "-").partition("-")[0]
        if language in LANGUAGES:
            return language
    return ENGLISH
