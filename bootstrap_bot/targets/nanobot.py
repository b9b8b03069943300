"""nanobot: the channel `dingtalk` of its `config.json`."""

from collections.abc import Mapping
from typing import Literal

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.editing.format import Change, Keys
from bootstrap_bot.editing.json5 import Json
from bootstrap_bot.targets.layout import Data, table_at, unexpanded
from bootstrap_bot.targets.program_locks import filelock_lock
from bootstrap_bot.targets.slot import Slot
from bootstrap_bot.targets.tables import FileTable, PathText, TargetContext
from bootstrap_bot.targets.target import Note, Platform, Target

CHANNEL = ("channels", "dingtalk")
CLIENT_ID, CLIENT_SECRET = (*CHANNEL, "clientId"), (*CHANNEL, "clientSecret")
SPELLINGS: Mapping[Keys, Keys] = {
    CLIENT_ID: (*CHANNEL, "client_id"),
    CLIENT_SECRET: (*CHANNEL, "client_secret"),
}


def needs(data: Data) -> list[Note]:
    """Who is answered is the owner's to say: an empty list is nobody, or everybody."""
    channel = table_at(data, CHANNEL)
    senders = channel.get("allowFrom") or channel.get("allow_from")
    return [Note.NANOBOT_RESTART, *([] if senders else [Note.NANOBOT_SENDERS])]


class NanobotLayout(Slot):
    """Reads `${NAME}` in its config as a variable."""

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> list[Change]:
        return super().add(data, wanted_id, unexpanded(credentials))

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> list[Change]:
        return super().update(data, bot, unexpanded(credentials))


class NanobotTable(FileTable):
    """`kind = "nanobot"`."""

    kind: Literal["nanobot"]
    path: PathText = "~/.nanobot/config.json"

    def build(self, context: TargetContext) -> Target:
        layout = NanobotLayout(
            kind=self.kind,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            enabled=(*CHANNEL, "enabled"),
            spellings=SPELLINGS,
            needs=needs,
        )
        return self.on_file(layout, Json(takes_nan=True), context, program_lock=filelock_lock)
