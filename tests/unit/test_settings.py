"""What the owner may set, from the file and the environment."""

import re
from pathlib import Path

import pytest

from bootstrap_bot import registry
from bootstrap_bot.errors import ConfigError, Fault
from bootstrap_bot.providers.dingtalk.settings import DingTalkTable
from bootstrap_bot.settings.proxies import proxy_of, proxy_of_provider
from bootstrap_bot.settings.settings import (
    CONFIG_VARIABLE,
    Settings,
    load,
    tables,
    variables,
)
from bootstrap_bot.settings.table import keys_of

TABLES, ENVIRONMENT = tables(), variables()

TOKEN = "4242:AAsecretsecret"
TOKEN_LINE = f'[telegram]\ntoken = "{TOKEN}"\n'
EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.touch(0o600)
    return path


def faults(file: Path | None, environ: dict[str, str] | None = None) -> list[Fault]:
    with pytest.raises(ConfigError) as refused:
        load(file, environ or {})
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None
    assert len(str(refused.value).splitlines()) == len(refused.value.faults)
    return list(refused.value.faults)


def faults_of(file: Path, text: str, environ: dict[str, str] | None = None) -> dict[str, str]:
    file.write_text(text, encoding="utf-8")
    return {fault.key: fault.remedy for fault in faults(file, environ)}


def loaded(file: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    file.write_text(text, encoding="utf-8")
    return load(file, environ or {})


def dingtalk(settings: Settings) -> DingTalkTable:
    """What is set of DingTalk."""
    table = settings.providers["dingtalk"]
    assert isinstance(table, DingTalkTable)
    return table


def test_a_token_is_all_that_is_needed(file: Path) -> None:
    settings = loaded(file, TOKEN_LINE)
    assert settings.telegram.token.get_secret_value() == TOKEN
    assert settings.telegram.admins == ()
    assert settings.telegram.api_url == "https://api.telegram.org"
    assert dingtalk(settings).registration_url == "https://oapi.dingtalk.com"
    assert dingtalk(settings).source == "DING_DWS_CLAW"
    assert dingtalk(settings).api_url == "https://api.dingtalk.com"
    assert (settings.chat.language, settings.chat.timezone) == ("", "UTC")
    assert (settings.log.level, settings.log.as_json) == ("info", False)
    assert settings.security.confirm is False
    assert settings.path == file
    assert settings.state_path == file.parent / "bootstrap-bot.db"
    assert settings.warnings == ()


def test_the_example_is_valid_but_for_the_token_and_shows_every_default() -> None:
    assert [fault.key for fault in faults(EXAMPLE)] == ["telegram.token"]
    shown = load(EXAMPLE, {"TELEGRAM_BOT_TOKEN": TOKEN})
    plain = load(None, {"TELEGRAM_BOT_TOKEN": TOKEN})
    assert shown.providers == plain.providers
    for table in TABLES.keys() - plain.providers.keys():
        assert getattr(shown, table) == getattr(plain, table)


def test_the_example_names_every_setting_with_a_comment_above_it() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    for table, model in TABLES.items():
        section = lines[lines.index(f"[{table}]") + 1 :]
        for key in keys_of(model):
            at = next(i for i, line in enumerate(section) if line.startswith(f"{key} = "))
            assert section[at - 1].startswith("# ")


def test_the_environment_beats_the_file_and_is_stripped() -> None:
    names = sorted(registry.providers(), reverse=True)
    environ = {
        "TELEGRAM_BOT_TOKEN": f" {TOKEN}\n",
        "TELEGRAM_ADMINS": " 42 , 43,42 ",
        "TELEGRAM_API_URL": " https://tg.example.com/ ",
        "BOOTSTRAP_BOT_PLATFORMS": " , ".join([*names, *names]),
        "DINGTALK_REGISTRATION_BASE_URL": "https://oapi.example.com/",
        "DINGTALK_REGISTRATION_SOURCE": " OTHER ",
        "DINGTALK_OPENAPI_ENDPOINT": "https://api.example.com//",
    }
    assert set(environ) == set(ENVIRONMENT)
    settings = load(EXAMPLE, environ)
    assert settings.telegram.token.get_secret_value() == TOKEN
    assert settings.telegram.admins == (42, 43)
    assert settings.telegram.api_url == "https://tg.example.com"
    assert settings.offered == tuple(names)
    assert dingtalk(settings).registration_url == "https://oapi.example.com"
    assert dingtalk(settings).source == "OTHER"
    assert dingtalk(settings).api_url == "https://api.example.com"


def test_every_variable_stands_for_a_setting_that_exists() -> None:
    for table, key in ENVIRONMENT.values():
        assert key in keys_of(TABLES[table])


def test_an_empty_variable_counts_as_unset(file: Path) -> None:
    settings = loaded(file, TOKEN_LINE, dict.fromkeys(ENVIRONMENT, " "))
    assert settings.telegram.token.get_secret_value() == TOKEN


def test_a_variable_stands_in_for_a_value_of_the_wrong_type(file: Path) -> None:
    settings = loaded(file, TOKEN_LINE + "admins = true", {"TELEGRAM_ADMINS": "42"})
    assert settings.telegram.admins == (42,)


def test_a_missing_default_file_is_fine_when_the_environment_suffices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(None, {"TELEGRAM_BOT_TOKEN": TOKEN, CONFIG_VARIABLE: " "})
    assert settings.path == tmp_path / "config.toml"
    assert [(f.source, f.key) for f in faults(None)] == [("config.toml", "telegram.token")]


def test_a_missing_file_that_was_named_is_a_fault(tmp_path: Path) -> None:
    named = tmp_path / "other.toml"
    environ = {"TELEGRAM_BOT_TOKEN": TOKEN}
    assert [fault.source for fault in faults(named, environ)] == [str(named)]
    assert faults(None, environ | {CONFIG_VARIABLE: str(named)}) == faults(named, environ)


def test_the_argument_beats_the_variable(file: Path, tmp_path: Path) -> None:
    assert loaded(file, TOKEN_LINE, {CONFIG_VARIABLE: str(tmp_path / "no.toml")}).path == file


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (f'[telegram]\ntoken = "{TOKEN}"\nhunter2 hunter2\n'.encode(), "line 3, column 9"),
        (b'a = 1\nb = """hunter2', "line 2, column 15"),
        (b'a = 1\nb = "\xffhunter2"\n', "line 2, byte 6"),
        (b"a = 1\na = 'hunter2'\n", "line 2"),
    ],
)
def test_a_file_that_is_not_toml_is_one_fault_with_its_place_and_no_quotation(
    file: Path, content: bytes, where: str
) -> None:
    file.write_bytes(content)
    [fault] = faults(file)
    assert fault.source == str(file)
    assert where in fault.remedy
    assert "hunter2" not in str(fault)
    assert TOKEN not in str(fault)


def test_a_folder_in_the_files_place_is_a_fault(tmp_path: Path) -> None:
    assert "must be a file" in faults(tmp_path)[0].remedy


def test_a_byte_order_mark_and_windows_line_ends_are_read(file: Path) -> None:
    file.write_bytes(("\ufeff" + TOKEN_LINE.replace("\n", "\r\n")).encode())
    assert load(file, {}).telegram.token.get_secret_value() == TOKEN


def test_every_fault_is_listed_and_no_value_is_shown(file: Path) -> None:
    text = """
        state = "hunter2"
        [telegram]
        token = "hunter2"
        admins = [42, "hunter2"]
        api_url = "http://hunter2.example.com"
        proxy = "hunter2://x"
        [dingtalk]
        source = " "
        proxy = "socks5://u:hunter2@x:1"
        [chat]
        language = "hunter2"
        timezone = "hunter2"
        platforms = ["hunter2"]
        [log]
        level = "hunter2"
        json = "hunter2"
        [security]
        confirm = 1
    """
    found = faults_of(file, text)
    assert set(found) == {
        "state",
        "telegram.token",
        "telegram.admins",
        "telegram.api_url",
        "telegram.proxy",
        "dingtalk.source",
        "dingtalk.proxy",
        "chat.language",
        "chat.timezone",
        "log.level",
        "log.json",
        "security.confirm",
    }
    assert not any("hunter2" in remedy for remedy in found.values())
    assert "@BotFather" in found["telegram.token"]


@pytest.mark.parametrize("token", ["", "4242", ":abc", "4242:", "42a:abc", "4242:ab c", "١:abc"])
def test_a_token_of_another_shape_is_to_be_copied_from_botfather(file: Path, token: str) -> None:
    found = faults_of(file, f'telegram.token = "{token}"')
    assert "@BotFather" in found["telegram.token"]


@pytest.mark.parametrize("value", ["42", "4242.5", "true", "[]", "{}"])
def test_a_token_that_is_not_a_text_is_a_fault(file: Path, value: str) -> None:
    assert "telegram.token" in faults_of(file, f"telegram.token = {value}")


@pytest.mark.parametrize("admins", ["[true]", "[1.0]", '["42"]', "42", "[0]", "[-1001]", '"42"'])
def test_admins_are_whole_positive_numbers_in_a_list(file: Path, admins: str) -> None:
    assert set(faults_of(file, TOKEN_LINE + f"admins = {admins}")) == {"telegram.admins"}


@pytest.mark.parametrize("admins", ["hunter2", "42,,43", ",", "42;43", "-42", "4_2", "٤٢"])
def test_admins_of_the_environment_that_are_no_ids_name_the_variable(admins: str) -> None:
    [fault] = faults(None, {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_ADMINS": admins})
    assert (fault.source, fault.key) == ("TELEGRAM_ADMINS", "telegram.admins")
    assert "hunter2" not in str(fault)


def test_platforms_of_the_environment_that_are_unknown_name_the_variable() -> None:
    [fault] = faults(
        None, {"TELEGRAM_BOT_TOKEN": TOKEN, "BOOTSTRAP_BOT_PLATFORMS": "dingtalk,hunter2"}
    )
    assert (fault.source, fault.key) == ("BOOTSTRAP_BOT_PLATFORMS", "chat.platforms")
    assert "dingtalk" in fault.remedy
    assert "hunter2" not in str(fault)


@pytest.mark.parametrize("value", ['"dingtalk"', "[1]", "{ dingtalk = true }", '[""]'])
def test_platforms_are_known_ones_in_a_list(file: Path, value: str) -> None:
    assert set(faults_of(file, f"{TOKEN_LINE}[chat]\nplatforms = {value}")) == {"chat.platforms"}


def test_all_platforms_are_offered_unless_some_are_named(file: Path) -> None:
    assert loaded(file, TOKEN_LINE).offered == tuple(registry.providers())
    some = loaded(file, f'{TOKEN_LINE}[chat]\nplatforms = ["dingtalk"]')
    assert (some.offered, some.only_offered) == (("dingtalk",), "dingtalk")


@pytest.mark.parametrize(
    ("line", "key", "hint"),
    [
        ('[telegram]\ntokn = "hunter2"', "telegram.tokn", "did you mean token?"),
        ("[log]\nas_json = true", "log.as_json", "did you mean json?"),
        ("[state]\nzzzz = 1", "state.zzzz", "known are path"),
        ('[chat]\n"a\\nb" = 1', 'chat."a\\nb"', "known are language, timezone, platforms"),
    ],
)
def test_an_unknown_key_names_the_nearest_known_one(
    file: Path, line: str, key: str, hint: str
) -> None:
    assert hint in faults_of(file, line, {"TELEGRAM_BOT_TOKEN": TOKEN})[key]


def test_other_peoples_tables_and_platforms_are_left_alone(file: Path) -> None:
    text = TOKEN_LINE + "[other]\ntoken = 1\n[platforms.x]\nclient_id = false\n[[platforms.y]]\n"
    assert loaded(file, text).warnings == ()


def test_text_is_stripped_and_relative_state_begins_beside_the_config(file: Path) -> None:
    text = TOKEN_LINE + '[state]\npath = " sub/state.db "\n[log]\nlevel = " DEBUG "\njson = true'
    settings = loaded(file, text)
    assert settings.state_path == file.parent / "sub" / "state.db"
    assert (settings.log.level, settings.log.as_json) == ("debug", True)


def test_a_journal_that_nobody_brings_is_a_fault(file: Path) -> None:
    text = TOKEN_LINE + '[state]\npath = "postgresql://me:hunter2@host/db"'
    assert faults_of(file, text) == {"state.path": "must be a file"}


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "UTC"])
def test_time_zones_are_those_of_the_system(file: Path, zone: str) -> None:
    assert loaded(file, TOKEN_LINE + f'[chat]\ntimezone = "{zone}"').chat.timezone == zone


@pytest.mark.parametrize("zone", ["", "Asia", "/etc/passwd", "../UTC", "Mars/Base"])
def test_what_is_no_time_zone_is_a_fault(file: Path, zone: str) -> None:
    assert "chat.timezone" in faults_of(file, TOKEN_LINE + f'[chat]\ntimezone = "{zone}"')


def test_http_to_a_private_bot_api_server_is_a_warning(file: Path) -> None:
    settings = loaded(file, TOKEN_LINE + 'api_url = "http://bot-api:8081/"')
    assert settings.telegram.api_url == "http://bot-api:8081"
    assert [w.key for w in settings.warnings] == ["telegram.api_url"]


def test_http_to_dingtalk_is_allowed_on_loopback_only(file: Path) -> None:
    text = TOKEN_LINE + '[dingtalk]\napi_url = "{}"'
    assert loaded(file, text.format("http://127.0.0.1:9")).warnings == ()
    assert "dingtalk.api_url" in faults_of(file, text.format("http://dingtalk:9"))


@pytest.mark.parametrize(
    "secret",
    [
        TOKEN_LINE,
        '[telegram]\nproxy = "http://u:p@x"',
        '[dingtalk]\nproxy = "http://u:p@x"',
        '[platforms.a]\nclient_secret = "x"',
    ],
)
def test_a_file_with_a_secret_that_others_may_read_is_a_warning(file: Path, secret: str) -> None:
    environ = {"TELEGRAM_BOT_TOKEN": TOKEN}
    file.chmod(0o640)
    assert [w.source for w in loaded(file, secret, environ).warnings] == [str(file)]
    assert loaded(file, "", environ).warnings == ()
    file.chmod(0o600)
    assert loaded(file, secret, environ).warnings == ()


def test_secrets_hide_from_repr_and_str(file: Path) -> None:
    settings = loaded(file, TOKEN_LINE + 'proxy = "http://u:hunter2@p:1"')
    assert TOKEN not in f"{settings!r}{settings}"
    assert "hunter2" not in f"{settings!r}{settings}"


def test_an_environment_proxy_that_only_telegram_can_use_is_a_fault_of_each_platform(
    file: Path,
) -> None:
    environ = {"ALL_PROXY": "socks5://u:hunter2@p:1"}
    file.write_text(TOKEN_LINE)
    found = [(fault.source, fault.key) for fault in faults(file, environ)]
    assert found == [("ALL_PROXY", f"{name}.proxy") for name in registry.providers()]
    settings = loaded(file, TOKEN_LINE + '[dingtalk]\nproxy = "none"', environ)
    assert proxy_of(settings.telegram, environ) == environ["ALL_PROXY"]
    table = dingtalk(settings)
    assert proxy_of_provider("dingtalk", table, table.api_url, environ) is None


def test_a_platform_that_nobody_named_and_no_proxy_leads_to_is_left_out(file: Path) -> None:
    environ = {"ALL_PROXY": "socks5://u:hunter2@p:1"}
    text = TOKEN_LINE + '[dingtalk]\nproxy = "none"\n'
    settings = loaded(file, text, environ)
    assert settings.offered == ("dingtalk",)
    others = [name for name in registry.providers() if name != "dingtalk"]
    assert [fault.key for fault in settings.warnings] == [f"{name}.proxy" for name in others]
    for name in others:
        for named in (f"[{name}]\n", f'[chat]\nplatforms = ["{name}"]\n'):
            assert set(faults_of(file, text + named, environ)) == {f"{name}.proxy"}


def test_every_fault_names_a_file_or_a_variable_first(file: Path) -> None:
    file.write_text("[telegram]\nadmins = 1\n")
    for line in map(str, faults(file)):
        assert re.match(rf"({re.escape(str(file))}|[A-Z_]+): telegram\.\w+: ", line)
