"""From /dingtalk_new into OpenClaw's file: one bot, several, and plugins that are not there yet."""

import json
from pathlib import Path
from typing import Any

import pyjson5
import pytest

from tests.support.openclaw_files import FIRST, OPENCLAW
from tests.support.scene import Scene
from tests.support.target_scenes import (
    ID,
    MASKED,
    OLD_ID,
    OLD_MASKED,
    OLD_SECRET,
    RETRY,
    SECRET,
    backup,
    chosen,
    connected,
    edited,
    error,
    hindered,
    note,
    said,
    state_of,
    stored,
    target,
    text_of,
    trouble,
    written,
)

FILE = "~/.openclaw/openclaw.json"
COMMUNITY = target("openclaw", channel="dingtalk")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where OpenClaw's usual path begins."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def openclaw(home: Path, text: str, plugin: str = "dingtalk-connector") -> Path:
    """Its file, and the folder of a plugin that was installed."""
    if plugin:
        (home / ".openclaw/extensions" / plugin).mkdir(parents=True)
    return written(home / ".openclaw/openclaw.json", text)


def with_first(text: str, channel: str) -> str:
    """The text with its first bot of that channel, and the channel's plugin switched on."""
    return edited(
        text,
        (
            "    /* whatsapp: { enabled: true }, */\n",
            "    /* whatsapp: { enabled: true }, */\n"
            f'    "{channel}": {{\n'
            '      "enabled": true,\n'
            f'      "clientId": "{ID}",\n'
            f'      "clientSecret": "{SECRET}"\n'
            "    },\n",
        ),
        (
            '"telegram": {"enabled": true},\n',
            '"telegram": {"enabled": true},\n'
            f'      "{channel}": {{\n        "enabled": true\n      }},\n',
        ),
    )


def channel_in(file: Path, name: str = "dingtalk-connector") -> dict[str, Any]:
    """The channel as another reader has it."""
    channel: dict[str, Any] = pyjson5.decode(text_of(file))["channels"][name]
    return channel


# --- the official connector ----------------------------------------------------------------------


async def test_the_first_bot_gets_a_channel_and_its_plugin_switched_on(home: Path) -> None:
    file = openclaw(home, OPENCLAW)
    async with Scene(home, more=target("openclaw")) as scene:
        done = await connected(scene)
        assert text_of(file) == with_first(OPENCLAW, "dingtalk-connector")
        assert channel_in(file) == {"enabled": True, "clientId": ID, "clientSecret": SECRET}
        assert text_of(backup(file)) == OPENCLAW
        told = stored("OpenClaw", FILE) + note("openclaw_restart")
        assert f"{told}Client ID: {MASKED}\n" in done.text


OURS = (
    '          "enabled": true,\n'
    f'          "clientId": "{ID}",\n'
    f'          "clientSecret": "{SECRET}"\n'
)


def with_second(text: str, first: str, second: str) -> str:
    """The text with the bot that it has as an account too, and another one beside it."""
    return edited(
        text,
        (
            'dmPolicy: "open",\n',
            'dmPolicy: "open",\n'
            '      "accounts": {\n'
            f'        "{first}": {{\n'
            f'          "clientId": "{OLD_ID}",\n'
            f'          "clientSecret": "{OLD_SECRET}"\n'
            "        },\n"
            f'        "{second}": {{\n'
            f"{OURS}"
            "        }\n"
            "      },\n",
        ),
    )


async def test_a_second_bot_stands_beside_the_first_as_all_versions_read_them(home: Path) -> None:
    """The first one becomes an account too, and stays where it was.

    With accounts some versions of the connector read `accounts.default` only, others the
    channel's own pair only.
    """
    file = openclaw(home, FIRST)
    async with Scene(home, more=target("openclaw")) as scene:
        await scene.says("/dingtalk_new")
        question = await scene.sees(said("question.title"))
        assert f"Replace OpenClaw ({OLD_MASKED})" in question.button_texts
        await chosen(scene, "Add it as another one")
        done = await scene.sees("Done")
        assert text_of(file) == with_second(FIRST, "default", "dingtalk")
        assert channel_in(file) == {
            "enabled": True,
            "clientId": OLD_ID,
            "clientSecret": OLD_SECRET,
            "dmPolicy": "open",
            "accounts": {
                "default": {"clientId": OLD_ID, "clientSecret": OLD_SECRET},
                "dingtalk": {"enabled": True, "clientId": ID, "clientSecret": SECRET},
            },
        }
        assert stored("OpenClaw", FILE, "dingtalk") in done.text


@pytest.mark.parametrize(
    ("named", "account", "second"),
    [
        ("main", "main", "sales"),
        (" Main ", "Main", "sales"),
        ("sales", "sales", "sales_2"),
        ("default", "__default__", "sales"),
    ],
)
async def test_the_first_bot_has_the_name_as_an_account_that_default_account_has_for_it(
    home: Path, named: str, account: str, second: str
) -> None:
    """The connector refuses a `defaultAccount` that is no account, once there are any."""
    before = edited(FIRST, ("dmPolicy", f'defaultAccount: "{named}",\n      dmPolicy'))
    file = openclaw(home, before)
    async with Scene(home, more=target("openclaw")) as scene:
        await connected(scene, name="sales")
        assert text_of(file) == with_second(before, account, second)


async def test_replaced_the_first_bot_changes_in_both_of_its_places(home: Path) -> None:
    accounts = (
        f'accounts: {{ "default": {{ clientId: "{OLD_ID}", clientSecret: "old" }}, '
        f"hr: {{ clientId: 'dinghr', clientSecret: 'hr' }} }},"
    )
    before = edited(FIRST, ('dmPolicy: "open",', accounts))
    file = openclaw(home, before)
    async with Scene(home, more=target("openclaw")) as scene:
        await scene.says("/dingtalk_new")
        await scene.sees(said("question.title"))
        await chosen(scene, "Replace OpenClaw default")
        await scene.sees("Done")
        assert text_of(file) == before.replace(OLD_ID, ID).replace(
            f"'{OLD_SECRET}'", f'"{SECRET}"'
        ).replace('"old"', f'"{SECRET}"')


async def test_a_third_bot_goes_beside_the_accounts_under_the_next_free_id(home: Path) -> None:
    before = edited(
        FIRST,
        (
            'dmPolicy: "open",\n',
            'accounts: {\n        "dingtalk": { clientId: "a", clientSecret: "b" }, // hr\n'
            "      },\n",
        ),
    )
    file = openclaw(home, before)
    async with Scene(home, more=target("openclaw")) as scene:
        done = await connected(scene, name="dingtalk")
        assert text_of(file) == edited(
            before, ("}, // hr\n", f'}}, // hr\n        "dingtalk_2": {{\n{OURS}        }},\n')
        )
        assert list(channel_in(file)["accounts"]) == ["dingtalk", "dingtalk_2"]
        assert stored("OpenClaw", FILE, "dingtalk_2") in done.text


async def test_a_reference_to_a_secret_kept_elsewhere_is_never_written_over(home: Path) -> None:
    reference = '{ source: "env", provider: "default", id: "DINGTALK_SECRET" }'
    before = edited(FIRST, (f"'{OLD_SECRET}'", reference), (OLD_ID, ID))
    file = openclaw(home, before)
    untouched = state_of(file)
    line = before[: before.index("{ source")].count("\n") + 1
    async with Scene(home, more=target("openclaw")) as scene:
        told = await hindered(scene, error("wrong_shape"), name="club")
        column = before.split("\n")[line - 1].index("{ source") + 1
        assert trouble(FILE, "wrong_shape", line, column) in told.text
        assert state_of(file) == untouched


async def test_a_first_bot_with_such_a_reference_keeps_it_as_an_account_too(home: Path) -> None:
    reference = {"source": "env", "provider": "default", "id": "DINGTALK_SECRET"}
    before = edited(FIRST, (f"'{OLD_SECRET}'", json.dumps(reference)))
    file = openclaw(home, before)
    async with Scene(home, more=target("openclaw")) as scene:
        await connected(scene, name="sales")
        channel = channel_in(file)
        assert channel["clientSecret"] == reference
        assert channel["accounts"]["default"] == {"clientId": OLD_ID, "clientSecret": reference}
        assert channel["accounts"]["sales"]["clientSecret"] == SECRET


async def test_openclaw_would_read_a_variable_in_such_a_secret_so_it_is_not_written(
    home: Path,
) -> None:
    file = openclaw(home, OPENCLAW)
    before = state_of(file)
    async with Scene(home, more=target("openclaw")) as scene:
        told = await hindered(scene, error("value_unfit"), secret="q${HOME}" + "q" * 40)
        assert trouble(FILE, "value_unfit") in told.text
        assert state_of(file) == before


async def test_without_its_plugin_the_pair_waits_and_is_stored_once_it_is_installed(
    home: Path,
) -> None:
    file = openclaw(home, OPENCLAW, plugin="")
    before = state_of(file)
    async with Scene(home, more=target("openclaw")) as scene:
        told = await hindered(
            scene, "openclaw plugins install @dingtalk-real-ai/dingtalk-connector"
        )
        assert said("captured.safe") in told.text
        assert scene.journal()[-1]["client_secret"] == SECRET
        await scene.press(RETRY)
        await scene.idle()
        assert state_of(file) == before
        (home / ".openclaw/extensions/dingtalk-connector").mkdir(parents=True)
        await scene.press(RETRY)
        await scene.sees("Done")
        assert channel_in(file)["clientId"] == ID


@pytest.mark.parametrize(
    ("plugins", "is_on"),
    [
        ('allow: ["telegram"], ', False),
        ('allow: ["telegram", "dingtalk-connector"], ', True),
        ('deny: ["dingtalk-connector"], ', False),
        ("enabled: false, ", False),
    ],
)
async def test_a_plugin_that_may_not_run_is_said_and_left_to_its_owner(
    home: Path, plugins: str, is_on: bool
) -> None:
    before = edited(OPENCLAW, ('"plugins": {', f'"plugins": {{ {plugins}'))
    file = openclaw(home, before)
    async with Scene(home, more=target("openclaw")) as scene:
        done = await connected(scene)
        notes = note("openclaw_restart", *([] if is_on else ["openclaw_plugin_off"]))
        assert f"{stored('OpenClaw', FILE)}{notes}Client ID: {MASKED}" in done.text
        assert plugins in text_of(file)


# --- the community's plugin ----------------------------------------------------------------------


async def test_the_communitys_channel_has_another_name(home: Path) -> None:
    file = openclaw(home, OPENCLAW, plugin="dingtalk")
    async with Scene(home, more=COMMUNITY) as scene:
        await connected(scene)
        assert text_of(file) == with_first(OPENCLAW, "dingtalk")
        assert channel_in(file, "dingtalk")["clientSecret"] == SECRET


async def test_beside_a_second_bot_of_the_communitys_the_first_is_an_account_too(
    home: Path,
) -> None:
    """Its plugin starts accounts only, once there are any."""
    before = FIRST.replace("dingtalk-connector", "dingtalk")
    file = openclaw(home, before, plugin="dingtalk")
    async with Scene(home, more=COMMUNITY) as scene:
        done = await connected(scene, name="sales")
        assert text_of(file) == with_second(before, "default", "sales")
        channel = channel_in(file, "dingtalk")
        assert channel["clientId"] == OLD_ID
        assert channel["accounts"] == {
            "default": {"clientId": OLD_ID, "clientSecret": OLD_SECRET},
            "sales": {"enabled": True, "clientId": ID, "clientSecret": SECRET},
        }
        assert stored("OpenClaw", FILE, "sales") in done.text


async def test_the_communitys_plugin_is_named_when_it_is_missing(home: Path) -> None:
    file = openclaw(home, OPENCLAW)
    before = state_of(file)
    async with Scene(home, more=COMMUNITY) as scene:
        await hindered(scene, "Run: openclaw plugins install @soimy/dingtalk")
        assert state_of(file) == before
