"""End: end a running session, now or at a given time."""

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
class End(SessionDecision):
    offer: ClassVar[Offer] = Offer(
        action="end",
        path="sessions/{id}/end",
        operation="endSession",
        summary="End a running session",
        undo="The session continues to its former end. No media is missing while the ring reaches back.",
    )

    at: Annotated[datetime | None, Words("When; now if left out")] = None

    def check(self, moment: Moment) -> None:
        planned = moment.session_that_takes_place(self.session)
        where = f"session {planned.id}"
        match planned.phase(moment.now):
            case Phase.BEFORE:
                raise Conflict("the session has not started", where=where, hint="end it once it runs")
            case Phase.AFTER:
                raise Conflict(
                    f"the session ended at {planned.end.isoformat(timespec='seconds')}",
                    where=where,
                    hint="extend it with negative minutes to cut it shorter",
                )
        if (self.at or moment.now) <= planned.start:
            hint = f"name an instant after {planned.start.isoformat()}"
            raise Conflict("it would end before it starts", where="at", hint=hint)

    def change(self, session: DraftSession, taken: datetime) -> None:
        session.end_at(self.at or taken)

    def describe(self) -> str:
        return f"end {self.session}"
