"""The demo, clicked through on a phone: the real command, its real pages, a real browser."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import IO, Literal

import pytest
from PIL import Image

from bootstrap_bot.chat.texts import Texts

try:
    from playwright.sync_api import BrowserContext, Locator, Page, expect, sync_playwright
except ImportError:
    pytest.skip("playwright is not installed: pip install -e '.[browser]'", allow_module_level=True)

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START = 30.0
# BOOTSTRAP_BOT_PICTURES=docs/pictures pytest -m browser: takes the README's pictures anew.
PICTURES = os.environ.get("BOOTSTRAP_BOT_PICTURES", "")
FOR_THE_README = (
    "hello-light",
    "chat-light",
    "chat-dark",
    "chat-zh",
    "approve-light",
    "stored-light",
    "refused-dark",
)
SHARPNESS = 2
COLOURS = 256

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt install chromium"),
]


@dataclass(frozen=True, slots=True)
class Phone:
    """Who looks at it: a screen in CSS pixels, a taste, Telegram's language code, a platform."""

    name: str
    width: int
    height: int
    scheme: Literal["light", "dark"]
    language: Literal["en", "zh"]
    platform: str = "dingtalk"

    @property
    def texts(self) -> Texts:
        """What the bot says on it."""
        return Texts(self.language, self.platform)


PHONES = [
    Phone("light", 390, 844, "light", "en"),
    Phone("dark", 360, 740, "dark", "en"),
    Phone("zh", 360, 780, "light", "zh"),
]


@dataclass(frozen=True, slots=True)
class Hand:
    """A thumb on the chat page, and what it keeps of what it sees."""

    phone: Phone
    page: Page
    folder: Path

    def suggested(self, command: str) -> Locator:
        """A command that the empty page offers."""
        return self.page.locator(".chip", has_text=command)

    def tap(self, code: str) -> None:
        """Taps a button of the bot's last message."""
        self._button(code).tap()

    def open(self, code: str) -> Page:
        """Taps a button that leads out of the chat, and gives the page behind it."""
        with self.page.context.expect_page() as opened:
            self.tap(code)
        opened.value.wait_for_load_state()
        return opened.value

    def sees(self, code: str) -> Locator:
        """The bot's last message, as soon as it shows that text."""
        message = self.page.locator(".message.bot").last
        expect(message).to_contain_text(_words(self.phone.texts, code), timeout=15_000)
        return message

    def keep(self, step: str, page: Page | None = None) -> None:
        """A screenshot of the whole screen as it is now."""
        page = page or self.page
        for image in page.locator("img").all():
            expect(image).to_have_js_property("complete", True)
        name = f"{step}-{self.phone.name}"
        picture = page.screenshot(animations="disabled", scale="device")
        (self.folder / f"{name}.png").write_bytes(picture)
        if PICTURES and name in FOR_THE_README:
            _smaller(picture).save(Path(PICTURES, f"{name}.png"), optimize=True)

    def fits(self, page: Page) -> bool:
        """Whether nothing on that page is wider than the screen."""
        return bool(
            page.evaluate(
                "[document.documentElement, ...document.querySelectorAll('main')]"
                ".every((box) => box.scrollWidth <= box.clientWidth)"
            )
        )

    def _button(self, code: str) -> Locator:
        label = self.phone.texts.plain(f"button.{code}")
        keys = self.page.locator(".message.bot").last.locator(".key")
        return keys.filter(has_text=re.compile(f"^{re.escape(label)}$"))


@contextmanager
def demo() -> Iterator[tuple[str, IO[str]]]:
    """`bootstrap-bot demo` in a process of its own: its chat page's address and what it prints."""
    command = [sys.executable, "-u", "-m", "bootstrap_bot", "demo"]
    quiet = {**os.environ, "BROWSER": "true"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=quiet) as process:
        impatience = threading.Timer(START, process.kill)
        impatience.start()
        try:
            assert process.stdout is not None
            address = next(line for line in process.stdout if line.startswith("Chat page:"))
            impatience.cancel()
            yield address.split()[-1], process.stdout
            process.send_signal(signal.SIGINT)
            assert process.wait(5) == 0
        finally:
            impatience.cancel()
            process.kill()


@contextmanager
def screen(phone: Phone) -> Iterator[BrowserContext]:
    """A fresh browser with that phone's screen and language."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        context = browser.new_context(
            viewport={"width": phone.width, "height": phone.height},
            device_scale_factor=SHARPNESS,
            has_touch=True,
            is_mobile=True,
            color_scheme=phone.scheme,
            locale="zh-CN" if phone.language == "zh" else "en-GB",
            timezone_id="UTC",
        )
        try:
            yield context
        finally:
            browser.close()


@contextmanager
def chat(phone: Phone, folder: Path) -> Iterator[tuple[Hand, IO[str]]]:
    """The demo's chat page on that phone. No page of it may complain."""
    complaints: list[str] = []
    with demo() as (address, printed), screen(phone) as context:
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("console", lambda line: complaints.append(line.text))
        page = context.new_page()
        page.goto(re.sub("lang=[a-z]+", f"lang={phone.language}", address))
        yield Hand(phone, page, folder), printed
        assert complaints == []


@pytest.mark.parametrize("phone", PHONES, ids=lambda phone: phone.name)
def test_from_the_suggestion_to_a_stored_platform(phone: Phone, tmp_path: Path) -> None:
    with chat(phone, tmp_path) as (hand, printed):
        hand.keep("hello")
        hand.suggested("/dingtalk_new").tap()
        hand.sees("stage.waiting")
        hand.keep("chat")
        assert hand.fits(hand.page)
        approval = hand.open("browser")
        expect(approval.locator("#confirm")).to_be_visible()
        code = approval.locator(".user-code").inner_text()
        hand.keep("approve", approval)
        assert hand.fits(approval)
        expect(hand.sees("stage.scanned")).to_contain_text(code)
        hand.keep("scanned")
        approval.locator("#confirm button.primary").tap()
        expect(approval.locator("#SUCCESS")).to_be_visible()
        hand.keep("approved", approval)
        approval.close()
        done = hand.sees("health.works")
        expect(done).to_contain_text(_words(phone.texts, "stored.title_none"))
        expect(done).not_to_contain_text(code)
        hand.keep("stored")
        assert hand.fits(hand.page)
        assert hand.page.locator(".message.bot").count() == 1
        table = next(line for line in printed if "client_secret" in line)
        assert re.fullmatch(r'  client_secret = "•+[^•]{4}"\n', table)


@pytest.mark.parametrize("phone", PHONES, ids=lambda phone: phone.name)
def test_from_the_suggestion_to_a_refusal_and_again(phone: Phone, tmp_path: Path) -> None:
    with chat(phone, tmp_path) as (hand, _):
        hand.suggested("/dingtalk_new").tap()
        hand.sees("stage.waiting")
        hand.tap("check")
        expect(hand.page.locator("#toast.shown")).not_to_be_empty()
        hand.keep("toast")
        approval = hand.open("app")
        approval.locator(".refusal summary").tap()
        hand.keep("refuse", approval)
        approval.locator(".refusal button").tap()
        expect(approval.locator("#FAIL")).to_be_visible()
        approval.close()
        hand.sees("refused.title")
        hand.keep("refused")
        assert hand.fits(hand.page)
        hand.tap("again")
        hand.sees("stage.waiting")
        assert hand.page.locator(".message.bot").count() == 1


@pytest.mark.parametrize("phone", PHONES, ids=lambda phone: phone.name)
def test_to_an_app_of_lark(phone: Phone, tmp_path: Path) -> None:
    phone = replace(phone, platform="lark")
    with chat(phone, tmp_path) as (hand, printed):
        hand.suggested("/lark_new").tap()
        hand.sees("stage.waiting")
        hand.keep("lark-chat")
        assert hand.fits(hand.page)
        approval = hand.open("lark")
        hand.keep("lark-approve", approval)
        assert hand.fits(approval)
        approval.locator("button.primary").tap()
        expect(approval.locator(".verdict.good")).to_be_visible()
        hand.keep("lark-approved", approval)
        approval.close()
        done = hand.sees("health.works")
        expect(done).to_contain_text(_words(phone.texts, "stored.title_none"))
        hand.keep("lark-stored")
        assert hand.fits(hand.page)
        table = next(line for line in printed if "app_secret" in line)
        assert re.fullmatch(r'  app_secret = "•+[^•]{4}"\n', table)


def _words(texts: Texts, code: str) -> str:
    """A text without its tags, as a person reads it."""
    return re.sub("<[^>]+>", "", texts.plain(code))


def _smaller(picture: bytes) -> Image.Image:
    with Image.open(BytesIO(picture)) as image:
        # By coverage: a green tick is few pixels, and green all the same.
        method = Image.Quantize.MAXCOVERAGE
        return image.convert("RGB").quantize(COLOURS, method, dither=Image.Dither.NONE)
