"""The same thing in another spelling that a program accepts is the same thing to us."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import dotenv
import pytest
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code, TargetError
from tests.support.programs import built, pair

OLD, NEW = pair(1), pair(2)
OLD_SECRET, NEW_SECRET = (one.text("client_secret") for one in (OLD, NEW))
IDS, SECRETS = ("clientId", "client_id"), ("clientSecret", "client_secret")


class NanobotsRule(BaseModel):
    """As nanobot reads its channel: camel case first, snake case where that is missing."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    enabled: bool = False
    client_id: str = ""
    client_secret: str = ""
    allow_from: list[str] = Field(default_factory=list)


def nanobot(file: Path) -> tuple[dict[str, Any], NanobotsRule]:
    """The channel as it stands in the file, and as nanobot reads it."""
    channel = json.loads(file.read_text())["channels"]["dingtalk"]
    return channel, NanobotsRule.model_validate(channel)


def written(folder: Path, **channel: object) -> Path:
    file = folder / "config.json"
    file.write_text(json.dumps({"channels": {"dingtalk": channel}}, indent=2))
    return file


def is_pair(read: NanobotsRule, credentials: Credentials) -> bool:
    return (read.client_id, read.client_secret) == (
        credentials.account,
        credentials.text("client_secret"),
    )


@pytest.mark.parametrize(("name", "secret"), [*product(IDS, SECRETS)])
async def test_nanobots_bot_is_one_in_any_spelling(tmp_path: Path, name: str, secret: str) -> None:
    file = written(tmp_path, enabled=True, **{name: OLD.account, secret: OLD_SECRET})
    target = built("nanobot", file)
    (bot,) = await target.platforms()
    assert bot.holds(OLD)
    with pytest.raises(TargetError) as caught:
        await target.store("x", NEW)
    assert (caught.value.code, caught.value.occupant) == (Code.OCCUPIED, OLD.account)
    await target.store("x", NEW, replaces=OLD.account)
    channel, read = nanobot(file)
    # set where it stood, and nowhere else
    assert channel == {"enabled": True, name: NEW.account, secret: NEW_SECRET}
    assert is_pair(read, NEW)
    await target.remove("dingtalk", NEW.account)
    channel, read = nanobot(file)
    assert (channel, read.client_id) == ({"enabled": False, name: "", secret: ""}, "")


@pytest.mark.parametrize("used", [OLD.account, ""])
async def test_both_spellings_become_the_one_that_counts(tmp_path: Path, used: str) -> None:
    keys = {"clientId": used, "client_id": "dingother", "client_secret": "x", "clientSecret": "y"}
    file = written(tmp_path, **keys)
    target = built("nanobot", file)
    (bot,) = await target.platforms()
    assert bot.client_id == (used or "dingother")
    await target.store("x", NEW, replaces=bot.client_id)
    channel, read = nanobot(file)
    assert channel == {"clientId": NEW.account, "clientSecret": NEW_SECRET}
    assert is_pair(read, NEW)


@pytest.mark.parametrize(("name", "secret"), [*product(IDS, SECRETS)])
async def test_an_empty_place_is_filled_in_its_own_spelling(
    tmp_path: Path, name: str, secret: str
) -> None:
    file = written(tmp_path, **{name: "", secret: "", "allow_from": ["staff1"]})
    await built("nanobot", file).store("x", NEW)
    channel, read = nanobot(file)
    assert set(channel) == {name, secret, "allow_from", "enabled"}
    assert (is_pair(read, NEW), read.enabled, read.allow_from) == (True, True, ["staff1"])


@pytest.mark.parametrize(
    "text",
    [
        "export DINGTALK_CLIENT_ID={id}\nexport DINGTALK_CLIENT_SECRET={secret}\n",
        "DINGTALK_CLIENT_ID='{id}' # x\nDINGTALK_CLIENT_SECRET=\"{secret}\"\n",
        "  DINGTALK_CLIENT_ID = {id}\n\t'DINGTALK_CLIENT_SECRET'={secret}\n",
        "DINGTALK_CLIENT_ID=first\nDINGTALK_CLIENT_ID={id}\nDINGTALK_CLIENT_SECRET={secret}",
        "\ufeffDINGTALK_CLIENT_ID={id}\r\nDINGTALK_CLIENT_SECRET={secret}\r\n",
    ],
)
async def test_a_variable_is_one_however_it_is_written(tmp_path: Path, text: str) -> None:
    file = tmp_path / ".env"
    file.write_bytes(text.format(id=OLD.account, secret=OLD_SECRET).encode())
    target = built("hermes", file)
    (bot,) = await target.platforms()
    assert bot.holds(OLD)
    await target.store("x", NEW, replaces=OLD.account)
    values = dotenv.dotenv_values(file, encoding="utf-8-sig")
    assert values["DINGTALK_CLIENT_ID"] == NEW.account
    assert values["DINGTALK_CLIENT_SECRET"] == NEW_SECRET
    assert OLD.account not in file.read_text(encoding="utf-8-sig")
    await target.remove("dingtalk", NEW.account)
    assert dotenv.dotenv_values(file, encoding="utf-8-sig") == {}


@pytest.mark.parametrize(
    ("kind", "channel", "on"),
    [
        *((kind, value, True) for kind in ("nanobot", "qwenpaw") for value in (True, 1, "yes")),
        *((kind, value, False) for kind in ("nanobot", "qwenpaw") for value in (False, 0, None)),
        *(("astrbot-file", value, bool(value)) for value in (1, "yes", True, 0, False, "", None)),
    ],
)
async def test_a_switch_is_read_as_the_program_reads_it(
    tmp_path: Path, kind: str, channel: object, on: bool
) -> None:
    file = tmp_path / "config.json"
    bot = {"client_id": "ding1", "client_secret": "s", "enabled": channel, "enable": channel}
    data = {"channels": {"dingtalk": bot}, "platform": [{"id": "a", "type": "dingtalk", **bot}]}
    file.write_text(json.dumps(data))
    (found,) = await built(kind, file).platforms()
    assert found.enabled is on


@pytest.mark.parametrize(
    "channels",
    ["web,dingtalk", " dingtalk ,web", ["dingtalk", "web"], ["web", " dingtalk ", "dingtalk"]],
)
async def test_cowagents_channels_are_switched_in_any_way_of_writing(
    tmp_path: Path, channels: object
) -> None:
    file = tmp_path / "config.json"
    own = {"dingtalk_client_id": OLD.account, "dingtalk_client_secret": OLD_SECRET}
    file.write_text(json.dumps({"channel_type": channels, **own}))
    target = built("cowagent", file)
    assert [bot.enabled for bot in await target.platforms()] == [True]
    for on in (False, True):
        await target.set_enabled("dingtalk", OLD.account, on)
        value = json.loads(file.read_text())["channel_type"]
        names = value.split(",") if isinstance(value, str) else value
        assert ("dingtalk" in [name.strip() for name in names]) is on
        assert "web" in [name.strip() for name in names]
