"""Everything that can go wrong, as one tree with stable codes.

    BootstrapBotError
    ├── ConfigError      the configuration cannot be used; one Fault per line
    ├── RemoteError      the other side did not give a usable answer
    ├── TargetError      credentials could not be stored or read back
    ├── JournalError     the state file cannot be used
    ├── ConflictError    somebody else changed an attempt since it was read
    └── RefusedError     what a person asked for is not possible now

Words for people are looked up by code in the catalogues of `chat`; nothing here is
shown in a chat, and no message here holds a value that came from outside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Stable names of what went wrong; each has its text in every catalogue."""

    # the road to the platform
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    HTTP_ERROR = "http_error"
    NOT_JSON = "not_json"
    TOO_LARGE = "too_large"
    ERRCODE = "errcode"
    BAD_ANSWER = "bad_answer"
    BAD_LINK = "bad_link"
    MOVED = "moved"
    UNUSABLE_PAIR = "unusable_pair"
    # what became of an attempt
    NO_CREDENTIALS = "no_credentials"
    # where credentials are stored
    UNPARSABLE = "unparsable"
    WRONG_SHAPE = "wrong_shape"
    ENTRY_MISSING = "entry_missing"
    NO_SPACE = "no_space"
    NO_PERMISSION = "no_permission"
    LOCKED = "locked"
    KEEPS_CHANGING = "keeps_changing"
    MOUNT_POINT = "mount_point"
    FOREIGN_OWNER = "foreign_owner"
    COPY_BLOCKED = "copy_blocked"
    HARD_LINKED = "hard_linked"
    RIGHTS_NOT_KEPT = "rights_not_kept"
    READABLE_BY_ALL = "readable_by_all"
    RIGHTS_FIXED = "rights_fixed"
    NOT_READ_BACK = "not_read_back"
    TARGET_FAILED = "target_failed"
    FILE_MISSING = "file_missing"
    OCCUPIED = "occupied"
    VALUE_UNFIT = "value_unfit"
    PLUGIN_MISSING = "plugin_missing"
    COMMUNITY_PLUGIN_MISSING = "community_plugin_missing"
    STILL_RUNNING = "still_running"
    SUPERSEDED_FILE = "superseded_file"
    # where credentials go through an API
    API_UNREACHABLE = "api_unreachable"
    API_TIMEOUT = "api_timeout"
    API_KEY_REJECTED = "api_key_rejected"
    API_KEY_SCOPE = "api_key_scope"
    API_TOO_OLD = "api_too_old"
    API_FAULT = "api_fault"
    API_BAD_ANSWER = "api_bad_answer"
    # the state file
    STATE_HELD = "state_held"
    STATE_FULL = "state_full"
    STATE_UNUSABLE = "state_unusable"
    STATE_LATER = "state_later"
    NOT_STARTED = "not_started"
    STOPPED = "stopped"
    # what a person asked for
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    TOO_MANY_PER_HOUR = "too_many_per_hour"
    NOT_SPOKEN = "not_spoken"


EXPOSING = frozenset({Code.READABLE_BY_ALL, Code.RIGHTS_FIXED})
"""More people could read a secret than should; its admin may have it written all the same."""


class BootstrapBotError(Exception):
    """Root of all errors this package raises."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the configuration: where, which key, and what would be right."""

    source: str
    key: str
    remedy: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.source, self.key, self.remedy) if part)


class ConfigError(BootstrapBotError):
    """The configuration cannot be used."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


class CodedError(BootstrapBotError):
    """An error known by its code."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.value)
        self.code = code


class RemoteError(CodedError):
    """The other side did not give a usable answer.

    `retry_after` is what it asked for, in seconds.
    """

    def __init__(self, code: Code, *, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.retry_after = retry_after


class TargetError(CodedError):
    """Credentials could not be stored or read back.

    `place` is the file or address as its owner named it; `line` and `column` say where in a
    file (1-based, 0 when unknown); `occupant` is the client id that has a place for one, `about`
    what else a text names, such as the folder where a file system is mounted.
    """

    def __init__(
        self,
        code: Code,
        place: str,
        *,
        line: int = 0,
        column: int = 0,
        occupant: str = "",
        about: str = "",
    ) -> None:
        super().__init__(code)
        self.place = place
        self.line = line
        self.column = column
        self.occupant = occupant
        self.about = about


class JournalError(CodedError):
    """The state file cannot be used. `holder` names the process that has it, if one does."""

    def __init__(self, code: Code, path: str, *, holder: str = "") -> None:
        super().__init__(code)
        self.path = path
        self.holder = holder


class ConflictError(BootstrapBotError):
    """Somebody else changed an attempt since it was read; it is to be read again."""


class RefusedError(CodedError):
    """What a person asked for is not possible now; `platform` is the one it was about."""

    def __init__(self, code: Code, platform: str = "") -> None:
        super().__init__(code)
        self.platform = platform
