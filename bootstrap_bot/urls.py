"""Which addresses are allowed, and through which proxy each is reached. No input or output."""

import ipaddress
import re
import string
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from bootstrap_bot.errors import ConfigError, Fault

DIRECT = "none"
HTTP_PROXIES = ("http", "https")
ALL_PROXIES = ("http", "https", "socks5", "socks5h")

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_URL_CHARACTERS = frozenset(string.ascii_letters + string.digits + "-._~:/@!$&'()*+,;=%[]")
_WHOLE_URL = "must be a whole address such as https://example.com"


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """A base address without a trailing slash.

    `exposed`: it is http to a host other than this machine, so anyone on the way can read along.
    """

    url: str
    exposed: bool


def is_loopback(host: str) -> bool:
    """Whether a host name or address, without brackets, is this machine."""
    name = host.lower().rstrip(".")
    address = _address(name)
    if address is None:
        return name == "localhost" or name.endswith(".localhost")
    return address.is_loopback


def is_private_or_dotless(host: str) -> bool:
    """Whether a host is a private address or a name without a dot, as in Docker Compose."""
    name = host.lower().rstrip(".")
    address = _address(name)
    if address is not None:
        return address.is_private
    # resolvers read a bare number as an IPv4 address, and that may be a public one
    return bool(name) and not set(name) & {".", ":"} and not _NUMBER.fullmatch(name)


def clean_base_url(text: str, *, private_http: bool = False) -> BaseUrl:
    """Checks a base address and strips white space and trailing slashes.

    https, or http for loopback; with `private_http` also http for private addresses and dotless
    names. Raises ValueError, which says what would be right and holds nothing of the text.
    """
    parts = _split(text.strip())
    if parts.scheme not in ("http", "https"):
        raise ValueError(_WHOLE_URL)
    if "@" in parts.netloc:
        raise ValueError("must be an address without a user name or password")
    host = parts.hostname or ""
    exposed = parts.scheme == "http" and not is_loopback(host)
    if exposed and not (private_http and is_private_or_dotless(host)):
        raise ValueError("must begin with https://")
    return BaseUrl(f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}", exposed)


def clean_proxy(text: str, schemes: Collection[str]) -> str:
    """Checks a proxy setting: "", "none" or an address with one of the schemes.

    Raises ValueError, which says what would be right and holds nothing of the text.
    """
    stripped = text.strip()
    if stripped.lower() in ("", DIRECT):
        return stripped.lower()
    try:
        parts = _split(stripped)
        usable = parts.scheme in schemes and parts.path in ("", "/")
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(
            f'must be a proxy\'s address beginning with {_listed(schemes)}, or "none" for a direct '
            'connection, or "" for what the environment says'
        )
    return stripped.rstrip("/")


def proxy_for(
    url: str,
    setting: str,
    environ: Mapping[str, str],
    *,
    schemes: Collection[str] = ALL_PROXIES,
    key: str = "telegram.proxy",
) -> str | None:
    """The proxy an address is reached through, with its password if it has one; None is direct.

    Loopback is always direct; then `setting` decides ("none" or a proxy), and when it is "" the
    environment does. Raises ConfigError, naming the variable and `key`, when the environment
    names a proxy that is not one of `schemes`.
    """
    parts = urlsplit(url)
    setting = setting.strip()
    if is_loopback(parts.hostname or "") or setting.lower() == DIRECT:
        return None
    if setting:
        return setting
    if _excepted(parts, _first(environ, "no_proxy", "NO_PROXY")[1]):
        return None
    own = f"{parts.scheme}_proxy"
    name, value = _first(environ, own, own.upper(), "all_proxy", "ALL_PROXY")
    return _environment_proxy(name, value, schemes, key) if value else None


def _environment_proxy(name: str, value: str, schemes: Collection[str], key: str) -> str:
    """The variable's proxy; one without a scheme is http, as everywhere else."""
    try:
        proxy = clean_proxy(value if "://" in value else f"http://{value}", schemes)
    except ValueError:
        proxy = ""
    if not proxy:
        remedy = f'is not a proxy beginning with {_listed(schemes)}: set {key} to one, or to "none"'
        raise ConfigError([Fault(name, key, remedy)])
    return proxy


def _excepted(parts: SplitResult, exceptions: str) -> bool:
    """Whether NO_PROXY names the host: itself, a domain above it, its network, or "*"."""
    host = (parts.hostname or "").rstrip(".")
    address = _address(host)
    for entry in filter(None, (entry.strip().lower() for entry in exceptions.split(","))):
        name = entry.removeprefix("*").removeprefix(".")
        if entry == "*" or name in (host, f"{host}:{parts.port}") or host.endswith(f".{name}"):
            return True
        if address and "/" in name and _within(address, name):
            return True
    return False


def _within(address: _Address, network: str) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _first(environ: Mapping[str, str], *names: str) -> tuple[str, str]:
    """Name and value of the first variable that is not empty, else two empty strings."""
    values = ((name, environ.get(name, "").strip()) for name in names)
    return next(((name, value) for name, value in values if value), ("", ""))


def _split(text: str) -> SplitResult:
    """An address with a usable host and port, no query and no fragment; else ValueError."""
    # the parser drops line ends and tabs silently, and an empty query leaves no trace in it
    if not set(text) <= _URL_CHARACTERS:
        raise ValueError("must be an address without spaces, query and fragment")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(_WHOLE_URL) from None
    if port == 0 or not (_HOST_NAME.fullmatch(host) or _address(host)):
        raise ValueError(_WHOLE_URL)
    return parts


def _address(host: str) -> _Address | None:
    """The address a host is written as, an IPv4 one inside IPv6 taken out; None for a name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _listed(schemes: Collection[str]) -> str:
    *most, last = (f"{scheme}://" for scheme in schemes)
    return f"{', '.join(most)} or {last}"
