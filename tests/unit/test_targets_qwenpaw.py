"""What QwenPaw reads besides an agent's file: whether that agent, and DingTalk, run at all."""

import json
from pathlib import Path

import pytest

from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.target import Note
from tests.support.programs import PAIR, built

AGENT = '{"id": "default", "channels": {}}\n'
OFF, CHANNEL_OFF = Note.QWENPAW_AGENT_OFF, Note.QWENPAW_CHANNEL_OFF


def an_agent(root: Path, name: str = "default") -> Path:
    workspace = root / "workspaces" / name
    workspace.mkdir(parents=True)
    (workspace / "agent.json").write_text(AGENT)
    return workspace / "agent.json"


def named(root: Path, workspace: object, **more: object) -> str:
    agent = {"id": "default", "workspace_dir": workspace, **more}
    text = json.dumps({"agents": {"profiles": {"default": agent}}})
    (root / "config.json").write_text(text)
    return text


@pytest.mark.parametrize(
    ("workspace", "enabled", "said"),
    [
        ("{root}/workspaces/default", True, False),
        ("{root}/workspaces/default", False, True),
        ("{root}/workspaces/default", "no", True),
        ("{root}/workspaces/../workspaces/default", True, False),
        ("/app/working/workspaces/default", True, False),
        ("{root}/workspaces/sales", True, True),
        (5, False, False),
    ],
)
async def test_an_agent_that_does_not_run_is_said(
    tmp_path: Path, workspace: str | int, enabled: object, said: bool
) -> None:
    file = an_agent(tmp_path)
    given = workspace.format(root=tmp_path) if isinstance(workspace, str) else workspace
    text = named(tmp_path, given, enabled=enabled)
    stored = await built("qwenpaw", file).store("x", PAIR)
    assert (OFF in stored.notes) is said
    assert (tmp_path / "config.json").read_text() == text


@pytest.mark.parametrize("text", ["", "{", "[]", '{"agents": {"profiles": []}}', None])
async def test_a_root_that_says_nothing_of_agents_says_nothing(
    tmp_path: Path, text: str | None
) -> None:
    file = an_agent(tmp_path)
    if text is not None:
        (tmp_path / "config.json").write_text(text)
    stored = await built("qwenpaw", file).store("x", PAIR)
    assert stored.notes == (Note.QWENPAW_NOTICES,)


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ("QWENPAW_ENABLED_CHANNELS=console, feishu\n", True),
        ("QWENPAW_ENABLED_CHANNELS=console, dingtalk\n", False),
        ("QWENPAW_DISABLED_CHANNELS=dingtalk\n", True),
        ("QWENPAW_DISABLED_CHANNELS=qq\n", False),
        ("QWENPAW_ENABLED_CHANNELS=dingtalk\nQWENPAW_DISABLED_CHANNELS=dingtalk\n", False),
        ("QWENPAW_ENABLED_CHANNELS=\n", False),
        ("QWENPAW_ENABLED_CHANNELS\n", False),
    ],
)
async def test_a_channel_that_does_not_run_is_said(tmp_path: Path, env: str, said: bool) -> None:
    file = an_agent(tmp_path)
    (tmp_path / ".env").write_text(env)
    stored = await built("qwenpaw", file).store("x", PAIR)
    assert (CHANNEL_OFF in stored.notes) is said


async def test_a_file_that_is_no_longer_read_gets_nothing(tmp_path: Path) -> None:
    an_agent(tmp_path)
    before = named(tmp_path, f"{tmp_path}/workspaces/default")
    target = built("qwenpaw", tmp_path / "config.json")
    for attempt in (target.probe(), target.store("x", PAIR)):
        with pytest.raises(TargetError) as caught:
            await attempt
        assert caught.value.code is Code.SUPERSEDED_FILE
    assert (tmp_path / "config.json").read_text() == before
    # before it has moved there, QwenPaw takes the channels along from here
    (tmp_path / "workspaces/default/agent.json").unlink()
    await target.store("x", PAIR)
