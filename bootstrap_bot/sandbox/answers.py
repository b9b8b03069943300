"""Answers as data, for every stand-in that can be told what to answer."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

OWN_CLIENT_ID = "{client_id}"
OWN_CLIENT_SECRET = "{client_secret}"  # noqa: S105 - a placeholder, not a secret
HTML = {"Content-Type": "text/html; charset=utf-8"}
BAD_GATEWAY = "<html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to one call.

    `body`: text and bytes go out as they are, anything else as JSON; there the placeholders
    stand for the registration's own values. `headers` come on top of
    `Content-Type: application/json`. `delay`: the answer waits for the event. `hang`: nothing
    is ever sent. `reset`: the connection breaks. `title`: what a person reads on the page.
    """

    status: int = 200
    body: object = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: bool = False
    reset: bool = False
    delay: asyncio.Event | None = None
    title: str = ""

    @property
    def pair(self) -> tuple[str, str] | None:
        """The `(client_id, client_secret)` this answer hands out, if it does."""
        client_id, secret = self.value("client_id"), self.value("client_secret")
        if isinstance(client_id, str) and isinstance(secret, str) and client_id and secret:
            return client_id, secret
        return None

    @property
    def wants_own_pair(self) -> bool:
        """Whether the registration's own id or secret is yet to be filled in."""
        given = self.value("client_id"), self.value("client_secret")
        return OWN_CLIENT_ID in given or OWN_CLIENT_SECRET in given

    def value(self, name: str) -> object:
        """That field of the body; None when there is none."""
        return self.body.get(name) if isinstance(self.body, dict) else None

    def filled(self, values: Mapping[str, str]) -> "Answer":
        """The same answer with these values in place of their placeholders."""
        return replace(self, body=_filled(self.body, values))


def _filled(body: object, values: Mapping[str, str]) -> object:
    if isinstance(body, dict):
        return {key: _filled(value, values) for key, value in body.items()}
    return values.get(body, body) if isinstance(body, str) else body


@dataclass(slots=True)
class Script:
    """Answers decided beforehand: first the queue, then the standing one."""

    queue: deque[Answer] = field(default_factory=deque)
    standing: Answer | None = None

    def take(self) -> Answer | None:
        """The answer for the call that has just come; None leaves it to the server."""
        return self.queue.popleft() if self.queue else self.standing


def http(status: int, body: object = "", headers: Mapping[str, str] | None = None) -> Answer:
    """Any HTTP answer; text beginning with `<` is sent as HTML."""
    is_page = isinstance(body, str) and body.startswith("<")
    return Answer(status, body, {**(HTML if is_page else {}), **(headers or {})})


def titled(rows: Mapping[str, tuple[str, Answer]]) -> dict[str, Answer]:
    """The answers by name, each with the title beside it."""
    return {name: replace(answer, title=title) for name, (title, answer) in rows.items()}


BROKEN = titled(
    {
        "http_404": ("HTTP 404", http(404, "<html><body><h1>Not Found</h1></body></html>")),
        "http_502_html": ("HTTP 502, a web page", http(502, BAD_GATEWAY)),
        "redirect": ("Redirect to a login page", http(302, "", {"Location": "/login"})),
        "empty_body": ("Nothing in the answer", Answer(body=b"")),
        "timeout": ("No answer at all", Answer(hang=True)),
        "reset": ("Connection reset", Answer(reset=True)),
    }
)
"""Answers that have nothing of any protocol."""
