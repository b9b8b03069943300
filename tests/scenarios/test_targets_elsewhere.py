"""Hermes reads a bot from more files than its `.env`: it is seen, asked about, and then gone."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dotenv
import pytest
import yaml

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.doctor.finding import Mark
from bootstrap_bot.doctor.targets import TargetsCheck
from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets import hermes
from bootstrap_bot.targets.target import Note
from tests.support.credentials import ding_pair
from tests.support.programs import built, pair
from tests.support.scene import Scene
from tests.support.target_scenes import (
    OLD_ID,
    OLD_MASKED,
    OLD_SECRET,
    OVERWRITE,
    confirmed,
    said,
    target,
)

A, B, NEW = pair(1), pair(2), pair(3)
NOTHING: Mapping[str, Any] = {}


def extra(bot: Credentials, **more: str) -> dict[str, str]:
    return {"client_id": bot.account, "client_secret": secret(bot), **more}


def secret(bot: Credentials) -> str:
    return bot.text("client_secret")


def in_yaml(*path: str) -> str:
    """config.yaml with B at these tables, a comment, and more."""
    text = "# by hand\nmodel: big\n"
    for depth, name in enumerate(path):
        text += f"{'  ' * depth}{name}:\n"
    lines = [f"{name}: {value}   # ours\n" for name, value in extra(B, robot_code="r").items()]
    return text + "".join("  " * len(path) + line for line in lines) + "agents: [1, 2]\n"


FILES = {
    "top": ("config.yaml", in_yaml("platforms", "dingtalk", "extra")),
    "nested": ("config.yaml", in_yaml("gateway", "platforms", "dingtalk", "extra")),
    "flow": ("config.yaml", f"platforms: {{dingtalk: {{extra: {json.dumps(extra(B))}}}}}\n"),
    "legacy": (
        "gateway.json",
        json.dumps({"platforms": {"dingtalk": {"extra": extra(B)}}, "stt": {}}, indent=2),
    ),
}


def tables_of(folder: Path) -> list[Any]:
    """Hermes' `extra` tables from the weakest to the strongest."""
    legacy, config = NOTHING, NOTHING
    if (folder / "gateway.json").exists():
        legacy = json.loads((folder / "gateway.json").read_text())
    if (folder / "config.yaml").exists():
        config = yaml.safe_load((folder / "config.yaml").read_text())
    nested = config.get("gateway", NOTHING)
    return [
        (data.get("platforms") or {}).get("dingtalk", {}).get("extra", {})
        for data in (legacy, nested, config)
    ]


def used(folder: Path, *, env_first: bool) -> tuple[str, str]:
    """The pair that Hermes uses: `.env` first if both are there, or the merged tables first."""
    merged = {name: value for table in tables_of(folder) for name, value in table.items()}
    env = dotenv.dotenv_values(folder / ".env")
    own = tuple(env.get(f"DINGTALK_CLIENT_{name}") or "" for name in ("ID", "SECRET"))
    other = tuple(merged.get(f"client_{name}") or "" for name in ("id", "secret"))
    if env_first and all(own):
        return own[0], own[1]
    first, last = other, own
    return first[0] or last[0], first[1] or last[1]


def uses(folder: Path, bot: Credentials) -> bool:
    wanted = (bot.account, secret(bot))
    return all(used(folder, env_first=first) == wanted for first in (True, False))


@pytest.fixture(params=FILES)
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Hermes' other file, with B in it."""
    name, text = FILES[request.param]
    file = tmp_path / name
    file.write_text(text)
    # nothing secret comes here, so everybody may go on reading it
    file.chmod(0o644)
    return file


def env(folder: Path, bot: Credentials | None = None) -> Path:
    file = folder / ".env"
    lines = "WORD=1\n"
    if bot is not None:
        lines = f"DINGTALK_CLIENT_ID={bot.account}\nDINGTALK_CLIENT_SECRET={secret(bot)}\n"
    file.write_text(lines)
    file.chmod(0o600)
    return file


async def test_a_bot_in_another_file_is_listed_asked_about_and_then_gone(
    tmp_path: Path, other: Path
) -> None:
    file = env(tmp_path)
    before = file.read_bytes(), other.read_bytes()
    target = built("hermes", file)
    assert [bot.holds(B) for bot in await target.platforms()] == [True]
    assert uses(tmp_path, B)
    with pytest.raises(TargetError) as caught:
        await target.store("x", NEW)
    error = caught.value
    assert (error.code, error.place, error.occupant) == (Code.OCCUPIED, str(other), B.account)
    assert (file.read_bytes(), other.read_bytes()) == before
    await target.store("x", NEW, replaces=B.account)
    assert uses(tmp_path, NEW)
    assert [bot.holds(NEW) for bot in await target.platforms()] == [True]
    assert not any(table.get("robot_code") for table in tables_of(tmp_path))
    assert B.account not in other.read_text()
    await target.remove("dingtalk", NEW.account)
    assert used(tmp_path, env_first=False) == ("", "")


async def test_both_bots_are_asked_about_each_by_itself(tmp_path: Path, other: Path) -> None:
    file = env(tmp_path, A)
    target = built("hermes", file)
    assert [bot.account for bot in await target.platforms()] == [A.account, B.account]
    for agreed, asked in (("", A), (A.account, B)):
        with pytest.raises(TargetError) as caught:
            await target.store("x", NEW, replaces=agreed)
        assert (caught.value.code, caught.value.occupant) == (Code.OCCUPIED, asked.account)
    await target.store("x", NEW, replaces=B.account)
    assert uses(tmp_path, NEW)


async def test_check_tells_of_two_bots_where_one_is_used(tmp_path: Path, other: Path) -> None:
    target = built("hermes", env(tmp_path, A))
    (finding,) = await TargetsCheck([target], ["dingtalk"])()
    assert (finding.mark, finding.code) == (Mark.LOOK, "doctor.target_several")
    await target.remove("dingtalk", B.account)
    (finding,) = await TargetsCheck([target], ["dingtalk"])()
    assert finding.mark is Mark.GOOD


async def test_a_bot_that_is_in_both_gets_its_secret_without_a_question(
    tmp_path: Path, other: Path
) -> None:
    again = ding_pair(B.account, NEW.text("client_secret"))
    target = built("hermes", env(tmp_path, B))
    await target.store("x", again)
    assert uses(tmp_path, again)
    assert len(await target.platforms()) == 1


async def test_what_was_cut_off_between_the_files_is_finished(tmp_path: Path, other: Path) -> None:
    target = built("hermes", env(tmp_path, NEW))
    await target.store("x", NEW, replaces=B.account)
    assert uses(tmp_path, NEW)


async def test_a_bot_is_removed_from_wherever_it_is(tmp_path: Path, other: Path) -> None:
    target = built("hermes", env(tmp_path, A))
    removed = await target.remove("dingtalk", B.account)
    assert removed is not None
    assert removed.holds(B)
    assert uses(tmp_path, A)
    assert await target.remove("dingtalk", "dingnobody") is None


async def test_a_file_of_hermes_that_does_not_parse_hides_nothing(tmp_path: Path) -> None:
    file = env(tmp_path)
    (tmp_path / "config.yaml").write_text("model: big\nplatforms: [1,\n")
    target = built("hermes", file)
    for attempt in (target.probe(), target.store("x", NEW), target.platforms()):
        with pytest.raises(TargetError) as caught:
            await attempt
        error = caught.value
        assert (error.code, error.place) == (Code.UNPARSABLE, str(tmp_path / "config.yaml"))
        assert error.line >= 2
    assert file.read_text() == "WORD=1\n"


async def test_a_pair_that_its_administrator_pinned_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    managed = tmp_path / "managed"
    managed.mkdir()
    monkeypatch.setattr(hermes, "MANAGED", str(env(managed, B)))
    with pytest.raises(TargetError) as caught:
        await built("hermes", env(tmp_path)).store("x", NEW)
    assert (caught.value.code, caught.value.occupant) == (Code.OCCUPIED, B.account)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("dingtalk: {enabled: false}\n", Note.HERMES_OFF),
        ("platforms: {dingtalk: {enabled: 'no'}}\n", Note.HERMES_OFF),
        ("gateway: {platforms: {dingtalk: {enabled: false}}}\n", Note.HERMES_OFF),
        ("platforms: {dingtalk: {enabled: true}}\n", None),
        ("platforms: {telegram: {enabled: false}}\n", None),
        ("platforms: {dingtalk: {extra: {robot_code: ding1}}}\n", Note.HERMES_EXTRA),
        ("gateway: {platforms: {dingtalk: {extra: {card_template_id: x}}}}\n", Note.HERMES_EXTRA),
        (f"platforms: {{dingtalk: {{extra: {{robot_code: {NEW.account}}}}}}}\n", None),
        ("platforms: [5]\n", None),
    ],
)
async def test_what_else_keeps_the_bot_from_answering_is_said(
    tmp_path: Path, text: str, note: Note | None
) -> None:
    file = env(tmp_path)
    (tmp_path / "config.yaml").write_text(text)
    stored = await built("hermes", file).store("x", NEW)
    found = {Note.HERMES_OFF, Note.HERMES_EXTRA} & {*stored.notes}
    assert found == ({note} if note else set())
    assert (tmp_path / "config.yaml").read_text() == text


async def test_its_admin_is_asked_in_the_chat(tmp_path: Path) -> None:
    env(tmp_path)
    bot = {"client_id": OLD_ID, "client_secret": OLD_SECRET}
    (tmp_path / "config.yaml").write_text(
        yaml.safe_dump({"platforms": {"dingtalk": {"extra": bot}}})
    )
    async with Scene(tmp_path, more=target("hermes", path=".env")) as scene:
        await confirmed(scene, name="sales")
        asked = await scene.sees(OLD_MASKED)
        assert said("captured.occupied", place="config.yaml", client=OLD_MASKED) in asked.text
        await scene.press(OVERWRITE)
        await scene.sees("Done")
        await scene.idle()
        env_values = dotenv.dotenv_values(tmp_path / ".env")
        assert used(tmp_path, env_first=False)[0] == env_values["DINGTALK_CLIENT_ID"]
