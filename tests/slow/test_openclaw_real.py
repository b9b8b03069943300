"""The real OpenClaw and the community's plugin on what we write; skipped where npm has neither."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bootstrap_bot.targets.openclaw import OpenClawTable
from bootstrap_bot.targets.target import Target
from tests.support.openclaw_lock import killed
from tests.support.programs import context_in
from tests.support.scene import Scene
from tests.support.target_scenes import (
    ID,
    OLD_ID,
    OLD_SECRET,
    SECRET,
    connected,
    target,
    text_of,
    written,
)

pytestmark = pytest.mark.slow

# The last one that loads the plugin; Node comes along, for OpenClaw wants a newer one than most.
PROGRAM, NODE, PLUGIN = "openclaw@2026.7.35", "node@26", "@soimy/dingtalk@3.6.7"
SECONDS = 170
TESTS = Path(__file__).parent
FIRST, SECOND = [OLD_ID, OLD_SECRET], [ID, SECRET]


class OpenClaw:
    """An OpenClaw of its own, with a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.config = self.home / ".openclaw/openclaw.json"
        self._packages = folder / "packages"

    def install(self) -> None:
        """Skips the test when the registry does not have them, or cannot be reached."""
        written(self._packages / "package.json", "{}")
        quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1"]
        for package in ([NODE], ["--ignore-scripts", PROGRAM]):
            self._have(["npm", "install", *quiet, *package], package[-1])
        written(self.config, '{"gateway": {"mode": "local"}}')
        self._have(self._command("plugins", "install", PLUGIN, "--force"), PLUGIN)
        self("config", "set", "gateway.port", "18999")

    def __call__(self, *words: str) -> str:
        """What it prints; it has to end well."""
        return self._run(self._command(*words)).stdout

    def started(self) -> list[list[str]]:
        """The pairs that its plugin would connect, by the plugin's own functions."""
        [entry] = self.home.glob(".openclaw/npm/**/@soimy/dingtalk/dist/index.js")
        script = str(TESTS / "openclaw_bots.mjs")
        found = self._run([self._node, script, str(entry), str(self.config), "dingtalk"])
        pairs: list[list[str]] = json.loads(found.stdout)
        return sorted(pairs)

    @property
    def _node(self) -> str:
        return str(self._packages / "node_modules/node/bin/node")

    def _command(self, *words: str) -> list[str]:
        return [self._node, str(self._packages / "node_modules/openclaw/openclaw.mjs"), *words]

    def _have(self, command: list[str], what: str) -> None:
        try:
            self._run(command)
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"{what} cannot be had here ({type(error).__name__})")

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        path = f"{Path(self._node).parent}:{os.environ['PATH']}"
        context = {**os.environ, "HOME": str(self.home), "PATH": path, "CI": "1", "NO_COLOR": "1"}
        return subprocess.run(
            command,
            cwd=self._packages,
            env=context,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )


def bots_in(openclaw: OpenClaw) -> Target:
    said = {"kind": "openclaw", "path": str(openclaw.config), "channel": "dingtalk"}
    context = context_in(openclaw.home, lock_seconds=10.0)
    return OpenClawTable.model_validate(said).build(context)


async def takes(openclaw: OpenClaw, *started: list[str]) -> None:
    """Makes sure that OpenClaw takes the file, can write it, and starts these bots from it."""
    assert "valid" in openclaw("config", "validate").lower()
    openclaw("config", "set", "gateway.port", "18999")
    assert openclaw.started() == sorted(started)


@pytest.mark.skipif(not shutil.which("npm"), reason="there is no npm here")
async def test_openclaw_itself_starts_each_bot_and_has_its_file_and_its_lock_back(
    tmp_path: Path,
) -> None:
    openclaw = OpenClaw(tmp_path)
    openclaw.install()
    before = json.loads(text_of(openclaw.config))
    more = target("openclaw", path=str(openclaw.config), channel="dingtalk")
    for gone, left in ((FIRST, SECOND), (SECOND, FIRST)):
        folder = tmp_path / gone[0]
        folder.mkdir()
        async with Scene(folder, more=more) as scene:
            await connected(scene, *FIRST)
            await connected(scene, *SECOND, name="sales")
        await takes(openclaw, FIRST, SECOND)
        await bots_in(openclaw).remove("dingtalk", gone[0])
        await takes(openclaw, left)
        await bots_in(openclaw).remove("dingtalk", left[0])
        now = json.loads(text_of(openclaw.config))
        # OpenClaw notes in its file when it wrote it
        assert {**now, "meta": 0} == {**before, "meta": 0}
    assert "DingTalk" not in openclaw("channels", "list")
    await takes(openclaw)

    lock = openclaw.config.with_name("openclaw.json.lock")
    killed(openclaw.config)
    # as if its number were somebody else's by now: OpenClaw would wait for that one
    claim = json.loads(text_of(lock))
    written(lock, json.dumps({**claim, "pid": os.getpid(), "starttime": None}))
    async with Scene(tmp_path, more=more) as scene:
        await scene.until(lambda: not lock.exists())
    await takes(openclaw)
