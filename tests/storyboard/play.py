"""What every scene of the storyboard needs: a stage, somebody who writes and presses, a camera."""

import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import zxingcpp
from PIL import Image

from bootstrap_bot.chat.buttons import Action, data
from bootstrap_bot.chat.host import Picture
from bootstrap_bot.chat.pictures import sign
from bootstrap_bot.chat.texts import ANY, Texts
from bootstrap_bot.sandbox.astrbot.stand_in import AstrBotStandIn
from bootstrap_bot.sandbox.dingtalk.answers import success
from bootstrap_bot.sandbox.telegram.rules import Button
from bootstrap_bot.sandbox.telegram.stand_in import Message
from tests.support.scene import ADMIN, Scene

ID, SECRET = "dingabcdefgh1234", "q" * 60 + "WXYZ"
API_KEY = "abk_stand_in"
# What people read in place of the stand-in's own address, which is another one each time.
ASTRBOT_PLACE = "localhost:6185"
USER_CODE = "MUEU-DEKR-5TN3"
LINK = (
    "https://open-dev.dingtalk.com/openapp/registration/openClaw"
    f"?user_code={USER_CODE}&source=DING_DWS_CLAW"
)
BEGIN = {"user_code": USER_CODE, "verification_uri_complete": LINK}
PICTURES = {
    sign(Picture.LINK): "🔗 blue: a chain link",
    sign(Picture.WORKING): "🕓 amber: a clock",
    sign(Picture.DONE): "✅ green: a tick",
    sign(Picture.ENDED): "✖️ grey: a cross",
}
# Frames that others are like.
WAITING, STORED = "Waiting", "Stored: it works"

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands in the chat at a moment, after what the person `did`.

    `lines` are Telegram's HTML. `like` names the frame that shows all the rest.
    """

    title: str
    did: tuple[str, ...]
    picture: str
    lines: tuple[str, ...]
    rows: Rows
    like: str = ""

    def beside(self, earlier: "Frame") -> "Frame":
        """Only what that one did not show."""
        lines = tuple(line for line in self.lines if line and line not in earlier.lines)
        rows = () if self.rows == earlier.rows else self.rows
        picture = "" if self.picture == earlier.picture else self.picture
        return Frame(self.title, self.did, picture, lines, rows, like=earlier.title)


@dataclass(slots=True)
class Reel:
    """Every frame in one language, by chapter."""

    language: str
    chapters: dict[str, list[Frame]] = field(default_factory=dict)

    def find(self, title: str) -> Frame:
        """The whole frame with that title."""
        frames = [frame for chapter in self.chapters.values() for frame in chapter]
        return next(frame for frame in frames if frame.title == title)


class Play:
    """A scene played in one language, with a camera. The AstrBot is there for who is told of it."""

    def __init__(
        self, scene: Scene, astrbot: AstrBotStandIn, reel: Reel, chapter: str, platform: str
    ) -> None:
        self.scene = scene
        self.platform = platform
        self.astrbot = astrbot
        self.texts = Texts(reel.language, platform)
        self._reel = reel
        self._frames = reel.chapters.setdefault(chapter, [])
        self._did: list[str] = []

    async def says(self, text: str, user: int = ADMIN, **options: Any) -> None:
        """Somebody writes."""
        await self.scene.says(text, user, language=self.texts.language, **options)
        self._did.append(f"👤 {text}")

    async def press(self, action: Action, ref: str = "", *, on: str = "") -> str:
        """Presses a button of the bot's last message, one with that `on` it; gives its label."""
        message = await self.offers(action)
        begins = data(action, ref)
        buttons = [b for row in message.buttons for b in row]
        button = next(b for b in buttons if (b.data or "").startswith(begins) and on in b.text)
        press = await self.scene.telegram.presses_data(ADMIN, message, button.data or "")
        await self.scene.telegram.until(lambda: press.answered)
        self._did.append(f"👆 {button.text} → “{press.answer}”")
        return button.text

    async def sees(self, code: str, chat: int = ADMIN) -> Message:
        """The bot's last message, as soon as it shows that text."""
        return await self.scene.sees(words(self.texts.language, code, self.platform), chat)

    async def sees_all(self, *codes: str) -> None:
        """Returns when the bot's last message shows all of these texts; it loses none again."""
        for code in codes:
            await self.sees(code)

    async def offers(self, action: Action) -> Message:
        """The bot's last message, as soon as it has a button for that."""

        def there() -> bool:
            messages = self.scene.telegram.bot_messages(ADMIN)
            buttons = [b for row in messages[-1].buttons for b in row] if messages else []
            return any((b.data or "").startswith(data(action, "")) for b in buttons)

        await self.scene.telegram.until(there)
        return self.scene.telegram.last(ADMIN)

    async def invited(self, command: str = "/dingtalk_new") -> None:
        """That command, up to a bot that waits."""
        await self.says(command)
        await self.sees("stage.waiting")
        await self.scene.idle()

    async def created(self, command: str = "/dingtalk_new") -> None:
        """Invited and confirmed."""
        await self.invited(command)
        await self.scene.poll(success(ID, SECRET))

    async def pass_until(self, code: str) -> None:
        """Lets time pass, from one thing that is due to the next, until that is shown."""
        text = words(self.texts.language, code, self.platform)
        await self.scene.pass_until(lambda: text in "".join(self.scene.captions()[-1:]))

    def shoot(self, title: str, *, beside: str = "", chat: int = ADMIN) -> None:
        """Keeps what stands in the chat now; `beside` names a frame that need not be repeated."""
        message = self.scene.telegram.last(chat)
        rows = tuple(tuple(map(_label, row)) for row in message.buttons)
        lines = tuple(self._shown(message.html).strip().splitlines())
        frame = Frame(title, tuple(self._did), _picture(message), lines, rows)
        self._did.clear()
        self._frames.append(frame.beside(self._reel.find(beside)) if beside else frame)

    def skip(self) -> None:
        """What the person did so far is no news."""
        self._did.clear()

    def _shown(self, html: str) -> str:
        html = self.scene.in_the_world(html)
        return html.replace(urlsplit(self.astrbot.url).netloc, ASTRBOT_PLACE)


Played = Callable[[Play], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scene with the bot's config (`more`) and what DingTalk's begin says.

    Its words are those of `platform`.

    In `more`, `<astrbot>` is an AstrBot's address and `<folder>` where the config is; `timeout`
    is how many seconds any server may take.
    """

    play: Played
    more: str = ""
    begin: Mapping[str, object] = field(default_factory=lambda: BEGIN)
    interval: int = 5
    timeout: float = 5.0
    scene: type[Scene] = Scene
    platform: str = "dingtalk"


@asynccontextmanager
async def staged(
    scenario: Scenario, folder: Path, reel: Reel, chapter: str = ""
) -> AsyncIterator[Play]:
    """The stage for a scenario in a new folder; whoever enters it plays."""
    folder.mkdir()
    async with AstrBotStandIn(key=API_KEY) as astrbot:
        more = scenario.more.replace("<astrbot>", astrbot.url).replace("<folder>", str(folder))
        async with scenario.scene(
            folder,
            more=more,
            timeout=scenario.timeout,
            extra_begin=scenario.begin,
            interval=scenario.interval,
        ) as scene:
            yield Play(scene, astrbot, reel, chapter, scenario.platform)


def words(language: str, code: str, platform: str = "dingtalk") -> str:
    """The longest piece of a text that has no value in it, as a person reads it."""
    texts = Texts(language, "" if code.endswith(ANY) else platform)
    counted = texts.plural(code, 2)
    text = counted.replace("2", "\n") if counted != code else _without_values(code, texts)
    return max(plain(text).split("\n"), key=len).strip()


def _without_values(code: str, texts: Texts) -> str:
    """The text with a new line in place of every value."""
    values: dict[str, str] = {}
    while True:
        try:
            return texts.plain(code, **values)
        except KeyError as missing:
            values[missing.args[0]] = "\n"


def plain(html: str) -> str:
    """Without tags."""
    return unescape(re.sub("<[^>]+>", "", html))


def scanned(message: Message) -> str:
    """What a camera reads in the message's picture."""
    with Image.open(io.BytesIO(message.photo or b"")) as picture:
        [code] = zxingcpp.read_barcodes(picture)
    return code.text


def _label(button: Button) -> str:
    mark = " ↗" if button.url else " ⧉" if button.copy else ""
    return f"{button.text}{mark}"


def _picture(message: Message) -> str:
    if message.upload is None or message.photo is None:
        return ""
    if message.upload in PICTURES:
        return PICTURES[message.upload]
    links = [b.url for row in message.buttons for b in row]
    return "🔳 QR code of the link" if scanned(message) in links else "🔳 QR code of something else"
