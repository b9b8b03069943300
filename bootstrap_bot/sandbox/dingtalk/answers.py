"""Every answer the registration may give, as data."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

OWN_CLIENT_ID = "{client_id}"
OWN_CLIENT_SECRET = "{client_secret}"  # noqa: S105 - a placeholder, not a secret
PAIR = (OWN_CLIENT_ID, OWN_CLIENT_SECRET)
HTML = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to one call.

    `body`: text and bytes go out as they are, anything else as JSON. `OWN_CLIENT_ID` and
    `OWN_CLIENT_SECRET` as values of a JSON object become the registration's own pair.
    `headers` come on top of `Content-Type: application/json`. `delay`: the answer waits for
    the event. `hang`: nothing is ever sent. `reset`: the connection breaks. `title`: what a
    person reads on the page.
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
        if not isinstance(self.body, dict):
            return None
        client_id, secret = self.body.get("client_id"), self.body.get("client_secret")
        if isinstance(client_id, str) and isinstance(secret, str) and client_id and secret:
            return client_id, secret
        return None

    @property
    def stage(self) -> str:
        """The `status` field of the body; empty when there is none."""
        return str(self.body.get("status", "")) if isinstance(self.body, dict) else ""

    def filled(self, client_id: str, client_secret: str) -> "Answer":
        """The same answer with this pair in place of the placeholders."""
        if not isinstance(self.body, dict):
            return self
        own = {OWN_CLIENT_ID: client_id, OWN_CLIENT_SECRET: client_secret}
        body = {
            key: own.get(value, value) if isinstance(value, str) else value
            for key, value in self.body.items()
        }
        return replace(self, body=body)


@dataclass(slots=True)
class Script:
    """Answers decided beforehand: first the queue, then the standing one."""

    queue: deque[Answer] = field(default_factory=deque)
    standing: Answer | None = None

    def take(self) -> Answer | None:
        """The answer for the call that has just come; None leaves it to the server."""
        return self.queue.popleft() if self.queue else self.standing


def stage(status: str, **fields: object) -> Answer:
    """A well-formed answer to poll with that status; `fields` are added to the body."""
    return Answer(body={"errcode": 0, "errmsg": "ok", "status": status, **fields})


def waiting() -> Answer:
    """Nobody confirmed yet."""
    return stage("WAITING")


def success(
    client_id: str = OWN_CLIENT_ID, client_secret: str = OWN_CLIENT_SECRET, **fields: object
) -> Answer:
    """Done, with the pair."""
    return stage("SUCCESS", client_id=client_id, client_secret=client_secret, **fields)


def approving(
    client_id: str = OWN_CLIENT_ID, client_secret: str = OWN_CLIENT_SECRET, **fields: object
) -> Answer:
    """The pair is there, the organisation's admin has yet to agree."""
    return stage("APPROVING", client_id=client_id, client_secret=client_secret, **fields)


def publishing(
    client_id: str = OWN_CLIENT_ID, client_secret: str = OWN_CLIENT_SECRET, **fields: object
) -> Answer:
    """Not done, yet the pair is there."""
    return stage("PUBLISHING", client_id=client_id, client_secret=client_secret, **fields)


def fail(reason: str = "The person refused.") -> Answer:
    """Refused, or the creation failed."""
    return stage("FAIL", fail_reason=reason)


def expired() -> Answer:
    """The device code is dead."""
    return stage("EXPIRED")


def errcode(code: int | str, message: str = "system error", status: int = 200) -> Answer:
    """The server had a problem, told in its own envelope."""
    return Answer(status, {"errcode": code, "errmsg": message})


def http(status: int, body: object = "", headers: Mapping[str, str] | None = None) -> Answer:
    """Any HTTP answer; text beginning with `<` is sent as HTML."""
    is_page = isinstance(body, str) and body.startswith("<")
    return Answer(status, body, {**(HTML if is_page else {}), **(headers or {})})


def rejected(status: int, code: str, message: str) -> Answer:
    """An error in the envelope of the token and gateway calls."""
    return Answer(status, {"code": code, "message": message, "requestid": "sandbox"})


def _titled(rows: Mapping[str, tuple[str, Answer]]) -> dict[str, Answer]:
    return {name: replace(answer, title=title) for name, (title, answer) in rows.items()}


BAD_GATEWAY = "<html><body><h1>502 Bad Gateway</h1></body></html>"

PROGRESS = _titled(
    {
        "waiting": ("Waiting", waiting()),
        "selecting": ("Selecting an organisation", stage("SELECTING")),
        "scanned": ("Scanned", stage("SCANNED")),
        "creating": ("Creating", stage("CREATING")),
        "publishing": ("Publishing", stage("PUBLISHING")),
        "publishing_with_credentials": (
            "Publishing, with the credentials",
            publishing(),
        ),
        "empty_status": ("Empty status", stage("")),
        "no_status": ("No status at all", Answer(body={"errcode": 0, "errmsg": "ok"})),
        "unknown_status": ("A stage nobody knows", stage("POLISHING")),
        "reviewing_with_credentials": (
            "A stage nobody knows, with the credentials",
            stage("REVIEWING", client_id=OWN_CLIENT_ID, client_secret=OWN_CLIENT_SECRET),
        ),
        "errcode_with_credentials": (
            "A problem, with the credentials",
            Answer(
                body={
                    "errcode": 500,
                    "errmsg": "system error",
                    "client_id": OWN_CLIENT_ID,
                    "client_secret": OWN_CLIENT_SECRET,
                }
            ),
        ),
        "numeric_strings": (
            "Numbers as text",
            Answer(body={"errcode": "0", "errmsg": "ok", "status": "WAITING", "interval": "5"}),
        ),
        "no_errcode": ("No errcode", Answer(body={"status": "WAITING"})),
    }
)

VERDICTS = _titled(
    {
        "success": ("Success", success()),
        "success_extras": (
            "Success, with optional fields",
            success(robot_code=OWN_CLIENT_ID, agent_id="1234567890", mode="stream"),
        ),
        "success_empty": ("Success without credentials", stage("SUCCESS")),
        "success_half": ("Success without the secret", stage("SUCCESS", client_id=OWN_CLIENT_ID)),
        "approving": ("The organisation's admin must approve", approving()),
        "approval_required": (
            "The same by another name",
            stage("APPROVAL_REQUIRED", client_id=OWN_CLIENT_ID, client_secret=OWN_CLIENT_SECRET),
        ),
        "fail": ("Failed, with a reason", fail("You may not create apps in this organisation.")),
        "expired": ("Expired", expired()),
    }
)

TROUBLE = _titled(
    {
        "errcode": ("The server reports a problem", errcode(500)),
        "errcode_text": ("A problem, its number as text", errcode("500")),
        "http_400": ("HTTP 400", errcode(400, "bad request", 400)),
        "http_404": ("HTTP 404", http(404, "<html><body><h1>Not Found</h1></body></html>")),
        "http_429": (
            "HTTP 429, try again in 7 s",
            http(429, {"errcode": 429, "errmsg": "too many"}, {"Retry-After": "7"}),
        ),
        "http_500": ("HTTP 500", errcode(500, "internal error", 500)),
        "http_502_html": ("HTTP 502, a web page", http(502, BAD_GATEWAY)),
        "redirect": ("Redirect to a login page", http(302, "", {"Location": "/login"})),
        "moved_away": (
            "Moved to another address",
            http(308, "", {"Location": "https://dingtalk.example/"}),
        ),
        "bad_json": ("Broken JSON", Answer(body='{"errcode": 0, "status": "SUCC')),
        "list": ("A list", Answer(body=[{"status": "WAITING"}])),
        "empty_body": ("Nothing in the answer", Answer(body=b"")),
        "timeout": ("No answer at all", Answer(hang=True)),
        "reset": ("Connection reset", Answer(reset=True)),
        "too_large": ("Far too large", stage("WAITING", padding="x" * (1024 * 1024))),
    }
)

GROUPS = {"Progress": PROGRESS, "Verdicts": VERDICTS, "Trouble": TROUBLE}
"""Heading -> rows, for the page."""

ROWS: dict[str, Answer] = {**PROGRESS, **VERDICTS, **TROUBLE}
"""Every row of the table in one place, by name."""
