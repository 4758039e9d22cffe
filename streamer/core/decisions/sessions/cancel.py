"""Cancel: a session does not take place; a running one ends at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from streamer.core.base.errors import Conflict
from streamer.core.decisions.decision import Moment, Offer, SessionDecision
from streamer.core.plan.draft import DraftSession
from streamer.core.plan.planned import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel(SessionDecision):
    offer: ClassVar[Offer] = Offer(
        action="cancel",
        path="sessions/{id}/cancel",
        operation="cancelSession",
        summary="Cancel a session",
        undo="The session takes place again. What was not captured meanwhile is missing once the ring has passed it.",
        description="A running session ends at once, and what was recorded of it stays.",
    )

    def check(self, moment: Moment) -> None:
        planned = moment.session_that_takes_place(self.session)
        if planned.phase(moment.now) is Phase.AFTER:
            raise Conflict(
                f"the session ended at {moment.clock(planned.end)}",
                where=f"session {planned.id}",
                hint="withdraw its consent if its recording shall go",
            )

    def change(self, session: DraftSession, taken: datetime) -> None:
        session.cancel(taken)

    def describe(self) -> str:
        return f"cancel {self.session}"
