"""An attempt as a row: columns for what is asked for and for secrets, one JSON value for the rest.

A field that is added to the records with a default needs no column and no migration.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr, TypeAdapter

from bootstrap_bot.credentials import plain, public
from bootstrap_bot.registration.attempt import Attempt
from bootstrap_bot.registration.person import PersonId

# Fields with a column of the same name and form.
ASKED_FOR = ("id", "provider", "update", "requested_at", "state", "version")
COLUMNS = (*ASKED_FOR, "host", "owner", "finished", "device_state", "secrets", "rest")

_ATTEMPT = TypeAdapter(Attempt)


def row_of(attempt: Attempt) -> dict[str, object]:
    """The value of each column; no secret is in `rest`."""
    apart = {*ASKED_FOR, "owner", "device_state", "values"}
    rest = _ATTEMPT.dump_python(attempt, mode="json", exclude=apart)
    values, state = attempt.values.items(), attempt.device_state
    secrets = {name: plain(value) for name, value in values if isinstance(value, SecretStr)}
    return {
        **{name: getattr(attempt, name) for name in ASKED_FOR},
        "host": attempt.owner.host,
        "owner": attempt.owner.id,
        "finished": attempt.over,
        "device_state": None if state is None else plain(state),
        "secrets": json.dumps(secrets) if secrets else None,
        "rest": json.dumps({**rest, "values": public(attempt.values)}),
    }


def attempt_of(row: Mapping[str, Any]) -> Attempt:
    """The attempt of a row that has these columns. Raises `ValueError` where it is none."""
    rest, state = json.loads(row["rest"]), row["device_state"]
    secrets = json.loads(row["secrets"] or "{}")
    values = rest["values"] | {name: SecretStr(text) for name, text in secrets.items()}
    return _ATTEMPT.validate_python(
        {
            **rest,
            **{name: row[name] for name in ASKED_FOR},
            "owner": PersonId(row["host"], row["owner"]),
            "device_state": None if state is None else SecretStr(state),
            "values": values,
        }
    )
