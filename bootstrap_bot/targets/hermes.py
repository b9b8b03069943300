"""Hermes: two variables in its `.env`, and what else it reads besides."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.editing.dotenv import Dotenv
from bootstrap_bot.editing.format import Change, Format, Keys, Remove, value_at
from bootstrap_bot.editing.json5 import Json
from bootstrap_bot.editing.yaml import Yaml
from bootstrap_bot.errors import Code
from bootstrap_bot.targets.beside import data_of
from bootstrap_bot.targets.combined import Combined
from bootstrap_bot.targets.file_target import FileTarget
from bootstrap_bot.targets.layout import (
    DINGTALK,
    Data,
    OtherShapeError,
    bot_with,
    pair,
    pair_at,
    text_at,
)
from bootstrap_bot.targets.slot import Slot
from bootstrap_bot.targets.tables import FileTable, PathText, TargetContext, resolved
from bootstrap_bot.targets.target import Note, Platform, Target

CLIENT_ID, CLIENT_SECRET = ("DINGTALK_CLIENT_ID",), ("DINGTALK_CLIENT_SECRET",)
# Other names of one bot, and what was made for it alone.
CODES = (("DINGTALK_ROBOT_CODE",), ("DINGTALK_AGENT_ID",), ("DINGTALK_APP_ID",))
COMPANIONS = (*CODES, ("DINGTALK_CARD_TEMPLATE_ID",))
# Hermes answers nobody it has not been told of, by one of these.
ALLOWED = ("DINGTALK_ALLOWED_USERS", "GATEWAY_ALLOWED_USERS")
ALLOW_ALL = ("DINGTALK_ALLOW_ALL_USERS", "GATEWAY_ALLOW_ALL_USERS")
YES = ("1", "true", "yes", "on")
NO = ("0", "false", "no", "off")
# Whoever administers a machine pins variables here, for all who use it.
MANAGED = "/etc/hermes/.env"


@dataclass(frozen=True, slots=True)
class Section:
    """What Hermes reads of DingTalk in another file of its folder."""

    name: str
    form: Callable[[], Format]
    path: Keys

    @property
    def extra(self) -> Keys:
        """Where a bot may be: some releases believe this, and others `.env`."""
        return (*self.path, "extra")

    def layout(self) -> "OtherSlot":
        """A bot there; it only ever goes."""
        return OtherSlot(
            kind=HermesLayout.kind,
            client_id=(*self.extra, "client_id"),
            client_secret=(*self.extra, "client_secret"),
            codes=((*self.extra, "robot_code"),),
            belongings=((*self.extra, "card_template_id"),),
            needs=lambda data: [],
        )


class OtherSlot(Slot):
    """A `Slot` that Hermes passes over when something else than tables leads to it."""

    def bots(self, data: Data) -> list[Platform]:
        try:
            return super().bots(data)
        except OtherShapeError as error:
            if len(error.path) < len(self.client_id):
                return []
            raise


SECTIONS = (
    Section("config.yaml", Yaml, ("platforms", DINGTALK)),
    Section("config.yaml", Yaml, ("gateway", "platforms", DINGTALK)),
    Section("gateway.json", lambda: Json(takes_nan=True), ("platforms", DINGTALK)),
)
# Here Hermes looks for a switch only.
SWITCH = Section("config.yaml", Yaml, (DINGTALK,))


class HermesLayout:
    """A `Layout` with room for one bot, which is there as soon as both variables are.

    `folder` is where Hermes keeps its other files.
    """

    kind = "hermes"
    single_slot = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def blocker(self, data: Data) -> Code | None:
        return None

    def bots(self, data: Data) -> list[Platform]:
        client_id, secret = text_at(data, CLIENT_ID), text_at(data, CLIENT_SECRET)
        if not client_id:
            return []
        return [bot_with(self.kind, None, pair(client_id, secret))]

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> list[Change]:
        return [*pair_at(CLIENT_ID, CLIENT_SECRET, credentials), *map(Remove, CODES)]

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> list[Change]:
        replaced = bot.account != credentials.account
        gone = map(Remove, COMPANIONS if replaced else ())
        return [*pair_at(CLIENT_ID, CLIENT_SECRET, credentials), *gone]

    def remove(self, data: Data, bot: Platform) -> list[Change]:
        return [*map(Remove, (CLIENT_ID, CLIENT_SECRET, *COMPANIONS))]

    def switch(self, data: Data, bot: Platform, enabled: bool) -> list[Change]:
        return []

    def notes(self, data: Data) -> list[Note]:
        named = any(text_at(data, (name,)).strip() for name in ALLOWED)
        everybody = any(text_at(data, (name,)).strip().lower() in YES for name in ALLOW_ALL)
        noted = {
            Note.HERMES_OFF: self._is_off(),
            Note.HERMES_EXTRA: self._has_anothers_names(text_at(data, CLIENT_ID)),
            Note.HERMES_USERS: not (named or everybody),
        }
        return [Note.HERMES_RESTART, *(note for note, applies in noted.items() if applies)]

    def _is_off(self) -> bool:
        switches = (value_at(data, (*one.path, "enabled")) for one, data in self._sections())
        return any(str(value).lower() in NO for value in switches)

    def _has_anothers_names(self, client_id: str) -> bool:
        """Whether another file has a bot's code or card, which go with whatever pair there is."""
        return any(
            value not in (None, "", client_id)
            for one, data in self._sections()
            for value in (value_at(data, path) for path in one.layout().companions)
        )

    def _sections(self) -> Iterator[tuple[Section, Data]]:
        for section in (*SECTIONS, SWITCH):
            yield section, data_of(self._folder / section.name, section.form())


class HermesTable(FileTable):
    """`kind = "hermes"`."""

    kind: Literal["hermes"]
    path: PathText = "~/.hermes/.env"

    def build(self, context: TargetContext) -> Target:
        layout = HermesLayout(resolved(self.path, context).parent)
        # A fresh Hermes has no such file yet; its folder has to be there.
        main = self.on_file(layout, Dotenv(), context, made=True)
        others = self._others(layout, context)

        def there() -> Sequence[Target]:
            return [target for file, target in others if file.exists()]

        return Combined(main, there)

    def _others(
        self, layout: HermesLayout, context: TargetContext
    ) -> Sequence[tuple[Path, FileTarget]]:
        """Where else a bot may be, with its file."""
        folder = os.path.dirname(self.path)
        found = [
            (resolved(MANAGED, context), self.on_file(layout, Dotenv(), context, path=MANAGED))
        ]
        for section in SECTIONS:
            path = os.path.join(folder, section.name)
            other = self.on_file(section.layout(), section.form(), context, path=path)
            found.append((resolved(path, context), other))
        return found
