"""Messages as the Bot API spells them in JSON."""

import hashlib
import io
import json

from PIL import Image

from bootstrap_bot.sandbox.telegram.chats import Chat, Json, Message


def message_json(chat: Chat, message: Message) -> Json:
    """A Message object; a deleted one becomes an InaccessibleMessage, which has no date."""
    if message.deleted:
        return {"chat": chat.wire(), "message_id": message.id, "date": 0}
    body: Json = {
        "message_id": message.id,
        "date": int(message.date),
        "chat": chat.wire(),
        "from": message.author,
    }
    body |= _content(message)
    if message.edited is not None:
        body["edit_date"] = int(message.edited)
    if message.topic is not None:
        body |= {"message_thread_id": message.topic, "is_topic_message": True}
    if message.protected:
        body["has_protected_content"] = True
    if message.buttons:
        rows = [[json.loads(button.raw) for button in row] for row in message.buttons]
        body["reply_markup"] = {"inline_keyboard": rows}
    replied = chat.messages.get(message.reply_to or 0)
    if replied is not None:
        body["reply_to_message"] = message_json(chat, replied)
    return body


def file_id(upload: bytes) -> str:
    """The same picture has the same id."""
    return "photo-" + hashlib.sha256(upload).hexdigest()[:32]


def _content(message: Message) -> Json:
    if message.photo is None or message.upload is None:
        body: Json = {"text": message.text}
        return body | ({"entities": message.entities} if message.entities else {})
    with Image.open(io.BytesIO(message.photo)) as image:
        width, height = image.size
    name = file_id(message.upload)
    size = {
        "file_id": name,
        "file_unique_id": name[-16:],
        "width": width,
        "height": height,
        "file_size": len(message.photo),
    }
    body = {"photo": [size]}
    if message.text:
        body["caption"] = message.text
    return body | ({"caption_entities": message.entities} if message.entities else {})
