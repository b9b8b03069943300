"""Every answer the registration may give, as data."""

from bootstrap_bot.sandbox.answers import (
    BROKEN,
    OWN_CLIENT_ID,
    OWN_CLIENT_SECRET,
    Answer,
    http,
    titled,
)


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


def rejected(status: int, code: str, message: str) -> Answer:
    """An error in the envelope of the token and gateway calls."""
    return Answer(status, {"code": code, "message": message, "requestid": "sandbox"})


PROGRESS = titled(
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

VERDICTS = titled(
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

TROUBLE = (
    titled(
        {
            "errcode": ("The server reports a problem", errcode(500)),
            "errcode_text": ("A problem, its number as text", errcode("500")),
            "http_400": ("HTTP 400", errcode(400, "bad request", 400)),
            "http_429": (
                "HTTP 429, try again in 7 s",
                http(429, {"errcode": 429, "errmsg": "too many"}, {"Retry-After": "7"}),
            ),
            "http_500": ("HTTP 500", errcode(500, "internal error", 500)),
            "moved_away": (
                "Moved to another address",
                http(308, "", {"Location": "https://dingtalk.example/"}),
            ),
            "bad_json": ("Broken JSON", Answer(body='{"errcode": 0, "status": "SUCC')),
            "list": ("A list", Answer(body=[{"status": "WAITING"}])),
            "too_large": ("Far too large", stage("WAITING", padding="x" * (1024 * 1024))),
        }
    )
    | BROKEN
)

GROUPS = {"Progress": PROGRESS, "Verdicts": VERDICTS, "Trouble": TROUBLE}
"""Heading -> rows, for the page."""

ROWS: dict[str, Answer] = {**PROGRESS, **VERDICTS, **TROUBLE}
"""Every row of the table in one place, by name."""
