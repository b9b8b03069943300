"""How long a person waits: for the picture, for "stored", after "check now"."""

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from report import Row, shown, spread

from bootstrap_bot.bot import BootstrapBot
from bootstrap_bot.chat.buttons import Action, data
from bootstrap_bot.http import Http
from bootstrap_bot.providers.dingtalk.provider import DingTalk
from bootstrap_bot.sandbox.answers import http
from bootstrap_bot.sandbox.dingtalk.stand_in import DingTalkStandIn, Registration
from bootstrap_bot.sandbox.telegram.stand_in import Message, TelegramStandIn
from bootstrap_bot.settings import settings
from bootstrap_bot.standalone import application_for, serve

INTERVAL = 1
APPROVALS = 12
CHECKS = 6
PICTURES = 20
PEOPLE = range(1, 1 + APPROVALS + CHECKS + PICTURES)
# Three failed polls: the next one is eight intervals away.
FAILURES = 3
FLOOR = 2.2
TOKEN = "123456:bench-token-of-the-stand-in"  # noqa: S105 - the stand-in's own
PATIENCE = 30.0
# Until what was told is written down, too.
CALM = 0.2
CONFIG = """\
[telegram]
token = "{token}"
admins = [{admins}]
api_url = "{telegram}"
[dingtalk]
registration_url = "{dingtalk}"
api_url = "{dingtalk}"
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """The real bot between the two stand-ins, on the machine's own clock."""

    telegram: TelegramStandIn
    dingtalk: DingTalkStandIn

    def last(self, person: int) -> Message | None:
        messages = self.telegram.bot_messages(person)
        return messages[-1] if messages else None

    async def shows(self, person: int, promise: Callable[[Message], bool]) -> Message:
        """The bot's last message, as soon as the promise holds for it."""

        def kept() -> bool:
            message = self.last(person)
            return message is not None and promise(message)

        await self.telegram.until(kept, PATIENCE)
        return self.telegram.last(person)

    async def invite(self, person: int, name: str = "") -> Registration:
        """/dingtalk_new, up to the picture. A name keeps the bot from asking what to replace."""
        await self.telegram.says(person, f"/dingtalk_new {name}".strip())
        await self.shows(person, _waits)
        return self.dingtalk.latest


def _offers(action: Action) -> Callable[[Message], bool]:
    begins = data(action, "")
    return lambda message: any(
        (button.data or "").startswith(begins) for row in message.buttons for button in row
    )


_waits, _is_stored = _offers(Action.CHECK), _offers(Action.REMOVE)


@asynccontextmanager
async def staged(folder: Path) -> AsyncIterator[Stage]:
    """Everything on stage, the bot ready for updates."""
    async with (
        TelegramStandIn(TOKEN) as telegram,
        DingTalkStandIn(interval=INTERVAL, stage_seconds=0) as dingtalk,
    ):
        config = folder / "config.toml"
        config.touch(0o600)
        admins = ", ".join(map(str, PEOPLE))
        addresses = {"telegram": telegram.url, "dingtalk": dingtalk.url}
        config.write_text(CONFIG.format(token=TOKEN, admins=admins, **addresses))
        loaded = settings.load(config, {})
        bot, application = BootstrapBot(loaded), application_for(loaded)
        bot.install_alone(application)
        stop = asyncio.Event()
        serving = asyncio.create_task(serve(bot, application, stop))
        try:
            yield Stage(telegram, dingtalk)
        finally:
            stop.set()
            await serving


async def pictures(stage: Stage, people: range) -> Row:
    """From the command to the picture, without what the two calls take by themselves."""
    calls, waited = [], []
    async with Http() as session:
        provider = DingTalk(session, stage.dingtalk.url, "bench", stage.dingtalk.url)
        for _ in people:
            began = time.perf_counter()
            await provider.begin()
            calls.append(time.perf_counter() - began)
    for person in people:
        began = time.perf_counter()
        await stage.invite(person, "name")
        waited.append(time.perf_counter() - began)
        await stage.telegram.says(person, "/dingtalk_cancel")
        await stage.shows(person, _offers(Action.AGAIN))
        await asyncio.sleep(CALM)
    two_calls = statistics.median(calls)
    return Row.within(
        f"/dingtalk_new to the picture, above the two DingTalk calls ({shown(two_calls)})",
        [seconds - two_calls for seconds in waited],
        0.1,
    )


async def approvals(stage: Stage, people: range) -> list[Row]:
    """From "approve" to "stored" in the chat, begun at any moment of the interval."""
    whole, ours = [], []
    for person in people:
        registration = await stage.invite(person, f"bot_{person}")
        await asyncio.sleep(INTERVAL * random.random())  # noqa: S311 - no secret
        began = time.time()
        await stage.dingtalk.approve(registration.user_code)
        await stage.shows(person, _is_stored)
        ended = time.time()
        whole.append(ended - began)
        ours.append(ended - stage.dingtalk.poll_times[-1])
    what = f"approval to “stored” in the chat, interval {INTERVAL} s"
    part = Row("of it from the poll that brings it", spread(ours, 0.9))
    return [Row.within(what, whole, INTERVAL + 0.2, "s"), part]


async def checks(stage: Stage, people: range) -> Row:
    """From a tap on "check now" during back-off to "stored"."""
    registrations = {person: await stage.invite(person, f"bot_{person}") for person in people}
    for registration in registrations.values():
        registration.script.standing = http(502)
    await stage.dingtalk.until(
        lambda: all(one.polls >= FAILURES for one in registrations.values()), PATIENCE
    )
    await asyncio.sleep(FLOOR)
    waited = []
    for person, registration in registrations.items():
        registration.script.standing = None
        await stage.dingtalk.approve(registration.user_code)
        message = stage.telegram.last(person)
        began = time.perf_counter()
        await stage.telegram.press(person, message, "Check now")
        await stage.shows(person, _is_stored)
        waited.append(time.perf_counter() - began)
    return Row.within("“check now” during back-off to “stored”", waited, 0.3)


async def main() -> None:
    """Sends every row."""
    with tempfile.TemporaryDirectory() as folder:
        async with staged(Path(folder)) as stage:
            (await pictures(stage, PEOPLE[:PICTURES])).send()
            for row in await approvals(stage, PEOPLE[PICTURES : PICTURES + APPROVALS]):
                row.send()
            (await checks(stage, PEOPLE[PICTURES + APPROVALS :])).send()


if __name__ == "__main__":
    asyncio.run(main())
