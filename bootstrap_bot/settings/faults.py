"""What is wrong with a setting, in words that say what would be right, never what is there."""

import difflib
import json
import re
from collections.abc import Mapping

from pydantic_core import ErrorDetails

from bootstrap_bot.settings.table import Table, keys_of

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


def shown(key: str) -> str:
    """A key as it may be shown: in quotes and cut unless it is a bare one."""
    return key if _BARE_KEY.fullmatch(key) else json.dumps(key)[:64]


def remedy(model: type[Table], key: str, detail: ErrorDetails, variables: Mapping[str, str]) -> str:
    """What would be right; `variables` stand in for keys that are missing."""
    if detail["type"] == "extra_forbidden":
        close = difflib.get_close_matches(key, keys_of(model), n=1)
        hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(keys_of(model))}"
        return f"is not a setting; {hint}"
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    words = next(
        known.description
        for name, known in model.model_fields.items()
        if key in (name, known.alias)
    )
    if detail["type"] == "missing":
        variable = variables.get(key)
        return f"is missing: set it{f', or ${variable},' if variable else ''} to {words}"
    return f"must be {words}"
