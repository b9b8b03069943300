"""Every answer the registration and the open API may give, as data.

Of the numbers in the registration's errors only that of `authorization_pending` is known; the
others are the stand-in's own.
"""

from bootstrap_bot.sandbox.answers import (
    BROKEN,
    OWN_CLIENT_ID,
    OWN_CLIENT_SECRET,
    Answer,
    http,
    titled,
)

OWN_OPEN_ID = "{open_id}"
OWN_BRAND = "{tenant_brand}"
CODES = {
    "authorization_pending": 20094,
    "slow_down": 20095,
    "access_denied": 20096,
    "expired_token": 20097,
    "invalid_grant": 20098,
    "invalid_request": 20099,
}


def error(name: str, description: str, code: int | None = None) -> Answer:
    """An error of the registration."""
    number = CODES[name] if code is None else code
    return Answer(400, {"error": name, "error_description": description, "code": number})


def pending() -> Answer:
    """Nobody confirmed yet, as far as this host will ever know."""
    return error("authorization_pending", "The person has yet to confirm.")


def slow_down() -> Answer:
    """That poll came too early; from now on the interval is longer."""
    return error("slow_down", "Polled too fast.")


def denied() -> Answer:
    """The person refused."""
    return error("access_denied", "The person refused.")


def expired() -> Answer:
    """The device code is dead."""
    return error("expired_token", "The device code has expired.")


def invalid_grant() -> Answer:
    """Nobody knows the device code, or it has been exchanged."""
    return error("invalid_grant", "The device code is invalid.")


def invalid_request(description: str) -> Answer:
    """Not what the registration understands."""
    return error("invalid_request", description)


def silence() -> Answer:
    """Neither an error nor credentials."""
    return Answer()


def brand_hint(**fields: object) -> Answer:
    """The person is of Lark: there is more at the other host. `fields` are added to the body."""
    return Answer(body={"user_info": {"tenant_brand": "lark"}, **fields})


def success(
    client_id: str = OWN_CLIENT_ID,
    client_secret: str = OWN_CLIENT_SECRET,
    open_id: str = OWN_OPEN_ID,
    brand: str = OWN_BRAND,
    **fields: object,
) -> Answer:
    """Done, with the pair."""
    person = {"open_id": open_id, "tenant_brand": brand}
    pair = {"client_id": client_id, "client_secret": client_secret}
    return Answer(body={**pair, "user_info": person, **fields})


def open_api(code: int, message: str = "", status: int = 200, **fields: object) -> Answer:
    """The open API's envelope."""
    return Answer(status, {"code": code, "msg": message, **fields})


def literal(answer: Answer, name: str) -> str | None:
    """That field of the body, if it is a text and no placeholder."""
    value = answer.value(name)
    is_own = value in (OWN_CLIENT_ID, OWN_CLIENT_SECRET)
    return value if isinstance(value, str) and not is_own else None


PROGRESS = titled(
    {
        "pending": ("Waiting", pending()),
        "silence": ("Neither an error nor credentials", silence()),
        "slow_down": ("Slow down", slow_down()),
        "brand_hint": ("The person is of Lark", brand_hint()),
        "brand_hint_with_id": (
            "The person is of Lark, with the id",
            brand_hint(client_id=OWN_CLIENT_ID),
        ),
        "brand_hint_empty_secret": (
            "The person is of Lark, with an empty secret",
            brand_hint(client_id=OWN_CLIENT_ID, client_secret=""),
        ),
    }
)

VERDICTS = titled(
    {
        "success": ("Success", success()),
        "success_bare": (
            "Success, without a person",
            Answer(body={"client_id": OWN_CLIENT_ID, "client_secret": OWN_CLIENT_SECRET}),
        ),
        "success_half": ("Success without the secret", Answer(body={"client_id": OWN_CLIENT_ID})),
        "success_without_id": (
            "Success without the id",
            Answer(body={"client_secret": OWN_CLIENT_SECRET}),
        ),
        "denied": ("Refused", denied()),
        "expired": ("Expired", expired()),
        "invalid_grant": ("An invalid device code", invalid_grant()),
        "unknown_error": (
            "An error nobody knows",
            error("app_creation_forbidden", "Only an admin may create apps.", 20029),
        ),
    }
)

TROUBLE = (
    titled(
        {
            "http_429": (
                "HTTP 429, try again in 7 s",
                http(429, {"code": 99991400, "msg": "too many"}, {"Retry-After": "7"}),
            ),
            "http_500": ("HTTP 500", http(500, {"code": 20050, "msg": "internal error"})),
            "moved_away": (
                "Moved to another address",
                http(308, "", {"Location": "https://lark.example/"}),
            ),
            "bad_json": ("Broken JSON", http(400, '{"error": "access_den')),
            "list": ("A list", Answer(400, [{"error": "access_denied"}])),
            "text": ("A text", Answer(400, '"access_denied"')),
            "too_large": ("Far too large", Answer(400, {"padding": "x" * (1024 * 1024)})),
        }
    )
    | BROKEN
)

ROWS: dict[str, Answer] = {**PROGRESS, **VERDICTS, **TROUBLE}
"""Every row of the table in one place, by name."""
