"""Files that cannot be written as they are: said with the place of the mistake, and left alone."""

import os
from pathlib import Path

import pytest

from tests.support.scene import Scene
from tests.support.target_scenes import (
    ID,
    RETRY,
    SECRET,
    backup,
    connected,
    error,
    hindered,
    note,
    state_of,
    target,
    text_of,
    trouble,
    written,
)

SET = 'set = { "ding.id" = "{client_id}", "ding.secret" = "{client_secret}" }\n'
# What parsers say of these, and what of the files they would say it of.
FOREIGN = ("their-secret", "xpected", "nvalid", "llegal", "could not", "near", "while", "tab")

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it changes owners")


def filled(path: str) -> str:
    return target("file", path=path) + SET


UNPARSABLE = {
    "config": (target("config", path="f.toml"), '[a]\nkey = "their-secret"\n\n[b\n', (4, 3)),
    "toml": (filled("f.toml"), 'key = "their-secret\nother = 1\n', (1, 20)),
    "json": (filled("f.json"), '{\n  "key": "their-secret",\n  "list": [1, 2\n}\n', (4, 1)),
    "json5": (filled("f.json5"), "// ours\n{ key: 'their-secret' other: 1 }\n", (2, 23)),
    "yaml": (filled("f.yaml"), "key: their-secret\nlist: [1, 2\nother: 1\n", (3, 6)),
    "env": (target("hermes", path="f.env"), "KEY=their-secret\nWORD='open\n", (2, 1)),
    "mark": (
        target("astrbot-file", path="f.json", url="http://127.0.0.1:1"),
        '\ufeff{"key": "their-secret"}}\n',
        (1, 24),
    ),
}
SHAPES = {
    "toml list": (filled("f.toml"), 'x = 1\nding = ["their-secret"]\n', (2, 1)),
    "toml text": (filled("f.toml"), '[ding.id]\nx = "their-secret"\n', (1, 1)),
    "json list": (filled("f.json"), '{"x": 1,\n "ding": ["their-secret"]}', (2, 10)),
    "json root": (filled("f.json"), '["their-secret"]', (1, 1)),
    "yaml": (filled("f.yaml"), "x: 1\nding:\n  - their-secret\n", (3, 3)),
    "openclaw": (
        target("openclaw", path="f.json"),
        '{"plugins": {"entries": {"dingtalk-connector": {}}},\n  "channels": [] }',
        (2, 15),
    ),
    "openclaw account": (
        target("openclaw", path="f.json"),
        '{"channels": {"dingtalk-connector": {\n"accounts": ["their-secret"]}}}',
        (2, 13),
    ),
    "nanobot": (target("nanobot", path="f.json"), '{"channels": {"dingtalk": 5}}', (1, 27)),
    "cowagent": (target("cowagent", path="f.json"), '{\n"channel_type": {"a": 1}}', (2, 17)),
    "astrbot": (
        target("astrbot-file", path="f.json", url="http://127.0.0.1:1"),
        '{"platform": {"telegram": {}}}',
        (1, 14),
    ),
}


@pytest.mark.parametrize(
    ("table", "text", "place", "code"),
    [
        *((*one, "unparsable") for one in UNPARSABLE.values()),
        *((*one, "wrong_shape") for one in SHAPES.values()),
    ],
    ids=[*UNPARSABLE, *SHAPES],
)
async def test_what_cannot_be_written_safely_is_named_and_never_written(
    tmp_path: Path, table: str, text: str, place: tuple[int, int], code: str
) -> None:
    name = table.partition('path = "')[2].partition('"')[0]
    file = written(tmp_path / name, text)
    before = state_of(file)
    async with Scene(tmp_path, more=table) as scene:
        told = await hindered(scene, error(code), name="sales")
        assert f"\n{trouble(name, code, *place)}\n" in told.text
        for _ in range(3):
            await scene.next_moment()
            await scene.idle()
        assert state_of(file) == before
        said = [caption.replace(error(code), "") for caption in scene.captions()]
        assert not [word for word in FOREIGN if any(word in caption for caption in said)]


async def test_a_mended_file_is_written_at_once_when_somebody_asks(tmp_path: Path) -> None:
    table, text, _ = UNPARSABLE["yaml"]
    file = written(tmp_path / "f.yaml", text)
    async with Scene(tmp_path, more=table) as scene:
        await hindered(scene, error("unparsable"), name="sales")
        mended = text.replace("2\n", "2] # mended\n")
        written(file, mended)
        await scene.press(RETRY)
        await scene.sees("Done")
        pair = f"ding:\n  id: {ID}\n  secret: {SECRET}\n"
        assert text_of(file) == mended + pair
        assert text_of(backup(file)) == mended


async def test_a_mistake_is_said_before_anything_begins(tmp_path: Path) -> None:
    written(tmp_path / "f.env", "KEY=1\nWORD='open\n")
    async with Scene(tmp_path, more=target("hermes", path="f.env")) as scene:
        await scene.says("/dingtalk_new")
        told = await scene.sees(error("unparsable"))
        assert told.text == f"⚠️ {trouble('f.env', 'unparsable', 2, 1)}"
        assert scene.journal() == []


# --- whose file it is ----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o640, 0o660, 0o600])
async def test_a_programs_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    file = written(tmp_path / "f.env", "KEY=1\n", mode)
    async with Scene(tmp_path, more=target("hermes", path="f.env")) as scene:
        done = await connected(scene)
        assert file.stat().st_mode & 0o777 == mode
        assert note("narrowed") not in done.text
        assert note("exposed") not in done.text
        assert backup(file).stat().st_mode & 0o777 == 0o600


@as_root
async def test_a_file_stays_its_owners(tmp_path: Path) -> None:
    file = written(tmp_path / "f.env", "KEY=1\n", 0o640)
    os.chown(file, 12345, 23456)
    async with Scene(tmp_path, more=target("hermes", path="f.env")) as scene:
        await connected(scene)
        now = file.stat()
        assert (now.st_uid, now.st_gid, now.st_mode & 0o777) == (12345, 23456, 0o640)
        assert (backup(file).stat().st_uid, backup(file).stat().st_gid) == (12345, 23456)


async def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    file = written(tmp_path / "dotfiles/hermes", "KEY=1\n")
    (tmp_path / "f.env").symlink_to("dotfiles/hermes")
    async with Scene(tmp_path, more=target("hermes", path="f.env")) as scene:
        await connected(scene)
        assert (tmp_path / "f.env").is_symlink()
        assert f"DINGTALK_CLIENT_ID={ID}\n" in text_of(file)
        assert text_of(backup(file)) == "KEY=1\n"
