"""Platforms, targets and journals are found: built-in ones, and another distribution's."""

import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from bootstrap_bot import registry
from bootstrap_bot.providers.provider import ProviderKind
from bootstrap_bot.targets.tables import TargetTable, kind_of

MODULE = """
from pathlib import Path
from typing import Literal

from bootstrap_bot.credentials import Field
from bootstrap_bot.http import Http
from bootstrap_bot.journals.kind import JournalKind
from bootstrap_bot.providers.dingtalk.provider import DingTalk
from bootstrap_bot.providers.provider import Policy, Provider, ProviderKind, ProviderTable
from bootstrap_bot.settings.table import BaseUrl
from bootstrap_bot.targets.hermes import HermesTable
from tests.support.memory_journal import MemoryJournal


class CloudTable(ProviderTable):
    VARIABLES = {"url": "CLOUD_URL"}
    url: BaseUrl = "https://cloud.example.com"

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.url,)


def build(http: Http, table: ProviderTable) -> Provider:
    return DingTalk(http, table.url, "s", table.url)


KIND = ProviderKind(
    "cloud",
    (Field("id", "Id"), Field("pass", "Pass", secret=True)),
    "id",
    Policy(),
    CloudTable,
    build,
    Path(__file__).parent / "locale",
    ("page",),
)


class MineTable(HermesTable):
    kind: Literal["mine"]


class CloudJournal(MemoryJournal):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address


JOURNAL = JournalKind("cloud", CloudJournal)
"""
ENTRY_POINTS = """
[bootstrap_bot.providers]
cloud = somebodys:KIND
[bootstrap_bot.targets]
mine = somebodys:MineTable
[bootstrap_bot.journals]
memory = somebodys:JOURNAL
"""
PROGRAM = """
import sys
from pathlib import Path
from bootstrap_bot import registry
from bootstrap_bot.app import journal_of
from bootstrap_bot.settings import settings

loaded = settings.load(Path(sys.argv[1]), {"CLOUD_URL": "https://other.example.com"})
print(list(registry.providers()), loaded.providers["cloud"].url, loaded.targets[0].kind)
print(journal_of(loaded).address, loaded.state_path)
"""
SPOKEN = """
from bootstrap_bot.chat.texts import Texts

cloud = Texts("zh", "cloud")
print(cloud.plain("platform.name"), cloud("waiting.title"), cloud.plain("button.page"))
print(Texts("en")("platforms.title").splitlines()[0])
"""
CONFIG = """
[telegram]
token = "1:a"
[cloud]
url = "https://third.example.com"
[state]
path = "cloud://a/b"
[[targets]]
kind = "mine"
path = "x.env"
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with another distribution in it."""
    (tmp_path / "somebodys.py").write_text(MODULE)
    info = tmp_path / "somebodys-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: somebodys\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    words = Catalog(locale="en")
    words.add("platform.name", "Cloud")
    words.add("button.page", "Open the page")
    folder = tmp_path / "locale" / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "bootstrap_bot.mo").open("wb") as file:
        write_mo(file, words)
    return tmp_path


def said(installed: Path, program: str, *arguments: str) -> str:
    """What a program says that has both distributions."""
    path = [str(installed), str(Path(registry.__file__).parents[1])]
    program = f"import sys; sys.path[:0] = {path!r}\n{program}"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout


def test_another_distribution_brings_a_platform_a_target_and_a_journal(installed: Path) -> None:
    config = installed / "config.toml"
    config.write_text(CONFIG)
    config.chmod(0o600)
    # the environment stands above the file for somebody else's settings too
    assert said(installed, PROGRAM, str(config)) == (
        f"{[*registry.providers(), 'cloud']} https://other.example.com mine\ncloud://a/b None\n"
    )


def test_another_distributions_platform_speaks_by_its_own_catalogues(installed: Path) -> None:
    """In English where it lacks a language; what is about no certain platform names none."""
    assert said(installed, SPOKEN).splitlines() == [
        "Cloud <b>接入一个Cloud机器人</b> Open the page",
        "<b>Your bots</b>",
    ]


def test_every_line_of_the_registry_leads_to_what_it_names() -> None:
    assert len(registry.providers()) == len(registry.PROVIDERS)
    assert list(registry.journals()) == [""]
    assert len(registry.targets()) == len(registry.TARGETS)
    for name, table in registry.targets().items():
        assert kind_of(table) == name


@pytest.mark.parametrize("kind", registry.providers().values(), ids=registry.providers())
def test_a_platform_says_what_it_gives_out(kind: ProviderKind) -> None:
    names = [field.name for field in kind.fields]
    assert kind.account in names
    assert len(set(names)) == len(names)
    assert any(field.secret for field in kind.fields)
    assert not next(field for field in kind.fields if field.name == kind.account).secret
    assert set(kind.table.VARIABLES) <= set(kind.table.model_fields)


@pytest.mark.parametrize("table", registry.targets().values(), ids=kind_of)
def test_a_cell_is_said_once(table: type[TargetTable]) -> None:
    brought = {
        name
        for name, platform in registry.providers().items()
        if (table.PROGRAM or kind_of(table)) in platform.placements
    }
    assert brought & set(table.PLACEMENTS) == set()
    assert set(table.PLACEMENTS) <= set(registry.providers())


@pytest.mark.parametrize("platform", registry.providers().values(), ids=registry.providers())
def test_a_platforms_placements_are_for_programs_that_there_are(platform: ProviderKind) -> None:
    programs = {table.PROGRAM or kind for kind, table in registry.targets().items()}
    assert set(platform.placements) <= programs


@pytest.mark.parametrize("kind", registry.targets())
def test_a_placement_has_what_tells_a_bot_and_lets_it_in(kind: str) -> None:
    for platform in registry.providers().values():
        if placement := registry.targets()[kind].placement(platform):
            names = {one.name for one in platform.fields}
            needed = {platform.account} | {one.name for one in platform.fields if one.secret}
            assert needed <= set(placement.keys) <= names
            assert len(set(placement.keys.values())) == len(placement.keys)
            assert set(placement.forms) <= set(placement.keys)
