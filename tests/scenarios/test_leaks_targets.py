"""No secret leaves its place on the way into targets, nor through the commands that follow."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bootstrap_bot.credentials import MASK
from bootstrap_bot.sandbox.answers import Answer
from bootstrap_bot.sandbox.astrbot.stand_in import AstrBotStandIn
from bootstrap_bot.sandbox.dingtalk.answers import success
from bootstrap_bot.sandbox.server import Recorded
from bootstrap_bot.sandbox.telegram.stand_in import Message
from tests.support.leaks import (
    ID,
    SECRET,
    Lines,
    all_at_debug,
    check_requests,
    every_callback_is_named,
    found,
    listening,
    places,
    reprs,
    secrets,
)
from tests.support.scene import ADMIN, TOKEN, Scene

KEY = "abk_TEST-key-that-must-not-leak"
OLD_ID, OLD_SECRET = "dingzyxwvuts9876", "OLD-SECRET-that-must-not-leak-" + "w" * 30
ASTRBOT = """
[[targets]]
kind = "astrbot"
url = "{astrbot}"
api_key = "{key}"
after.command = {command}
after.show_output = true
"""
HERMES = """
[[targets]]
kind = "hermes"
path = "hermes/.env"
after.command = {command}
after.env = ["NAMED"]
after.show_output = true
"""
OTHERS = """
[[targets]]
kind = "openclaw"
path = "openclaw/openclaw.json"
after.command = {command}

[[targets]]
kind = "file"
path = "other/bot.yaml"
set = {{ "dingtalk.id" = "{{client_id}}", "dingtalk.secret" = "{{client_secret}}" }}
"""
# Prints every secret that it finds in the files it is given, and keeps for us how its parent's
# children, itself among them, look from outside.
NOSY = """
import os, re, sys
from pathlib import Path

mark = "-that-must-not-" + "leak"
folder, *files = map(Path, sys.argv[1:])
for number, file in enumerate(files):
    for secret in re.findall(f"[\\\\w:-]*{mark}[\\\\w-]*", file.read_text()):
        print("found in", file.name, secret, file=(sys.stdout, sys.stderr)[number], flush=True)
for process in Path("/proc").glob("[0-9]*"):
    try:
        parent = process.joinpath("stat").read_text().rpartition(")")[2].split()[1]
        if int(parent) == os.getppid():
            for name in ("cmdline", "environ"):
                seen = process.joinpath(name).read_bytes()
                folder.joinpath(f"{os.getpid()} {process.name} {name}").write_bytes(seen)
    except (FileNotFoundError, ProcessLookupError):
        pass
"""
UNKIND = (
    Answer(500, {"status": "error", "message": f"{SECRET} {KEY}"}),
    Answer(body=f'{{"status": "ok", "data": "{SECRET} {KEY}'),
)


class Homes:
    """The programs that get the pair, and what their commands saw."""

    def __init__(self, folder: Path) -> None:
        self.astrbot = AstrBotStandIn(key=KEY)
        self.config = folder / "config.toml"
        self.hermes = folder / "hermes" / ".env"
        self.openclaw = folder / "openclaw" / "openclaw.json"
        self.file = folder / "other" / "bot.yaml"
        self.seen = folder / "seen"
        for home in (self.hermes, self.openclaw, self.file, self.seen / "x"):
            home.parent.mkdir()
        for file in (self.hermes, self.openclaw, self.file):
            file.touch(0o600)
        self.file.write_text(f"broken: {{ {OLD_SECRET}: [\n", encoding="utf-8")
        self.hermes.write_text(
            f"DINGTALK_CLIENT_ID={OLD_ID}\nDINGTALK_CLIENT_SECRET={OLD_SECRET}\n", encoding="utf-8"
        )
        channel = '{"channels": {"dingtalk-connector": {}}}'
        self.openclaw.write_text(channel + OLD_SECRET, encoding="utf-8")

    def more(self, form: str) -> str:
        """Their part of the config."""
        files = map(str, (self.seen, self.config, self.hermes))
        words = [sys.executable, "-I", "-S", "-c", NOSY, *files]
        return form.format(astrbot=self.astrbot.url, key=KEY, command=json.dumps(words))

    def mend(self, file: Path) -> None:
        """Somebody corrects it."""
        text = file.read_text(encoding="utf-8")
        file.write_text("" if file is self.file else text.replace(OLD_SECRET, ""), encoding="utf-8")

    def wiped(self) -> None:
        """A stale copy took the place of what was stored."""
        self.hermes.write_text("", encoding="utf-8")
        self.astrbot.bots[0]["client_secret"] = "stale"

    def seen_of(self, name: str) -> list[bytes]:
        """The `cmdline` or `environ` of every process we started, as others see it."""
        return [file.read_bytes() for file in self.seen.glob(f"* {name}")]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Lines]:
    """Everything at DEBUG, with secrets in our environment, and a place for temporary files."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("ASTRBOT_API_KEY", KEY)
    monkeypatch.setenv("NAMED", "yes")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with listening() as heard:
        yield heard


def all_secrets(scene: Scene) -> list[str]:
    return [*secrets(scene), KEY, OLD_SECRET]


def parts_with(secret: str, requests: list[Recorded]) -> set[tuple[str, str]]:
    """Where in which kind of request it is: in a header by that header's name."""
    places = set()
    for request in requests:
        for name, value in request.headers.items():
            if secret in value:
                places.add((request.method, name))
        for part in found(secret, request).split():
            if part != "headers":
                places.add((request.method, part))
    return places


def check_astrbot(scene: Scene, homes: Homes, *methods: str) -> None:
    """The key came in its header, the pair in the bodies of these requests."""
    asked = homes.astrbot.requests
    every = {request.method for request in asked}
    assert parts_with(KEY, asked) == {(method, "Authorization") for method in every}
    assert parts_with(SECRET, asked) == {(method, "body") for method in methods}
    for secret in {*all_secrets(scene)} - {KEY, SECRET}:
        assert parts_with(secret, asked) == set()
    for secret in (KEY, OLD_SECRET):
        assert places(secret, scene.telegram) == places(secret, scene.dingtalk) == set()


def check_texts(scene: Scene, homes: Homes, texts: list[str]) -> None:
    children = homes.seen_of("environ") + homes.seen_of("cmdline")
    for secret in all_secrets(scene):
        assert [text for text in texts if secret in text] == []
        assert [text for text in scene.captions() if secret in text] == []
        assert [seen for seen in children if secret.encode() in seen] == []


def files_with(secret: str, folder: Path) -> set[str]:
    """The files that hold it, by their path in the folder."""
    return {
        str(file.relative_to(folder))
        for file in folder.rglob("*")
        if file.is_file() and secret.encode() in file.read_bytes()
    }


async def presses(scene: Scene, label: str) -> None:
    """Somebody presses that, wherever it was offered last."""

    def offered() -> list[Message]:
        messages = scene.telegram.bot_messages(ADMIN)
        return [message for message in messages if label in str(message.button_texts)]

    await scene.telegram.until(offered)
    await scene.answered(await scene.telegram.press(ADMIN, offered()[-1], label))


async def tried_again(scene: Scene, homes: Homes) -> None:
    """Returns when AstrBot has been asked once more."""
    before = len(homes.astrbot.requests)
    await presses(scene, "Try again now")
    await homes.astrbot.until(lambda: len(homes.astrbot.requests) > before)
    await scene.idle()


async def erased(scene: Scene) -> None:
    """Passes to the moment from which on we keep no secret ourselves."""
    while scene.journal()[-1]["client_secret"] is not None:
        await scene.next_moment()
        await scene.idle()


async def test_a_whole_life_with_targets_at_debug(
    tmp_path: Path, lines: Lines, capfd: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []
    homes = Homes(tmp_path)
    homes.astrbot.away = True
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(homes.astrbot)
        more = homes.more(ASTRBOT + HERMES + OTHERS)
        scene = await stack.enter_async_context(Scene(tmp_path, more=more))
        all_at_debug()
        every_callback_is_named()
        await scene.says("/dingtalk_new work")
        await scene.sees("Waiting for you")
        await scene.idle()
        await scene.poll(success(ID, SECRET))
        shown += await reprs(scene)
        await scene.sees("room for one DingTalk bot")
        await presses(scene, "Replace it")
        await scene.says("/dingtalk_status")
        await scene.says("/doctor")
        await scene.settled()
        shown += await reprs(scene)
        homes.astrbot.away = False
        for answer in UNKIND:
            homes.astrbot.next("list", answer)
            await tried_again(scene, homes)
        homes.astrbot.next("create", UNKIND[0])
        await tried_again(scene, homes)
        shown += await reprs(scene)
        homes.mend(homes.openclaw)
        homes.mend(homes.file)
        await tried_again(scene, homes)
        await scene.recorded("stored")
        stored = {"hermes/.env", "openclaw/openclaw.json", "other/bot.yaml"}
        assert files_with(SECRET, tmp_path) == {"bootstrap-bot.db", *stored}
        await scene.says("/platforms")
        await scene.settled()
        shown += await reprs(scene)
        homes.wiped()
        await erased(scene)
        shown += [*(await reprs(scene)), repr(scene.deliveries())]
        assert files_with(SECRET, tmp_path) == stored
        assert [row["runs"] for row in scene.deliveries()] == [1, 1, 1, 0]
        await presses(scene, "Not mine: remove it")
        await presses(scene, "Yes, remove it")
        await scene.recorded("removed")
        await scene.settled()
        assert files_with(SECRET, tmp_path) == set()
        assert files_with(KEY, tmp_path) == files_with(TOKEN, tmp_path) == {"config.toml"}
        assert list(tmp_path.joinpath("temporary").iterdir()) == []
        check_requests(scene)
        check_astrbot(scene, homes, "POST", "PUT")
    check_texts(scene, homes, [*lines.lines, *shown, *capfd.readouterr()])
    # each of them looked, at itself and at whatever keeps its output
    assert len(homes.seen_of("environ")) >= 8
    assert any(b"NAMED=yes" in seen for seen in homes.seen_of("environ"))
    assert len(homes.astrbot.bots) == 0


async def test_what_a_command_prints_is_shown_without_what_it_found(
    tmp_path: Path, lines: Lines
) -> None:
    homes = Homes(tmp_path)
    homes.hermes.write_text("", encoding="utf-8")
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(homes.astrbot)
        scene = await stack.enter_async_context(Scene(tmp_path, more=homes.more(ASTRBOT + HERMES)))
        all_at_debug()
        await scene.invited()
        await scene.poll(success(ID, SECRET))
        message = await scene.sees("Done")
        found = [f"found in config.toml {MASK}", f"found in config.toml {MASK}"]
        found.append(f"found in .env {MASK}")
        assert "\n".join(found) in message.text
        assert scene.deliveries()[1]["run_output"].splitlines() == found
        check_astrbot(scene, homes, "POST")
    check_texts(scene, homes, lines.lines)
