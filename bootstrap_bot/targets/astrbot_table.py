"""What the owner says of a running AstrBot."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from bootstrap_bot.settings.table import secret_text
from bootstrap_bot.targets.astrbot import AstrBot
from bootstrap_bot.targets.astrbot_bots import ASTRBOT
from bootstrap_bot.targets.placement import Placement
from bootstrap_bot.targets.tables import DEFAULT_URL, AstrBotUrl, TargetContext, TargetTable
from bootstrap_bot.targets.target import Target


def _api_key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("must be an API key with the scope “bot”, made in AstrBot's WebUI")
    return value


class AstrBotTable(TargetTable):
    """`kind = "astrbot"`; without a key $ASTRBOT_API_KEY is it."""

    VARIABLES: ClassVar[Mapping[str, str]] = {"api_key": "ASTRBOT_API_KEY"}
    PLACEMENTS: ClassVar[Mapping[str, Placement]] = ASTRBOT

    kind: Literal["astrbot"]
    url: AstrBotUrl = DEFAULT_URL
    api_key: Annotated[
        SecretStr,
        BeforeValidator(secret_text),
        AfterValidator(_api_key),
        Field(description="an API key with the scope “bot”, made in AstrBot's WebUI, in quotes"),
    ]

    def build(self, context: TargetContext) -> Target:
        cells = self.cells(context.platforms)
        return AstrBot(
            context.http, self.url, self.api_key, cells, part=self.part, after=self.command
        )

    def identity(self, config: Path) -> tuple[str, ...]:
        return (self.kind, self.url)

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.url,)

    @property
    def secrets(self) -> tuple[SecretStr, ...]:
        return (self.api_key,)
