"""The methods with which the bot writes, edits and deletes messages."""

from collections.abc import Callable
from typing import Any

from bootstrap_bot.sandbox.telegram.call import Params
from bootstrap_bot.sandbox.telegram.chats import Chat, Chats, Json, Message
from bootstrap_bot.sandbox.telegram.entities import Formatted, formatted
from bootstrap_bot.sandbox.telegram.pace import Pace
from bootstrap_bot.sandbox.telegram.rules import (
    MAX_CAPTION,
    MAX_TEXT,
    BotApiError,
    Keyboard,
    bad_request,
    keyboard,
    units,
)
from bootstrap_bot.sandbox.telegram.wire import file_id, message_json

DELETABLE_SECONDS = 48 * 3600.0
TYPING_SECONDS = 5.0
UNMODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


class Writing:
    """Acts on the chats as the bot; `now` tells seconds since the epoch."""

    def __init__(self, chats: Chats, pace: Pace, bot: Json, now: Callable[[], float]) -> None:
        self._chats = chats
        self._pace = pace
        self._bot = bot
        self._now = now
        self._files: dict[str, bytes] = {}

    def send_message(self, params: Params) -> Json:
        chat, message = self._draft(params)
        message.write(_text(params))
        message.link_preview_disabled = _no_preview(params)
        return self._send(chat, message)

    def send_photo(self, params: Params) -> Json:
        chat, message = self._draft(params)
        message.write(_caption(params))
        message.show(self._upload(params.get("photo"), params))
        return self._send(chat, message)

    def send_chat_action(self, params: Params) -> bool:
        self._chats.writable(params.get("chat_id")).typing_until = self._now() + TYPING_SECONDS
        return True

    def edit_text(self, params: Params) -> Json:
        chat, message = self._editable(params)
        if message.photo is not None:
            raise bad_request("there is no text in the message to edit")
        words, preview = _text(params, editing=True), _no_preview(params)
        result = self._edit(chat, message, words, message.upload, keyboard(_markup(params)))
        message.link_preview_disabled = preview
        return result

    def edit_caption(self, params: Params) -> Json:
        chat, message = self._editable(params)
        if message.photo is None:
            raise bad_request("there is no caption in the message to edit")
        buttons = keyboard(_markup(params))
        return self._edit(chat, message, _caption(params), message.upload, buttons)

    def edit_media(self, params: Params) -> Json:
        chat, message = self._editable(params)
        media = params.get("media")
        if not isinstance(media, dict) or media.get("type") != "photo":
            raise bad_request("can't parse InputMedia: only photos are known here")
        upload = self._upload(media.get("media"), params)
        buttons = keyboard(_markup(params))
        return self._edit(chat, message, _caption(media), upload, buttons)

    def edit_markup(self, params: Params) -> Json:
        chat, message = self._editable(params)
        words = Formatted(message.text, message.html, message.entities)
        return self._edit(chat, message, words, message.upload, keyboard(_markup(params)))

    def delete(self, params: Params) -> bool:
        chat = self._chats.known(params.get("chat_id"))
        message = chat.messages.get(_message_id(params))
        if message is None:
            raise bad_request("message to delete not found")
        if self._now() - message.date > DELETABLE_SECONDS:
            raise bad_request("message can't be deleted for everyone")
        if message.sender == "person" and not chat.private:
            raise bad_request("message can't be deleted")
        self._chats.delete(chat, message.id)
        return True

    def _draft(self, params: Params) -> tuple[Chat, Message]:
        chat = self._chats.writable(params.get("chat_id"))
        message = self._chats.draft(chat, "bot", self._bot)
        message.buttons = keyboard(_markup(params))
        message.protected = bool(params.get("protect_content"))
        message.silent = bool(params.get("disable_notification"))
        message.reply_to = _reply(chat, params)
        message.topic = _topic(chat, params)
        return chat, message

    def _send(self, chat: Chat, message: Message) -> Json:
        self._pace.write(chat.id)
        chat.typing_until = 0.0
        return message_json(chat, self._chats.add(chat, message))

    def _editable(self, params: Params) -> tuple[Chat, Message]:
        chat = self._chats.known(params.get("chat_id"))
        if chat.blocked:
            raise BotApiError(403, "Forbidden: bot was blocked by the user")
        message = chat.messages.get(_message_id(params))
        if message is None:
            raise bad_request("message to edit not found")
        if message.sender != "bot":
            raise bad_request("message can't be edited")
        return chat, message

    def _edit(
        self, chat: Chat, message: Message, words: Formatted, upload: bytes | None, rows: Keyboard
    ) -> Json:
        old = (message.text, message.entities, message.buttons, message.upload)
        if old == (words.text, words.entities, rows, upload):
            raise bad_request(UNMODIFIED)
        self._pace.write(chat.id)
        if upload is not None and upload != message.upload:
            message.show(upload)
        message.write(words)
        message.buttons = rows
        self._chats.edited(chat, message)
        return message_json(chat, message)

    def _upload(self, photo: Any, params: Params) -> bytes:
        if isinstance(photo, str) and photo.startswith("attach://"):
            photo = params.get(photo.removeprefix("attach://"))
        if isinstance(photo, str):
            photo = self._files.get(photo)
        if not isinstance(photo, bytes):
            raise bad_request("wrong file identifier/HTTP URL specified")
        self._files[file_id(photo)] = photo
        return photo


def _markup(params: Params) -> Any:
    return params.get("reply_markup")


def _text(params: Params, editing: bool = False) -> Formatted:
    words = formatted(
        str(params.get("text") or ""), params.get("parse_mode"), params.get("entities")
    )
    if not words.text:
        raise bad_request("message text is empty")
    if units(words.text) > MAX_TEXT:
        raise bad_request("MESSAGE_TOO_LONG" if editing else "message is too long")
    return words


def _caption(params: Params) -> Formatted:
    words = formatted(
        str(params.get("caption") or ""), params.get("parse_mode"), params.get("caption_entities")
    )
    if units(words.text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return words


def _no_preview(params: Params) -> bool:
    options = params.get("link_preview_options") or {}
    return bool(options.get("is_disabled") or params.get("disable_web_page_preview"))


def _message_id(params: Params) -> int:
    message_id = params.get("message_id")
    if not isinstance(message_id, int):
        raise bad_request("message identifier is not specified")
    return message_id


def _topic(chat: Chat, params: Params) -> int | None:
    topic = params.get("message_thread_id")
    if topic is not None and topic not in chat.topics:
        raise bad_request("message thread not found")
    return topic


def _reply(chat: Chat, params: Params) -> int | None:
    wanted = params.get("reply_parameters") or {}
    message_id = wanted.get("message_id", params.get("reply_to_message_id"))
    if message_id is None or message_id in chat.messages:
        return message_id
    if wanted.get("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")
