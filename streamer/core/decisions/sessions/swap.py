"""Swap: two sessions exchange their rooms and times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from streamer.core.base.errors import Conflict, Invalid
from streamer.core.base.ids import SessionId
from streamer.core.decisions.decision import Moment, Offer, SessionDecision
from streamer.core.decisions.fields import Wire, Words
from streamer.core.plan.draft import Draft, DraftSession
from streamer.core.plan.planned import Phase, PlannedSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap(SessionDecision):
    offer: ClassVar[Offer] = Offer(
        action="swap",
        path="sessions/{id}/swap",
        operation="swapSessions",
        summary="Let two sessions exchange their rooms and times",
        undo="Both sessions take place in their former rooms, at their former times.",
        description="Each keeps its length. In one room the earlier of the two begins where the earlier one began, and "
        "the later ends where the later one ended. A session that runs can be swapped within its room only, for when "
        "the other one is on stage.",
    )

    other: Annotated[str, Wire("with"), Words("The other session's id")]

    def __post_init__(self) -> None:
        if self.other == self.session:
            raise Invalid("a session can't be swapped with itself", where="with", hint="name another session")

    def check(self, moment: Moment) -> None:
        one = moment.session_that_takes_place(self.session)
        two = moment.session_that_takes_place(SessionId(self.other))
        for planned in (one, two):
            self._check_phase(planned, moment, same_room=one.room == two.room)

    def _check_phase(self, planned: PlannedSession, moment: Moment, *, same_room: bool) -> None:
        where, phase = f"session {planned.id}", planned.phase(moment.now)
        if phase is Phase.AFTER:
            hint = "its recording stays as it is"
            raise Conflict(f"the session ended at {moment.clock(planned.end)}", where=where, hint=hint)
        if phase is Phase.DURING and not same_room:
            hint = "swap it within its room, or end it and move the other one"
            raise Conflict("the session runs, and stays in its room", where=where, hint=hint)

    def amend(self, draft: Draft, taken: datetime) -> None:
        """Does nothing if one of them is no longer in the timetable."""
        one, two = draft.session(self.session), draft.session(SessionId(self.other))
        if one is None or two is None:
            return
        rooms, starts = (two.room, one.room), (two.start, one.start)
        if one.room == two.room:
            starts = _exchanged(one, two)
        for session, room, start in zip((one, two), rooms, starts, strict=True):
            session.move(room=room, start=start)

    def change(self, session: DraftSession, taken: datetime) -> None:
        """See :meth:`amend`, which changes both."""

    def describe(self) -> str:
        return f"swap {self.session} with {self.other}"


def _exchanged(one: DraftSession, two: DraftSession) -> tuple[datetime, datetime]:
    """The new starts of two sessions of one room: together they fill the same time as before."""
    first, last = min(one.start, two.start), max(one.end, two.end)
    if one.start <= two.start:
        return max(first, last - (one.end - one.start)), first
    return first, max(first, last - (two.end - two.start))
