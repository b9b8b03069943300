"""Which addresses are allowed, and through which proxy each is reached."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap_bot.errors import ConfigError
from bootstrap_bot.urls import (
    ALL_PROXIES,
    HTTP_PROXIES,
    clean_base_url,
    clean_proxy,
    is_loopback,
    is_private_or_dotless,
    proxy_for,
)

TELEGRAM = "https://api.telegram.org"


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.8.7", "::1"]
)
def test_this_machine_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "localhost.example.com", "notlocalhost", "10.0.0.1", "0.0.0.0", "::", "128.0.0.1"]
)
def test_other_machines_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_an_ipv4_address_inside_ipv6_is_judged_as_what_it_is() -> None:
    assert is_loopback("::ffff:127.0.0.1")
    assert not is_loopback("::ffff:8.8.8.8")
    assert not is_private_or_dotless("::ffff:8.8.8.8")


@pytest.mark.parametrize("host", ["10.1.2.3", "192.168.0.9", "172.16.0.1", "fd00::1", "bot-api"])
def test_private_addresses_and_compose_names_are_known(host: str) -> None:
    assert is_private_or_dotless(host)


@pytest.mark.parametrize("host", ["", "8.8.8.8", "example.com", "2001:4860:4860::8888"])
def test_public_hosts_are_not_private(host: str) -> None:
    assert not is_private_or_dotless(host)


@pytest.mark.parametrize("host", ["134744072", "0x08080808"])
def test_a_public_address_written_as_one_number_is_not_a_compose_name(host: str) -> None:
    assert not is_private_or_dotless(host)


@pytest.mark.parametrize(
    ("given_url", "clean"),
    [
        (" https://API.telegram.org/ \n", "https://api.telegram.org"),
        ("https://example.com/Bot/Api//", "https://example.com/Bot/Api"),
        ("https://example.com:8443", "https://example.com:8443"),
        ("HTTP://127.0.0.1:8081/", "http://127.0.0.1:8081"),
        ("http://[::1]:8081", "http://[::1]:8081"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_base_addresses_are_stripped_and_lose_the_trailing_slash(
    given_url: str, clean: str
) -> None:
    assert clean_base_url(given_url).url == clean
    assert not clean_base_url(given_url).exposed


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com",
        "https://",
        "https://:443",
        "https://example.com:0",
        "https://example.com:99999",
        "https://example.com:port",
        "https://a..b",
        "https://user@example.com",
        "https://user:hunter2@example.com",
        "https://@example.com",
        "https://example.com?",
        "https://example.com/?a=1",
        "https://example.com/#",
        "https://exa mple.com",
        "https://example.com/a\tb",
        "https://example.com\\@evil.example",
        "https://[::1",
        "https://exämple.com",
        "http://example.com",
        "http://8.8.8.8",
        "http://localhost.example.com",
    ],
)
def test_everything_else_is_refused_without_being_quoted(url: str) -> None:
    for private_http in (False, True):
        with pytest.raises(ValueError, match=r"^must ") as refused:
            clean_base_url(url, private_http=private_http)
        assert "hunter2" not in str(refused.value)
        assert refused.value.__cause__ is None


@pytest.mark.parametrize("url", ["http://10.0.0.5:8081", "http://bot-api:8081"])
def test_http_in_a_private_network_needs_permission_and_is_marked_as_exposed(url: str) -> None:
    assert clean_base_url(url, private_http=True).exposed
    with pytest.raises(ValueError, match="must begin with https://"):
        clean_base_url(url)


@given(st.text())
def test_any_text_is_either_clean_or_refused(text: str) -> None:
    try:
        clean = clean_base_url(text, private_http=True).url
    except ValueError:
        return
    assert clean_base_url(clean, private_http=True).url == clean


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.0.0.1:1", "https://[::1]:1"])
def test_loopback_never_goes_through_a_proxy(url: str) -> None:
    assert proxy_for(url, "http://proxy:1", {"HTTPS_PROXY": "http://p:1"}) is None


def test_none_is_direct_whatever_the_environment_says() -> None:
    assert proxy_for(TELEGRAM, " None ", {"HTTPS_PROXY": "http://p:1"}) is None


def test_a_proxy_that_is_set_wins_over_the_environment_and_no_proxy() -> None:
    environ = {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}
    assert proxy_for(TELEGRAM, "socks5://own:1", environ) == "socks5://own:1"


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_the_environment_names_a_proxy_in_either_case(name: str) -> None:
    assert proxy_for(TELEGRAM, "", {name: " http://u:p@proxy:3128/ "}) == "http://u:p@proxy:3128"


def test_a_variable_of_the_scheme_comes_before_the_one_for_all() -> None:
    environ = {"ALL_PROXY": "socks5://a:1", "HTTPS_PROXY": "http://b:1", "HTTP_PROXY": "http://c:1"}
    assert proxy_for(TELEGRAM, "", environ) == "http://b:1"
    assert proxy_for("http://10.0.0.1", "", environ) == "http://c:1"


def test_an_empty_variable_counts_as_unset() -> None:
    assert proxy_for(TELEGRAM, "", {"https_proxy": " ", "HTTPS_PROXY": "http://b:1"}) == (
        "http://b:1"
    )
    assert proxy_for(TELEGRAM, "", {"HTTPS_PROXY": ""}) is None


def test_a_proxy_without_a_scheme_is_an_http_proxy() -> None:
    assert proxy_for(TELEGRAM, "", {"HTTPS_PROXY": "proxy:3128"}) == "http://proxy:3128"


@pytest.mark.parametrize(
    "exceptions",
    ["*", "api.telegram.org", ".telegram.org", "telegram.org", "*.telegram.org", "a, TELEGRAM.ORG"],
)
@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
def test_no_proxy_is_honoured(name: str, exceptions: str) -> None:
    assert proxy_for(TELEGRAM, "", {"HTTPS_PROXY": "http://p:1", name: exceptions}) is None


def test_no_proxy_knows_ports_and_networks() -> None:
    proxy = {"HTTP_PROXY": "http://p:1"}
    url = "http://10.1.2.3:8081"
    assert proxy_for(url, "", {**proxy, "NO_PROXY": "10.1.2.3:8081"}) is None
    assert proxy_for(url, "", {**proxy, "NO_PROXY": "10.0.0.0/8"}) is None
    assert proxy_for(url, "", {**proxy, "NO_PROXY": "10.1.2.3:80"}) == "http://p:1"
    assert proxy_for(url, "", {**proxy, "NO_PROXY": "11.0.0.0/8,not/a/network"}) == "http://p:1"


@pytest.mark.parametrize("exceptions", ["gram.org", "api.telegram.org.evil", "org.", ".", ","])
def test_no_proxy_does_not_match_half_a_name(exceptions: str) -> None:
    environ = {"HTTPS_PROXY": "http://p:1", "NO_PROXY": exceptions}
    assert proxy_for(TELEGRAM, "", environ) == "http://p:1"


@pytest.mark.parametrize("value", ["socks5://u:hunter2@proxy:1", "socks://p:1", "http://", "a b"])
def test_a_proxy_of_the_environment_that_cannot_be_used_names_variable_and_setting(
    value: str,
) -> None:
    with pytest.raises(ConfigError) as refused:
        proxy_for(
            "https://api.dingtalk.com",
            "",
            {"ALL_PROXY": value},
            schemes=HTTP_PROXIES,
            key="dingtalk.proxy",
        )
    [fault] = refused.value.faults
    assert (fault.source, fault.key) == ("ALL_PROXY", "dingtalk.proxy")
    assert "hunter2" not in str(refused.value)


def test_telegram_may_be_reached_through_socks() -> None:
    assert proxy_for(TELEGRAM, "", {"ALL_PROXY": "socks5h://proxy:1"}) == "socks5h://proxy:1"


@pytest.mark.parametrize("proxy", ["", "none", "http://p", "https://u:p@p:1", "socks5://p:1"])
def test_usable_proxy_settings_are_accepted(proxy: str) -> None:
    assert clean_proxy(f" {proxy} ", ALL_PROXIES) == proxy


@pytest.mark.parametrize("proxy", ["p:1", "socks4://p:1", "http://", "http://p/path", "direct"])
def test_unusable_proxy_settings_are_refused(proxy: str) -> None:
    with pytest.raises(ValueError, match="must be a proxy's address"):
        clean_proxy(proxy, ALL_PROXIES)
