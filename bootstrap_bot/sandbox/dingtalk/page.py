"""The pages a person opens in the stand-in: the AppLink address and the approval page."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

from aiohttp import web
from yarl import URL

from bootstrap_bot.sandbox.dingtalk.answers import GROUPS, ROWS
from bootstrap_bot.sandbox.dingtalk.people import DingTalkPeople
from bootstrap_bot.sandbox.dingtalk.registration import Registration
from bootstrap_bot.sandbox.server import Handler
from bootstrap_bot.sandbox.web_page import (
    HEADERS,
    STYLE,
    file_response,
    guarded,
    wanted_language,
)

PAGES = Path(__file__).parent / "pages"
ASSETS = {
    "approve.css": (STYLE, "text/css"),
    "approve.js": (PAGES / "approve.js", "text/javascript"),
    "approve.zh.js": (PAGES / "approve.zh.js", "text/javascript"),
}
DEFAULT_NAME = "My bot"
NAME_LENGTH = 64
REASON_LENGTH = 200

Form = dict[str, str]


class ApprovalPage:
    """What a person can see and do about one registration, at `path`."""

    def __init__(self, people: DingTalkPeople, path: str) -> None:
        self._people = people
        self._path = path
        self._actions: dict[str, Callable[[Form], Awaitable[None]]] = {
            "approve": self._approve,
            "pending": self._pending,
            "grant": self._grant,
            "refuse": self._refuse,
            "play": self._play,
            "stop": self._stop,
        }

    def routes(self) -> Iterable[web.RouteDef]:
        """Everything below is refused to requests that did not come from this machine."""
        handlers: dict[str, Handler] = {
            "/page/link": self._link,
            self._path: self._page,
            "/sandbox/approve/{asset}": self._asset,
            "/sandbox/registration": self._state,
        }
        gets = [
            web.get(path, guarded(handler), allow_head=False) for path, handler in handlers.items()
        ]
        return [*gets, web.post("/sandbox/registration/{action}", guarded(self._act))]

    async def _link(self, request: web.Request) -> web.StreamResponse:
        try:
            target = URL(request.query.get("url", ""))
            is_own = target.origin() == URL(self._people.url) and target.path == self._path
        except ValueError:
            is_own = False
        if not is_own:
            raise web.HTTPBadRequest(text="The link leads somewhere else.", headers=HEADERS)
        raise web.HTTPFound(target, headers=HEADERS)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        text = (PAGES / "approve.html").read_text(encoding="utf-8")
        language = wanted_language(request)
        text = text.replace('<html lang="en">', f'<html lang="{language}">', 1)
        registration = self._find(request.query)
        if registration is not None and registration.state == "WAITING":
            await self._people.set_stage("SCANNED", registration.user_code)
        status = 404 if registration is None else 200
        return web.Response(status=status, text=text, content_type="text/html", headers=HEADERS)

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["asset"]
        if name not in ASSETS:
            raise web.HTTPNotFound
        return file_response(*ASSETS[name])

    async def _state(self, request: web.Request) -> web.StreamResponse:
        return self._tell(self._find(request.query))

    async def _act(self, request: web.Request) -> web.StreamResponse:
        form = {
            key: value for key, value in (await request.post()).items() if isinstance(value, str)
        }
        registration = self._find(form)
        action = self._actions.get(request.match_info["action"])
        if registration is None or action is None:
            return self._tell(None)
        try:
            await action(form)
        except ValueError:
            return self._tell(registration, status=409)
        return self._tell(registration)

    async def _approve(self, form: Form) -> None:
        await self._people.approve(form["user_code"], bot_name(form))

    async def _pending(self, form: Form) -> None:
        await self._people.approve_pending(form["user_code"], bot_name(form))

    async def _grant(self, form: Form) -> None:
        await self._people.grant(form["user_code"])

    async def _refuse(self, form: Form) -> None:
        reason = form.get("reason", "").strip()[:REASON_LENGTH]
        await self._people.refuse(form["user_code"], reason or "The person refused.")

    async def _play(self, form: Form) -> None:
        row = ROWS.get(form.get("row", ""))
        if row is None:
            raise ValueError("no such row")
        script = self._people.find(form["user_code"]).script
        if form.get("times") == "always":
            script.standing = row
        else:
            script.queue.append(row)

    async def _stop(self, form: Form) -> None:
        script = self._people.find(form["user_code"]).script
        script.queue.clear()
        script.standing = None

    def _find(self, fields: Mapping[str, str]) -> Registration | None:
        try:
            return self._people.find(fields.get("user_code", ""))
        except LookupError:
            return None

    def _tell(self, registration: Registration | None, status: int = 200) -> web.Response:
        """What the page shows, as JSON; never the credentials."""
        if registration is None:
            return web.json_response({"state": "UNKNOWN"}, status=404, headers=HEADERS)
        script = registration.script
        shown = {
            "state": registration.state,
            "user_code": registration.user_code,
            "name": registration.name or DEFAULT_NAME,
            "reason": registration.fail_reason,
            "polls": registration.polls,
            "pending": self._people.is_pending(registration),
            "queued": [answer.title for answer in script.queue],
            "standing": script.standing.title if script.standing else "",
            "groups": [
                {"title": title, "rows": {name: row.title for name, row in rows.items()}}
                for title, rows in GROUPS.items()
            ],
        }
        return web.json_response(shown, status=status, headers=HEADERS)


def bot_name(form: Form) -> str:
    """The name typed, or the usual one."""
    return form.get("name", "").strip()[:NAME_LENGTH] or DEFAULT_NAME
