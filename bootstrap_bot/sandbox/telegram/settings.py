"""What the bot sets up: its commands, its menu button, its webhook."""

import re
from typing import Any

from bootstrap_bot.sandbox.telegram.call import Params
from bootstrap_bot.sandbox.telegram.chats import Chats, Json
from bootstrap_bot.sandbox.telegram.rules import bad_request
from bootstrap_bot.sandbox.telegram.updates import Updates

Commands = list[tuple[str, str]]
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
MAX_COMMANDS = 100
MAX_DESCRIPTION = 256
CHAT_SCOPES = frozenset({"chat", "chat_administrators", "chat_member"})


class Settings:
    """`commands` by scope: "default", "all_private_chats", "chat:42", with "/zh" for a language."""

    def __init__(self, chats: Chats, updates: Updates) -> None:
        self.commands: dict[str, Commands] = {}
        self.menus: dict[int | None, Json] = {}
        self.webhook = ""
        self._chats = chats
        self._updates = updates

    def commands_for(self, chat_id: int, language: str) -> Commands:
        """What that person's menu shows: the closest scope wins, then the language."""
        for scope in (f"chat:{chat_id}", "all_private_chats", "default"):
            for key in (f"{scope}/{language[:2]}", scope):
                if self.commands.get(key):
                    return self.commands[key]
        return []

    def set_commands(self, params: Params) -> bool:
        commands = params.get("commands")
        if not isinstance(commands, list):
            raise bad_request("can't parse commands JSON object")
        if len(commands) > MAX_COMMANDS:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        self.commands[self._scope(params)] = [_command(one) for one in commands]
        return True

    def get_commands(self, params: Params) -> list[Json]:
        found = self.commands.get(self._scope(params), [])
        return [{"command": name, "description": text} for name, text in found]

    def delete_commands(self, params: Params) -> bool:
        self.commands.pop(self._scope(params), None)
        return True

    def set_menu(self, params: Params) -> bool:
        chat_id = params.get("chat_id")
        if chat_id is not None:
            self._chats.known(chat_id)
        self.menus[chat_id] = params.get("menu_button") or {"type": "default"}
        return True

    def set_webhook(self, params: Params) -> bool:
        url = str(params.get("url") or "")
        if url and not url.startswith("https://"):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        self._updates.allow(params.get("allowed_updates"))
        return self._hook(url, params)

    def delete_webhook(self, params: Params) -> bool:
        return self._hook("", params)

    def webhook_info(self, params: Params) -> Json:
        return {
            "url": self.webhook,
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates),
        }

    def get_chat(self, params: Params) -> Json:
        return self._chats.known(params.get("chat_id")).wire() | {
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": {
                "unlimited_gifts": False,
                "limited_gifts": False,
                "unique_gifts": False,
                "premium_subscription": False,
                "gifts_from_channels": False,
            },
        }

    def _hook(self, url: str, params: Params) -> bool:
        self.webhook = url
        if params.get("drop_pending_updates"):
            self._updates.drop()
        return True

    def _scope(self, params: Params) -> str:
        scope = params.get("scope") or {"type": "default"}
        key = str(scope.get("type"))
        if key in CHAT_SCOPES:
            key += f":{self._chats.known(scope.get('chat_id')).id}"
        if key.startswith("chat_member:"):
            key += f":{scope.get('user_id')}"
        language = params.get("language_code") or ""
        if language and not re.fullmatch("[a-z]{2}", language):
            raise bad_request("invalid language code specified")
        return f"{key}/{language}" if language else key


def _command(raw: Any) -> tuple[str, str]:
    name = str(raw.get("command", "")).removeprefix("/")
    text = str(raw.get("description", ""))
    if not COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(text) <= MAX_DESCRIPTION:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return name, text
