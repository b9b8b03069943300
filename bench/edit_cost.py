"""What a change of a large file costs, proof included: CPU of this process alone."""

import json
import time
from collections.abc import Callable, Sequence

from report import Row, shown

from bootstrap_bot.editing.dotenv import Dotenv
from bootstrap_bot.editing.format import Change, Format, Keys, Remove, Set, edited
from bootstrap_bot.editing.json5 import Json5
from bootstrap_bot.editing.toml import Toml
from bootstrap_bot.editing.yaml import Yaml

SIZE = 1_000_000
LONGEST = 2.0
GROWTH = 2.6
RUNS = 2

BOTS: dict[str, tuple[Format, Callable[[int], str]]] = {
    "TOML": (
        Toml(),
        lambda n: f'# bot {n}\n[bots.bot{n}]\nid = "ding{n}"\nsecret = "a secret"\nport = {n}\n\n',
    ),
    "JSON5": (
        Json5(),
        lambda n: (
            f'    // bot {n}\n    bot{n}: {{\n      id: "ding{n}",\n      port: {n},\n    }},\n'
        ),
    ),
    "YAML": (
        Yaml(),
        lambda n: (
            f'  # bot {n}\n  bot{n}:\n    id: ding{n}\n    secret: "a secret"\n    port: {n}\n'
        ),
    ),
    "dotenv": (
        Dotenv(),
        lambda n: f"# bot {n}\nBOT{n}_ID=ding{n}\nexport BOT{n}_SECRET='a secret' # it\n",
    ),
}
AROUND = {"JSON5": ("{\n  bots: {\n", "  },\n}\n"), "YAML": ("bots:\n", "")}

# All of them begin with a table `a` that holds `x`.
SHAPES: dict[str, tuple[Format, dict[str, str]]] = {
    "TOML": (
        Toml(),
        {
            "20,000 tables": "a.x = 1\n"
            + "".join(f"[table{n}.of]\nkey = 'and what it holds {n}'\n" for n in range(20_000)),
            "one line": f"a.x = 1\nl = [{'1234, ' * (SIZE // 6)}]\n",
            "comments": "a.x = 1\n" + "# a line\n" * (SIZE // 9),
            "one text": "a.x = 1\ns = '''\n" + "a line\n" * (SIZE // 7) + "'''\n",
        },
    ),
    "JSON5": (
        Json5(),
        {
            "20,000 tables": '{"a": {"x": 1},\n'
            + "".join(f'"table{n}": {{"key": "and what it holds {n}"}},\n' for n in range(20_000))
            + "}",
            "one line": json.dumps({"a": {"x": 1}, "l": [{"n": n} for n in range(SIZE // 14)]}),
            "comments": '{"a": {"x": 1},\n' + "// a line\n" * (SIZE // 10) + "}",
            "one text": json.dumps({"a": {"x": 1}, "s": "a line\n" * (SIZE // 8)}),
            "deep lists": '{"a": {"x": 1}, "l": ['
            + ("[" * 50 + "]" * 50 + ",") * (SIZE // 101)
            + "]}",
        },
    ),
    "YAML": (
        Yaml(),
        {
            "20,000 tables": "a: {x: 1}\n"
            + "".join(f"table{n}:\n  of:\n    key: and what it holds\n" for n in range(20_000)),
            "one line": f"a: {{x: 1}}\nl: [{'1234, ' * (SIZE // 6)}]\n",
            "comments": "a: {x: 1}\n" + "# a line\n" * (SIZE // 9),
            "one text": "a: {x: 1}\ns: |\n" + "  a line\n" * (SIZE // 9),
            "a list": "a: {x: 1}\nl:\n" + "- 1234\n" * (SIZE // 7),
        },
    ),
    "dotenv": (
        Dotenv(),
        {
            "20,000 names": "a=1\n"
            + "".join(f"NAME{n}='and what it is, which is a lot'\n" for n in range(20_000)),
            "comments": "a=1\n" + "# a line\n" * (SIZE // 9),
            "one text": "a=1\ns='" + "a line\n" * (SIZE // 7) + "'\n",
            "one name": "a=1234567890 # that\n" * (SIZE // 20),
        },
    ),
}


def text_of(name: str, size: int) -> str:
    """A file of about so many bytes, full of bots."""
    _, bot = BOTS[name]
    head, tail = AROUND.get(name, ("", ""))
    # they grow by a digit or two on the way
    count = size // len(bot(size // 100))
    return head + "".join(map(bot, range(count))) + tail


def changes_of(name: str) -> dict[str, Sequence[Change]]:
    """One value replaced, three added, one removed."""

    def at(bot: str, key: str) -> Keys:
        return (f"{bot}_{key}".upper(),) if name == "dotenv" else ("bots", bot, key)

    added = [Set(at("new", key), "a value") for key in ("id", "secret", "more")]
    one = at("bot5000", "id")
    return {"replaced": [Set(one, "a value")], "three added": added, "removed": [Remove(one)]}


def seconds(form: Format, text: str, changes: Sequence[Change]) -> float:
    """The CPU time of these changes, the best of a few tries."""
    tries = []
    for _ in range(RUNS):
        began = time.process_time()
        new = edited(form, text, changes)
        tries.append(time.process_time() - began)
        if new == text:
            raise AssertionError("nothing changed")
    return min(tries)


def row(what: str, costs: dict[str, float]) -> Row:
    """Each of these costs beside the limit."""
    measured = ", ".join(f"{name} {shown(cost, 's')}" for name, cost in costs.items())
    kept = max(costs.values()) <= LONGEST
    return Row(what, measured, f"each at most {shown(LONGEST, 's')}", kept)


def main() -> None:
    """Sends the rows."""
    for name, (form, _) in BOTS.items():
        whole, half = text_of(name, SIZE), text_of(name, SIZE // 2)
        costs = {what: seconds(form, whole, some) for what, some in changes_of(name).items()}
        row(f"CPU of a change of 1 MB of {name}", costs).send()
        growth = costs["replaced"] / seconds(form, half, changes_of(name)["replaced"])
        limit, kept = f"at most {GROWTH} times", growth <= GROWTH
        Row(f"the same against 500 KB of {name}", f"{growth:.2f} times", limit, kept).send()
    for name, (form, texts) in SHAPES.items():
        path = ("a",) if name == "dotenv" else ("a", "x")
        shapes = {
            shape: seconds(form, text, [Set(path, "a value")]) for shape, text in texts.items()
        }
        row(f"CPU of a change of 1 MB of {name} in odd shapes", shapes).send()


if __name__ == "__main__":
    main()
