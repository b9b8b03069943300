"""What the pages have in common at which a person confirms a registration."""

from pathlib import Path

from aiohttp import web
from yarl import URL

from bootstrap_bot.sandbox.server import Handler

STYLE = Path(__file__).parent / "pages" / "approve.css"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def guarded(handler: Handler) -> Handler:
    """The handler, for loopback names and same-origin posts only: other sites may not act here."""

    async def check(request: web.Request) -> web.StreamResponse:
        here = f"http://{request.host}"
        if not is_loopback(here) or request.headers.get("Origin", here) != here:
            raise web.HTTPForbidden(text="Open this page on the machine it runs on.")
        return await handler(request)

    return check


def is_loopback(address: str) -> bool:
    """Whether the address names this machine."""
    try:
        return URL(address).host in LOOPBACK
    except ValueError:
        return False


def wanted_language(request: web.Request) -> str:
    """`zh` or `en`, by `?lang=` first and the browser's wish second."""
    wish = request.query.get("lang", "") or request.headers.get("Accept-Language", "")
    return "zh" if wish.lower().startswith("zh") else "en"


def file_response(path: Path, content_type: str) -> web.Response:
    """A file of the page."""
    text = path.read_text(encoding="utf-8")
    return web.Response(text=text, content_type=content_type, headers=HEADERS)
