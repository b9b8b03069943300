"""What storing would refuse, check refuses, of every kind that is a file: by one preparation."""

import json
from pathlib import Path

import pytest

from bootstrap_bot.errors import Code, TargetError
from tests.support.programs import PAIR, built

SET = {"a.id": "{client_id}", "a.secret": "{client_secret}"}
REFUSED = {
    "config: text": ("config", "a.toml", "platforms = 5\n", Code.WRONG_SHAPE),
    "config: list": ("config", "a.toml", "[[platforms]]\na = 1\n", Code.WRONG_SHAPE),
    "hermes: open quote": ("hermes", ".env", "A='x\n", Code.UNPARSABLE),
    "nanobot: channel": ("nanobot", "a.json", '{"channels": {"dingtalk": []}}', Code.WRONG_SHAPE),
    "nanobot: channels": ("nanobot", "a.json", '{"channels": "all"}', Code.WRONG_SHAPE),
    "nanobot: id": (
        "nanobot",
        "a.json",
        '{"channels": {"dingtalk": {"clientId": 5}}}',
        Code.WRONG_SHAPE,
    ),
    "qwenpaw: channels": ("qwenpaw", "agent.json", '{"channels": [1]}', Code.WRONG_SHAPE),
    "qwenpaw: missing": ("qwenpaw", "agent.json", None, Code.FILE_MISSING),
    "cowagent: channels": ("cowagent", "a.json", '{"channel_type": 5}', Code.WRONG_SHAPE),
    "cowagent: mixed": ("cowagent", "a.json", '{"channel_type": ["web", 1]}', Code.WRONG_SHAPE),
    "cowagent: secret": (
        "cowagent",
        "a.json",
        '{"dingtalk_client_id": "x", "dingtalk_client_secret": {}}',
        Code.WRONG_SHAPE,
    ),
    "astrbot: platform": ("astrbot-file", "a.json", '{"platform": {}}', Code.WRONG_SHAPE),
    "file: text on the way": ("file", "a.json", '{"a": "text"}', Code.WRONG_SHAPE),
    "file: table in a text's place": ("file", "a.yaml", "a: {id: {b: 1}}\n", Code.WRONG_SHAPE),
    "file: inline table": ("file", "a.toml", "a.id.b = 1\n", Code.WRONG_SHAPE),
    "file: many documents": ("file", "a.yaml", "a: {}\n---\nb: 1\n", Code.UNPARSABLE),
}
TAKEN = {
    "hermes: nothing yet": ("hermes", ".env", None),
    "hermes: another bot": ("hermes", ".env", "DINGTALK_CLIENT_ID=x\n"),
    "cowagent: another bot": ("cowagent", "a.json", '{"dingtalk_client_id": "x"}'),
    "astrbot: several": (
        "astrbot-file",
        "a.json",
        json.dumps({"platform": [{"id": "a", "type": "dingtalk", "client_id": "x"}]}),
    ),
    "file: nothing yet": ("file", "a.yaml", None),
}


def a_file(folder: Path, name: str, text: str | None) -> Path:
    file = folder / name
    if text is not None:
        file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("case", REFUSED)
async def test_check_and_storing_refuse_alike(tmp_path: Path, case: str) -> None:
    kind, name, text, code = REFUSED[case]
    file = a_file(tmp_path, name, text)
    target = built(kind, file, **({"set": SET} if kind == "file" else {}))
    found = []
    for attempt in (target.probe(), target.store("dingtalk", PAIR)):
        with pytest.raises(TargetError) as caught:
            await attempt
        error = caught.value
        found.append((error.code, error.place, error.line, error.column))
    assert found[0] == found[1]
    assert found[0][0] is code
    # nanobot leaves its own lock there as well
    left = [one.name for one in tmp_path.iterdir() if kind != "nanobot" or one.suffix != ".lock"]
    assert left == ([] if text is None else [name])
    assert text is None or file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("case", TAKEN)
async def test_what_storing_takes_or_asks_about_is_well(tmp_path: Path, case: str) -> None:
    kind, name, text = TAKEN[case]
    file = a_file(tmp_path, name, text)
    target = built(kind, file, **({"set": SET} if kind == "file" else {}))
    assert await target.probe() == []
    assert [one.name for one in tmp_path.iterdir()] == ([] if text is None else [name])
    assert text is None or file.read_text(encoding="utf-8") == text
