"""The pages a person opens in the stand-in, at the open host of either brand."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from html import escape
from pathlib import Path
from string import Template
from typing import Literal
from urllib.parse import urlencode

from aiohttp import web

from bootstrap_bot.sandbox.lark.registration import Brand, Registration
from bootstrap_bot.sandbox.lark.words import WORDS
from bootstrap_bot.sandbox.web_page import (
    HEADERS,
    STYLE,
    file_response,
    guarded,
    wanted_language,
)

Notice = Literal["approved", "denied", "expired", "unknown"]

PAGE = "/page/cli"
LAUNCHER = "/page/launcher"
PAGES = Path(__file__).parent / "pages"
MARKS: dict[Notice, tuple[str, str]] = {
    "approved": ("good", "✓"),
    "denied": ("bad", "×"),
    "expired": ("slow", "!"),
    "unknown": ("bad", "?"),
}
"""How each notice looks: a class of the style sheet, and a sign."""


class CliPage:
    """Where a person approves or declines an app of that name; `/page/launcher` never works.

    `find` raises `LookupError` for a code that nobody knows. `approve` and `decline` raise
    `ValueError` when it is too late for them.
    """

    def __init__(
        self,
        app_name: str,
        find: Callable[[str], Registration],
        approve: Callable[[str, Brand], Awaitable[None]],
        decline: Callable[[str], Awaitable[None]],
    ) -> None:
        self._app_name = app_name
        self._find = find
        self._approve = approve
        self._decline = decline

    def routes(self, brand: Brand) -> list[web.RouteDef]:
        """For the open host of that brand: whoever approves there belongs to it."""
        approve = partial(self._act, lambda code: self._approve(code, brand))
        decline = partial(self._act, self._decline)
        return [
            web.get(PAGE, guarded(self._page)),
            web.get(LAUNCHER, guarded(self._launcher)),
            web.get("/sandbox/approve.css", guarded(self._style)),
            web.post("/sandbox/registration/approve", guarded(approve)),
            web.post("/sandbox/registration/decline", guarded(decline)),
        ]

    async def _page(self, request: web.Request) -> web.StreamResponse:
        language = wanted_language(request)
        registration = self._known(request.query.get("user_code", ""))
        if registration is None:
            return self._notice(language, "unknown", 404)
        if registration.state == "pending":
            return self._confirm(language, registration.user_code)
        return self._notice(language, registration.state)

    async def _launcher(self, request: web.Request) -> web.StreamResponse:
        return self._notice(wanted_language(request), "expired")

    async def _style(self, _request: web.Request) -> web.StreamResponse:
        return file_response(STYLE, "text/css")

    async def _act(
        self, decide: Callable[[str], Awaitable[None]], request: web.Request
    ) -> web.StreamResponse:
        form = await request.post()
        code, language = str(form.get("user_code", "")), str(form.get("lang", ""))
        if self._known(code) is None:
            return self._notice(wanted_language(request), "unknown", 404)
        with suppress(ValueError):  # the page says what became of it before
            await decide(code)
        page = f"{PAGE}?{urlencode({'user_code': code, 'lang': language})}"
        raise web.HTTPSeeOther(page, headers=HEADERS)

    def _known(self, code: str) -> Registration | None:
        """Codes begun at Lark's host are known to no page."""
        try:
            registration = self._find(code)
        except LookupError:
            return None
        return registration if registration.begun_at == "feishu" else None

    def _confirm(self, language: str, user_code: str) -> web.Response:
        values = {"app_name": self._app_name, "user_code": user_code, "language": language}
        return _shown(language, "confirm.html", {**WORDS[language], **values})

    def _notice(self, language: str, notice: Notice, status: int = 200) -> web.Response:
        colour, mark = MARKS[notice]
        words = WORDS[language]
        said = {"headline": words[notice], "hint": words[f"{notice}_hint"]}
        values = {**said, "colour": colour, "mark": mark}
        return _shown(language, "notice.html", values, status)


def _shown(language: str, card: str, values: dict[str, str], status: int = 200) -> web.Response:
    """The page around that card, which is filled with these texts."""
    inside = _template(card).substitute({key: escape(text) for key, text in values.items()})
    words = {key: escape(text) for key, text in WORDS[language].items()}
    text = _template("frame.html").substitute(words, language=language, card=inside)
    return web.Response(status=status, text=text, content_type="text/html", headers=HEADERS)


def _template(name: str) -> Template:
    return Template((PAGES / name).read_text(encoding="utf-8"))
