"""The Telegram stand-in is as strict as Telegram, seen through python-telegram-bot."""

import asyncio
import io
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from PIL import Image
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    ReplyParameters,
    Update,
)
from telegram.error import BadRequest, Conflict, Forbidden, NetworkError, RetryAfter, TimedOut
from telegram.ext import Application, CommandHandler, ContextTypes
from telegram.request import HTTPXRequest

from bootstrap_bot.sandbox.telegram.stand_in import TelegramStandIn, Trouble

ANN = 42


class HandClock:
    """Time that moves when told to, in seconds."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds

    async def wait(self, event: asyncio.Event, seconds: float | None = None) -> bool:
        return event.is_set()


@pytest.fixture(autouse=True)
def _durations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def telegram(clock: HandClock) -> AsyncIterator[TelegramStandIn]:
    async with TelegramStandIn(clock=clock) as server:
        yield server


def _request(read_timeout: float = 5.0) -> HTTPXRequest:
    return HTTPXRequest(read_timeout=read_timeout, httpx_kwargs={"trust_env": False})


def _client(telegram: TelegramStandIn, read_timeout: float = 5.0) -> Bot:
    return Bot(
        "123456:TEST-token",
        base_url=f"{telegram.url}/bot",
        request=_request(read_timeout),
        get_updates_request=_request(),
    )


@pytest.fixture
async def bot(telegram: TelegramStandIn) -> AsyncIterator[Bot]:
    async with _client(telegram) as client:
        yield client


def picture(width: int = 64, height: int = 64, color: str = "white") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), color).save(out, "PNG")
    return out.getvalue()


def keys(*buttons: InlineKeyboardButton) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([list(buttons)])


CANCEL = keys(InlineKeyboardButton("Cancel", callback_data="cancel"))


# --- writing -------------------------------------------------------------------------------------


async def test_sends_edits_and_deletes(telegram: TelegramStandIn, bot: Bot) -> None:
    said = await telegram.says(ANN, "/dingtalk_new")
    sent = await bot.send_photo(
        ANN,
        picture(),
        caption="<b>Scan</b> &amp; confirm",
        parse_mode="HTML",
        reply_markup=CANCEL,
        protect_content=True,
        disable_notification=True,
        reply_parameters=ReplyParameters(said.id),
    )
    message = telegram.last(ANN)
    assert (message.id, message.text, message.sender) == (sent.message_id, "Scan & confirm", "bot")
    assert message.html == "<b>Scan</b> &amp; confirm"
    assert (message.protected, message.silent, message.reply_to) == (True, True, said.id)
    assert sent.caption_entities[0].type == "bold"
    assert message.photo is not None
    with Image.open(io.BytesIO(message.photo)) as shown:
        assert (shown.format, shown.size) == ("JPEG", (64, 64))

    await bot.edit_message_caption(ANN, sent.message_id, caption="later", reply_markup=CANCEL)
    await bot.edit_message_media(InputMediaPhoto(picture(color="red"), "done"), ANN, message.id)
    assert (message.text, message.buttons) == ("done", [])
    assert (message.photo_count, message.revision) == (2, 2)

    await bot.delete_message(ANN, message.id)
    assert telegram.bot_messages(ANN) == []
    assert [(event.kind, event.text) for event in telegram.history(ANN)] == [
        ("sent", "/dingtalk_new"),
        ("sent", "Scan & confirm"),
        ("edited", "later"),
        ("edited", "done"),
        ("deleted", "done"),
    ]
    assert telegram.most_writes(ANN, seconds=1) == 3


async def test_decodes_the_parameters_of_a_call(telegram: TelegramStandIn, bot: Bot) -> None:
    await telegram.says(ANN, "hi")
    await bot.send_photo(ANN, picture(), caption="42", reply_markup=CANCEL)
    (call,) = telegram.calls("sendPhoto")
    assert (call["chat_id"], call["caption"], call["photo"]) == (ANN, "42", picture())
    assert call["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "cancel"


async def test_a_binary_upload_arrives_untouched(telegram: TelegramStandIn, bot: Bot) -> None:
    noise = random.Random(1).randbytes(64 * 64 * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", (64, 64), noise).save(out, "BMP")
    await telegram.says(ANN, "hi")
    await bot.send_photo(ANN, out.getvalue())
    assert telegram.last(ANN).upload == out.getvalue()


async def test_a_picture_can_be_sent_again_by_its_id(telegram: TelegramStandIn, bot: Bot) -> None:
    await telegram.says(ANN, "hi")
    sent = await bot.send_photo(ANN, picture())
    await bot.send_photo(ANN, sent.photo[-1].file_id)
    assert telegram.last(ANN).upload == picture()


async def test_link_preview_can_be_off(telegram: TelegramStandIn, bot: Bot) -> None:
    await telegram.says(ANN, "hi")
    preview = LinkPreviewOptions(is_disabled=True)
    await bot.send_message(ANN, "https://example.com", link_preview_options=preview)
    assert telegram.last(ANN).link_preview_disabled


@pytest.mark.parametrize(
    ("length", "taken"), [(1024, True), (1025, False)], ids=["longest", "too long"]
)
async def test_caption_length_counts_what_is_shown(
    telegram: TelegramStandIn, bot: Bot, length: int, taken: bool
) -> None:
    await telegram.says(ANN, "hi")
    caption = "😀" + "<b>" + "&amp;" * (length - 2) + "</b>"
    if taken:
        await bot.send_photo(ANN, picture(), caption=caption, parse_mode="HTML")
    else:
        with pytest.raises(BadRequest, match="Message caption is too long"):
            await bot.send_photo(ANN, picture(), caption=caption, parse_mode="HTML")


async def test_text_has_limits(telegram: TelegramStandIn, bot: Bot) -> None:
    await telegram.says(ANN, "hi")
    sent = await bot.send_message(ANN, "x" * 4096)
    with pytest.raises(BadRequest, match="Message is too long"):
        await bot.send_message(ANN, "x" * 4097)
    with pytest.raises(BadRequest, match="Message text is empty"):
        await bot.send_message(ANN, " ")
    with pytest.raises(BadRequest, match="Message_too_long"):
        await sent.edit_text("y" * 4097)


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("a < b", "Unclosed start tag at byte offset 2"),
        ("<span>x</span>", 'Unsupported start tag "span"'),
    ],
)
async def test_refuses_broken_html(
    telegram: TelegramStandIn, bot: Bot, html: str, reason: str
) -> None:
    await telegram.says(ANN, "hi")
    with pytest.raises(BadRequest) as refused:
        await bot.send_message(ANN, html, parse_mode="HTML")
    assert str(refused.value).startswith("Can't parse entities: ")
    assert reason.lower() in str(refused.value).lower()


async def test_finds_entities(telegram: TelegramStandIn, bot: Bot) -> None:
    await telegram.says(ANN, "hi")
    sent = await bot.send_message(
        ANN,
        '😀 <a href="https://example.com/a?b=1&amp;c=2">here</a> <code>/no x.com</code> '
        '<pre><code class="language-toml">a</code></pre> /dingtalk_new, https://x.org/y. README.md'
        ' <a href="javascript:alert(1)">bad</a>',
        parse_mode="HTML",
    )
    assert [(entity.type, sent.parse_entity(entity)) for entity in sent.entities] == [
        ("text_link", "here"),
        ("code", "/no x.com"),
        ("pre", "a"),
        ("bot_command", "/dingtalk_new"),
        ("url", "https://x.org/y"),
        ("url", "README.md"),
    ]
    assert sent.entities[0].url == "https://example.com/a?b=1&c=2"


Edit = Callable[[Bot, int], Any]
EDITS: dict[str, Edit] = {
    "caption": lambda bot, id_: bot.edit_message_caption(ANN, id_, caption="x"),
    "text": lambda bot, id_: bot.edit_message_text("x", ANN, id_),
    "media": lambda bot, id_: bot.edit_message_media(InputMediaPhoto(picture(), "x"), ANN, id_),
    "markup": lambda bot, id_: bot.edit_message_reply_markup(ANN, id_, reply_markup=CANCEL),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
async def test_what_is_gone_or_not_ours_cannot_be_edited(
    telegram: TelegramStandIn, bot: Bot, edit: Edit
) -> None:
    said = await telegram.says(ANN, "hi")
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await edit(bot, said.id)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await edit(bot, 999)


@pytest.mark.parametrize("kind", ["caption", "media"])
async def test_an_edit_must_change_something(
    telegram: TelegramStandIn, bot: Bot, kind: str
) -> None:
    await telegram.says(ANN, "hi")
    sent = await bot.send_photo(ANN, picture(), caption="x", reply_markup=CANCEL)
    await EDITS[kind](bot, sent.message_id)
    assert telegram.last(ANN).buttons == []
    with pytest.raises(BadRequest, match="Message is not modified"):
        await EDITS[kind](bot, sent.message_id)
    assert telegram.last(ANN).revision == 1


async def test_text_and_pictures_are_edited_differently(
    telegram: TelegramStandIn, bot: Bot
) -> None:
    await telegram.says(ANN, "hi")
    photo = await bot.send_photo(ANN, picture())
    text = await bot.send_message(ANN, "x")
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await photo.edit_text("y")
    with pytest.raises(BadRequest, match="There is no caption in the message to edit"):
        await text.edit_caption("y")


async def test_only_what_exists_is_deleted(
    telegram: TelegramStandIn, bot: Bot, clock: HandClock
) -> None:
    await telegram.says(ANN, "hi")
    sent = await bot.send_message(ANN, "x")
    clock.time += 49 * 3600
    with pytest.raises(BadRequest, match="Message can't be deleted for everyone"):
        await sent.delete()
    telegram.person_deletes(ANN, sent.message_id)
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await sent.delete()


@pytest.mark.parametrize(
    ("button", "reason"),
    [
        (InlineKeyboardButton("x", callback_data="é" * 33), "Button_data_invalid"),
        (
            InlineKeyboardButton("x", url="dingtalk://open"),
            "Inline keyboard button url 'dingtalk://open' is invalid: unsupported url protocol",
        ),
        (InlineKeyboardButton("x", url="http://localhost:1"), "Wrong http url"),
        (InlineKeyboardButton("x", copy_text=CopyTextButton("x" * 257)), "Button_copy_text"),
        (InlineKeyboardButton("x"), "Text buttons are unallowed in the inline keyboard"),
        (InlineKeyboardButton("x", url="http://a.b", callback_data="x"), "Exactly one optional"),
    ],
)
async def test_refuses_impossible_buttons(
    telegram: TelegramStandIn, bot: Bot, button: InlineKeyboardButton, reason: str
) -> None:
    await telegram.says(ANN, "hi")
    with pytest.raises(BadRequest) as refused:
        await bot.send_message(ANN, "x", reply_markup=keys(button))
    assert reason.lower() in str(refused.value).lower()


@pytest.mark.parametrize(
    ("upload", "reason"),
    [
        (b"not a picture", "Image_process_failed"),
        (picture()[:60], "Image_process_failed"),
        (picture(9000, 1001), "Photo_invalid_dimensions"),
        (picture(210, 10), "Photo_invalid_dimensions"),
    ],
    ids=["text", "cut off", "large", "narrow"],
)
async def test_refuses_bad_pictures(
    telegram: TelegramStandIn, bot: Bot, upload: bytes, reason: str
) -> None:
    await telegram.says(ANN, "hi")
    with pytest.raises(BadRequest, match=reason):
        await bot.send_photo(ANN, upload)


async def test_the_chat_must_be_open(telegram: TelegramStandIn, bot: Bot) -> None:
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(ANN, "x")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(-100, "x")
    await telegram.says(ANN, "hi")
    telegram.block(ANN)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ANN, "x")
    telegram.unblock(ANN)
    sent = await bot.send_message(ANN, "x")
    telegram.delete_chat(ANN)
    with pytest.raises(BadRequest, match="Chat not found"):
        await sent.edit_text("y")


# --- people --------------------------------------------------------------------------------------


async def test_a_command_is_an_update(telegram: TelegramStandIn, bot: Bot) -> None:
    await telegram.says(ANN, "/start", language="zh", first_name="Ann")
    await telegram.says(ANN, "/start@bootstrap_demo_bot now", group=-100)
    private, group = await bot.get_updates()
    assert private.message is not None
    assert group.message is not None
    assert private.message.from_user is not None
    assert private.message.from_user.language_code == "zh"
    assert (private.message.chat.type, private.message.chat.id) == ("private", ANN)
    assert (group.message.chat.type, group.message.chat.id) == ("supergroup", -100)
    assert list(group.message.parse_entities().values()) == ["/start@bootstrap_demo_bot"]


async def test_an_edited_message_is_an_update(telegram: TelegramStandIn, bot: Bot) -> None:
    said = await telegram.says(ANN, "a")
    await telegram.edits(ANN, said.id, "b")
    update = (await bot.get_updates())[1]
    assert update.edited_message is not None
    assert (update.edited_message.text, update.edited_message.message_id) == ("b", said.id)


async def test_a_button_is_pressed_and_answered_once(telegram: TelegramStandIn, bot: Bot) -> None:
    await telegram.says(ANN, "hi")
    await bot.send_message(ANN, "x", reply_markup=CANCEL)
    press = await telegram.press(ANN, telegram.last(ANN), "Canc")
    query = (await bot.get_updates())[-1].callback_query
    assert query is not None
    assert (query.data, query.from_user.id) == ("cancel", ANN)
    with pytest.raises(BadRequest, match="Message_too_long"):
        await query.answer("x" * 201)
    await query.answer("Gone", show_alert=True)
    assert (press.answer, press.alert, press.answered) == ("Gone", True, True)
    with pytest.raises(BadRequest, match="Query is too old"):
        await query.answer()


async def test_an_old_press_cannot_be_answered(
    telegram: TelegramStandIn, bot: Bot, clock: HandClock
) -> None:
    await telegram.says(ANN, "hi")
    await bot.send_message(ANN, "x", reply_markup=CANCEL)
    press = await telegram.press(ANN, telegram.last(ANN), "Cancel")
    clock.time += 3600
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(press.id)


async def test_only_real_buttons_can_be_pressed(telegram: TelegramStandIn, bot: Bot) -> None:
    await telegram.says(ANN, "hi")
    copy = InlineKeyboardButton("Copy", copy_text=CopyTextButton("x"))
    await bot.send_message(ANN, "x", reply_markup=keys(copy))
    with pytest.raises(AssertionError, match=r"no single button 'Stop'; there are \['Copy'\]"):
        await telegram.press(ANN, telegram.last(ANN), "Stop")
    with pytest.raises(AssertionError, match="sends the bot nothing"):
        await telegram.press(ANN, telegram.last(ANN).id, "Copy")


async def test_data_can_be_forged_on_a_deleted_message(telegram: TelegramStandIn, bot: Bot) -> None:
    await telegram.says(ANN, "hi")
    sent = await bot.send_message(ANN, "x")
    telegram.person_deletes(ANN, sent.message_id)
    await telegram.presses_data(666, sent.message_id, "any:data")
    query = (await bot.get_updates())[-1].callback_query
    assert query is not None
    assert query.message is not None
    assert (query.data, query.from_user.id, query.message.is_accessible) == ("any:data", 666, False)


# --- updates -------------------------------------------------------------------------------------


async def test_only_an_offset_confirms_updates(telegram: TelegramStandIn, bot: Bot) -> None:
    await telegram.says(ANN, "a")
    await telegram.says(ANN, "b")
    first = await bot.get_updates(limit=1)
    assert await bot.get_updates(limit=1) == first
    assert telegram.pending == 2
    (second,) = await bot.get_updates(offset=first[0].update_id + 1)
    assert second.message is not None
    assert second.message.text == "b"
    assert telegram.pending == 1


async def test_the_long_poll_ends_with_an_update(telegram: TelegramStandIn, bot: Bot) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=20))
    await telegram.until(lambda: telegram.calls("getUpdates"))
    await telegram.says(ANN, "a")
    assert len(await poll) == 1


async def test_a_second_poll_ends_the_first(telegram: TelegramStandIn, bot: Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=20))
    await telegram.until(lambda: telegram.calls("getUpdates"))
    async with _client(telegram) as other:
        await other.get_updates()
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await first


async def test_a_webhook_and_polling_exclude_each_other(
    telegram: TelegramStandIn, bot: Bot
) -> None:
    with pytest.raises(BadRequest, match="https url must be provided"):
        await bot.set_webhook("http://example.com")
    await bot.set_webhook("https://example.com")
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates()
    await telegram.says(ANN, "a")
    assert (await bot.get_webhook_info()).pending_update_count == 1
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()


async def test_only_wanted_updates_are_queued(telegram: TelegramStandIn, bot: Bot) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    await telegram.says(ANN, "a")
    assert telegram.pending == 0
    await telegram.update({"callback_query": {"id": "1", "from": {}, "chat_instance": "1"}})
    assert telegram.pending == 1


async def test_an_application_polls_and_stops_at_once(telegram: TelegramStandIn) -> None:
    texts: list[str] = []

    async def note(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message is not None
        assert update.message.text is not None
        texts.append(update.message.text)
        await update.message.reply_text("noted")

    builder = Application.builder().token("123456:TEST-token").base_url(f"{telegram.url}/bot")
    application = builder.request(_request()).get_updates_request(_request()).build()
    application.add_handler(CommandHandler("start", note))
    async with application:
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling(drop_pending_updates=True)
        await telegram.says(ANN, "/start")
        await telegram.until(lambda: telegram.bot_messages(ANN))
        await application.updater.stop()
        await application.stop()
    assert texts == ["/start"]
    assert telegram.pending == 0


# --- settings ------------------------------------------------------------------------------------


async def test_commands_have_scopes(telegram: TelegramStandIn, bot: Bot) -> None:
    await bot.set_my_commands([BotCommand("new", "New")], language_code="zh")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.set_my_commands([("new", "New")], scope=BotCommandScopeChat(ANN))
    await telegram.says(ANN, "hi")
    await bot.set_my_commands([("mine", "Mine")], scope=BotCommandScopeChat(ANN))
    assert telegram.commands == {"default/zh": [("new", "New")], "chat:42": [("mine", "Mine")]}
    assert await bot.get_my_commands(language_code="zh") == (BotCommand("new", "New"),)
    await bot.delete_my_commands(language_code="zh")
    assert list(telegram.commands) == ["chat:42"]
    with pytest.raises(BadRequest, match="Bot_command_invalid"):
        await bot.set_my_commands([("New!", "New")])


async def test_the_bot_knows_itself_and_its_chats(telegram: TelegramStandIn, bot: Bot) -> None:
    await telegram.says(ANN, "hi", first_name="Ann")
    assert (await bot.get_me()).username == "bootstrap_demo_bot"
    assert (await bot.get_chat(ANN)).first_name == "Ann"
    assert await bot.set_chat_menu_button(ANN)
    assert await bot.send_chat_action(ANN, "typing")


# --- trouble -------------------------------------------------------------------------------------


async def test_token_and_method_must_exist(telegram: TelegramStandIn) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{telegram.url}/bot1:no/getMe") as answer:
            assert await answer.json() == {
                "ok": False,
                "error_code": 401,
                "description": "Unauthorized",
            }
        async with session.get(f"{telegram.url}/bot123456:TEST-token/getNothing") as answer:
            assert answer.status == 404


async def test_ordered_statuses_come_as_often_as_ordered(
    telegram: TelegramStandIn, bot: Bot
) -> None:
    await telegram.says(ANN, "hi")
    telegram.fail("sendMessage", Trouble(status=429, retry_after=3))
    telegram.fail("*", Trouble(status=502), times=2)
    with pytest.raises(RetryAfter):
        await bot.send_message(ANN, "x")
    for _ in range(2):
        with pytest.raises(NetworkError, match="Bad Gateway"):
            await bot.send_message(ANN, "x")
    await bot.send_message(ANN, "x")
    assert [message.text for message in telegram.bot_messages(ANN)] == ["x"]


async def test_trouble_lasts_until_healed(telegram: TelegramStandIn, bot: Bot) -> None:
    telegram.fail("getMe", Trouble(status=500), times=-1)
    for _ in range(3):
        with pytest.raises(NetworkError):
            await bot.get_chat(ANN) if telegram.calls("getChat") else await bot.get_me()
    telegram.heal()
    await bot.get_me()


@pytest.mark.parametrize("after", [False, True])
async def test_a_reset_may_have_taken_effect(
    telegram: TelegramStandIn, bot: Bot, after: bool
) -> None:
    await telegram.says(ANN, "hi")
    telegram.fail("sendMessage", Trouble(reset=True, after=after))
    with pytest.raises(NetworkError):
        await bot.send_message(ANN, "x")
    assert len(telegram.bot_messages(ANN)) == after


async def test_a_hanging_call_never_answers(telegram: TelegramStandIn) -> None:
    await telegram.says(ANN, "hi")
    telegram.fail("sendMessage", Trouble(hang=True, after=True))
    async with _client(telegram, read_timeout=0.05) as bot:
        with pytest.raises(TimedOut):
            await bot.send_message(ANN, "x")
    assert telegram.last(ANN).text == "x"


async def test_writing_too_fast_is_refused(clock: HandClock) -> None:
    async with (
        TelegramStandIn(clock=clock, rate_limit=True) as telegram,
        _client(telegram) as bot,
    ):
        await telegram.says(ANN, "hi")
        sent = await bot.send_message(ANN, "0")
        for number in range(1, 20):
            await sent.edit_text(str(number))
        with pytest.raises(RetryAfter):
            await sent.edit_text("20")
        clock.time += 21
        await sent.edit_text("20")


# --- the page ------------------------------------------------------------------------------------


async def test_the_page_speaks_and_presses(telegram: TelegramStandIn, bot: Bot) -> None:
    async with aiohttp.ClientSession(telegram.url) as page:
        body = {"user": ANN, "text": "/dingtalk_new", "lang": "zh"}
        async with page.post("/sandbox/say", json=body) as answer:
            assert answer.status == 200
        await bot.send_photo(ANN, picture(), caption="x", reply_markup=CANCEL)
        message = telegram.last(ANN)
        async with page.get(f"/sandbox/photo/{ANN}/{message.id}") as answer:
            assert await answer.read() == message.photo
        where = {"user": ANN, "message": message.id, "row": 0, "column": 0}
        press = asyncio.create_task(_posted(page, where))
        await telegram.until(lambda: telegram.pending == 2)
        query = (await bot.get_updates())[-1].callback_query
        assert query is not None
        await query.answer("Gone")
        assert await press == {"answer": "Gone", "alert": False}


async def _posted(page: aiohttp.ClientSession, where: dict[str, int]) -> Any:
    async with page.post("/sandbox/press", json=where) as answer:
        return await answer.json()


async def test_the_page_draws_every_change(telegram: TelegramStandIn) -> None:
    async with (
        aiohttp.ClientSession(telegram.url) as page,
        page.get("/sandbox/events", params={"user": ANN}) as stream,
    ):
        assert b'"messages": []' in await stream.content.readline()
        await telegram.says(ANN, "hi")
        await stream.content.readline()
        assert b'"text": "hi"' in await stream.content.readline()


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}], ids=["host", "origin"]
)
async def test_the_page_is_for_this_machine(
    telegram: TelegramStandIn, headers: dict[str, str]
) -> None:
    async with (
        aiohttp.ClientSession(telegram.url) as page,
        page.post("/sandbox/say", json={}, headers=headers) as answer,
    ):
        assert answer.status == 403


@pytest.mark.parametrize("body", [{}, {"user": "x", "text": "y", "lang": "en"}, []])
async def test_the_page_refuses_nonsense(telegram: TelegramStandIn, body: object) -> None:
    async with (
        aiohttp.ClientSession(telegram.url) as page,
        page.post("/sandbox/say", json=body) as answer,
    ):
        assert answer.status == 400
    assert telegram.pending == 0


async def test_the_page_has_an_address(telegram: TelegramStandIn) -> None:
    assert telegram.page_url(43, "zh") == f"{telegram.url}/?user=43&lang=zh"
    async with aiohttp.ClientSession(telegram.url) as page:
        for path in ("/", "/sandbox/chat.css", "/sandbox/chat.js"):
            async with page.get(path) as answer:
                assert answer.status == 200
