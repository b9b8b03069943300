"""docs/targets.md says what the registry says, and shows what is missing."""

from dataclasses import replace

import pytest

from bootstrap_bot import registry
from tests.documents.placements import COMMAND, DOCUMENT, document
from tests.support.lark_like import LARK_LIKE


def test_the_matrix_is_what_targets_and_platforms_declare() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), f"`{COMMAND}` brings it up to date"


def test_an_empty_cell_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    dingtalk = registry.providers()["dingtalk"]
    platforms = {"dingtalk": dingtalk, "lark_like": replace(LARK_LIKE, placements={})}
    monkeypatch.setattr(registry, "providers", lambda: platforms)
    shown = document()
    assert "| `config` | ✓ | ✓ |\n" in shown
    assert "| `nanobot` | ✓ | – |\n" in shown
    assert "| `file` | by `set` | by `set` |\n" in shown
    assert "Empty cells: `astrbot` for `lark_like`, " in shown
    platforms["lark_like"] = LARK_LIKE
    shown = document()
    assert "Empty cells: none.\n" in shown
    assert "domain feishu: `https://open.feishu.cn`, lark: `https://open.larksuite.com`" in shown
    assert "`lark_connection_mode = 'socket'`" in shown
