"""Credentials in config.toml: one table changes, every other byte stays."""

import logging
import os
import subprocess
import sys
import tempfile
import time
import tomllib
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.command import Command
from bootstrap_bot.targets.config_file import ConfigTable
from bootstrap_bot.targets.neighbours import copy_of
from bootstrap_bot.targets.tables import TargetContext
from bootstrap_bot.targets.target import Target
from tests.support.credentials import ding_pair
from tests.support.folder_lock import FolderLock
from tests.support.lark_like import LARK_LIKE, lark_pair
from tests.support.programs import config_file, context_in

SECRET = "s3cr3t-s3cr3t-s3cr3t"


def pair(client_id: str = "dingNEW", secret: str = SECRET) -> Credentials:
    return ding_pair(client_id, secret)


def table(name: str, client_id: str = "dingNEW", secret: str = SECRET) -> str:
    return (
        f'[platforms.{name}]\ntype = "dingtalk"\nenabled = true\n'
        f'client_id = "{client_id}"\nclient_secret = "{secret}"\n'
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.touch(0o600)
    return path


def write(file: Path, text: str) -> Target:
    file.write_bytes(text.encode())
    return config_file(file)


def text_of(file: Path) -> str:
    return file.read_bytes().decode()


def version(file: Path) -> tuple[int, ...]:
    """Which file it is and when it was last changed in any way; reading makes no difference."""
    status = file.stat()
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns


def mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


@contextmanager
def refused(code: Code, line: int = 0, column: int = 0) -> Iterator[None]:
    with pytest.raises(TargetError) as caught:
        yield
    assert (caught.value.place, caught.value.line) == ("config.toml", line)
    assert caught.value.column == column
    assert caught.value.code is code
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    error: BaseException | None = caught.value
    while error:
        assert SECRET not in str(error)
        error = error.__context__


async def test_it_is_a_target_with_a_lasting_key_and_a_short_place(file: Path) -> None:
    target: Target = config_file(file)
    assert (target.key, target.place) == (f"config:{file}", "config.toml")


async def test_a_missing_file_is_made_with_the_table_alone(tmp_path: Path) -> None:
    target = config_file(tmp_path / "new.toml")
    assert await target.platforms() == []
    stored = (await target.store("dingtalk", pair())).platform
    assert (stored.id, stored.type, stored.enabled) == ("dingtalk", "dingtalk", True)
    assert stored.holds(pair())
    assert text_of(tmp_path / "new.toml") == table("dingtalk")
    assert await target.platforms() == [stored]


async def test_a_table_is_appended_after_one_blank_line(file: Path) -> None:
    old = '[telegram]\ntoken = "1:a" # mine\n\n# the end'
    await write(file, old).store("dingtalk", pair())
    assert text_of(file) == f"{old}\n\n{table('dingtalk')}"


async def test_a_table_goes_right_behind_the_last_platform_and_nothing_moves(file: Path) -> None:
    head = f"{table('a', 'dingA')}# of a\n\n[other]\nx = 1\n\n{table('b', 'dingB')}# of b\n"
    tail = "\n# of the list\n[[list]]\ny = 2\n# the end\n"
    await write(file, head + tail).store("c", pair())
    assert text_of(file) == f"{head}\n{table('c')}{tail}"


async def test_comments_directly_above_the_next_table_stay_there(file: Path) -> None:
    head, tail = table("a", "dingA"), "# of other\n[other]\n"
    await write(file, head + tail).store("b", pair())
    assert text_of(file) == f"{head}\n{table('b')}\n{tail}"


async def test_the_next_free_id_is_taken(file: Path) -> None:
    target = write(file, '[platforms.dingtalk]\ntype = "other"\n[platforms]\ndingtalk_2 = 5\n')
    assert (await target.store("dingtalk", pair("A"))).platform.id == "dingtalk_3"
    assert (await target.store("dingtalk", pair("B"))).platform.id == "dingtalk_4"
    assert [p.client_id for p in await target.platforms()] == ["A", "B"]


async def test_a_known_client_id_is_updated_where_it_stands(file: Path) -> None:
    old = (
        "# head\n[platforms.sales] # mine\nnote = 'x'\nenabled = false   # off\n"
        'client_secret = "old" # secret\nclient_id = "dingNEW"\ntype = "dingtalk"\n[other]\n'
    )
    stored = (await write(file, old).store("dingtalk", pair())).platform
    assert (stored.id, stored.enabled) == ("sales", False)
    assert text_of(file) == old.replace('"old"', f'"{SECRET}"')


async def test_a_known_table_without_a_secret_gets_one(file: Path) -> None:
    old = '[platforms.a]\ntype = "dingtalk"\nclient_id = "dingNEW"'
    await write(file, old).store("dingtalk", pair())
    assert text_of(file) == f'{old}\nclient_secret = "{SECRET}"\n'


async def test_storing_what_is_there_writes_nothing(file: Path) -> None:
    target = write(file, table("a"))
    before = version(file)
    assert (await target.store("dingtalk", pair())).platform.id == "a"
    assert version(file) == before


async def test_of_two_tables_with_one_client_id_the_first_is_ours(file: Path) -> None:
    target = write(file, table("a", secret="1") + table("b", secret="2"))
    assert (await target.store("dingtalk", pair())).platform.id == "a"
    assert text_of(file) == table("a") + table("b", secret="2")


async def test_platforms_of_another_type_or_shape_are_not_ours(file: Path) -> None:
    text = (
        '[platforms]\nn = 1\n[platforms.a]\ntype = "lark_like"\napp_id = "dingNEW"\n'
        '[platforms.b]\ntype = "dingtalk"\n[platforms.c]\ntype = "dingtalk"\nclient_id = 5\n'
        '[[platforms.d]]\ntype = "dingtalk"\nclient_id = "dingNEW"\n'
    )
    target = write(file, text)
    assert await target.platforms() == []
    assert (await target.store("a", pair())).platform.id == "a_2"
    assert text_of(file).startswith(text)
    assert [p.id for p in await config_file(file, [LARK_LIKE]).platforms()] == ["a"]


async def test_a_platform_is_on_unless_it_says_something_else(file: Path) -> None:
    words = {"a": "", "b": "enabled = true", "c": "enabled = false", "d": "enabled = 1"}
    text = "".join(
        f'[platforms.{name}]\ntype = "dingtalk"\nclient_id = "{name}"\n{line}\n'
        for name, line in words.items()
    )
    found = await write(file, text).platforms()
    assert [(p.id, p.enabled) for p in found] == [
        *(("a", True), ("b", True), ("c", False), ("d", False))
    ]
    assert [p.client_secret.get_secret_value() for p in found] == [""] * 4


async def test_a_secret_that_is_no_text_is_none_and_is_replaced(file: Path) -> None:
    text = '[platforms.a]\ntype = "dingtalk"\nclient_id = "dingNEW"\nclient_secret = 5\n'
    target = write(file, text)
    [known] = await target.platforms()
    assert known.client_secret.get_secret_value() == ""
    await target.store("b", pair())
    assert text_of(file) == text.replace("5", f'"{SECRET}"')


async def test_another_type_is_kept_apart_from_ours(file: Path) -> None:
    target = config_file(file, [LARK_LIKE])
    file.write_text(table("a"))
    stored = (await target.store("a", lark_pair("dingNEW", SECRET))).platform
    assert (stored.id, stored.type) == ("a_2", "lark_like")
    assert text_of(file) == (
        f'{table("a")}\n[platforms.a_2]\ntype = "lark_like"\nenabled = true\n'
        f'app_id = "dingNEW"\napp_secret = "{SECRET}"\ndomain = "lark"\n'
    )
    assert [p.id for p in await config_file(file).platforms()] == ["a"]


def built(context: TargetContext, **keys: object) -> Target:
    return ConfigTable.model_validate({"kind": "config", **keys}).build(context)


async def test_the_kind_config_is_this_bots_own_file_unless_it_names_another(file: Path) -> None:
    context = context_in(file.parent, config=file.name)
    own, other = built(context), built(context, path="more/b.toml")
    assert (own.kind, own.key, own.place) == ("config", f"config:{file}", "config.toml")
    assert other.key == f"config:{file.parent / 'more' / 'b.toml'}"
    assert (other.place, own.after, other.single_slot) == ("more/b.toml", None, False)
    after = built(context, path=str(file), after={"command": ["true"]}).after
    assert after == Command(("true",))


async def test_another_holder_is_not_waited_for_without_time(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(seconds: float) -> None:
        pytest.fail("it was waited for")

    monkeypatch.setattr(time, "sleep", sleep)
    context = context_in(file.parent, config=file.name)
    targets = config_file(file, lock_seconds=0), built(context)
    with FolderLock(file):
        for target in targets:
            with refused(Code.LOCKED):
                await target.store("a", pair())


SHAPES = {
    "inline": 'platforms = {{ a = {{type="dingtalk", client_id="A", {0}}} }} # c\n[o]\nx = nan\n',
    "one inline each": '[platforms]\na = {{type="dingtalk", client_id="A", {0}}} # c\n\n[o]\n',
    "dotted": 'platforms.a.type="dingtalk"\nplatforms.a.client_id="A"\nplatforms.a.{0}\n\n[o]\n',
    "dotted below": '[platforms]\na.type = "dingtalk"\na . client_id = "A"\na.{0} # c\n\n[o]\n',
    "quoted": '["platforms" . "a"]\n"type" = """dingtalk"""\nclient_id = \'A\'\n{0} # c\n\n[o]\n',
    "look-alikes": (
        'x = """\n[platforms.z]\n"""\n[platforms.a]\ntype="dingtalk"\nclient_id="A"\n{0}\n'
        "y = [ # [\n  '''\n[platforms.q]\n''',\n]\n\n[o]\n"
    ),
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
async def test_platforms_may_be_written_in_any_way_toml_allows(
    file: Path, shape: str, mark: str, newline: str
) -> None:
    def text(secret: str) -> str:
        return mark + shape.format(f'client_secret="{secret}"').replace("\n", newline)

    target = write(file, text("old"))
    [known] = await target.platforms()
    assert (known.id, known.client_id) == ("a", "A")
    await target.store("dingtalk", pair("A"))
    assert text_of(file) == text(SECRET)
    added = (await target.store("b", pair("B"))).platform
    assert [p.id for p in await target.platforms()] == ["a", "b"]
    assert await target.remove("dingtalk", "B") == added
    assert text_of(file).replace(" }", "}") == text(SECRET).replace(" }", "}")
    assert (await target.set_enabled("dingtalk", "A", False)) is not None
    assert [p.enabled for p in await target.platforms()] == [False]
    assert await target.remove("dingtalk", "A") is not None
    assert await target.platforms() == []
    assert text_of(file).count("\n") == text_of(file).count(newline)


async def test_removing_takes_the_whole_table_and_nothing_else(file: Path) -> None:
    head, tail = "# head\n[x]\ny = 1\n\n# above\n", "\n# below\n[z]\n"
    own = table("a") + '# inside\n[platforms.a.sub]\nk = """\n[z]\n"""\n'
    far = "\n[platforms.a.far]\nj = 1\n"
    target = write(file, head + own + tail + far)
    assert (await target.remove("dingtalk", "dingNEW")) is not None
    assert text_of(file) == head + tail
    assert await target.remove("dingtalk", "dingNEW") is None


async def test_switching_changes_one_word(file: Path) -> None:
    old = table("a") + "\n[other]\nenabled = true\n"
    target = write(file, old)
    switched = await target.set_enabled("dingtalk", "dingNEW", False)
    assert switched is not None
    assert switched.enabled is False
    assert text_of(file) == old.replace("enabled = true", "enabled = false", 1)
    assert await target.set_enabled("dingtalk", "dingNEW", True) is not None
    assert text_of(file) == old
    assert await target.set_enabled("dingtalk", "unknown", True) is None


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (f'[telegram]\ntoken = "{SECRET}\n', 2, 30),
        (f"{table('a')}[platforms.a]\n", 6, 13),
        (f'a = """{SECRET}\n', 2, 1),
        ("a = " + "[" * 5000, 1, 5005),
        (f"a = '{SECRET}'\r\r", 1, 27),
    ],
)
async def test_a_file_that_does_not_parse_is_never_written(
    file: Path, text: str, line: int, column: int
) -> None:
    target = write(file, text)
    for attempt in (
        target.store("dingtalk", pair()),
        target.remove("dingtalk", "dingNEW"),
        target.set_enabled("dingtalk", "dingNEW", True),
        target.platforms(),
    ):
        with refused(Code.UNPARSABLE, line, column):
            await attempt
    assert text_of(file) == text
    assert not copy_of(file).exists()


@pytest.mark.parametrize("text", ["platforms = 1\n", "[[platforms]]\n", 'platforms = ["a"]\n'])
async def test_platforms_that_are_no_table_are_left_alone(file: Path, text: str) -> None:
    target = write(file, text)
    with refused(Code.WRONG_SHAPE, 1, 1):
        await target.store("dingtalk", pair())
    with refused(Code.WRONG_SHAPE, 1, 1):
        await target.platforms()
    assert text_of(file) == text


async def test_a_pair_without_a_client_id_or_a_utf8_form_is_not_written(file: Path) -> None:
    target = write(file, "x = 1\n")
    with refused(Code.NOT_READ_BACK):
        await target.store("dingtalk", pair(""))
    with refused(Code.VALUE_UNFIT):
        await target.store("dingtalk", pair("\ud800"))
    assert text_of(file) == "x = 1\n"


async def test_a_file_that_was_open_to_others_is_closed_with_a_warning(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    target = write(file, "")
    os.chmod(file, 0o644)
    with caplog.at_level(logging.WARNING):
        await target.store("dingtalk", pair())
    assert mode(file) == 0o600
    [record] = caplog.records
    assert "config.toml" in record.message
    assert SECRET not in record.message


async def test_eight_processes_that_store_at_once_all_succeed(file: Path) -> None:
    code = (
        "import asyncio, sys; from pathlib import Path\n"
        "from tests.support.credentials import ding_pair\n"
        "from tests.support.programs import config_file\n"
        "pair = ding_pair(sys.argv[2], 'x')\n"
        "asyncio.run(config_file(Path(sys.argv[1])).store('dingtalk', pair))"
    )
    children = [
        subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-c", code, str(file), f"ding{n}"], cwd=Path(__file__).parents[2]
        )
        for n in range(8)
    ]
    assert [child.wait() for child in children] == [0] * 8
    stored = await config_file(file).platforms()
    assert {p.client_id for p in stored} == {f"ding{n}" for n in range(8)}
    assert {p.id for p in stored} == {"dingtalk", *(f"dingtalk_{n}" for n in range(2, 9))}


any_text = st.text(st.characters(exclude_categories=["Cs"]))
bits = [
    "# comment [platforms.x]",
    "",
    "   ",
    "[telegram]\ntoken = 'a'",
    '[other."a.b"] # "x"\n\t"k = 1" = {a = 1, b = [1,\n2]}',
    "[[list]]\nx = 1979-05-27T07:32:00Z",
    "[[list]]\nx = [\n  [1], # ]\n  ['''\n[platforms]\n'''],\n]",
    '[text]\nx = """\n[platforms.dingtalk]\nclient_id = "dingNEW"\\\n"""',
    "[numbers]\nx = nan\ny = -0.0\nz = 0x1F\nb = true",
    '[platforms.a]\ntype = "dingtalk"\nclient_id = "A"\nclient_secret = "1"',
    '[platforms."b # c"]\ntype = "lark"\nx = 1 # one',
    "[platforms.a.sub]\ny = 1",
    "[platforms]",
]


@st.composite
def files(draw: st.DrawFn) -> str:
    """A TOML text of the bits above, in any order, with any line ends and byte order mark."""
    chosen = draw(st.lists(st.sampled_from(bits), max_size=12))
    text = "\n".join(b for n, b in enumerate(chosen) if b[:1] != "[" or b not in chosen[:n])
    text += draw(st.sampled_from(["", "\n", "\n\n"]))
    try:
        tomllib.loads(text)
    except ValueError:
        text = text.replace("[platforms]", "# none")
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return draw(st.sampled_from(["", "\ufeff"])) + text.replace("\n", newline)


@settings(deadline=None)
@given(old=files(), wanted=any_text, client_id=any_text.filter(bool), secret=any_text)
async def test_any_pair_round_trips_and_every_other_byte_stays(
    old: str, wanted: str, client_id: str, secret: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.toml"
        target = write(file, old)
        known = any(p.client_id == client_id for p in await target.platforms())
        stored = (await target.store(wanted, pair(client_id, secret))).platform
        assert stored.holds(pair(client_id, secret))
        assert stored in await target.platforms()
        new = text_of(file)
        if not known:
            same = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), None)
            same = min(len(old), len(new)) if same is None else same
            assert new.endswith(old[same:])
            added = new[same : len(new) - len(old) + same].strip().splitlines()
            assert len(new) > len(old)
            assert added
        assert (await target.store("another", pair(client_id, secret))).platform == stored
        assert text_of(file) == new
        await target.remove("dingtalk", client_id)
        if not known:
            left = tomllib.loads(text_of(file).removeprefix("\ufeff"))
            assert repr(left) == repr(tomllib.loads(old.removeprefix("\ufeff")))
            assert text_of(file).split() == old.split() or not old


@settings(deadline=None)
@given(bit=st.sampled_from(bits), mark=st.sampled_from(["", "\ufeff"]), secret=any_text)
async def test_any_new_secret_changes_nothing_but_the_old_one(
    bit: str, mark: str, secret: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.toml"
        own = "[platforms.own]\ntype = 'dingtalk'\nclient_id = 'own' # id\nclient_secret = "
        head, tail = f"{mark}# head\n\n{own}", f" # secret\nx = 1\n{bit}\n"
        target = write(file, f'{head}"""old\n# "old" """{tail}')
        stored = (await target.store("other", pair("own", secret))).platform
        assert stored.holds(pair("own", secret))
        assert stored in await target.platforms()
        new = text_of(file)
        assert new.startswith(head)
        assert new.endswith(tail)
        assert "\n" not in new[len(head) : -len(tail)]
