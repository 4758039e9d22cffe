"""Move: a session takes place in another room, or at another time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from streamer.core.base.errors import Conflict, Invalid
from streamer.core.base.ids import RoomId
from streamer.core.decisions.decision import Moment, Offer, SessionDecision
from streamer.core.decisions.fields import Words
from streamer.core.plan.draft import DraftSession
from streamer.core.plan.planned import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(SessionDecision):
    offer: ClassVar[Offer] = Offer(
        action="move",
        path="sessions/{id}/move",
        operation="moveSession",
        summary="Move a session to another room or time",
        undo="The session takes place in its former room, at its former time.",
        description="Its length stays. Only a session that has not started can be moved.",
    )

    room: Annotated[str | None, Words("The room's id; the same room if left out")] = None
    start: Annotated[datetime | None, Words("When it starts; the same time if left out")] = None

    def __post_init__(self) -> None:
        if self.room is None and self.start is None:
            raise Invalid("nothing is given", where="room, start", hint="give a room, a start or both")

    def check(self, moment: Moment) -> None:
        planned = moment.session_that_takes_place(self.session)
        where = f"session {planned.id}"
        if planned.phase(moment.now) is not Phase.BEFORE:
            hint = "end it, and record what follows in the other room as a session of its own"
            raise Conflict("the session has started already", where=where, hint=hint)
        if self.room is not None:
            moment.known_room(self.room)
        if self.start is not None and self.start < moment.now:
            hint = f"give an instant after {moment.clock(moment.now)}"
            raise Conflict("it would have started already", where="start", hint=hint)

    def change(self, session: DraftSession, taken: datetime) -> None:
        session.move(room=RoomId(self.room) if self.room is not None else None, start=self.start)

    def describe(self) -> str:
        room = f" to room {self.room}" if self.room is not None else ""
        start = f" to {self.start.isoformat(timespec='seconds')}" if self.start is not None else ""
        return f"move {self.session}{room}{start}"
