"""What the doctor found about one subject, as data: words are looked up by its code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Subject(StrEnum):
    """What is looked at, in this order; each has its name in every catalogue."""

    CONFIG = "config"
    ADMINS = "admins"
    TELEGRAM = "telegram"
    POLLING = "polling"
    PLATFORM = "platform"
    TARGET = "target"
    STATE = "state"
    CLOCK = "clock"


class Mark(StrEnum):
    """Well; worth a look; broken until somebody does something."""

    GOOD = "good"
    LOOK = "look"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table.

    `code` names its text, with what to do when it is not well; `values` go into the text's
    braces, a `Code` among them as that error's own text, `platform` and a tuple as platforms'
    names. No value is a secret.
    """

    subject: Subject
    mark: Mark
    code: str
    values: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def good(cls, subject: Subject, code: str, **values: object) -> "Finding":
        return cls(subject, Mark.GOOD, code, values)

    @classmethod
    def look(cls, subject: Subject, code: str, **values: object) -> "Finding":
        return cls(subject, Mark.LOOK, code, values)

    @classmethod
    def bad(cls, subject: Subject, code: str, **values: object) -> "Finding":
        return cls(subject, Mark.BAD, code, values)
