"""Every attempt under way: begun, looked up, decided on, taken up after a restart."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from bootstrap_bot.activity import waits
from bootstrap_bot.errors import Code, ConflictError, RefusedError
from bootstrap_bot.registration.attempt import LIVE, Attempt, State
from bootstrap_bot.registration.delivery import HANDLE_LENGTH
from bootstrap_bot.registration.inheritance import inherited
from bootstrap_bot.registration.languages import JournalLanguages, Languages
from bootstrap_bot.registration.limits import HOUR, JournalLimits, Limits
from bootstrap_bot.registration.person import PersonId
from bootstrap_bot.registration.record import Change, Record, audit
from bootstrap_bot.registration.supervising import supervised
from bootstrap_bot.registration.timeline import not_ahead
from bootstrap_bot.registration.transitions import (
    agreed,
    cancelled,
    discarded,
    displaced,
    exposed,
    let_in,
    moved_down,
    moved_to,
    removed,
    skipped,
    used,
)
from bootstrap_bot.registration.worker import Services, Worker

log = logging.getLogger(__name__)

KEPT = 30 * 24 * HOUR
CANCELLABLE = frozenset({State.REQUESTED, State.WAITING})
# How long a stop waits for an answer that may hold credentials: service managers grant more.
LAST_ANSWER = 5.0


def random_id() -> str:
    """Ten hexadecimal digits: names an attempt in a button and in the audit lines."""
    return secrets.token_hex(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person asked for. `message` is one that shall show this attempt from now on."""

    provider: str
    owner: PersonId
    chat: str
    language: str
    update: str
    wanted_id: str = ""
    replaces: str = ""
    topic: str | None = None
    message: str | None = None


class RegistrationService:
    """What chat may ask for. `owner` is the person who acts; nobody else's rows are touched."""

    def __init__(self, services: Services, name_attempt: Callable[[], str] = random_id) -> None:
        self._services = services
        self._name_attempt = name_attempt
        self._runs: dict[str, Worker] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._beginning = asyncio.Lock()
        self._languages: Languages = JournalLanguages(services.journal)
        self._limits: Limits = JournalLimits(services.journal, services.clock, services.caps)

    @property
    def idle(self) -> bool:
        """Whether every attempt only waits: for time, for a person, for what is being sent."""
        runs = self._runs.values()
        return all(map(waits, self._tasks.values())) and all(run.idle for run in runs)

    async def start(self) -> None:
        """Takes up every attempt that is not over. Raises `JournalError`."""
        await self._languages.start()
        now = self._services.clock.now()
        await self._services.journal.forget(now - KEPT)
        await self._limits.start()
        for found in await self._services.journal.unfinished():
            if found.provider not in self._services.providers:
                log.warning("an attempt on %s waits until that platform is there", found.provider)
                continue
            attempt = not_ahead(found, now)
            if attempt.owner in await self._services.admins.all():
                self._take_up(attempt)
            else:
                await self._take_over(attempt)

    async def stop(self) -> None:
        """Ends at once, but for polls on their way: their answers are read and committed.

        They get `LAST_ANSWER` seconds; what is under way goes on at the next start.
        """
        asking = [asyncio.create_task(run.finish_asking()) for run in self._runs.values()]
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if asking:
            await asyncio.wait(asking, timeout=LAST_ANSWER)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def begin(self, request: Request) -> Attempt:
        """Begins an attempt, unless this update began one already.

        Raises `RefusedError` when there are too many or no target speaks the platform,
        `JournalError` when it cannot be kept.
        """
        async with self._beginning:
            while True:
                known = await self._services.journal.asked_by(request.owner.host, request.update)
                if known is not None:
                    return known
                # somebody else may take the same update up meanwhile
                with suppress(ConflictError):
                    return await self._begin(request)

    def live(self, owner: PersonId) -> list[Attempt]:
        """The owner's attempts that wait for something, the last one at the end."""
        attempts = (run.attempt for run in self._runs.values())
        return [one for one in attempts if one.owner == owner and one.live]

    async def latest(self, owner: PersonId, provider: str | None = None) -> Attempt | None:
        """The owner's last attempt, of that platform if one is named, as it is now."""
        found = await self._services.journal.latest(owner, provider)
        run = self._runs.get(found.id) if found else None
        return run.attempt if run else found

    async def resend(self, attempt: str, owner: PersonId, topic: str | None = None) -> bool:
        """Sends the attempt's message anew, at the end of that topic; False when it is not live."""
        return await self._change(attempt, owner, LIVE, lambda now: moved_to(now, topic))

    async def cancel(
        self, attempt: str, owner: PersonId, *, down: bool = False, topic: str | None = None
    ) -> bool:
        """Ends the conversation about it. The platform is still asked, quietly.

        `down` also moves the message to the end of that topic.
        """
        return await self._change(
            attempt,
            owner,
            CANCELLABLE,
            lambda now: cancelled(moved_to(now, topic) if down else now),
        )

    async def decide(
        self, attempt: str, owner: PersonId, *, use: bool, let_in: bool = False
    ) -> bool:
        """Stores credentials that were held back, or discards them for good.

        `let_in`: who confirmed is to be answered by the bot, too.
        """
        change = partial(used, let_in=let_in) if use else discarded
        return await self._change(attempt, owner, {State.HELD}, change)

    async def try_again(self, attempt: str, owner: PersonId) -> bool:
        """Stores or removes now instead of at the next try."""
        hanging = {State.CAPTURED, State.REMOVED}
        return await self._change(attempt, owner, hanging, lambda now: now)

    async def overwrite(self, ref: str, owner: PersonId) -> bool:
        """Puts the pair in the place of another bot; `ref` is the attempt's id and a handle."""
        return await self._answer(ref, owner, agreed)

    async def expose(self, ref: str, owner: PersonId) -> bool:
        """Writes the pair where others can read it; `ref` as above."""
        return await self._answer(ref, owner, exposed)

    async def skip(self, ref: str, owner: PersonId) -> bool:
        """Goes on without a target that has trouble; `ref` as above."""
        return await self._answer(ref, owner, skipped)

    async def displaced(self, provider: str, account: str, target: str) -> None:
        """That bot was taken out of a target on its admin's word: it is not to come back."""
        for run in list(self._runs.values()):
            if (run.attempt.provider, run.attempt.account) == (provider, account):
                await run.record.commit_with_retry(lambda now: displaced(now, target))

    async def find(self, attempt: str, owner: PersonId) -> Attempt | None:
        """The owner's attempt with that id."""
        run = self._runs.get(attempt)
        found = run.attempt if run else await self._services.journal.find(attempt)
        return found if found is not None and found.owner == owner else None

    async def stored(self, attempt: str, owner: PersonId) -> Attempt | None:
        """The same, if its pair was stored."""
        found = await self.find(attempt, owner)
        return found if found is not None and found.state is State.STORED else None

    async def remove(self, attempt: str, owner: PersonId) -> bool:
        """Takes a stored pair out of the targets again, however long ago that was."""
        return await self._take_up_again(attempt, owner, removed)

    async def let_in(self, attempt: str, owner: PersonId) -> bool:
        """Has targets with a list of people answer who confirmed that registration."""
        return await self._take_up_again(attempt, owner, let_in)

    async def language_of(self, owner: PersonId) -> str | None:
        """What the owner chose, if they did."""
        return await self._languages.get(owner)

    async def speak(self, owner: PersonId, language: str) -> None:
        """Remembers the owner's choice; attempts under way go on in that language."""
        await self._languages.set(owner, language)
        for run in list(self._runs.values()):
            if run.attempt.owner == owner:
                await run.record.commit(lambda now: replace(now, language=language, stale=now.told))

    async def look(self, owner: PersonId) -> None:
        """Whatever is waited for on the owner's behalf is looked for at once."""
        for run in self._runs.values():
            if run.attempt.owner == owner:
                run.hurry()

    async def check_now(self, attempt: str, owner: PersonId) -> float | None:
        """Asks the platform as soon as it allows: seconds until then, None when it is over."""
        if not await self._change(attempt, owner, {State.WAITING}, lambda now: now):
            return None
        run = self._runs[attempt]
        run.ask_now()
        return run.seconds_to_next_poll()

    async def person_is_back(self, owner: PersonId) -> None:
        """The person wrote: what could not be told is tried again."""
        for run in self._runs.values():
            if run.attempt.owner == owner:
                run.presenter.person_is_back()

    async def _answer(
        self, ref: str, owner: PersonId, turn: Callable[[Attempt, str], Attempt]
    ) -> bool:
        """What an admin says to one delivery's trouble; False when that is not the trouble now."""
        attempt, handle = ref[:-HANDLE_LENGTH], ref[-HANDLE_LENGTH:]
        run = self._runs.get(attempt)
        if run is None or turn(run.attempt, handle) == run.attempt:
            return False
        return await self._change(attempt, owner, {State.CAPTURED}, lambda now: turn(now, handle))

    async def _change(
        self, attempt: str, owner: PersonId, states: Collection[State], change: Change
    ) -> bool:
        """Applies it to an attempt of that owner in one of these states; False to all others."""
        run = self._runs.get(attempt)
        if run is None or run.attempt.owner != owner or run.attempt.state not in states:
            return False
        acted_at = self._services.clock.now()
        after = await run.record.commit(_acted(change, owner, states, acted_at))
        run.hurry()
        if attempt not in self._runs and not after.over:
            # it had come to its end while the change was on its way to the disk
            self._take_up(after)
        return after.acted_at == acted_at

    async def _begin(self, request: Request) -> Attempt:
        if not any(target.speaks(request.provider) for target in self._services.targets):
            raise RefusedError(Code.NOT_SPOKEN, request.provider)
        live = [run.attempt.owner for run in self._runs.values() if run.attempt.live]
        await self._limits.check(request.owner, live)
        await self._services.journal.forget(self._services.clock.now() - KEPT)
        if request.message is not None:
            await self._release_message(request)
        attempt = await self._services.journal.save(self._attempt(request))
        await self._limits.count(request.owner)
        audit(attempt, attempt.state.value)
        self._take_up(attempt)
        return attempt

    async def _take_up_again(self, attempt: str, owner: PersonId, change: Change) -> bool:
        """Changes a stored attempt, also one whose end is long past."""
        async with self._beginning:
            if await self._change(attempt, owner, {State.STORED}, change):
                return True
            found = await self.stored(attempt, owner)
            if found is None or attempt in self._runs:
                return False
            acted_at = self._services.clock.now()
            record = Record(found, self._services.journal, self._services.clock)
            after = await record.commit(_acted(change, owner, {State.STORED}, acted_at))
            if after.acted_at != acted_at:
                return False
            self._take_up(after)
            return True

    def _attempt(self, request: Request) -> Attempt:
        now = self._services.clock.now()
        return Attempt(
            id=self._name_attempt(),
            provider=request.provider,
            owner=request.owner,
            chat=request.chat,
            language=request.language,
            update=request.update,
            topic=request.topic,
            message=request.message,
            requested_at=now,
            acted_at=now,
            wanted_id=request.wanted_id or request.provider,
            replaces=request.replaces,
        )

    async def _release_message(self, request: Request) -> None:
        """A message that goes on with another attempt is no longer the earlier one's."""
        for run in list(self._runs.values()):
            attempt = run.attempt
            if (attempt.chat, attempt.message) == (request.chat, request.message):
                await run.record.commit(lambda now: replace(now, message=None))

    def _take_up(self, attempt: Attempt) -> None:
        run = Worker(attempt, self._services, self._may_begin, self.displaced)
        name = f"attempt:{attempt.id}"
        task = asyncio.create_task(supervised(run.run, name, self._services.clock), name=name)
        self._runs[attempt.id] = run
        self._tasks[attempt.id] = task
        task.add_done_callback(lambda done: self._ended(attempt.id, done))

    async def _take_over(self, attempt: Attempt) -> None:
        """A former admin's attempt: what waits is cancelled, what came is the first admin's."""

        heirs = await self._services.admins.all()

        def taken_over(now: Attempt) -> Attempt:
            ended = cancelled(now) if now.state in CANCELLABLE else now
            return inherited(ended, heirs)

        record = Record(attempt, self._services.journal, self._services.clock)
        self._take_up(await record.commit(taken_over))

    async def _may_begin(self, attempt: Attempt) -> bool:
        """Asks once more for the owner's codes of that platform; no when credentials came.

        Otherwise a person who confirmed the older one would end with two apps.
        """
        others = [
            run
            for run in self._runs.values()
            if _same_kind(run.attempt, attempt) and run.attempt.pollable
        ]
        for run in others:
            await run.ask_once_more()
        held = [run for run in others if run.attempt.state is State.HELD]
        for run in held:
            await run.record.commit_with_retry(moved_down)
        return not held

    def _ended(self, attempt: str, task: asyncio.Task[None]) -> None:
        run = self._runs.pop(attempt)
        del self._tasks[attempt]
        if not task.cancelled() and not run.attempt.over:
            # something was asked for while it came to its end
            self._take_up(run.attempt)


def _acted(change: Change, owner: PersonId, states: Collection[State], moment: float) -> Change:
    """The change as that owner's doing, where the attempt is theirs and in one of these states."""

    def acted(now: Attempt) -> Attempt:
        theirs = now.owner == owner and now.state in states
        return replace(change(now), acted_at=moment) if theirs else now

    return acted


def _same_kind(one: Attempt, other: Attempt) -> bool:
    return (one.owner, one.provider) == (other.owner, other.provider)
