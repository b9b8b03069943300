"""What a kind of journal declares of itself."""

from collections.abc import Callable
from dataclasses import dataclass

from bootstrap_bot.registration.journal import Journal


@dataclass(frozen=True, slots=True)
class JournalKind:
    """How what stands in `state.path` becomes a journal.

    `scheme` is that of its addresses (`scheme://...`), empty for files; `at` makes the journal of
    an address, or of a file's absolute path.
    """

    scheme: str
    at: Callable[[str], Journal]
