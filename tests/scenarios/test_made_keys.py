"""When the last bot goes, OpenClaw's file is what it was before the first one came."""

import json
from itertools import permutations
from pathlib import Path

import pyjson5
import pytest

from bootstrap_bot.targets.neighbours import record_of
from bootstrap_bot.targets.openclaw import OpenClawTable
from bootstrap_bot.targets.target import Target
from tests.support.credentials import ding_pair
from tests.support.openclaw_files import FIRST, OPENCLAW
from tests.support.programs import context_in
from tests.support.target_scenes import OLD_ID, edited, text_of, written

BOTS = [ding_pair(f"ding{n}", f"secret{n}") for n in range(2)]
ENTRY = '"dingtalk-connector": {"enabled": true}'
BEFORE = {
    "nothing": "{}\n",
    "edited by hand": OPENCLAW,
    "plugin on": edited(OPENCLAW, ('"telegram": {"enabled": true},\n', f"{ENTRY}, // ours\n")),
    "plugin off": edited(OPENCLAW, ('"telegram": {"enabled": true},\n', ENTRY[:-5] + "false},\n")),
    "settings": edited(
        OPENCLAW, ("    /* w", '    "dingtalk-connector": {dmPolicy: "open"},\n    /* w')
    ),
    "no channels": '{\n  "plugins": {\n    "entries": {}\n  },\n  "channels": {}\n}\n',
    "a bot": FIRST,
    "a default": edited(
        FIRST, ("      dmPolicy", '      "defaultAccount": "main",\n      dmPolicy')
    ),
    "accounts": edited(
        FIRST, ('dmPolicy: "open",', 'accounts: { "hr": { clientId: "a", clientSecret: "b" } }')
    ),
}


def target_in(folder: Path, channel: str = "dingtalk-connector") -> Target:
    said = {"kind": "openclaw", "path": str(folder / "openclaw.json"), "channel": channel}
    table = OpenClawTable.model_validate(said)
    return table.build(context_in(folder))


def openclaw(folder: Path, text: str) -> Path:
    for plugin in ("dingtalk-connector", "dingtalk"):
        (folder / "extensions" / plugin).mkdir(parents=True)
    return written(folder / "openclaw.json", text)


@pytest.mark.parametrize("text", BEFORE.values(), ids=BEFORE)
async def test_the_file_is_as_before_to_the_byte_once_our_bots_are_gone(
    tmp_path: Path, text: str
) -> None:
    file = openclaw(tmp_path, text)
    for count in (1, 2):
        for order in permutations(BOTS[:count]):
            for bot in BOTS[:count]:
                # another target object each time, as after a restart
                await target_in(tmp_path).store("sales", bot)
            for bot in order:
                await target_in(tmp_path).remove("dingtalk", bot.account)
            assert text_of(file) == text, (count, order)


async def test_what_somebody_else_put_there_meanwhile_stays(tmp_path: Path) -> None:
    file = openclaw(tmp_path, "{}")
    target = target_in(tmp_path)
    await target.store("sales", BOTS[0])
    data = json.loads(text_of(file))
    data["channels"]["dingtalk-connector"]["dmPolicy"] = "open"
    data["channels"]["telegram"] = {"enabled": True}
    data["plugins"]["allow"] = ["dingtalk-connector"]
    written(file, json.dumps(data))
    await target.set_enabled("dingtalk", BOTS[0].account, False)
    await target.remove("dingtalk", BOTS[0].account)
    assert json.loads(text_of(file)) == {
        "channels": {"dingtalk-connector": {"dmPolicy": "open"}, "telegram": {"enabled": True}},
        "plugins": {"allow": ["dingtalk-connector"]},
    }


async def test_a_note_of_bots_that_are_gone_says_nothing_of_later_ones(tmp_path: Path) -> None:
    file = openclaw(tmp_path, "{}")
    target = target_in(tmp_path)
    await target.store("sales", BOTS[0])
    await target.remove("dingtalk", BOTS[0].account)
    text = '{"plugins": {"entries": {"dingtalk-connector": {"enabled": true}}}}'
    written(file, text)
    await target.store("sales", BOTS[1])
    await target.remove("dingtalk", BOTS[1].account)
    assert text_of(file) == text


@pytest.mark.parametrize("note", [None, b"", b"no json", b'{"a": 1}', b"[1]", b'[["gateway"]]'])
async def test_without_a_good_note_a_bot_goes_and_nothing_else(
    tmp_path: Path, note: bytes | None
) -> None:
    """An earlier version noted nothing: the channel goes where it says nothing else."""
    text = edited(FIRST, ('      dmPolicy: "open",\n', ""))
    file = openclaw(tmp_path, text)
    record = record_of(file, "#dingtalk-connector")
    if note is not None:
        record.write_bytes(note)
    await target_in(tmp_path).remove("dingtalk", OLD_ID)
    assert pyjson5.decode(text_of(file)) == {
        "channels": {},
        "plugins": {"entries": {"dingtalk-connector": {"enabled": True}}},
    }


async def test_both_channels_of_one_file_are_undone_each_by_itself(tmp_path: Path) -> None:
    file = openclaw(tmp_path, OPENCLAW)
    official, community = target_in(tmp_path), target_in(tmp_path, "dingtalk")
    await official.store("sales", BOTS[0])
    alone = text_of(file)
    await community.store("sales", BOTS[1])
    await community.remove("dingtalk", BOTS[1].account)
    assert text_of(file) == alone
    await official.remove("dingtalk", BOTS[0].account)
    assert text_of(file) == OPENCLAW


async def test_the_note_holds_keys_alone_and_is_its_owners(tmp_path: Path) -> None:
    file = openclaw(tmp_path, "{}")
    await target_in(tmp_path).store("sales", BOTS[0])
    record = record_of(file, "#dingtalk-connector")
    assert record.stat().st_mode & 0o777 == 0o600
    assert "secret0" not in record.read_text()
    assert "ding0" not in record.read_text()
