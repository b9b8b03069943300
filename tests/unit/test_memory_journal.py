"""The journal that tests of attempts work with is one."""

import pytest

from tests.contracts.journal_contract import JournalContract
from tests.support.memory_journal import MemoryJournal


class TestMemoryJournal(JournalContract):
    @pytest.fixture
    def journal(self) -> MemoryJournal:
        return MemoryJournal()
