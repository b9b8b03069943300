"""The first admin's id gets into the config, and nothing else about it changes."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.settings.admins import AdminList
from tests.support.mounts import without_modes

USER = 4242
# The text before and after, as bytes: line ends and byte order marks count.
TEXTS = {
    "an empty list": (
        b'# top\n[telegram]\ntoken = "t" # mine\nadmins = [] # nobody yet\n\n# end\n[x]\ny=1\n',
        b'# top\n[telegram]\ntoken = "t" # mine\nadmins = [4242] # nobody yet\n\n# end\n[x]\ny=1\n',
    ),
    "an empty list in lines": (
        b'[telegram]\nadmins = [\n  # me, later\n]\ntoken = "t"\n',
        b'[telegram]\nadmins = [\n  # me, later\n  4242\n]\ntoken = "t"\n',
    ),
    "no list": (
        b'[telegram]\ntoken = "t"\n\n# about x\n[x]\ny = 1\n',
        b'[telegram]\ntoken = "t"\nadmins = [4242]\n\n# about x\n[x]\ny = 1\n',
    ),
    "no list, no last line end": (
        b'[x]\ny = 1\n[telegram]\ntoken = "t"',
        b'[x]\ny = 1\n[telegram]\ntoken = "t"\nadmins = [4242]\n',
    ),
    "an empty table": (
        b"[telegram] # ours\n\n[x]\n",
        b"[telegram] # ours\nadmins = [4242]\n\n[x]\n",
    ),
    "no table": (b"# notes\n[x]\ny = 1", b"# notes\n[x]\ny = 1\n\n[telegram]\nadmins = [4242]\n"),
    "an empty file": (b"", b"[telegram]\nadmins = [4242]\n"),
    "windows": (
        b'\xef\xbb\xbf[telegram]\r\ntoken = "t"\r\n\r\n[x]\r\n',
        b'\xef\xbb\xbf[telegram]\r\ntoken = "t"\r\nadmins = [4242]\r\n\r\n[x]\r\n',
    ),
    "windows, an empty list": (
        b"\xef\xbb\xbf[telegram]\r\nadmins = []\r\n",
        b"\xef\xbb\xbf[telegram]\r\nadmins = [4242]\r\n",
    ),
    "inline": (
        b'telegram = {token = "t"} # one line\n[x]\n',
        b'telegram = {token = "t", admins = [4242]} # one line\n[x]\n',
    ),
    "dotted": (
        b'telegram.token = "t"\n[x]\ny = 1\n',
        b'telegram.token = "t"\ntelegram.admins = [4242]\n[x]\ny = 1\n',
    ),
    "dotted, an empty list": (
        b"telegram.admins = []\n[x]\ny = 1\n",
        b"telegram.admins = [4242]\n[x]\ny = 1\n",
    ),
    "a quoted header": (
        b"['telegram']\ntoken = 't'\n\n\n[x]\n",
        b"['telegram']\ntoken = 't'\nadmins = [4242]\n\n\n[x]\n",
    ),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.touch(0o600)
    return path


def test_it_is_a_collection_in_the_order_of_the_config(file: Path) -> None:
    admins = AdminList((43, 42), file)
    assert list(admins) == [43, 42]
    assert len(admins) == 2
    assert 42 in admins
    assert 44 not in admins
    assert "42" not in admins


@pytest.mark.parametrize(("before", "after"), TEXTS.values(), ids=TEXTS)
async def test_the_id_is_added_and_every_other_byte_stays(
    file: Path, before: bytes, after: bytes
) -> None:
    file.write_bytes(before)
    admins = AdminList((), file)
    assert await admins.add_first(USER)
    assert file.read_bytes() == after
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(admins) == [USER]


async def test_a_missing_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    assert await AdminList((), file).add_first(USER)
    assert file.read_bytes() == b"[telegram]\nadmins = [4242]\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_mount_that_decides_who_reads_the_file_keeps_no_admin_out(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.chmod(0o644)
    without_modes(monkeypatch, 0o644)
    assert await AdminList([], file).add_first(USER)
    assert str(USER) in file.read_text()


async def test_nobody_is_added_once_somebody_is_there(file: Path) -> None:
    admins = AdminList((7,), file)
    assert not await admins.add_first(USER)
    assert list(admins) == [7]
    assert file.read_bytes() == b""
    empty = AdminList((), file)
    assert await empty.add_first(USER)
    before = file.read_bytes()
    assert not await empty.add_first(7)
    assert (list(empty), file.read_bytes()) == ([USER], before)


async def test_of_two_who_come_at_once_one_becomes_admin(file: Path) -> None:
    for number in range(20):
        file.write_text("[telegram]\nadmins = []\n")
        admins = AdminList((), file)
        done = await asyncio.gather(admins.add_first(100 + number), admins.add_first(USER))
        assert sorted(done) == [False, True]
        [winner] = admins
        assert winner == (100 + number if done[0] else USER)
        assert file.read_text() == f"[telegram]\nadmins = [{winner}]\n"


async def test_an_admin_whom_somebody_has_just_written_down_is_not_written_over(
    file: Path,
) -> None:
    admins = AdminList((), file)
    file.write_text("[telegram]\nadmins = [7]\n")
    assert not await admins.add_first(USER)
    assert file.read_text() == "[telegram]\nadmins = [7]\n"
    assert USER not in admins


FAULTS = {
    "no TOML": (b"[telegram\nadmins = []\n", Code.UNPARSABLE),
    "no text": (b"\xff\xfe\x00", Code.UNPARSABLE),
    "no table": (b"telegram = 5\n", Code.WRONG_SHAPE),
    "tables": (b"[[telegram]]\na = 1\n", Code.WRONG_SHAPE),
    "no list": (b'[telegram]\nadmins = ""\n', Code.WRONG_SHAPE),
}


@pytest.mark.parametrize(("content", "code"), FAULTS.values(), ids=FAULTS)
async def test_a_file_that_cannot_be_read_right_is_left_alone_and_nobody_becomes_admin(
    file: Path, content: bytes, code: Code
) -> None:
    file.write_bytes(content)
    admins = AdminList((), file)
    with pytest.raises(TargetError) as caught:
        await admins.add_first(USER)
    assert (caught.value.code, caught.value.place) == (code, "config.toml")
    assert file.read_bytes() == content
    assert len(admins) == 0
    file.write_bytes(b"")
    assert await admins.add_first(USER)


async def test_a_folder_that_takes_no_file_makes_nobody_admin(tmp_path: Path) -> None:
    admins = AdminList((), tmp_path / "missing" / "config.toml")
    with pytest.raises(TargetError):
        await admins.add_first(USER)
    assert len(admins) == 0
    assert os.listdir(tmp_path) == []
