"""The proxies through which Telegram and the platforms are reached, and what is wrong with them."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from bootstrap_bot.errors import ConfigError, Fault
from bootstrap_bot.providers.provider import ProviderTable
from bootstrap_bot.settings.tables import Telegram
from bootstrap_bot.urls import HTTP_PROXIES, proxy_for


def proxy_of(telegram: Telegram, environ: Mapping[str, str]) -> str | None:
    """The proxy through which Telegram is reached; None is direct.

    Raises ConfigError when the environment names one that cannot be used.
    """
    return proxy_for(telegram.api_url, telegram.proxy.get_secret_value(), environ)


def proxy_of_provider(
    name: str, table: ProviderTable, address: str, environ: Mapping[str, str]
) -> str | None:
    """The proxy through which one of a platform's addresses is reached; raises as above."""
    setting = table.proxy.get_secret_value()
    return proxy_for(address, setting, environ, schemes=HTTP_PROXIES, key=f"{name}.proxy")


def faults_of(find: Callable[[], object]) -> Sequence[Fault]:
    """What is wrong with the proxy that is looked for; nothing if one can be used or none is."""
    try:
        find()
    except ConfigError as error:
        return error.faults
    return ()


def with_a_way(
    providers: Mapping[str, ProviderTable], environ: Mapping[str, str]
) -> tuple[dict[str, ProviderTable], dict[str, list[Fault]]]:
    """The platforms to which the environment's proxies lead, and by name why others are lost."""
    found: dict[str, ProviderTable] = {}
    lost: dict[str, list[Fault]] = {}
    for name, table in providers.items():
        ways = [partial(proxy_of_provider, name, table, one, environ) for one in table.addresses]
        faults = [fault for way in ways for fault in faults_of(way)]
        if faults:
            lost[name] = list(dict.fromkeys(faults))
        else:
            found[name] = table
    return found, lost
