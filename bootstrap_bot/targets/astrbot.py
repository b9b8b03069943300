"""Credentials in a running AstrBot, through its HTTP API.

AstrBot keeps its config in memory and writes it over whatever others put into the file, so while
it runs there is no other way in.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code, RemoteError, TargetError
from bootstrap_bot.http import Http, Method, Reply
from bootstrap_bot.targets.command import Command
from bootstrap_bot.targets.layout import free_id, pair
from bootstrap_bot.targets.target import Note, Platform, Stored

_BOTS = "/api/v1/bots"
_BY_ID = f"{_BOTS}/by-id"
_TEMPLATE = "card_template_id"
_LARGEST_ANSWER = 2**20
_LOOKS = 5
_ROAD = {Code.UNREACHABLE: Code.API_UNREACHABLE, Code.TIMEOUT: Code.API_TIMEOUT}
_STATUSES = {401: Code.API_KEY_REJECTED, 403: Code.API_KEY_SCOPE}
# how AstrBot says that its list is no longer the one we read
_OVERTAKEN = ("already exists", "not found")
# neither DingTalk's ids nor its secrets have any of these
_MASK = re.compile("[*•●…]")


@dataclass(frozen=True, slots=True)
class _Bot:
    """One bot of our type, and its whole config as it was read."""

    platform: Platform
    config: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Bots:
    """What is stored: the ids of bots of every type, and the bots of ours."""

    ids: frozenset[str]
    ours: tuple[_Bot, ...]

    def find(self, account: str) -> _Bot | None:
        return next((bot for bot in self.ours if bot.platform.account == account), None)


class AstrBot:
    """A `Target`: the bots of one type in the AstrBot at `url`, which has no trailing slash.

    Every change begins with a look at what is stored, so one whose answer was lost can be asked
    for again; and it ends with one, so what it gives is what AstrBot has.
    """

    kind = "astrbot"
    single_slot = False

    def __init__(
        self,
        http: Http,
        url: str,
        api_key: SecretStr,
        *,
        platform_type: str = "dingtalk",
        after: Command | None = None,
    ) -> None:
        self.after = after
        self._http = http
        self._url = url
        self._api_key = api_key
        self._type = platform_type
        # a PUT sends a whole config back: two at once could undo each other
        self._lock = asyncio.Lock()

    @property
    def key(self) -> str:
        """`astrbot:` and the address."""
        return f"astrbot:{self._url}"

    @property
    def place(self) -> str:
        """The address without its scheme."""
        return self._url.partition("://")[2]

    async def store(
        self,
        wanted_id: str,
        credentials: Credentials,
        replaces: str = "",
        *,
        exposed: bool = False,
    ) -> Stored:
        """Stores the pair; AstrBot loads it at once unless the bot is switched off there.

        See `Target`. Of a bot that is there already everything but the pair stays.
        """
        taken: set[str] = set()
        sent, notes = False, tuple[Note, ...]()
        async with self._lock:
            for _ in range(_LOOKS):
                bots = await self._bots()
                known = bots.find(credentials.account)
                if known and known.platform.holds(credentials):
                    return _stored(known.platform, notes)
                if sent:
                    break
                if known := known or bots.find(replaces):
                    replaced = known.platform.account != credentials.account
                    if replaced and known.config.get(_TEMPLATE):
                        notes = (Note.CARD_TEMPLATE,)
                    sent = await self._put(known, _pair(credentials))
                else:
                    bot_id = free_id(wanted_id, bots.ids | taken)
                    taken.add(bot_id)
                    sent = await self._post(bot_id, credentials)
        raise TargetError(Code.NOT_READ_BACK, self.place)

    async def platforms(self) -> list[Platform]:
        """All bots of our type with a client id, in AstrBot's order, read afresh."""
        return [bot.platform for bot in (await self._bots()).ours]

    async def set_enabled(self, account: str, enabled: bool) -> Platform | None:
        """Switches the bot with that client id; None when there is none."""
        sent = False
        async with self._lock:
            for _ in range(_LOOKS):
                known = (await self._bots()).find(account)
                if known is None:
                    return None
                if known.platform.enabled is enabled:
                    return known.platform
                if sent:
                    break
                sent = await self._put(known, {"enable": enabled})
        raise TargetError(Code.NOT_READ_BACK, self.place)

    async def remove(self, account: str, *, unwanted: bool = False) -> Platform | None:
        """Removes the bot with that client id, and gives it; None when there is none."""
        removed: Platform | None = None
        sent = False
        async with self._lock:
            for _ in range(_LOOKS):
                bots = await self._bots()
                if removed and removed.id not in bots.ids:
                    return removed
                known = bots.find(account)
                if known is None:
                    return None
                if sent:
                    break
                removed = known.platform
                sent = await self._send("DELETE", _BY_ID, query={"bot_id": removed.id})
        raise TargetError(Code.NOT_READ_BACK, self.place)

    async def tidy(self) -> None:
        """Nothing: over its API nobody holds anything."""

    async def probe(self) -> Sequence[Path]:
        """Reads the list of bots, for which the key needs the scope that a change needs too."""
        await self._bots()
        return ()

    async def _post(self, bot_id: str, credentials: Credentials) -> bool:
        config = {
            "id": bot_id,
            "type": self._type,
            "enable": True,
            **_pair(credentials),
            _TEMPLATE: "",
        }
        payload = {"id": bot_id, "type": self._type, "enabled": True, "config": config}
        return await self._send("POST", _BOTS, payload=payload)

    async def _put(self, bot: _Bot, changes: Mapping[str, object]) -> bool:
        config = {**bot.config, **changes}
        # whether there is none or it was held back: sent along, it would be gone
        if not config["client_secret"]:
            raise self._bad_answer()
        payload = {"bot_id": bot.platform.id, "config": config}
        return await self._send("PUT", _BY_ID, payload=payload)

    async def _bots(self) -> _Bots:
        """What AstrBot has now; entries that are of no use to us count by their ids alone."""
        data = self._checked(await self._request("GET", _BOTS)).get("data")
        bots = data.get("bots") if isinstance(data, dict) else None
        if not isinstance(bots, list):
            raise self._bad_answer()
        configs = [bot for bot in bots if isinstance(bot, dict)]
        ids = (config.get("id") for config in configs)
        ours = (self._bot(config) for config in configs if config.get("type") == self._type)
        return _Bots(
            frozenset(name for name in ids if isinstance(name, str)),
            tuple(bot for bot in ours if bot),
        )

    def _bot(self, config: Mapping[str, Any]) -> _Bot | None:
        """The bot of a config; None for one that cannot be told from others by both its ids."""
        bot_id, client_id = _text(config, "id"), _text(config, "client_id")
        if not (bot_id and client_id):
            return None
        secret = config.get("client_secret")
        # one that is hidden could neither be compared nor sent back
        if not isinstance(secret, str) or _MASK.search(client_id + secret):
            raise self._bad_answer()
        # AstrBot loads whatever is true in Python's sense
        enabled = bool(config.get("enable"))
        values = pair(client_id, secret).values
        return _Bot(Platform(bot_id, self._type, enabled, client_id, values), config)

    async def _send(
        self,
        method: Method,
        path: str,
        *,
        payload: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> bool:
        """Changes something; False when somebody else was quicker, so that one has to look anew."""
        reply = await self._request(method, path, payload=payload, query=query)
        if reply.status == 400 and _text(reply.json or {}, "message").endswith(_OVERTAKEN):
            return False
        self._checked(reply)
        return True

    async def _request(
        self,
        method: Method,
        path: str,
        *,
        payload: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Reply:
        headers = {"Authorization": f"Bearer {self._api_key.get_secret_value()}"}
        try:
            reply = await self._http.request(
                method,
                self._url,
                path,
                payload=payload,
                query=query,
                headers=headers,
                largest=_LARGEST_ANSWER,
            )
        except RemoteError as error:
            code = _ROAD.get(error.code, Code.API_BAD_ANSWER)
        else:
            if (method, path, reply.status) != ("GET", _BOTS, 404):
                return reply
            code = Code.API_TOO_OLD
        raise TargetError(code, self.place)

    def _checked(self, reply: Reply) -> Mapping[str, object]:
        """The object of an answer that says it is fine; AstrBot's own words go nowhere."""
        if reply.status in _STATUSES:
            raise TargetError(_STATUSES[reply.status], self.place)
        if reply.status >= 500:
            raise TargetError(Code.API_FAULT, self.place)
        if reply.status != 200 or reply.json is None or reply.json.get("status") != "ok":
            raise self._bad_answer()
        return reply.json

    def _bad_answer(self) -> TargetError:
        return TargetError(Code.API_BAD_ANSWER, self.place)


def _stored(platform: Platform, notes: tuple[Note, ...]) -> Stored:
    return Stored(platform, (Note.LOADED if platform.enabled else Note.SWITCHED_OFF, *notes))


def _pair(credentials: Credentials) -> dict[str, object]:
    return {
        "client_id": credentials.account,
        "client_secret": credentials.text("client_secret"),
    }


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""
