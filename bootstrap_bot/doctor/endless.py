"""Commands of programs we know that do not end by themselves, so that a time limit ends them."""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from bootstrap_bot.targets.command import Command

COW, HERMES = "doctor.target_endless_cow", "doctor.target_endless_hermes"


def endless(command: Command) -> str | None:
    """The code of what is to be said about it; None when nothing is."""
    words = [*_words(command.argv)]
    for place, word in enumerate(words):
        program, rest = PurePath(word).name, words[place + 1 :]
        named = [one for one in rest if not one.startswith("-")]
        # it follows its log once it has restarted
        if program == "cow" and named[:1] in (["start"], ["restart"]) and "--no-logs" not in rest:
            return COW
        # where it is no service it becomes the gateway itself
        if program == "hermes" and "gateway" in named:
            action = named[named.index("gateway") + 1 :][:1]
            if action in ([], ["run"], ["restart"]):
                return HERMES
    return None


def _words(argv: Sequence[str]) -> Iterator[str]:
    """The words, with those of a shell's script each by itself."""
    for argument in argv:
        try:
            yield from shlex.split(argument, comments=True) if " " in argument else [argument]
        except ValueError:
            yield argument
