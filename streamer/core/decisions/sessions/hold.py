"""Hold: leave a session's end open until the crew ends it, the next session needs the room, or a limit is reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from streamer.core.base.errors import Conflict
from streamer.core.decisions.decision import Moment, Offer, SessionDecision
from streamer.core.decisions.fields import Within, Words
from streamer.core.plan.draft import Draft, DraftSession
from streamer.core.plan.planned import Phase

LIMIT = 60.0
"""Minutes for which a session is held if the decision has no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(SessionDecision):
    offer: ClassVar[Offer] = Offer(
        action="hold",
        path="sessions/{id}/hold",
        operation="holdSession",
        summary="Leave a session's end open",
        undo="The session ends at its former end, at once if that has passed.",
        description="It goes on until it is ended, until the next session of its room starts, or until the limit.",
    )

    limit_minutes: Annotated[
        float, Words("Minutes after its end for which it is held at most"), Within(least=1, most=720, unit="minutes")
    ] = LIMIT

    def check(self, moment: Moment) -> None:
        planned = moment.session_that_takes_place(self.session)
        where = f"session {planned.id}"
        if planned.phase(moment.now) is Phase.AFTER and moment.now - planned.end > moment.policy.ring:
            reach = moment.policy.ring.total_seconds() / 60
            raise Conflict(
                f"the session ended at {moment.clock(planned.end)}, longer ago than the ring reaches",
                where=where,
                hint=f"a session can be held until {reach:g} min after its end",
            )
        following = moment.plan.following(planned.room, planned.start)
        if following is not None and following.start <= max(planned.end, moment.now):
            raise Conflict(
                f"“{following.session.title}” starts at {moment.clock(following.start)} in this room",
                where=where,
                hint="delay the room's next session first",
            )

    def amend(self, draft: Draft, taken: datetime) -> None:
        session = draft.session(self.session)
        if session is None:
            return
        limit = max(session.end, taken) + timedelta(minutes=self.limit_minutes)
        others = (one for one in draft.of_room(session.room) if one is not session and one.cancelled is None)
        session.hold(min([limit, *(one.start for one in others if one.start >= session.end)]))

    def change(self, session: DraftSession, taken: datetime) -> None:
        """See :meth:`amend`, which looks at the other sessions of the room."""

    def describe(self) -> str:
        return f"hold {self.session} for {self.limit_minutes:g} min at most"
