"""The real bot between the two stand-ins, on real HTTP over loopback and a clock of its own."""

import asyncio
import sqlite3
import time
import tomllib
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bootstrap_bot.bot import BootstrapBot
from bootstrap_bot.clock import SystemClock
from bootstrap_bot.sandbox.answers import Answer
from bootstrap_bot.sandbox.dingtalk.answers import expired
from bootstrap_bot.sandbox.dingtalk.stand_in import DingTalkStandIn
from bootstrap_bot.sandbox.telegram.stand_in import Message, Press, TelegramStandIn
from bootstrap_bot.settings import settings
from bootstrap_bot.standalone import application_for, serve
from tests.support.clock import PATIENCE, FakeClock
from tests.support.state_rows import Row, attempts_in, deliveries_in, rows_of

ADMIN = 42
OTHER_ADMIN = 43
STRANGER = 666
# A test passes no more moments than that to what it waits for.
MOST_MOMENTS = 1000
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


class Impatient(SystemClock):
    """What is a second for others is five milliseconds."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 200)


class Scene:
    """One bot with its state in a folder, on DingTalk. `more` is added to its config."""

    PLATFORMS = "dingtalk"
    bot: BootstrapBot

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
        self._serving: asyncio.Task[int] | None = None
        self._polls = 0

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

    @property
    def environment(self) -> dict[str, str]:
        """The variables it is started with: the platforms whose stand-ins are there."""
        return {"BOOTSTRAP_BOT_PLATFORMS": self.PLATFORMS}

    async def start(self) -> None:
        """Starts the bot; on return it takes updates."""
        loaded = settings.load(self.config, self.environment)
        bot = self.bot = BootstrapBot(loaded, clock=self.clock, timeout=self._timeout)
        application = application_for(loaded)
        bot.install_alone(application)
        self._stop = asyncio.Event()
        self._polls = len(self.telegram.calls("getUpdates"))
        self._serving = asyncio.create_task(serve(bot, application, self._stop, Impatient()))

    async def stop(self) -> None:
        """Stops the bot as SIGTERM does."""
        self._stop.set()
        if self._serving is not None:
            await self._serving
            self._serving = None

    async def restart(self, away: float = 0.0) -> None:
        """Stops the bot, lets that much time pass, and starts it."""
        await self.stop()
        await self.clock.advance(away)
        await self.start()

    async def says(self, text: str, user: int = ADMIN, **options: Any) -> Message:
        """Somebody writes to the bot."""
        return await self.telegram.says(user, text, **options)

    async def press(self, label: str, user: int = ADMIN) -> Press:
        """Somebody presses a button of the bot's last message; returns once it is answered."""
        return await self.answered(await self.telegram.press(user, self.telegram.last(user), label))

    async def answered(self, press: Press) -> Press:
        """The press, once the bot has answered it."""
        await self.telegram.until(lambda: press.answered)
        return press

    async def sees(self, text: str, user: int = ADMIN) -> Message:
        """Returns the bot's last message as soon as it contains that text."""
        try:
            await self.telegram.until(lambda: text in self._last_text(user), PATIENCE)
        except TimeoutError:
            raise AssertionError(f"{text!r} not in {self._last_text(user)!r}") from None
        return self.telegram.last(user)

    async def invited(
        self, user: int = ADMIN, command: str = "/dingtalk_new", **options: Any
    ) -> Message:
        """That command, up to the message with the QR and a bot that waits."""
        await self.says(command, user, **options)
        message = await self.sees("Waiting for you", user)
        await self.idle()
        return message

    async def stored(self, answer: Answer) -> Message:
        """From the command to the result that DingTalk's answer brings, once it was told."""
        await self.invited()
        await self.poll(answer)
        message = await self.sees("Done")
        await self.recorded("stored")
        return message

    async def cancelled_while_asked(self, answer: Answer) -> Message:
        """Invited, and cancelled while DingTalk is about to answer that, once it is let go."""
        await self.invited()
        self.dingtalk.hold_polls()
        self.dingtalk.next_poll(answer)
        await self.next_moment()
        await self.dingtalk.until(lambda: self.dingtalk.polls == 1)
        await self.press("Cancel")
        return await self.sees("Cancelled")

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
        return await self.pass_until(lambda: self.dingtalk.polls > polls)

    async def next_moment(self) -> float:
        """Passes to the next moment at which something is due; gives the seconds until then."""
        await self.idle()
        return await self.clock.pass_until_due()

    async def pass_until(self, promise: Callable[[], object]) -> float:
        """Passes from moment to moment until that is true; gives the seconds it took."""
        begun = self.clock.now()
        await self.idle()
        for _ in range(MOST_MOMENTS):
            if promise():
                return self.clock.now() - begun
            await self.next_moment()
            await self.idle()
        raise AssertionError("it never came true")

    async def pass_time(self, seconds: float) -> None:
        """Lets that much time pass; whoever is due on the way does all of their work."""
        end = self.clock.monotonic() + seconds
        await self.idle()
        while any(pause <= end - self.clock.monotonic() for pause in self.clock.pauses):
            await self.next_moment()
            await self.idle()
        await self.clock.advance(end - self.clock.monotonic())

    async def expire(self) -> None:
        """The newest code dies, and is asked about until nobody wants to know any more."""
        self.dingtalk.latest.script.standing = expired()
        while self.journal()[-1]["device_code"]:
            await self.next_poll()

    async def idle(self) -> None:
        """Returns when the bot has nothing to do but to wait, for time or for a person."""
        await self.until(lambda: self.bot.idle)

    async def settled(self) -> None:
        """Returns when every update was handled and everything due was said."""
        await self.telegram.until(lambda: len(self.telegram.calls("getUpdates")) > self._polls)
        await self.telegram.until(lambda: self.telegram.pending == 0)
        await self.idle()

    async def until(self, promise: Callable[[], object]) -> None:
        """Returns once that is true; for what no stand-in is told of."""
        end = time.monotonic() + PATIENCE
        while not promise():
            assert time.monotonic() < end, "it never came true"
            await asyncio.sleep(0.001)

    def journal(self) -> list[dict[str, Any]]:
        """The attempts on disk, oldest first, read by a connection of our own."""
        there = self.state.exists() and self.sql("SELECT 1 FROM sqlite_master")
        return self._read(attempts_in) if there else []

    def deliveries(self) -> list[dict[str, Any]]:
        """The deliveries on disk."""
        return self._read(deliveries_in)

    def sql(self, statement: str) -> list[dict[str, Any]]:
        """Runs a statement on the state file behind the bot's back."""
        return self._read(lambda db: rows_of(db, statement))

    async def recorded(self, state: str, told: bool = True) -> dict[str, Any]:
        """The last attempt on disk, as soon as it is in that state."""
        await self.until(
            lambda: (
                [(row["state"], bool(row["told"])) for row in self.journal()[-1:]]
                == [(state, told)]
            )
        )
        return self.journal()[-1]

    def platforms(self) -> dict[str, dict[str, Any]]:
        """What the config says now, read by a reader that is not ours."""
        found: dict[str, dict[str, Any]] = tomllib.loads(
            self.config.read_text(encoding="utf-8")
        ).get("platforms", {})
        return found

    def in_the_world(self, text: str) -> str:
        """The text with the platforms' real addresses in place of the stand-ins'."""
        return text

    def captions(self, user: int = ADMIN) -> list[str]:
        """Everything the bot ever showed this person."""
        return [event.text for event in self.telegram.history(user) if event.sender == "bot"]

    def _read(self, what: Callable[[sqlite3.Connection], list[Row]]) -> list[Row]:
        with closing(sqlite3.connect(self.state, isolation_level=None)) as db:
            return what(db)

    def _last_text(self, user: int) -> str:
        messages = self.telegram.bot_messages(user)
        return messages[-1].text if messages else ""


def data_of(message: Message, label: str) -> str:
    """What the button with that label tells the bot."""
    [found] = [b.data for row in message.buttons for b in row if b.text == label]
    assert found is not None
    return found
