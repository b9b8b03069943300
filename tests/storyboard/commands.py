"""Scenes of the storyboard in which a command follows a delivery."""

import os
from contextlib import suppress

from bootstrap_bot.targets.command import LIMIT
from tests.storyboard.play import STORED, Play, Played, Scenario
from tests.storyboard.programs import CONFIG, HERMES, SOMEBODY, ran

SECONDS = 2.3
SHOWN = "show_output = true\n"


class Gate:
    """Where commands wait until they may go on; makes the pipe that they read."""

    def __init__(self, play: Play) -> None:
        self._path = play.scene.config.parent / "gate"
        self._scene = play.scene
        self._end = -1
        os.mkfifo(self._path)

    async def opens(self, seconds: float = SECONDS) -> None:
        """Waits for a command to come, and lets it go on after that time."""
        await self._scene.until(self._is_read)
        await self._scene.clock.advance(seconds)
        os.close(self._end)

    def _is_read(self) -> bool:
        # only a pipe that somebody reads can be opened so
        with suppress(OSError):
            self._end = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
            return True
        return False


def gated(script: str) -> str:
    """The table of a command that waits at the `Gate`, then does that."""
    return ran("/bin/sh", "-c", f'read -r _ < "<folder>/gate"; {script}')


def followed(title: str) -> Played:
    """The command ends after a moment."""

    async def play_it(play: Play) -> None:
        gate = Gate(play)
        HERMES.put(play, SOMEBODY)
        await play.created()
        play.skip()
        await gate.opens()
        await play.sees("health.works")
        play.shoot(title, beside=STORED)

    return play_it


async def not_started(play: Play) -> None:
    """There is no such command."""
    HERMES.put(play, SOMEBODY)
    await play.created()
    play.skip()
    await play.sees("run.not_started")
    await play.sees("health.works")
    play.shoot("The command cannot be started", beside=STORED)


async def slow(play: Play) -> None:
    """The command does not end."""
    Gate(play)
    HERMES.put(play, SOMEBODY)
    await play.created()
    play.skip()
    assert await play.scene.next_moment() == 3
    await play.sees("run.running")
    play.shoot("The command takes longer than a moment")
    await play.scene.clock.advance(LIMIT)
    await play.sees("health.works")
    play.shoot("The command takes longer than a minute", beside=STORED)


async def cut_off(play: Play) -> None:
    """The command restarts the very bot that runs it."""
    gate = Gate(play)
    HERMES.put(play, SOMEBODY)
    await play.created()
    play.skip()
    for _ in range(2):
        await play.scene.idle()
        await play.scene.stop()
        await gate.opens()
        await play.scene.start()
    await play.sees("health.works")
    play.shoot("The command is cut off with this bot, twice", beside=STORED)


PLACES = CONFIG + HERMES.table
SCENARIOS = (
    Scenario(followed("A command follows"), PLACES + gated("exit 0")),
    Scenario(
        followed("A command follows, and its output"),
        PLACES + gated("echo 'gateway: stopped'; echo 'gateway: started'") + SHOWN,
    ),
    Scenario(
        followed("The command fails"),
        PLACES + gated("echo 'no such unit: hermes' >&2; exit 3") + SHOWN,
    ),
    Scenario(not_started, PLACES + ran("/opt/hermes/bin/restart")),
    Scenario(slow, PLACES + gated("exit 0")),
    Scenario(cut_off, PLACES + gated("exit 0")),
)
