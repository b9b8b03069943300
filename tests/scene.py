"""The real bot between the two stand-ins, on real HTTP over loopback and a clock of its own."""

import asyncio
import tomllib
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bootstrap_bot import settings
from bootstrap_bot.bot import BootstrapBot
from bootstrap_bot.sandbox.answers import Answer
from bootstrap_bot.sandbox.dingtalk import DingTalkStandIn
from bootstrap_bot.sandbox.telegram import Message, Press, TelegramStandIn
from bootstrap_bot.standalone import application_for, serve
from tests.fake_clock import PATIENCE, FakeClock

ADMIN = 42
OTHER_ADMIN = 43
STRANGER = 666
TOKEN = "123456:TEST-token-that-must-not-leak"
CONFIG = """\
# my bot, my comments
[telegram]
token = "{token}"
admins = [42, 43]
api_url = "{telegram}"

[dingtalk]
registration_url = "{dingtalk}"
api_url = "{dingtalk}"
{more}
[somebody.else]   # not ours
key = "kept"
"""


class Scene:
    """One bot with its state in a folder. `more` is added to its config."""

    def __init__(
        self, folder: Path, *, more: str = "", timeout: float = 5.0, **dingtalk: Any
    ) -> None:
        self.clock = FakeClock()
        self.telegram = TelegramStandIn(token=TOKEN, clock=self.clock)
        self.dingtalk = DingTalkStandIn(clock=self.clock, **dingtalk)
        self.config = folder / "config.toml"
        self.state = folder / "bootstrap-bot.db"
        self._more = more
        self._timeout = timeout
        self._stack = AsyncExitStack()
        self._stop = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.telegram)
        await self._stack.enter_async_context(self.dingtalk)
        if not self.config.exists():
            self.write_config()
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
        await self._stack.aclose()

    def write_config(self, more: str | None = None) -> None:
        """The config as its owner wrote it."""
        text = CONFIG.format(
            token=TOKEN,
            telegram=self.telegram.url,
            dingtalk=self.dingtalk.url,
            more=self._more if more is None else more,
        )
        self.config.touch(0o600)
        self.config.write_text(text, encoding="utf-8")

    async def start(self) -> None:
        """Starts the bot; on return it takes updates."""
        loaded = settings.load(self.config, {})
        bot = BootstrapBot(loaded, clock=self.clock, timeout=self._timeout)
        application = application_for(loaded)
        bot.install_alone(application)
        self._stop = asyncio.Event()
        self._serving = asyncio.create_task(serve(bot, application, self._stop))

    async def stop(self) -> None:
        """Stops the bot as SIGTERM does."""
        self._stop.set()
        if self._serving is not None:
            await self._serving
            self._serving = None

    async def says(self, text: str, user: int = ADMIN, **options: Any) -> Message:
        """Somebody writes to the bot."""
        return await self.telegram.says(user, text, **options)

    async def press(self, label: str, user: int = ADMIN) -> Press:
        """Somebody presses a button of the bot's last message; returns once it is answered."""
        press = await self.telegram.press(user, self.telegram.last(user), label)
        await self.telegram.until(lambda: press.answer is not None)
        return press

    async def sees(self, text: str, user: int = ADMIN) -> Message:
        """Returns the bot's last message as soon as it contains that text."""
        try:
            await self.telegram.until(lambda: text in self._last_text(user), PATIENCE)
        except TimeoutError:
            raise AssertionError(f"{text!r} not in {self._last_text(user)!r}") from None
        return self.telegram.last(user)

    async def invited(self, user: int = ADMIN) -> Message:
        """/dingtalk_new, up to the message with the QR and a bot that waits."""
        await self.says("/dingtalk_new", user)
        message = await self.sees("Waiting for you", user)
        await self.clock.asleep("attempt:")
        return message

    async def poll(self, *answers: Answer) -> float:
        """Passes to the next poll, once for each answer; gives the seconds the last one took."""
        passed = 0.0
        for answer in answers:
            self.dingtalk.next_poll(answer)
            passed = await self.next_poll()
        return passed

    async def next_poll(self) -> float:
        """Passes to the next poll and returns when its answer has been dealt with."""
        polls = self.dingtalk.polls
        passed = await self.clock.pass_until_due("attempt:")
        await self.dingtalk.until(lambda: self.dingtalk.polls > polls)
        await self.at_rest()
        return passed

    async def at_rest(self) -> None:
        """Returns when every attempt sleeps or has ended."""
        async with asyncio.timeout(PATIENCE):
            while any(self._awake(task) for task in asyncio.all_tasks()):
                await asyncio.sleep(0)

    def platforms(self) -> dict[str, dict[str, Any]]:
        """What the config says now, read by a reader that is not ours."""
        found: dict[str, dict[str, Any]] = tomllib.loads(
            self.config.read_text(encoding="utf-8")
        ).get("platforms", {})
        return found

    def captions(self, user: int = ADMIN) -> list[str]:
        """Everything the bot ever showed this person."""
        return [event.text for event in self.telegram.history(user) if event.sender == "bot"]

    def _last_text(self, user: int) -> str:
        messages = self.telegram.bot_messages(user)
        return messages[-1].text if messages else ""

    def _awake(self, task: asyncio.Task[Any]) -> bool:
        name = task.get_name()
        return name.startswith("attempt:") and not self.clock.sleeps(name)
