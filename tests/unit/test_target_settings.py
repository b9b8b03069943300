"""[[targets]]: what may be set, and what is said of everything else."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bootstrap_bot import registry
from bootstrap_bot.app import context_of, proxies_of, secrets_of, targets_of
from bootstrap_bot.editing.format import Keys
from bootstrap_bot.errors import ConfigError
from bootstrap_bot.http import Http
from bootstrap_bot.settings import settings
from bootstrap_bot.settings.targets import overlap, proxy_of_target
from bootstrap_bot.targets.any_file import keys_of
from bootstrap_bot.targets.tables import TargetTable
from bootstrap_bot.targets.target import Target
from tests.support.lark_like import LARK_LIKE
from tests.support.programs import DINGTALK, PLATFORMS
from tests.support.scene import TOKEN

KEY = "abk_secret-that-must-not-show"
ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / "config.example.toml").read_text(encoding="utf-8")
FILE = 'kind = "file"\npath = "/srv/bot.yaml"\n'
SET = 'set = {{ "a.id" = "{{client_id}}", "a.secret" = "{{client_secret}}"{more} }}\n'
MINIMAL = {
    "astrbot": f'api_key = "{KEY}"\n',
    "file": 'path = "/srv/bot.yaml"\n' + SET.format(more=""),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.touch(0o600)
    return path


def write(file: Path, *targets: str) -> None:
    tables = "".join(f"[[targets]]\n{target}" for target in targets)
    file.write_text(f'[telegram]\ntoken = "{TOKEN}"\n{tables}', encoding="utf-8")


def load(file: Path, *targets: str, **environ: str) -> settings.Settings:
    write(file, *targets)
    return settings.load(file, environ)


def faults(file: Path, *targets: str, **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(file, *targets, **environ)
    assert KEY not in str(caught.value)
    assert TOKEN not in str(caught.value)
    return [f"{fault.key}: {fault.remedy}" for fault in caught.value.faults]


def built(loaded: settings.Settings) -> list[Target]:
    return targets_of(loaded.targets, context_of(loaded, Http(), 0.0))


def minimal(kind: str) -> str:
    return f'kind = "{kind}"\n' + MINIMAL.get(kind, "")


def test_without_targets_this_bots_own_config_is_one(file: Path) -> None:
    (target,) = built(load(file))
    assert (target.key, target.place) == (f"config:{file}", "config.toml")


@pytest.mark.parametrize("kind", registry.targets())
def test_every_kind_needs_little_and_is_a_target(file: Path, kind: str) -> None:
    (target,) = built(load(file, minimal(kind)))
    assert target.kind == kind
    assert target.key.startswith(f"{kind}:")
    assert target.after is None


@pytest.mark.parametrize("kind", registry.targets())
def test_every_kind_is_in_the_readme_and_in_the_example(kind: str) -> None:
    assert f"`{kind}`" in README
    assert f'kind = "{kind}"' in EXAMPLE


def test_the_examples_targets_are_right(file: Path) -> None:
    lines = EXAMPLE.partition("# [[targets]]")
    tables = "".join(lines[1:]).partition("# What a success")[0]
    text = "\n".join(line.removeprefix("# ") for line in tables.splitlines())
    given = tomllib.loads(text)["targets"]
    assert {one["kind"] for one in given} == set(registry.targets())
    file.write_text(f'[telegram]\ntoken = "{TOKEN}"\n{text}', encoding="utf-8")
    assert len(built(settings.load(file, {}))) == len(given)


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("hermes", "~/.hermes/.env"),
        ("openclaw", "~/.openclaw/openclaw.json"),
        ("nanobot", "~/.nanobot/config.json"),
        ("qwenpaw", "~/.qwenpaw/workspaces/default/agent.json"),
        ("cowagent", "~/CowAgent/config.json"),
        ("astrbot-file", "~/AstrBot/data/cmd_config.json"),
    ],
)
def test_usual_places_are_the_defaults_and_home_is_found(
    file: Path, kind: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (target,) = built(load(file, f'kind = "{kind}"\n'))
    assert target.place == place
    assert target.key.partition("#")[0] == f"{kind}:{place.replace('~', str(tmp_path))}"


def test_a_relative_path_begins_beside_the_config(file: Path) -> None:
    (target,) = built(load(file, 'kind = "hermes"\npath = "hermes/.env"\n'))
    assert target.key == f"hermes:{file.parent}/hermes/.env"
    assert target.place == "hermes/.env"


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("", "[[targets]] 1, kind: must be one of config, astrbot, astrbot-file, hermes"),
        ('kind = "herms"\n', "[[targets]] 1, kind: must be one of config, astrbot"),
        ("kind = 3\n", "[[targets]] 1, kind: must be one of"),
        ('kind = "astrbot"\n', "[[targets]] 1, api_key: is missing: set it, or $ASTRBOT_API_KEY"),
        ('kind = "astrbot"\napi_key = ""\n', "[[targets]] 1, api_key: must be an API key"),
        ('kind = "astrbot"\napi_key = "a b"\n', "[[targets]] 1, api_key: must be an API key"),
        ('kind = "astrbot"\napi_key = 3\n', "[[targets]] 1, api_key: must be an API key"),
        (
            f'kind = "astrbot"\napi_key = "{KEY}"\nurl = "http://astrbot.example.com"\n',
            "[[targets]] 1, url: must begin with https://",
        ),
        ('kind = "hermes"\npath = ""\n', "[[targets]] 1, path: must be a file's path"),
        ('kind = "hermes"\npaht = "x"\n', "[[targets]] 1, paht: is not a setting; did you mean"),
        ('kind = "openclaw"\nchannel = "feishu"\n', "[[targets]] 1, channel: must be"),
        (FILE, "[[targets]] 1, set: is missing: set it to a table such as"),
        (FILE + 'set = { "a" = "{client_id}" }\n', "[[targets]] 1, set: must have one key with"),
        (FILE + "set = 3\n", "[[targets]] 1, set: must be a table such as"),
        (FILE + SET.format(more=', "a..b" = "x"'), "[[targets]] 1, set: must have keys such as"),
        (FILE + SET.format(more=', "a = 1" = "x"'), "[[targets]] 1, set: must have keys such as"),
        ('kind = "file"\npath = "a.ini"\n' + SET.format(more=""), "[[targets]] 1, path: must be"),
        (
            'kind = "file"\npath = ".env"\n' + SET.format(more=""),
            "[[targets]] 1, set: must have names of variables as keys",
        ),
        (
            'kind = "hermes"\n[targets.after]\n',
            "[[targets]] 1, after.command: is missing: set it to a program and its arguments",
        ),
        (
            'kind = "hermes"\n[targets.after]\ncommand = "systemctl restart"\n',
            "[[targets]] 1, after.command: must be a program and its arguments",
        ),
        (
            'kind = "hermes"\n[targets.after]\ncommand = []\n',
            "[[targets]] 1, after.command: must be a program and its arguments",
        ),
        (
            'kind = "hermes"\n[targets.after]\ncommand = ["x"]\nenv = ["A=1"]\n',
            "[[targets]] 1, after.env: must be names of variables",
        ),
        (
            'kind = "hermes"\n[targets.after]\ncommand = ["x"]\nshell = true\n',
            "[[targets]] 1, after.shell: is not a setting",
        ),
        ('kind = "hermes"\nafter = "x"\n', "[[targets]] 1, after: must be a table that begins"),
    ],
)
def test_what_is_wrong_is_said_with_the_targets_number_and_key(
    file: Path, target: str, fault: str
) -> None:
    found = faults(file, target)
    assert any(one.startswith(fault) for one in found), found


def test_every_target_with_a_fault_is_named(file: Path) -> None:
    found = faults(file, 'kind = "hermes"\n', 'kind = "x"\n', 'kind = "astrbot"\n')
    assert [one.partition(":")[0] for one in found] == [
        "[[targets]] 2, kind",
        "[[targets]] 3, api_key",
    ]


@pytest.mark.parametrize("text", ["targets = 3\n", 'targets = ["hermes"]\n', "[targets]\n"])
def test_targets_are_a_list_of_tables(file: Path, text: str) -> None:
    file.write_text(f'{text}[telegram]\ntoken = "{TOKEN}"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        settings.load(file, {})
    assert [fault.key for fault in caught.value.faults] == ["targets"]


def test_the_same_place_twice_is_a_fault(file: Path) -> None:
    twice = 'kind = "hermes"\npath = "a"\n'
    again = twice + '[targets.after]\ncommand = ["x"]\n'
    assert faults(file, twice, again) == ["[[targets]] 2: is the same place as one before it"]
    assert len(load(file, twice, 'kind = "hermes"\npath = "b"\n').targets) == 2


def test_the_environment_stands_in_for_a_missing_key_alone(file: Path) -> None:
    bare, own = 'kind = "astrbot"\n', f'kind = "astrbot"\nurl = "http://b:1"\napi_key = "{KEY}"\n'
    loaded = load(file, bare, own, ASTRBOT_API_KEY=" abk_environment ")
    keys: list[Any] = [target.secrets[0].get_secret_value() for target in loaded.targets]
    assert keys == ["abk_environment", KEY]


def test_an_api_key_is_a_secret_like_the_others(file: Path) -> None:
    loaded = load(file, minimal("astrbot"))
    assert KEY not in repr(loaded)
    assert KEY in secrets_of(loaded)
    file.chmod(0o644)
    write(file, minimal("astrbot"))
    text = file.read_text(encoding="utf-8").replace(f'token = "{TOKEN}"\n', "")
    file.write_text(text, encoding="utf-8")
    warned = settings.load(file, {"TELEGRAM_BOT_TOKEN": TOKEN}).warnings
    assert any("chmod 600" in warning.remedy for warning in warned)


def test_http_beyond_this_machine_is_a_warning(file: Path) -> None:
    near = minimal("astrbot") + 'url = "http://192.168.1.5:6185/"\n'
    (warning,) = load(file, near).warnings
    assert (warning.key, "read along" in warning.remedy) == ("[[targets]] 1, url", True)
    assert load(file, minimal("astrbot")).warnings == ()


def test_a_machine_nearby_is_reached_directly_and_one_far_away_through_the_proxy(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"HTTPS_PROXY": "http://proxy:1", "HTTP_PROXY": "http://proxy:1"}
    for near in (
        "http://localhost:6185",
        "http://127.0.0.1:1",
        "http://astrbot",
        "http://10.0.0.1",
    ):
        assert proxy_of_target(near, environ) is None
    assert proxy_of_target("https://astrbot.example.com", environ) == "http://proxy:1"
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    far = minimal("astrbot") + 'url = "https://astrbot.example.com"\n'
    proxies = proxies_of(load(file, far, **environ))
    assert proxies["https://astrbot.example.com"] == "http://proxy:1"


def test_a_proxy_that_cannot_be_used_is_a_fault(file: Path) -> None:
    far = minimal("astrbot") + 'url = "https://astrbot.example.com"\n'
    found = faults(file, far, HTTPS_PROXY="socks5://proxy:1", NO_PROXY="dingtalk.com,telegram.org")
    assert any("is not a proxy beginning with" in one for one in found)


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("a", ("a",)),
        ("a.b-c.d_1", ("a", "b-c", "d_1")),
        ('"a.b".c', ("a.b", "c")),
        ("'a.b' . c", ("a.b", "c")),
        ('plugins."adapter-dingtalk:x".secret', ("plugins", "adapter-dingtalk:x", "secret")),
        ('"a=b"', ("a=b",)),
        ("a.0.b . 12", ("a", 0, "b", 12)),
        ('a."0".b', ("a", "0", "b")),
        ("a.'0'", ("a", "0")),
        ("0.a", ("0", "a")),
        ("a.007.-1.1_0.x1", ("a", "007", "-1", "1_0", "x1")),
        (r'"a\".0".0', ('a".0', 0)),
    ],
)
def test_a_key_is_written_as_in_toml(key: str, path: Keys) -> None:
    assert keys_of(key) == path


@pytest.mark.parametrize("key", ["", ".", "a.", "a b", "a = 1\nb", "a = 0 #", "[a]", 'a."b', "a\n"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="must have keys such as"):
        keys_of(key)


def test_a_file_that_names_commands_and_that_others_may_write_is_a_warning(file: Path) -> None:
    file.write_text(
        '[[targets]]\nkind = "hermes"\n[targets.after]\ncommand = ["x"]\n', encoding="utf-8"
    )
    environ = {"TELEGRAM_BOT_TOKEN": TOKEN}
    file.chmod(0o644)
    assert settings.load(file, environ).warnings == ()
    file.chmod(0o664)
    (warning,) = settings.load(file, environ).warnings
    assert "names commands and others may write it" in warning.remedy


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('kind = "hermes"\npath = "h/.env"\n', 'kind = "hermes"\npath = "h/../h/.env"\n'),
        ('kind = "config"\n', 'kind = "config"\npath = "./config.toml"\n'),
        ('kind = "astrbot"\napi_key = "a"\n', 'kind = "astrbot"\napi_key = "b"\n'),
        (
            'kind = "file"\npath = "/srv/bot.yaml"\n' + SET.format(more=""),
            'kind = "file"\npath = "/srv/bot.yaml"\n' + SET.format(more=', "b" = "x"'),
        ),
    ],
)
def test_one_place_in_two_spellings_is_one_place(file: Path, one: str, other: str) -> None:
    assert faults(file, one, other) == ["[[targets]] 2: is the same place as one before it"]


def test_two_channels_of_one_file_are_two_places(file: Path) -> None:
    official = 'kind = "openclaw"\n'
    targets = built(load(file, official, official + 'channel = "dingtalk"\n'))
    assert len({target.key for target in targets}) == 2


@pytest.mark.parametrize(
    ("text", "key", "meant"),
    [
        ('[[target]]\nkind = "hermes"\n', "[target]", "[[targets]]"),
        ('[[Targets]]\nkind = "hermes"\n', "[Targets]", "[[targets]]"),
        ('[after]\ncommand = ["x"]\n', "[after]", "[targets.after]"),
    ],
)
def test_a_table_that_looks_like_targets_is_a_warning(
    file: Path, text: str, key: str, meant: str
) -> None:
    file.write_text(f'{text}[telegram]\ntoken = "{TOKEN}"\n', encoding="utf-8")
    (warning,) = settings.load(file, {}).warnings
    assert (warning.key, meant in warning.remedy) == (key, True)


def test_a_kind_that_is_nearly_right_is_named(file: Path) -> None:
    (fault,) = faults(file, 'kind = "herms"\n')
    assert fault.endswith("did you mean hermes?")


def test_keys_of_which_one_leads_through_another_are_refused(file: Path) -> None:
    text = FILE + 'set = { "a" = "{client_id}", "a.b" = "{client_secret}" }\n'
    assert any("none leads through another" in fault for fault in faults(file, text))


@pytest.mark.parametrize(
    ("key", "refused"), [("a.0.x", True), ('a."0".x', False), ("b.0.x", False), ("a.id2", False)]
)
def test_a_place_that_were_a_list_and_a_table_is_refused(
    file: Path, key: str, refused: bool
) -> None:
    text = FILE + SET.format(more=f", {key!r} = 1")
    if not refused:
        load(file, text)
        return
    (fault,) = faults(file, text)
    assert "set: must not have both a number and a name in the same place" in fault


@pytest.mark.parametrize("kind", ["hermes", "config", "qwenpaw", "file"])
def test_a_home_that_nobody_has_is_a_fault(file: Path, kind: str) -> None:
    text = f'kind = "{kind}"\npath = "~nobody-at-all/x.yaml"\n'
    found = faults(file, text + (SET.format(more="") if kind == "file" else ""))
    assert any("path: must be a file's path" in fault for fault in found)


def test_a_target_is_for_the_platforms_that_it_names(file: Path) -> None:
    (target,) = built(load(file, f'{minimal("hermes")}platforms = ["dingtalk"]\n'))
    assert target.speaks("dingtalk")
    assert target.key == f"{built(load(file, minimal('hermes')))[0].key}#dingtalk"


@pytest.mark.parametrize(
    ("platforms", "said"),
    [
        ("[]", 'must be a list of platforms such as ["dingtalk"]'),
        ('"dingtalk"', 'must be a list of platforms such as ["dingtalk"]'),
        ('["ding"]', "must be a list of some of these: dingtalk"),
        ('["dingtalk", "slack"]', "must be a list of some of these: dingtalk"),
    ],
)
def test_platforms_that_nobody_knows_are_a_fault(file: Path, platforms: str, said: str) -> None:
    (fault,) = faults(file, f"{minimal('config')}platforms = {platforms}\n")
    assert fault.startswith(f"[[targets]] 1, platforms: {said}")


def test_a_platform_without_a_place_is_a_fault() -> None:
    homeless = replace(LARK_LIKE, name="homeless", placements={})
    table = table_of("hermes", platforms=["dingtalk", "homeless"])
    assert list(table.faults([DINGTALK, homeless])) == [
        ("platforms", "must go without what this kind has no place for: homeless")
    ]
    assert list(table_of("hermes").faults([DINGTALK, homeless])) == []


NEEDED = 'must have one key with "{app_id}" and one with "{app_secret}" as its value'


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"a.id": "{app_id}", "a.secret": "{app_secret}"}, []),
        ({"a": "{app_id}", "b": "{app_secret}", "c": "x {domain}{owner_open_id}"}, []),
        ({"a": "x{app_id}", "b": "{app_secret}"}, [NEEDED]),
        ({"a": "{app_id}", "b": "x"}, [NEEDED]),
        (
            {"a": "{app_id}", "b": "{app_secret}", "c": "{client_id}"},
            [
                "must have nothing else in braces than "
                "{app_id}, {app_secret}, {domain}, {owner_open_id}"
            ],
        ),
    ],
)
def test_a_files_values_are_the_fields_of_the_platforms_it_names(
    wanted: dict[str, str], said: list[str]
) -> None:
    table = table_of("file", platforms=["lark_like"], path="x.yaml", set=wanted)
    assert list(table.faults(PLATFORMS)) == [("set", right) for right in said]


def test_a_file_without_platforms_is_dingtalks(file: Path) -> None:
    both = '{ "a" = "{client_id}", "b" = "{client_secret}", "c" = "{app_id}" }'
    (target,) = built(load(file, f'kind = "file"\npath = "x.yaml"\nset = {both}\n'))
    assert target.speaks("dingtalk")
    table = table_of("file", path="x.yaml", set=tomllib.loads(f"set = {both}")["set"])
    assert [platform.name for platform in table.named(PLATFORMS)] == ["dingtalk"]


def test_one_place_is_for_several_targets_with_other_platforms(file: Path) -> None:
    once, twice = table_of("hermes", platforms=["dingtalk"]), table_of("hermes")
    other = table_of("hermes", platforms=["lark_like"])
    assert overlap(once, twice, file, PLATFORMS)
    assert not overlap(once, other, file, PLATFORMS)
    assert not overlap(once, table_of("nanobot"), file, PLATFORMS)


def table_of(kind: str, **keys: object) -> TargetTable:
    return registry.targets()[kind].model_validate({"kind": kind, **keys})
