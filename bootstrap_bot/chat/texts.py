"""Every word for people, looked up by its code in one language's catalogue."""

import gettext
from functools import cache
from html import escape
from pathlib import Path

from bootstrap_bot.chat.foreign_text import fit

DOMAIN = "bootstrap_bot"
LOCALE = Path(__file__).parent / "locale"
ENGLISH = "en"
LANGUAGES = (ENGLISH, "zh")


class Texts:
    """The texts of one language: HTML as Telegram reads it.

    Every value may come from outside: each is made fit to be shown, and escaped.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue = _catalogue(language)

    def __call__(self, code: str, /, **values: object) -> str:
        """The text of a code with `values` in its braces."""
        return self._catalogue.gettext(code).format_map(_escaped(values))

    def plural(self, code: str, count: int) -> str:
        """The text of a code that counts something; `{count}` is the number."""
        return self._catalogue.ngettext(code, code, count).format(count=count)

    def plain(self, code: str, /, **values: object) -> str:
        """The same for places that know no HTML: buttons, short answers, menus."""
        return self._catalogue.gettext(code).format_map(_fit(values))


def _escaped(values: dict[str, object]) -> dict[str, str]:
    return {name: escape(value) for name, value in _fit(values).items()}


def _fit(values: dict[str, object]) -> dict[str, str]:
    return {name: fit(str(value)) for name, value in values.items()}


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, [language, ENGLISH])
