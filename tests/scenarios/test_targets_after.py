"""The command that follows a delivery: what people read of it, and how often it runs."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import dotenv
import pytest

from bootstrap_bot.credentials import MASK
from tests.support.scene import TOKEN, Scene
from tests.support.target_scenes import (
    ID,
    MASKED,
    SECRET,
    confirmed,
    connected,
    delivery,
    followed,
    looked_again,
    note,
    restart,
    said,
    shell,
    stored,
    target,
)

STORED = stored("Hermes", "hermes.env")
RESTART, NOBODY = restart("Hermes"), note("hermes_users", about="DINGTALK_ALLOWED_USERS")


def following(script: str, *, show_output: bool = False) -> str:
    """A Hermes, and what runs after it."""
    return target("hermes", path="hermes.env", after=shell(script), show_output=show_output)


class Gate:
    """What holds a command up: it leaves its number and waits to be let on."""

    def __init__(self, folder: Path) -> None:
        self._begun, self._way = folder / "begun", folder / "way"
        os.mkfifo(self._way)

    @property
    def script(self) -> str:
        return f'echo $$ >> "{self._begun}"; read -r _ < "{self._way}"'

    @property
    def processes(self) -> list[int]:
        """Numbers of the processes that came here, in order."""
        return [*map(int, self._begun.read_text().split())] if self._begun.exists() else []

    def let_on(self) -> None:
        """Waits until one is here, and lets it on."""
        self._way.write_text("\n")


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    gate = Gate(tmp_path)
    yield gate
    for process in gate.processes:
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (0, NOBODY + followed("well", status=0, seconds="2.5")),
        (3, RESTART + NOBODY + followed("badly", status=3, seconds="2.5")),
    ],
)
async def test_exit_status_and_duration_are_said(
    tmp_path: Path, gate: Gate, status: int, said: str
) -> None:
    async with Scene(tmp_path, more=following(f"{gate.script}; exit {status}")) as scene:
        await confirmed(scene)
        await scene.until(lambda: gate.processes)
        assert dotenv.dotenv_values(tmp_path / "hermes.env")["DINGTALK_CLIENT_ID"] == ID
        await scene.clock.advance(2.5)
        gate.let_on()
        done = await scene.sees("Done")
        assert f"{STORED}{said}Client ID: {MASKED}\n" in done.text


async def test_one_that_takes_its_time_is_shown_to_be_under_way(tmp_path: Path, gate: Gate) -> None:
    async with Scene(tmp_path, more=following(gate.script)) as scene:
        await confirmed(scene)
        await scene.clock.advance(3)
        shown = await scene.sees(followed("running").strip())
        assert shown.text.startswith(said("captured.running"))
        assert shown.button_texts == []
        gate.let_on()
        await scene.sees(followed("well", status=0, seconds="3.0"))


async def test_one_that_hangs_is_ended_after_a_minute(tmp_path: Path, gate: Gate) -> None:
    async with Scene(tmp_path, more=following(f"{gate.script}; sleep 600")) as scene:
        await confirmed(scene)
        gate.let_on()
        await scene.clock.advance(59)
        await scene.idle()
        [process] = gate.processes
        os.kill(process, 0)
        await scene.clock.advance(1)
        done = await scene.sees("Done")
        assert STORED + RESTART + NOBODY + followed("timed_out") in done.text
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


async def test_one_that_cannot_be_started_is_said(tmp_path: Path) -> None:
    table = target("hermes", path="hermes.env", after=[str(tmp_path / "nothing"), "restart"])
    async with Scene(tmp_path, more=table) as scene:
        done = await connected(scene)
        assert STORED + RESTART + NOBODY + followed("not_started") in done.text


async def test_its_output_is_shown_only_if_the_owner_wants_it_and_never_with_a_secret(
    tmp_path: Path,
) -> None:
    hermes, config = tmp_path / "hermes.env", tmp_path / "config.toml"
    script = f'echo "now <b>"; cat "{hermes}"; grep ^token "{config}"; exit 1'
    async with Scene(tmp_path, more=following(script, show_output=True)) as scene:
        done = await connected(scene)
        assert (
            followed("badly", status=1, seconds="0.0")
            + f"now <b>\nDINGTALK_CLIENT_ID={ID}\nDINGTALK_CLIENT_SECRET={MASK}\n"
            f'token = "{MASK}"\nClient ID: {MASKED}\n'
        ) in done.text
        for shown in (*scene.captions(), *(str(row) for row in scene.deliveries())):
            assert SECRET not in shown
            assert TOKEN not in shown


async def test_without_the_owners_word_none_of_its_output_is_kept(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=following("echo restarted; echo oops >&2; exit 1")) as scene:
        done = await connected(scene)
        assert followed("badly", status=1, seconds="0.0") in done.text
        assert "restarted" not in done.text
        assert "oops" not in done.text
        assert delivery(scene, "hermes")["run_output"] == ""


async def test_it_runs_once_however_often_the_bot_starts(tmp_path: Path, gate: Gate) -> None:
    async with Scene(tmp_path, more=following(gate.script)) as scene:
        await confirmed(scene)
        gate.let_on()
        await scene.sees("Done")
        await scene.restart()
        await looked_again(scene)
        assert len(gate.processes) == 1


async def test_one_that_is_cut_off_with_the_bot_runs_once_more_and_then_it_is_said(
    tmp_path: Path, gate: Gate
) -> None:
    async with Scene(tmp_path, more=following(gate.script)) as scene:
        await confirmed(scene)
        await scene.until(lambda: len(gate.processes) == 1)
        await scene.restart()
        await scene.until(lambda: len(gate.processes) == 2)
        await scene.restart()
        done = await scene.sees("Done")
        assert followed("interrupted") in done.text
        for process in gate.processes:
            os.kill(process, 0)
