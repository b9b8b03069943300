"""Hermes: two variables in its `.env`."""

from typing import Literal

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code
from bootstrap_bot.formats.dotenv import Dotenv
from bootstrap_bot.formats.format import Change, Remove
from bootstrap_bot.targets.layout import DINGTALK, Data, pair_at, text_at
from bootstrap_bot.targets.tables import FileTable, PathText, Surroundings
from bootstrap_bot.targets.target import Note, Platform, Target

CLIENT_ID, CLIENT_SECRET = ("DINGTALK_CLIENT_ID",), ("DINGTALK_CLIENT_SECRET",)
# Other names of one bot, and what was made for it alone.
CODES = (("DINGTALK_ROBOT_CODE",), ("DINGTALK_AGENT_ID",), ("DINGTALK_APP_ID",))
COMPANIONS = (*CODES, ("DINGTALK_CARD_TEMPLATE_ID",))
# Hermes answers nobody it has not been told of, by one of these.
ALLOWED = ("DINGTALK_ALLOWED_USERS", "GATEWAY_ALLOWED_USERS")
ALLOW_ALL = ("DINGTALK_ALLOW_ALL_USERS", "GATEWAY_ALLOW_ALL_USERS")
YES = ("1", "true", "yes", "on")


class HermesLayout:
    """A `Layout` with room for one bot, which is there as soon as both variables are."""

    kind = "hermes"
    holds_one = True

    def hindrance(self, data: Data) -> Code | None:
        return None

    def bots(self, data: Data) -> list[Platform]:
        client_id, secret = text_at(data, CLIENT_ID), text_at(data, CLIENT_SECRET)
        if not client_id:
            return []
        return [Platform(self.kind, DINGTALK, None, client_id, SecretStr(secret))]

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> list[Change]:
        return [*pair_at(CLIENT_ID, CLIENT_SECRET, credentials), *map(Remove, CODES)]

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> list[Change]:
        replaced = bot.client_id != credentials.client_id
        gone = map(Remove, COMPANIONS if replaced else ())
        return [*pair_at(CLIENT_ID, CLIENT_SECRET, credentials), *gone]

    def remove(self, data: Data, bot: Platform) -> list[Change]:
        return [*map(Remove, (CLIENT_ID, CLIENT_SECRET, *COMPANIONS))]

    def switch(self, data: Data, bot: Platform, enabled: bool) -> list[Change]:
        return []

    def notes(self, data: Data) -> list[Note]:
        named = any(text_at(data, (name,)).strip() for name in ALLOWED)
        everybody = any(text_at(data, (name,)).strip().lower() in YES for name in ALLOW_ALL)
        return [Note.HERMES_RESTART, *([] if named or everybody else [Note.HERMES_USERS])]


class HermesTable(FileTable):
    """`kind = "hermes"`."""

    kind: Literal["hermes"]
    path: PathText = "~/.hermes/.env"

    def build(self, around: Surroundings) -> Target:
        # A fresh Hermes has no such file yet; its folder has to be there.
        return self.on_file(HermesLayout(), Dotenv(), around, made=True)
