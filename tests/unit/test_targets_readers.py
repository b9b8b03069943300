"""A file that its program could not read is never written, one that it reads always is."""

import json
from pathlib import Path

import pytest

from bootstrap_bot.errors import Code, TargetError
from tests.support.programs import ID, PAIR, SECRET, built

BOM = "\ufeff"
STRICT = ("nanobot", "qwenpaw", "cowagent", "astrbot-file")
# What Python's json refuses.
REFUSED = {
    "comma behind the last": '{\n  "a": 1,\n}\n',
    "comma in a list": '{"a": [1,\n]}',
    "comment": '{\n  // mine\n  "a": 1\n}\n',
    "comment at the end": '{"a": 1} /* mine */',
    "single quotes": "{\n  'a': 1}",
    "key without quotes": "{a: 1}",
    "hexadecimal": '{"a": 0x10}',
    "number with a plus": '{"a": +1}',
    "line end in a text": '{"a": "b\nc"}',
    "two values": '{"a": 1}\n{"b": 2}',
    "no value": '{"a": }',
}
# What it takes, though the standard does not, or though it looks odd.
TAKEN = {
    "not a number": '{"a": NaN, "b": -Infinity}',
    "key twice": '{"a": 1, "a": 2}',
    "no blanks": '{"a":{"b":[]}}',
    "blanks": ' \r\n{\t"a" :\r\n1 }\r\n\r\n',
    "escapes": '{"\\u0061\\/": "\\ud83d\\ude00 \u2028"}',
}


@pytest.mark.parametrize("kind", STRICT)
@pytest.mark.parametrize("text", REFUSED)
async def test_what_its_program_cannot_read_is_said_with_line_and_column(
    tmp_path: Path, kind: str, text: str
) -> None:
    file, written = tmp_path / "config.json", REFUSED[text]
    file.write_bytes(written.encode())
    with pytest.raises(json.JSONDecodeError) as refused:
        json.loads(written)
    place = refused.value.lineno, refused.value.colno
    target = built(kind, file)
    for attempt in (target.probe(), target.store("dingtalk", PAIR), target.platforms()):
        with pytest.raises(TargetError) as caught:
            await attempt
        error = caught.value
        assert (error.code, error.line, error.column) == (Code.UNPARSABLE, *place)
    assert file.read_bytes() == written.encode()


@pytest.mark.parametrize("kind", STRICT)
@pytest.mark.parametrize("text", TAKEN)
async def test_what_its_program_reads_is_stored_into(tmp_path: Path, kind: str, text: str) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(TAKEN[text].encode())
    await built(kind, file).store("dingtalk", PAIR)
    told = json.dumps(json.loads(file.read_text(encoding="utf-8")))
    assert ID in told
    assert SECRET in told


@pytest.mark.parametrize(("kind", "takes"), [(one, one != "nanobot") for one in STRICT])
async def test_a_byte_order_mark_is_kept_where_the_program_takes_one(
    tmp_path: Path, kind: str, takes: bool
) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(f"{BOM}{{}}\n".encode())
    target = built(kind, file)
    if takes:
        await target.store("dingtalk", PAIR)
        assert ID in json.dumps(json.loads(file.read_text(encoding="utf-8-sig")))
        assert file.read_bytes().startswith(BOM.encode())
        return
    with pytest.raises(TargetError) as caught:
        await target.store("dingtalk", PAIR)
    error = caught.value
    assert (error.code, error.line, error.column) == (Code.UNPARSABLE, 1, 1)
    assert file.read_bytes() == f"{BOM}{{}}\n".encode()
