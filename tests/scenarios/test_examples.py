"""A platform and a target of another distribution: found, and used like those that are built in."""

import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from aiohttp import web
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bootstrap_bot import registry
from bootstrap_bot.chat.codes import words_of
from bootstrap_bot.sandbox.server import LoopbackServer
from tests.support.scene import ADMIN, Scene

EXAMPLES = Path(__file__).parents[2] / "examples"
BOT_ID, BOT_TOKEN = "acme-4242", "t" * 28 + "WXYZ"
WORDS = Path("locale", "en", "LC_MESSAGES")


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The examples as an installer leaves them, with the entry points that they declare."""
    site = tmp_path / "site"
    shutil.copytree(EXAMPLES, site)
    with (site / WORDS / "bootstrap_bot.po").open("rb") as source:
        words = read_po(source, locale="en")
    with (site / WORDS / "bootstrap_bot.mo").open("wb") as compiled:
        write_mo(compiled, words)
    project = tomllib.loads((site / "pyproject.toml").read_text())["project"]
    info = site / "bootstrap_bot_examples-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1.0\n"
    )
    groups = [
        "\n".join([f"[{group}]", *(f"{name} = {what}" for name, what in points.items())])
        for group, points in project["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n".join(groups))
    monkeypatch.syspath_prepend(site)
    _forget()
    yield
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    registry.providers.cache_clear()
    registry.targets.cache_clear()
    for name in ("custom_provider", "custom_target"):
        sys.modules.pop(name, None)


class Acme(LoopbackServer):
    """A stand-in for the platform, which asks for one confirmation."""

    def __init__(self) -> None:
        super().__init__()
        self.confirmed = False
        self.asked = 0
        routes = [web.get("/", self._here), web.get("/me", self._me)]
        routes.append(web.post("/device/code", self._begin))
        self.app.add_routes([*routes, web.post("/device/token", self._poll)])

    async def _here(self, _: web.Request) -> web.Response:
        return web.Response(text="Acme")

    async def _me(self, request: web.Request) -> web.Response:
        right = request.headers.get("Authorization") == f"Bearer {BOT_TOKEN}"
        return web.json_response({"id": BOT_ID} if right else {}, status=200 if right else 401)

    async def _begin(self, _: web.Request) -> web.Response:
        return web.json_response(
            {"device_code": "the-device-code", "user_code": "ACME-CODE", "expires_in": 600}
        )

    async def _poll(self, request: web.Request) -> web.Response:
        self.asked += 1
        assert (await request.post())["device_code"] == "the-device-code"
        if not self.confirmed:
            return web.json_response({"error": "authorization_pending"}, status=400)
        return web.json_response({"bot_id": BOT_ID, "bot_token": BOT_TOKEN})


class AcmeScene(Scene):
    """One bot that can be on Acme only."""

    PLATFORMS = "acme"


def test_the_example_has_every_word_of_a_platform() -> None:
    kind = registry.providers()["acme"]
    with (kind.words / "en" / "LC_MESSAGES" / "bootstrap_bot.po").open("rb") as source:
        codes = [message.id for message in read_po(source) if message.id]
    assert sorted(codes) == sorted(words_of(kind))


async def test_a_bot_of_their_platform_is_stored_in_their_program(tmp_path: Path) -> None:
    parrot = tmp_path / "parrot.yaml"
    parrot.touch(0o600)
    parrot.write_text("name: Polly  # my parrot\n")
    async with Acme() as acme:
        more = f'[acme]\nregistration_url = "{acme.url}"\n'
        more += '[[targets]]\nkind = "parrot"\npath = "parrot.yaml"\n'
        async with AcmeScene(tmp_path, more=more) as scene:
            message = await scene.invited(command="/acme_new sales")
            assert "Connect a Acme bot" in message.text
            assert "ACME-CODE" in message.text
            await scene.pass_until(lambda: acme.asked > 0)
            acme.confirmed = True
            await scene.pass_until(lambda: "Done" in scene.telegram.last(ADMIN).text)
            done = await scene.sees("Acme accepts the credentials")
            assert re.search(r"Bot token: •+WXYZ", done.text)
            assert "in parrot" in done.text
            text = parrot.read_text()
            assert text.startswith("name: Polly  # my parrot\n")
            kept = {"enabled": True, "id": BOT_ID, "token": BOT_TOKEN}
            assert yaml.safe_load(text)["channels"] == {"acme": kept}
            assert all(BOT_TOKEN not in text for text in scene.captions())
