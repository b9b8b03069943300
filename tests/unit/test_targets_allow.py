"""One person is put on the list that a program answers; what else is on it stays."""

import json
from pathlib import Path
from typing import Any

import dotenv
import pytest

from bootstrap_bot.errors import Code, TargetError
from tests.support.lark_like import LARK_LIKE, lark_pair
from tests.support.programs import PAIR, built

BOT = {"app_id": "cli_1", "app_secret": "s", "domain": "lark"}
CAMEL = {"appId": "cli_1", "appSecret": "s", "domain": "lark"}


async def allowed(kind: str, file: Path, person: str = "ou_new", account: str = "cli_1") -> bool:
    target = built(kind, file, [LARK_LIKE])
    return await target.allow("lark_like", account, person) is not None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "ou_new"),
        ("ou_a", "ou_a,ou_new"),
        ("ou_a, ou_b", "ou_a, ou_b, ou_new"),
        ("ou_a,ou_b,", "ou_a,ou_b,ou_new"),
        ("*", "*,ou_new"),
        ("ou_newer", "ou_newer,ou_new"),
        (" ou_new , ou_b", " ou_new , ou_b"),
    ],
)
async def test_hermes_has_its_people_in_a_text(tmp_path: Path, before: str, after: str) -> None:
    file = tmp_path / ".env"
    people = f"FEISHU_ALLOWED_USERS='{before}' # us\n" if before else ""
    file.write_text(f"FEISHU_APP_ID=cli_1\nFEISHU_APP_SECRET=s\n{people}X=1\n")
    assert await allowed("hermes", file)
    values = dotenv.dotenv_values(file)
    assert values["FEISHU_ALLOWED_USERS"] == after
    assert values["X"] == "1"
    assert "ALLOW_ALL" not in file.read_text()


CHANNELS = {
    "nanobot": ("config.json", {"channels": {"feishu": CAMEL}}, "allowFrom"),
    "qwenpaw": ("workspaces/default/agent.json", {"channels": {"feishu": BOT}}, "allow_from"),
    "openclaw": ("openclaw.json", {"channels": {"feishu": CAMEL}}, "allowFrom"),
}


@pytest.mark.parametrize("kind", CHANNELS)
@pytest.mark.parametrize("before", [None, [], ["ou_a"], ["*", "ou_a"]])
async def test_a_list_gets_one_more(tmp_path: Path, kind: str, before: list[str] | None) -> None:
    name, data, key = CHANNELS[kind]
    channel = {**data["channels"]["feishu"], **({} if before is None else {key: before})}
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"channels": {"feishu": channel}}, indent=2))
    assert await allowed(kind, file)
    now = json.loads(file.read_text())["channels"]["feishu"]
    assert now == {**channel, key: [*(before or []), "ou_new"]}


@pytest.mark.parametrize("kind", CHANNELS)
async def test_what_is_no_list_is_left_alone(tmp_path: Path, kind: str) -> None:
    name, data, key = CHANNELS[kind]
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"channels": {"feishu": {**data["channels"]["feishu"], key: "x"}}}))
    text = file.read_text()
    with pytest.raises(TargetError) as caught:
        await allowed(kind, file)
    assert caught.value.code is Code.WRONG_SHAPE
    assert file.read_text() == text


async def test_nanobots_list_is_one_in_any_spelling(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"channels": {"feishu": {**CAMEL, "allow_from": ["ou_a"]}}}))
    assert await allowed("nanobot", file)
    channel = json.loads(file.read_text())["channels"]["feishu"]
    assert channel == {**CAMEL, "allow_from": ["ou_a", "ou_new"]}


async def test_nanobots_first_instance_is_the_bot(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    others = {"id": "two", "appId": "cli_2", "appSecret": "t", "enabled": True}
    first = {"id": "default", "enabled": True, **CAMEL}
    file.write_text(json.dumps({"channels": {"feishu": {"instances": [first, others]}}}))
    target = built("nanobot", file, [LARK_LIKE])
    assert [bot.account for bot in await target.platforms()] == ["cli_1"]
    await target.store("x", lark_pair("cli_3", "u", "feishu"), replaces="cli_1")
    assert await allowed("nanobot", file, account="cli_3")
    feishu = json.loads(file.read_text())["channels"]["feishu"]
    new = {"appId": "cli_3", "appSecret": "u", "domain": "feishu", "allowFrom": ["ou_new"]}
    assert feishu == {"instances": [{**first, **new}, others]}


@pytest.mark.parametrize(
    ("channel", "path"),
    [
        ({"accounts": {"a": CAMEL, "b": {"appId": "x", "appSecret": "y"}}}, ("accounts", "a")),
        ({"allowFrom": ["ou_a"], "accounts": {"a": CAMEL}}, ()),
        ({"allowFrom": ["ou_a"], "accounts": {"a": {**CAMEL, "allowFrom": []}}}, ("accounts", "a")),
    ],
)
async def test_openclaws_list_that_counts_gets_one_more(
    tmp_path: Path, channel: dict[str, Any], path: tuple[str, ...]
) -> None:
    file = tmp_path / "openclaw.json"
    file.write_text(json.dumps({"channels": {"feishu": channel}}))
    assert await allowed("openclaw", file)
    now = json.loads(file.read_text())["channels"]["feishu"]
    for table, old in ((now, channel), (now["accounts"]["a"], channel["accounts"]["a"])):
        is_it = table is (now["accounts"]["a"] if path else now)
        before = old.get("allowFrom")
        assert table.get("allowFrom") == ([*(before or []), "ou_new"] if is_it else before)


async def test_dingtalks_people_are_hermes_own_list(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.touch()
    target = built("hermes", file)
    await target.store("x", PAIR)
    assert target.allows("dingtalk")
    await target.allow("dingtalk", PAIR.account, "staff1")
    assert dotenv.dotenv_values(file)["DINGTALK_ALLOWED_USERS"] == "staff1"
