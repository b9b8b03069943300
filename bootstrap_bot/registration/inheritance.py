"""What becomes of a former admin's attempt: the first admin decides."""

from collections.abc import Collection
from dataclasses import replace

from bootstrap_bot.registration.attempt import Attempt, Held, State
from bootstrap_bot.registration.person import PersonId

WORTH_HAVING = frozenset({State.CAPTURED, State.HELD, State.STORED})


def inherited(now: Attempt, admins: Collection[PersonId]) -> Attempt:
    """The same attempt, in the first admin's hands if its owner is an admin no longer.

    What was not stored yet is offered, not stored. Without any admin it stays where it is.
    """
    heir = next(iter(admins), None)
    if now.owner in admins or heir is None or now.state not in WORTH_HAVING:
        return now
    state = State.HELD if now.state is State.CAPTURED else now.state
    # what the former admin agreed to is asked anew
    deliveries = tuple(replace(one, agreed=False, exposed=False) for one in now.deliveries)
    return replace(
        now,
        deliveries=deliveries,
        owner=heir,
        # where they are reached privately: the host gives that chat the person's id
        chat=heir.id,
        topic=None,
        message=None,
        old_message=None,
        state=state,
        held=Held.INHERITED,
        told=False,
    )
