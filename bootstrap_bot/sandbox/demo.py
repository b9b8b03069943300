"""The demo: the real bot between the stand-ins, for a newcomer's browser or by itself."""

import asyncio
import locale
import tempfile
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import qrcode
from pydantic import SecretStr

from bootstrap_bot.app import context_of
from bootstrap_bot.bot import BootstrapBot
from bootstrap_bot.http import Http
from bootstrap_bot.registration.worker import OnStored
from bootstrap_bot.sandbox.dingtalk.stand_in import DingTalkStandIn
from bootstrap_bot.sandbox.lark.stand_in import LarkStandIn
from bootstrap_bot.sandbox.telegram.stand_in import Message, TelegramStandIn
from bootstrap_bot.settings import settings
from bootstrap_bot.signals import stop_on_signals
from bootstrap_bot.standalone import application_for, serve
from bootstrap_bot.targets.config_file import OWN_CONFIG
from bootstrap_bot.targets.file_target import LOCK_SECONDS
from bootstrap_bot.targets.target import Platform

PERSON = 42
TOKEN = "123456:demo-token-of-the-stand-in"  # noqa: S105  (the stand-in's own)
CONFIG = f"""\
[telegram]
token = "{TOKEN}"
admins = [{PERSON}]
api_url = "{{telegram}}"

[dingtalk]
registration_url = "{{dingtalk}}"
api_url = "{{dingtalk}}"

[lark]
feishu_accounts_url = "{{lark.feishu_accounts_url}}"
feishu_open_url = "{{lark.feishu_open_url}}"
lark_accounts_url = "{{lark.lark_accounts_url}}"
lark_open_url = "{{lark.lark_open_url}}"
"""
CONFIG_NAME = "config.toml"
LONGEST = 3600.0
STEP = 8.0


@dataclass(frozen=True, slots=True)
class Stage:
    """What is on stage and played with: stand-ins, the bot's config, and what ends the play."""

    telegram: TelegramStandIn
    dingtalk: DingTalkStandIn
    config: Path
    stop: asyncio.Event


async def open_page() -> int:
    """Serves the chat page until Ctrl-C, an hour at most. Gives the exit status."""
    async with _stage(interval=2, on_stored=_print_table) as stage:
        page = stage.telegram.page_url(PERSON, _language())
        print(f"Chat page:  {page}")
        print("Nothing leaves this computer: Telegram, DingTalk and Lark are all played here.")
        print(
            "Type /dingtalk_new or /lark_new there and follow the buttons. Ctrl-C ends the demo.\n"
        )
        await asyncio.to_thread(webbrowser.open, page)
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST):
                await stage.stop.wait()
    return 0


async def play() -> int:
    """Plays the conversation and prints it. Gives the exit status."""
    async with _stage(interval=1) as stage:
        print("You:  /dingtalk_new\n")
        await stage.telegram.says(PERSON, "/dingtalk_new")
        await _seen(stage, "Waiting for you")
        message = stage.telegram.last(PERSON)
        _print_qr(_address_of("Open in browser", message))
        _print_message(message)
        print("(You open the link, call the bot “Demo bot” and approve.)\n")
        await stage.dingtalk.approve(name="Demo bot")
        await _seen(stage, "Done")
        _print_message(stage.telegram.last(PERSON), edited=True)
        context = context_of(settings.load(stage.config, {}), Http(), LOCK_SECONDS)
        for platform in await OWN_CONFIG.build(context).platforms():
            await _print_table(platform)
    return 0


@asynccontextmanager
async def _stage(interval: int, on_stored: OnStored | None = None) -> AsyncIterator[Stage]:
    stop = stop_on_signals()
    with tempfile.TemporaryDirectory(prefix="bootstrap-bot-demo-") as folder:
        async with (
            TelegramStandIn(TOKEN) as telegram,
            DingTalkStandIn(interval=interval, stage_seconds=0.5) as dingtalk,
            LarkStandIn(interval=interval) as lark,
        ):
            config = Path(folder, CONFIG_NAME)
            _write(config, CONFIG.format(telegram=telegram.url, dingtalk=dingtalk.url, lark=lark))
            loaded = settings.load(config, {})
            application = application_for(loaded)
            bot = BootstrapBot(loaded)
            bot.install_alone(application, on_stored)
            serving = asyncio.create_task(serve(bot, application, stop))
            try:
                yield Stage(telegram, dingtalk, config, stop)
            finally:
                stop.set()
                await serving


def _write(path: Path, text: str) -> None:
    path.touch(0o600)
    path.write_text(text, encoding="utf-8")


async def _seen(stage: Stage, text: str) -> None:
    def shown() -> bool:
        messages = stage.telegram.bot_messages(PERSON)
        return bool(messages) and text in messages[-1].text

    await stage.telegram.until(shown, STEP)


def _address_of(label: str, message: Message) -> str:
    return next(
        button.url or "" for row in message.buttons for button in row if button.text == label
    )


def _print_qr(link: str) -> None:
    code = qrcode.QRCode(border=4)
    code.add_data(link)
    code.print_ascii(invert=True)


def _print_message(message: Message, *, edited: bool = False) -> None:
    print("Bot (the same message, edited):" if edited else "Bot:")
    for line in message.text.splitlines():
        print(f"  {line}")
    for row in message.buttons:
        print("  " + " ".join(f"[ {button.text} ]" for button in row))
    print()


async def _print_table(platform: Platform) -> None:
    print(f"Written into {CONFIG_NAME}:\n")
    print(f"  [platforms.{platform.id}]")
    print(f'  type = "{platform.type}"')
    print(f"  enabled = {str(platform.enabled).lower()}")
    for name, value in platform.values.items():
        shown = platform.credentials.masked_secret() if isinstance(value, SecretStr) else value
        print(f'  {name} = "{shown}"')
    print(flush=True)


def _language() -> str:
    return "zh" if (locale.getlocale()[0] or "").lower().startswith(("zh", "chinese")) else "en"
