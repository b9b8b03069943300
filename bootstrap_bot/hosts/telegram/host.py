"""Telegram as a chat host: messages sent, edited in place, swapped, removed."""

from collections.abc import Callable, Mapping, Sequence

from telegram import Bot, InputMediaPhoto, LinkPreviewOptions, Message
from telegram.error import BadRequest

from bootstrap_bot.chat.buttons import Rows
from bootstrap_bot.chat.host import Address, ButtonEvent, Card, Draw, Limits, Picture, Shown
from bootstrap_bot.chat.pictures import LONGEST_QR, qr_code, sign
from bootstrap_bot.clock import Clock
from bootstrap_bot.doctor.doctor import Check
from bootstrap_bot.doctor.finding import Subject
from bootstrap_bot.hosts.telegram.checks import OwnPollingCheck, TokenCheck
from bootstrap_bot.hosts.telegram.events import HOST
from bootstrap_bot.hosts.telegram.failures import delivered
from bootstrap_bot.hosts.telegram.manner import NO_TEXT, UNCHANGED, Manner, as_taken
from bootstrap_bot.hosts.telegram.menu import set_menu
from bootstrap_bot.hosts.telegram.odd_answers import confirmed, number_of, understood
from bootstrap_bot.hosts.telegram.sender import Sender
from bootstrap_bot.registration.person import PersonId

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
LIMITS = Limits(text=1024, copy=256, qr=LONGEST_QR)


class TelegramHost:
    """Implements `ChatHost`. A message is sent as well as Telegram takes it, and edited so.

    `username` gives the bot's own once Telegram has told it.
    """

    name = HOST
    limits = LIMITS

    def __init__(self, bot: Bot, username: Callable[[], str], clock: Clock) -> None:
        self._bot = bot
        self._username = username
        self._sender = Sender(clock)

    def private_chat(self) -> str:
        return f"https://t.me/{self._username()}"

    def private_chat_of(self, person: PersonId) -> Address:
        # Telegram gives both the same number
        return Address(HOST, person.id)

    async def send(self, address: Address, draw: Draw, *, droppable: bool = False) -> Shown:
        chat, topic = int(address.chat), None if address.topic is None else int(address.topic)

        async def request() -> Shown:
            card = draw()
            best = Manner(picture=card.picture is not None)
            sent, manner = await as_taken(best, lambda way: self._post(chat, topic, card, way))
            return Shown(address, str(number_of(sent)), card, manner)

        if droppable:
            return await delivered(self._sender.send_beside(chat, request))
        return await delivered(self._sender.send(chat, request))

    async def edit(self, shown: Shown, draw: Draw, *, droppable: bool = False) -> Shown:
        chat, message = int(shown.address.chat), int(shown.id)
        as_sent = shown.form if isinstance(shown.form, Manner) else Manner()

        async def request() -> Shown:
            card = draw()
            if card == shown.card:
                return shown
            _, manner = await as_taken(as_sent, lambda way: self._change(shown, as_sent, card, way))
            return Shown(shown.address, shown.id, card, manner)

        sending = self._sender.send(chat, request, edits=message, droppable=droppable)
        return await delivered(sending)

    async def set_buttons(self, shown: Shown, rows: Rows) -> None:
        chat, keyboard = int(shown.address.chat), Manner().keyboard(rows)

        async def request() -> object:
            return await self._bot.edit_message_reply_markup(
                chat, int(shown.id), reply_markup=keyboard
            )

        await delivered(self._sender.send(chat, request))

    async def delete(self, shown: Shown, *, droppable: bool = False) -> None:
        chat = int(shown.address.chat)

        async def request() -> object:
            return await self._bot.delete_message(chat, int(shown.id))

        if droppable:
            await delivered(self._sender.send_beside(chat, request))
        else:
            await delivered(self._sender.send(chat, request))

    async def acknowledge(self, event: ButtonEvent, text: str) -> None:
        async def request() -> None:
            confirmed(await self._bot.answer_callback_query(event.id, text))

        await delivered(understood(request))

    async def offer(
        self, address: Address, commands: Mapping[str, str], *, beside_others: bool
    ) -> None:
        chat = int(address.chat)

        async def request() -> None:
            await set_menu(self._bot, chat, commands, beside_others=beside_others)

        await delivered(self._sender.send_beside(chat, request))

    def checks(self) -> Sequence[Check]:
        return (
            Check(Subject.TELEGRAM, TokenCheck(self._bot)),
            Check(Subject.POLLING, OwnPollingCheck(self._bot)),
        )

    @property
    def idle(self) -> bool:
        return self._sender.idle

    async def stop(self) -> None:
        await self._sender.stop()

    async def _post(self, chat: int, topic: int | None, card: Card, manner: Manner) -> Message:
        thread = topic if manner.topic else None
        text, mode, keyboard = manner.text(card), manner.parse_mode, manner.keyboard(card.rows)
        if manner.picture:
            return await self._bot.send_photo(
                chat,
                _picture(card),
                caption=text,
                parse_mode=mode,
                reply_markup=keyboard,
                message_thread_id=thread,
            )
        return await self._bot.send_message(
            chat,
            text,
            parse_mode=mode,
            link_preview_options=NO_PREVIEW,
            reply_markup=keyboard,
            message_thread_id=thread,
        )

    async def _change(self, shown: Shown, as_sent: Manner, card: Card, manner: Manner) -> None:
        try:
            if not manner.picture:
                if as_sent.picture and shown.card is not None:
                    raise BadRequest(NO_TEXT)
                await self._rewrite(shown, card, manner)
            elif card.picture is None or _same_picture(shown.card, card):
                await self._recaption(shown, card, manner)
            else:
                await self._swap(shown, card, manner)
        except BadRequest as error:
            if UNCHANGED not in error.message.lower():
                raise

    async def _swap(self, shown: Shown, card: Card, manner: Manner) -> None:
        media = InputMediaPhoto(_picture(card), manner.text(card), parse_mode=manner.parse_mode)
        edited = await self._bot.edit_message_media(
            media,
            chat_id=int(shown.address.chat),
            message_id=int(shown.id),
            reply_markup=manner.keyboard(card.rows),
        )
        number_of(edited)

    async def _recaption(self, shown: Shown, card: Card, manner: Manner) -> None:
        # Without the keyboard in the same request Telegram would remove it.
        edited = await self._bot.edit_message_caption(
            chat_id=int(shown.address.chat),
            message_id=int(shown.id),
            caption=manner.text(card),
            parse_mode=manner.parse_mode,
            reply_markup=manner.keyboard(card.rows),
        )
        number_of(edited)

    async def _rewrite(self, shown: Shown, card: Card, manner: Manner) -> None:
        edited = await self._bot.edit_message_text(
            manner.text(card),
            chat_id=int(shown.address.chat),
            message_id=int(shown.id),
            parse_mode=manner.parse_mode,
            link_preview_options=NO_PREVIEW,
            reply_markup=manner.keyboard(card.rows),
        )
        number_of(edited)


def _same_picture(before: Card | None, after: Card) -> bool:
    if before is None:
        return False
    return (before.picture, before.link) == (after.picture, after.link)


def _picture(card: Card) -> bytes:
    picture = card.picture or Picture.WORKING
    return qr_code(card.link) if picture is Picture.QR else sign(picture)
