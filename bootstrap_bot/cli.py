"""The command line: run, demo, check. Only here does anything exit."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bootstrap_bot.app import secrets_of
from bootstrap_bot.bot import BootstrapBot
from bootstrap_bot.check import check
from bootstrap_bot.errors import Code, ConfigError, JournalError
from bootstrap_bot.log import set_up
from bootstrap_bot.settings import settings
from bootstrap_bot.signals import stop_on_signals
from bootstrap_bot.standalone import application_for, serve

log = logging.getLogger(__name__)

UNUSABLE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.command(options)
    except ConfigError as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)
        return UNUSABLE
    except JournalError as error:
        print(_state_fault(error), file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bootstrap-bot",
        description="Type /bot_new in Telegram: a bot is registered on DingTalk, Lark or Feishu, "
        "and its credentials are written into your config.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="serve the Telegram bot until stopped")
    run.set_defaults(command=_run)
    demo = commands.add_parser("demo", help="try it here, without Telegram and DingTalk")
    demo.add_argument("--auto", action="store_true", help="play a conversation and print it")
    demo.set_defaults(command=_demo)
    checking = commands.add_parser("check", help="look at config, rights and roads")
    checking.set_defaults(command=_check)
    for command in (run, checking):
        command.add_argument(
            "--config",
            type=Path,
            metavar="PATH",
            help=f"default: ${settings.CONFIG_VARIABLE}, else config.toml",
        )
    return parser


def _run(options: argparse.Namespace) -> int:
    loaded = settings.load(options.config, os.environ)
    set_up(loaded.log.level, as_json=loaded.log.as_json, secrets=secrets_of(loaded))
    for warning in loaded.warnings:
        log.warning("%s", warning)
    application = application_for(loaded)
    bot = BootstrapBot(loaded)
    bot.install_alone(application)

    async def until_stopped() -> int:
        return await serve(bot, application, stop_on_signals())

    return asyncio.run(until_stopped())


def _demo(options: argparse.Namespace) -> int:
    # The sandbox is not needed, and not paid for, by any other command.
    from bootstrap_bot.sandbox import demo

    logging.basicConfig(level=logging.WARNING)
    return asyncio.run(demo.play() if options.auto else demo.open_page())


def _check(options: argparse.Namespace) -> int:
    return asyncio.run(check(settings.load(options.config, os.environ)))


def _state_fault(error: JournalError) -> str:
    if error.code is Code.STATE_HELD:
        holder = f"process {error.holder}" if error.holder else "another process"
        return f"{error.path}: {holder} runs with this state file: stop it first"
    if error.code is Code.STATE_FULL:
        return f"{error.path}: the disk is full: make some room"
    if error.code is Code.STATE_LATER:
        return f"{error.path}: a later version of this program made it: use that one"
    return f"{error.path}: cannot be used as state file: look at its folder's rights and the disk"
