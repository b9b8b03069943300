"""A second platform: registered by DingTalk's stand-in, under a name and words of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from bootstrap_bot import registry
from bootstrap_bot.chat.codes import words_of
from bootstrap_bot.chat.texts import DOMAIN, Texts
from bootstrap_bot.http import Http
from bootstrap_bot.providers.dingtalk.kind import KIND
from bootstrap_bot.providers.dingtalk.provider import DingTalk
from bootstrap_bot.providers.dingtalk.settings import DingTalkTable
from bootstrap_bot.providers.provider import Provider, ProviderKind, ProviderTable


class CloudTable(DingTalkTable):
    """Its settings: what DingTalk has, but for the environment."""

    VARIABLES: ClassVar[Mapping[str, str]] = {}


def cloud(folder: Path) -> ProviderKind:
    """The platform, with words in that folder: DingTalk's with another name in them."""

    def build(http: Http, table: ProviderTable) -> Provider:
        assert isinstance(table, CloudTable)
        return Cloud(http, table.registration_url, table.source, table.api_url)

    kind = replace(KIND, name="cloud", table=CloudTable, build=build, words=folder, placements={})

    class Cloud(DingTalk):
        """Says of itself that it is the cloud."""

    Cloud.kind = kind
    _write_words(kind)
    return kind


@contextmanager
def beside_dingtalk(folder: Path) -> Iterator[None]:
    """Inside, there are two platforms."""
    with pytest.MonkeyPatch.context() as patch:
        kinds = {**registry.providers(), "cloud": cloud(folder)}
        patch.setattr(registry, "providers", lambda: kinds)
        yield


def _write_words(kind: ProviderKind) -> None:
    for language in ("en", "zh"):
        theirs = Texts(language, "dingtalk")
        words = Catalog(locale=language)
        for code in words_of(kind):
            kept = {name: f"{{{name}}}" for name in ("client", "secret", "reason")}
            text = theirs.plain(code, **kept)
            words.add(code, text.replace("DingTalk", "Cloud").replace("钉钉", "云"))
        home = kind.words / language / "LC_MESSAGES"
        home.mkdir(parents=True)
        with (home / f"{DOMAIN}.mo").open("wb") as file:
            write_mo(file, words)
