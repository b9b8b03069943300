"""Which language a person reads."""

from bootstrap_bot.chat.texts import ENGLISH, LANGUAGES


def language_for(setting: str, telegram_code: str | None) -> str:
    """The owner's setting, else Telegram's code; every `zh*` means Simplified Chinese."""
    for code in (setting, telegram_code or ""):
        language = code.lower().replace("_", "-").partition("-")[0]
        if language in LANGUAGES:
            return language
    return ENGLISH
