"""A format that hides nothing: JSON on one line, written anew with every change."""

import json
from typing import Any

from bootstrap_bot.editing.format import Append, Change, Keys, NotParsableError, Remove


class FakeFormat:
    """A `Format`. What it was asked to change is in `asked`."""

    takes_bom = True

    def __init__(self) -> None:
        self.asked: list[Change] = []

    def read(self, text: str) -> Any:
        try:
            return json.loads(text or "{}")
        except json.JSONDecodeError as error:
            position = error.lineno, error.colno
        raise NotParsableError(*position)

    def splice(self, text: str, change: Change) -> str:
        self.asked.append(change)
        data = inner = self.read(text)
        *parents, last = change.path
        for key in parents:
            if isinstance(inner, dict):
                inner[key] = inner.get(key) or {}
            inner = inner[key]
        if isinstance(change, Remove):
            del inner[last]
        elif isinstance(change, Append):
            inner[last].append(change.value)
        else:
            inner[last] = change.value
        return json.dumps(data)

    def locate(self, text: str, path: Keys) -> tuple[int, int]:
        return 1, max(text.find(f'"{key}"') for key in path) + 1
