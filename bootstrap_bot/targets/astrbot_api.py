"""AstrBot's HTTP API for bots: requests, and what its answers mean."""

from collections.abc import Mapping

from pydantic import SecretStr

from bootstrap_bot.errors import Code, RemoteError, TargetError
from bootstrap_bot.http import Http, Method, Reply

_BOTS = "/api/v1/bots"
_BY_ID = f"{_BOTS}/by-id"
_LARGEST_ANSWER = 2**20
_ROAD = {Code.UNREACHABLE: Code.API_UNREACHABLE, Code.TIMEOUT: Code.API_TIMEOUT}
_STATUSES = {401: Code.API_KEY_REJECTED, 403: Code.API_KEY_SCOPE}
# how AstrBot says that its list is no longer the one we read
_OVERTAKEN = ("already exists", "not found")


class AstrBotApi:
    """The API at `url`, which has no trailing slash; everything raises `TargetError`.

    What changes something gives False when somebody else was quicker: one has to look anew.
    """

    def __init__(self, http: Http, url: str, api_key: SecretStr) -> None:
        self.url = url
        self._http = http
        self._api_key = api_key

    @property
    def place(self) -> str:
        """The address without its scheme."""
        return self.url.partition("://")[2]

    async def bots(self) -> list[Mapping[str, object]]:
        """The configs of all bots."""
        data = self._checked(await self._request("GET", _BOTS)).get("data")
        bots = data.get("bots") if isinstance(data, dict) else None
        if not isinstance(bots, list):
            raise self.bad_answer()
        return [bot for bot in bots if isinstance(bot, dict)]

    async def add(self, config: Mapping[str, object]) -> bool:
        """One more bot."""
        named = {"id": config["id"], "type": config["type"], "enabled": True}
        return await self._send("POST", _BOTS, payload={**named, "config": config})

    async def replace(self, name: str, config: Mapping[str, object]) -> bool:
        """Another config for the bot with that id."""
        return await self._send("PUT", _BY_ID, payload={"bot_id": name, "config": config})

    async def remove(self, name: str) -> bool:
        """The bot with that id taken out."""
        return await self._send("DELETE", _BY_ID, query={"bot_id": name})

    def bad_answer(self) -> TargetError:
        """What to raise for an answer that cannot be used."""
        return TargetError(Code.API_BAD_ANSWER, self.place)

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
        if reply.status == 400 and str((reply.json or {}).get("message")).endswith(_OVERTAKEN):
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
                self.url,
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
            raise self.bad_answer()
        return reply.json
