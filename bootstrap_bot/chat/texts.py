"""Every word for people, looked up by its code in one language's catalogue."""

import gettext
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from types import MappingProxyType

from bootstrap_bot import registry
from bootstrap_bot.chat.foreign_text import fit

DOMAIN = "bootstrap_bot"
LOCALE = Path(__file__).parent / "locale"
ENGLISH = "en"
LANGUAGES = (ENGLISH, "zh")
ANY = "_any"


class Texts:
    """The texts of one language: HTML as chats read it.

    They are about one platform, whose own words go before the general ones: `{platform}` is its
    name, `{console}` where its bots are kept, `/{prefix}_new` one of its commands. If none is
    given they are about no certain one; a text may have another one for that, with `_any` behind
    its code. Every value may come from outside: each is made fit to be shown, and escaped.
    """

    def __init__(self, language: str, platform: str = "") -> None:
        self.language = language
        self._platform = platform
        self._catalogue = _catalogue(language, self._platform)
        self._given = _given(language, self._platform)

    def __call__(self, code: str, /, **values: object) -> str:
        """The text of a code with `values` in its braces."""
        return self._text(code).format_map(_escaped({**self._given, **values}))

    def plural(self, code: str, count: int) -> str:
        """The text of a code that counts something; `{count}` is the number."""
        return self._catalogue.ngettext(code, code, count).format(count=count)

    def plain(self, code: str, /, **values: object) -> str:
        """The same for places that know no HTML: buttons, short answers, menus."""
        return self._text(code).format_map(_fit({**self._given, **values}))

    def about(self, platform: str) -> "Texts":
        """The same language's texts about that platform; these themselves if none is named."""
        return Texts(self.language, platform) if platform else self

    def in_language(self, language: str) -> "Texts":
        """The same platform's texts in that language."""
        return Texts(language, self._platform)

    def _text(self, code: str) -> str:
        if not self._platform:
            general = self._catalogue.gettext(f"{code}{ANY}")
            if general != f"{code}{ANY}":
                return general
        return self._catalogue.gettext(code)


@cache
def _given(language: str, platform: str) -> Mapping[str, str]:
    """What every text may name without being told."""
    catalogue = _catalogue(language, platform)
    codes = {"platform": "platform.name", "console": "platform.console"}
    if not platform:
        codes = {name: f"{code}{ANY}" for name, code in codes.items()}
    words = {name: catalogue.gettext(code) for name, code in codes.items()}
    return MappingProxyType({"prefix": platform, **words})


def _escaped(values: Mapping[str, object]) -> dict[str, str]:
    return {name: escape(value) for name, value in _fit(values).items()}


def _fit(values: Mapping[str, object]) -> dict[str, str]:
    return {name: fit(str(value)) for name, value in values.items()}


@cache
def _catalogue(language: str, platform: str) -> gettext.NullTranslations:
    """A platform's own catalogue before the general one; a language it lacks is English."""
    languages = [language, ENGLISH]
    general = gettext.translation(DOMAIN, LOCALE, languages)
    kind = registry.providers().get(platform)
    if kind is None:
        return general
    own = gettext.translation(DOMAIN, kind.words, languages, fallback=True)
    own.add_fallback(general)
    return own
