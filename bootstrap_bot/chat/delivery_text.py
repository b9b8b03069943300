"""What people read of one delivery: where the pair is, what followed, what is still needed."""

from collections.abc import Iterator

from bootstrap_bot.chat.foreign_text import clean
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.credentials import masked
from bootstrap_bot.errors import Code, CodedError, RefusedError
from bootstrap_bot.registration.delivery import Delivery, DeliveryState
from bootstrap_bot.registration.inventory import Listed
from bootstrap_bot.targets.command import End, Ran
from bootstrap_bot.targets.rights import command_to_close
from bootstrap_bot.targets.target import RESTARTS, Note, note_in

LONGEST_NAME = 64
LONGEST_CODE = 40
LONGEST_PATH, LONGEST_COMMAND = 120, 200
# Kinds whose places need no program's name.
NAMELESS = ("config", "file")
# How a command ended, as far as it needs a text of its own.
RUN_ENDS = ("well", "badly", "running", *(end.value for end in End if end is not End.EXITED))


def program(kind: str, texts: Texts) -> str:
    """The name of a kind's program; the kind itself where another distribution brought it."""
    code = f"program.{kind.replace('-', '_')}"
    name = texts.plain(code)
    return kind if name == code else name


def trouble(place: str, code: str, line: int, column: int, texts: Texts) -> str:
    """What is wrong with a place, and where in it if that is known."""
    place, what = clean(place, LONGEST_NAME), texts.plain(f"error.{code}")
    if line:
        return texts("captured.trouble_at", place=place, what=what, line=line, column=column)
    return texts("captured.trouble", place=place, what=what)


def why(error: CodedError, texts: Texts) -> str:
    """Why something was not done, without markup."""
    what = texts.plain(f"error.{error.code.value}")
    platform = error.platform if isinstance(error, RefusedError) else ""
    return f"{texts.about(platform).plain('platform.name')}: {what}" if platform else what


def blocker(delivery: Delivery, texts: Texts) -> str:
    """Why the pair is not there yet."""
    if delivery.trouble == Code.OCCUPIED.value:
        client = clean(masked(delivery.occupant), LONGEST_CODE)
        return texts("captured.occupied", place=_place(delivery), client=client)
    if delivery.trouble == Code.READABLE_BY_ALL.value:
        command = clean(command_to_close(delivery.place), LONGEST_COMMAND)
        return texts("captured.readable_by_all", place=_place(delivery), command=command)
    if delivery.trouble == Code.RIGHTS_FIXED.value:
        mount = clean(delivery.about, LONGEST_PATH)
        return texts("captured.rights_fixed", place=_place(delivery), mount=mount)
    return trouble(delivery.place, delivery.trouble, delivery.line, delivery.column, texts)


def outcome(delivery: Delivery, texts: Texts, *, room: int, brief: bool = False) -> str:
    """Everything about a delivery that has ended; `room` is for a command's output.

    `brief` leaves out what is only good to know.
    """
    lines = [_ending(delivery, texts)]
    if delivery.state is DeliveryState.VERIFIED:
        lines += _notes(delivery, texts, brief=brief)
        lines += _followed(delivery, texts, room)
    if delivery.trouble:
        lines.append(f"⚠️ {blocker(delivery, texts)}")
    return "\n".join(lines)


def _ending(delivery: Delivery, texts: Texts) -> str:
    place = _place(delivery)
    if not delivery.open:
        return texts(f"closed.{delivery.closed}", place=place)
    if delivery.state is not DeliveryState.VERIFIED:
        return texts("stored.under_way", place=place)
    name = clean(delivery.platform_id, LONGEST_NAME)
    if delivery.kind == "config":
        return texts("stored.updated" if delivery.updated else "stored.added", id=name, place=place)
    if delivery.kind in NAMELESS:
        return texts("stored.file", place=place)
    shown = program(delivery.kind, texts)
    if delivery.platform_id == delivery.kind:
        return texts("stored.program", program=shown, place=place)
    return texts("stored.program_as", program=shown, id=name, place=place)


def _notes(delivery: Delivery, texts: Texts, *, brief: bool) -> Iterator[str]:
    cared_for = delivery.running or _ran_well(delivery)
    for text in delivery.notes.split():
        note, _ = note_in(text) or (None, "")
        if note and not (cared_for and note in RESTARTS) and not (brief and _idle(note)):
            yield _note(text, delivery.kind, texts)


def _note(text: str, kind: str, texts: Texts) -> str:
    """The line for a note of that kind of target; "" where it says nothing."""
    if (found := note_in(text)) is None:
        return ""
    note, about = found
    return f"• {texts(f'note.{note.value}', about=about, program=program(kind, texts))}"


def _idle(note: Note) -> bool:
    return note in (Note.NARROWED, Note.LOADED, Note.QWENPAW_NOTICES)


def _followed(delivery: Delivery, texts: Texts, room: int) -> list[str]:
    """How the command after it went."""
    if delivery.running:
        return [texts("run.running")]
    if not delivery.run_end:
        return []
    end, status = End(delivery.run_end), delivery.run_status
    line = run_line(Ran(end, status, delivery.run_seconds), texts)
    output = delivery.run_output[-room:] if room else ""
    return [line, texts("run.output", output=output)] if output else [line]


def follow_up(listed: Listed, ran: Ran | None, texts: Texts) -> str:
    """What follows a change in a place: how its command ended, else what is left to do."""
    return _note(listed.restart, listed.kind, texts) if ran is None else run_line(ran, texts)


def run_line(ran: Ran | None, texts: Texts) -> str:
    """How a command ended; "" when there was none."""
    if ran is None:
        return ""
    end = ran.end.value
    if ran.end is End.EXITED:
        end = "badly" if ran.status else "well"
    return texts(f"run.{end}", status=ran.status, seconds=f"{ran.seconds:.1f}")


def _ran_well(delivery: Delivery) -> bool:
    return delivery.run_end == End.EXITED.value and delivery.run_status == 0


def _place(delivery: Delivery) -> str:
    return clean(delivery.place, LONGEST_NAME)
