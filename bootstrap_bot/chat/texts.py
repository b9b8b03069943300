"""Every word for people, looked up by its code in one language's catalogue."""

import gettext
from functools import cache
from html import escape
from pathlib import Path

DOMAIN = "bootstrap_bot"
LOCALE = Path(__file__).parent / "locale"
ENGLISH = "en"
LANGUAGES = (ENGLISH, "zh")


class Texts:
    """The texts of one language. Values are escaped: texts are HTML as Telegram reads it."""

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
        return self._catalogue.gettext(code).format_map(values)


def _escaped(values: dict[str, object]) -> dict[str, str]:
    return {name: escape(str(value)) for name, value in values.items()}


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, [language, ENGLISH])
