"""/platforms and /doctor over several targets: all are there, and none hides the others."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bootstrap_bot.sandbox.astrbot.stand_in import AstrBotStandIn
from tests.support.scene import ADMIN, Scene
from tests.support.target_scenes import (
    EN,
    ID,
    MASKED,
    OLD_ID,
    OLD_MASKED,
    OLD_SECRET,
    backup,
    edited,
    error,
    followed,
    said,
    shell,
    state_of,
    target,
    text_of,
    trouble,
    written,
)

KEY = "abk_0123456789abcdef"
TITLE = said("platforms.title")
BADLY = followed("badly", status=4, seconds="0.0").strip()
SET = 'set = { "ding.id" = "{client_id}", "ding.secret" = "{client_secret}", "ding.on" = true }\n'
HERMES = (
    f"# the club's\nDINGTALK_CLIENT_ID={OLD_ID}   # given in May\nWORD=1\n"
    f"export DINGTALK_CLIENT_SECRET='{OLD_SECRET}'\nLAST=2"
)
BOT = {
    "id": "hr",
    "type": "dingtalk",
    "enable": True,
    "client_id": OLD_ID,
    "client_secret": OLD_SECRET,
    "card_template_id": "",
}
PLATFORM = f"""
[platforms.sales]
type = "dingtalk"
enabled = false
client_id = "{ID}"
client_secret = "x"
"""
PAIR = f'"clientId": "{OLD_ID}", "clientSecret": "{OLD_SECRET}"'
FILE = f"word: 1\nding:\n  id: {OLD_ID} # of May\n  secret: {OLD_SECRET}\n  on: true\n"


@pytest.fixture
async def astrbot() -> AsyncIterator[AstrBotStandIn]:
    """An AstrBot that runs, with one bot."""
    async with AstrBotStandIn([BOT], key=KEY) as stand_in:
        yield stand_in


def place(stand_in: AstrBotStandIn) -> str:
    return stand_in.url.removeprefix("http://")


def four(folder: Path, stand_in: AstrBotStandIn) -> str:
    """Our config, a Hermes, a file and an AstrBot, each with a bot in it."""
    written(folder / "hermes.env", HERMES)
    written(folder / "ding.yaml", FILE)
    after = shell(f'echo "$0" >> "{folder}/ran"; exit 4')
    tables = [
        target("config"),
        target("hermes", path="hermes.env", after=after),
        target("file", path="ding.yaml") + SET,
        target("astrbot", url=stand_in.url, api_key=KEY, after=after),
    ]
    return "".join(tables) + PLATFORM


async def listed(scene: Scene) -> list[str]:
    """/platforms, and its buttons."""
    before = len(scene.telegram.messages(ADMIN))
    await scene.says("/platforms")
    await scene.telegram.until(lambda: len(scene.telegram.messages(ADMIN)) == before + 2)
    return scene.telegram.last(ADMIN).button_texts


async def opened(scene: Scene, name: str) -> list[str]:
    """/platforms, and the buttons of that one's page."""
    await listed(scene)
    await scene.press(name)
    return (await scene.sees("Client ID")).button_texts


async def dropped(scene: Scene, name: str) -> str:
    """/platforms, and that one removed; what the question was."""
    await opened(scene, name)
    await scene.press("Remove")
    question = (await scene.sees("Really remove it?")).text
    await scene.press("Yes, remove it")
    await scene.sees("is removed.")
    return question


async def test_every_bot_is_listed_with_the_name_of_its_program(
    tmp_path: Path, astrbot: AstrBotStandIn
) -> None:
    async with Scene(tmp_path, more=four(tmp_path, astrbot)) as scene:
        assert await listed(scene) == [
            f"⚪ sales · {MASKED}",
            f"🟢 Hermes · {OLD_MASKED}",
            f"🟢 ding.yaml · {OLD_MASKED}",
            f"🟢 AstrBot hr · {OLD_MASKED}",
        ]
        assert scene.telegram.last(ADMIN).text == TITLE


async def test_one_that_is_away_is_named_and_hides_none(
    tmp_path: Path, astrbot: AstrBotStandIn
) -> None:
    astrbot.away = True
    async with Scene(tmp_path, more=four(tmp_path, astrbot)) as scene:
        assert len(await listed(scene)) == 3
        assert scene.telegram.last(ADMIN).text == (
            f"{TITLE}\n\n⚠️ {trouble(place(astrbot), 'api_unreachable')}"
        )


@pytest.mark.parametrize(("name", "where"), [("Hermes", "hermes.env"), ("ding.yaml", "ding.yaml")])
async def test_where_nothing_can_be_switched_there_is_no_button_for_it(
    tmp_path: Path, astrbot: AstrBotStandIn, name: str, where: str
) -> None:
    async with Scene(tmp_path, more=four(tmp_path, astrbot)) as scene:
        assert await opened(scene, name) == ["Check", "Remove", "Back to the list"]
        assert scene.telegram.last(ADMIN).text == (
            f"{name}\nType: dingtalk\nStored in: {where}\n"
            f"State: {said('platforms.always')}\nClient ID: {OLD_MASKED}"
        )


async def test_switching_in_astrbot_reloads_it_and_runs_its_command(
    tmp_path: Path, astrbot: AstrBotStandIn
) -> None:
    async with Scene(tmp_path, more=four(tmp_path, astrbot)) as scene:
        assert "Switch off" in await opened(scene, "AstrBot hr")
        await scene.press("Switch off")
        shown = await scene.sees("⚪ off")
        assert shown.text.endswith(BADLY)
        assert astrbot.bots == [{**BOT, "enable": False}]
        assert astrbot.loads == [("unloaded", "hr")]


async def test_removed_from_one_target_it_stays_in_the_others(
    tmp_path: Path, astrbot: AstrBotStandIn
) -> None:
    async with Scene(tmp_path, more=four(tmp_path, astrbot)) as scene:
        others = text_of(scene.config), text_of(tmp_path / "ding.yaml")
        question = await dropped(scene, "Hermes")
        assert question.endswith(said("platforms.really"))
        assert text_of(tmp_path / "hermes.env") == "# the club's\nWORD=1\nLAST=2"
        assert text_of(backup(tmp_path / "hermes.env")) == HERMES
        dropped_it = said("platforms.dropped", id="Hermes")
        assert scene.telegram.last(ADMIN).text == f"{dropped_it}\n\n{BADLY}\n\n{TITLE}"
        assert (text_of(scene.config), text_of(tmp_path / "ding.yaml")) == others
        assert astrbot.bots == [BOT]
        question = await dropped(scene, "AstrBot hr")
        assert question.endswith(said("platforms.really_api"))
        assert astrbot.bots == []
        assert await listed(scene) == [f"⚪ sales · {MASKED}", f"🟢 ding.yaml · {OLD_MASKED}"]


# Per kind: its target, its file's name, its text with a bot that is on, what says so and what
# says that it is off, the bot's name in the list, and the text without it.
SWITCHABLE = {
    "astrbot": (
        target("astrbot-file", path="f.json", url="http://127.0.0.1:1"),
        f'\ufeff{{"platform": [\n  {{"id": "tg"}},\n  {{"id": "hr", "type": "dingtalk", '
        f'"enable": true, "client_id": "{OLD_ID}", "client_secret": "x"}}\n]}}',
        ('"enable": true', '"enable": false'),
        "AstrBot hr",
        '\ufeff{"platform": [\n  {"id": "tg"}\n]}',
    ),
    "openclaw": (
        target("openclaw", path="f.json"),
        f'{{channels: {{ "dingtalk-connector": {{\n  enabled: true, // ours\n  {PAIR},\n}}}}}}\n',
        ("enabled: true", "enabled: false"),
        "OpenClaw",
        "{channels: {}}\n",  # else OpenClaw would go on announcing the channel
    ),
    "openclaw account": (
        target("openclaw", path="f.json", channel="dingtalk"),
        f'{{"channels": {{"dingtalk": {{"accounts": {{\n  "a": {{}},\n'
        f'  "b": {{"enabled": true, {PAIR}}}\n}}}}}}}}\n',
        ('"enabled": true', '"enabled": false'),
        "OpenClaw b",
        '{"channels": {"dingtalk": {"accounts": {\n  "a": {}\n}}}}\n',
    ),
    "nanobot": (
        target("nanobot", path="f.json"),
        f'{{"channels": {{"dingtalk": {{\n  "enabled": true,\n  {PAIR}, "allowFrom": []}}}}}}',
        ('"enabled": true', '"enabled": false'),
        "nanobot",
        '{"channels": {"dingtalk": {\n  "enabled": false,\n  "clientId": "", "clientSecret": "", '
        '"allowFrom": []}}}',
    ),
    "qwenpaw": (
        target("qwenpaw", path="f.json"),
        f'{{"channels": {{"dingtalk": {{"enabled": true,"client_id":"{OLD_ID}",'
        '"client_secret":"x"}}}',
        ('"enabled": true', '"enabled": false'),
        "QwenPaw",
        '{"channels": {"dingtalk": {"enabled": false,"client_id":"","client_secret":""}}}',
    ),
    "cowagent": (
        target("cowagent", path="f.json"),
        f'{{"channel_type": "web, qq, dingtalk", "dingtalk_client_id": "{OLD_ID}", '
        '"dingtalk_client_secret": "x"}',
        ('"web, qq, dingtalk"', '"web, qq"'),
        "CowAgent",
        '{"channel_type": "web, qq", "dingtalk_client_id": "", "dingtalk_client_secret": ""}',
    ),
}


@pytest.mark.parametrize("kind", SWITCHABLE)
async def test_switched_off_and_on_and_removed_a_file_changes_by_that_alone(
    tmp_path: Path, kind: str
) -> None:
    table, before, (on, off), name, without = SWITCHABLE[kind]
    file = written(tmp_path / "f.json", before)
    async with Scene(tmp_path, more=table) as scene:
        await opened(scene, name)
        await scene.press("Switch off")
        await scene.sees("⚪ off")
        assert text_of(file) == edited(before, (on, off))
        await scene.press("Switch on")
        await scene.sees("🟢 on")
        assert text_of(file) == before
        await dropped(scene, name)
        assert text_of(file) == without
        assert text_of(backup(file)) == before


async def test_the_doctor_has_a_line_for_each_and_changes_nothing(
    tmp_path: Path, astrbot: AstrBotStandIn
) -> None:
    broken = written(tmp_path / "broken.json", '{"channels": [1, 2}')
    openclaw = written(tmp_path / "openclaw.json", "{}")
    more = (
        target("nanobot", path="broken.json")
        + target("openclaw", path="openclaw.json")
        + target("qwenpaw", path="missing.json")
        + target("cowagent", path="cow.json")
    )
    written(tmp_path / "cow.json", "{}")
    async with Scene(tmp_path, more=more + four(tmp_path, astrbot)) as scene:
        files = [broken, openclaw, scene.config, tmp_path / "hermes.env", tmp_path / "ding.yaml"]
        before = [state_of(file) for file in files]
        astrbot.requests.clear()
        await scene.says("/doctor")
        message = await scene.sees(EN.plural("doctor.some_bad", 3))
        lines = [line for line in message.text.split("\n") if " Storing · " in line]
        mistake = {"place": "broken.json", "line": 1, "column": 19, "why": error("unparsable")}
        without = {"place": "openclaw.json", "why": error("plugin_missing")}
        missing = {"place": "missing.json", "why": error("file_missing")}
        good = {"cow.json": 0, "config.toml": 1, "hermes.env": 1, "ding.yaml": 1}
        assert [line.partition(" Storing · ") for line in lines] == [
            ("🔴", " Storing · ", said("doctor.target_line", **mistake)),
            ("🔴", " Storing · ", said("doctor.target_bad", **without)),
            ("🔴", " Storing · ", said("doctor.target_bad", **missing)),
            *(
                ("🟢", " Storing · ", said("doctor.target_good", place=name, count=count))
                for name, count in good.items()
            ),
            ("🟢", " Storing · ", said("doctor.target_api", place=place(astrbot), count=1)),
        ]
        assert [state_of(file) for file in files] == before
        assert {one.method for one in astrbot.requests} == {"GET"}
