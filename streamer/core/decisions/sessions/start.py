"""Start: a session starts now, or started a moment ago; its end stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from streamer.core.base.errors import Conflict
from streamer.core.decisions.decision import Moment, Offer, SessionDecision
from streamer.core.decisions.fields import Words
from streamer.core.plan.draft import DraftSession
from streamer.core.plan.planned import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Start(SessionDecision):
    offer: ClassVar[Offer] = Offer(
        action="start",
        path="sessions/{id}/start",
        operation="startSession",
        summary="Start a session early",
        undo="The session starts at its former time; if that lies ahead, it has not started yet.",
        description="Now, or at an instant that the ring still reaches. Its end stays.",
    )

    at: Annotated[datetime | None, Words("When it started; now if left out")] = None

    def check(self, moment: Moment) -> None:
        planned, now = moment.session_that_takes_place(self.session), moment.now
        where, at = f"session {planned.id}", self.at or moment.now
        if planned.phase(now) is Phase.AFTER:
            raise Conflict(
                f"the session ended at {moment.clock(planned.end)}",
                where=where,
                hint="set the bounds of its recording instead",
            )
        if at >= planned.start:
            started = "has started" if planned.phase(now) is Phase.DURING else "starts"
            raise Conflict(
                f"the session {started} at {moment.clock(planned.start)} already",
                where="at",
                hint="give an earlier instant, or move the session to start it later",
            )
        if now - at > moment.policy.ring:
            reach = moment.policy.ring.total_seconds() / 60
            raise Conflict("the ring does not reach that far back", where="at", hint=f"it reaches back {reach:g} min")

    def change(self, session: DraftSession, taken: datetime) -> None:
        session.start_at(self.at or taken)

    def describe(self) -> str:
        return f"start {self.session}"
