"""Extend: move a session's end by some minutes, without moving other sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from streamer.core.base.errors import Conflict, Invalid
from streamer.core.decisions.decision import Moment, Offer, SessionDecision
from streamer.core.decisions.fields import HttpOnly, Within, Words
from streamer.core.decisions.rooms.delay import push_back
from streamer.core.plan.draft import Draft, DraftSession
from streamer.core.plan.planned import Phase

_DAY = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Extend(SessionDecision):
    offer: ClassVar[Offer] = Offer(
        action="extend",
        path="sessions/{id}/extend",
        operation="extendSession",
        summary="Move a session's end",
        undo="The session ends at its former end.",
    )

    minutes: Annotated[
        float, Words("Minutes; fractions allowed, may be negative"), Within(least=-_DAY, most=_DAY, unit="minutes")
    ]
    ripple: Annotated[bool, Words("Whether to move the sessions after it too"), HttpOnly()] = False

    def check(self, moment: Moment) -> None:
        planned, now = moment.session_that_takes_place(self.session), moment.now
        if self.minutes == 0:
            raise Invalid("zero minutes change nothing", where="minutes", hint="give a number such as 5 or -2.5")
        phase, end = planned.phase(now), planned.end + timedelta(minutes=self.minutes)
        if end <= planned.start:
            raise Conflict("it would end before it starts", where="minutes", hint="give fewer minutes")
        if phase is Phase.AFTER and self.minutes > 0 and now - planned.end > moment.policy.ring:
            reach = moment.policy.ring.total_seconds() / 60
            raise Conflict(
                f"the session ended at {planned.end.isoformat(timespec='seconds')}, longer ago than the ring reaches",
                where=f"session {planned.id}",
                hint=f"a session can be extended until {reach:g} min after its end",
            )
        if phase is Phase.DURING and end < now:
            raise Conflict("its end would lie in the past", where="minutes", hint="use end to end it now")

    def amend(self, draft: Draft, taken: datetime) -> None:
        session = draft.session(self.session)
        if session is None:
            return
        if self.ripple:
            push_back(draft, session.room, max(taken, session.start), timedelta(minutes=self.minutes))
        self.change(session, taken)

    def change(self, session: DraftSession, taken: datetime) -> None:
        session.extend(timedelta(minutes=self.minutes))

    def describe(self) -> str:
        return f"extend {self.session} by {self.minutes:g} min"
