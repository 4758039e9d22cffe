"""Add: a session that the timetable does not have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from streamer.core.base.errors import Conflict, Invalid
from streamer.core.base.ids import RoomId, SessionId, session_id
from streamer.core.decisions.decision import Decision, Moment, Offer
from streamer.core.decisions.fields import Longest, Words
from streamer.core.plan.draft import Draft
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import Phase
from streamer.core.timetable.sessions import Session

LONGEST = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Add(Decision):
    """``session`` is its id: equal for equal room, title and start."""

    offer: ClassVar[Offer] = Offer(
        action="add",
        path="sessions",
        operation="addSession",
        summary="Add a session that the timetable does not have",
        undo="The session is removed. One that has started can't be removed: end it or cancel it.",
        description="It is captured, recorded and streamed as any other. Its start may lie as far back as the ring "
        "reaches.",
    )

    room: Annotated[str, Words("The room's id"), Longest(64)]
    title: Annotated[str, Words("Its title"), Longest(200)]
    start: Annotated[datetime, Words("When it starts")]
    end: Annotated[datetime, Words("When it ends")]
    record: Annotated[bool | None, Words("Whether it may be recorded; the configured default if left out")] = None
    stream: Annotated[bool | None, Words("Whether it may be streamed; the configured default if left out")] = None

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise Invalid("it would end before it starts", where="end", hint="give an instant after its start")
        if self.end - self.start > LONGEST:
            raise Invalid("it would last longer than a day", where="end", hint="add a session for each day")

    @property
    def session(self) -> SessionId:
        return session_id(f"{self.title} {self.room} {self.start.timestamp():.0f}")

    def check(self, moment: Moment) -> None:
        moment.known_room(self.room)
        if moment.plan.session(self.session) is not None:
            hint = f"it is session {self.session}"
            raise Conflict("this room has a session of this title at this time", where="title", hint=hint)
        if self.end <= moment.now:
            raise Conflict("it would have ended already", where="end", hint="give an instant ahead")
        if moment.now - self.start > moment.policy.ring:
            reach = moment.policy.ring.total_seconds() / 60
            raise Conflict(
                "the ring does not reach that far back", where="start", hint=f"it reaches back {reach:g} min"
            )

    def undo_refusal(self, moment: Moment) -> Conflict | None:
        planned = moment.plan.session(self.session)
        if planned is None or not planned.takes_place or planned.phase(moment.now) is Phase.BEFORE:
            return None
        return Conflict("the session has started", where=f"session {planned.id}", hint="end it, or cancel it")

    def amend(self, draft: Draft, taken: datetime) -> None:
        """Does nothing if there is a session of this id."""
        if draft.session(self.session) is None:
            draft.add(
                Session(
                    id=self.session,
                    room=RoomId(self.room),
                    title=self.title.strip(),
                    start=self.start,
                    end=self.end,
                    record=self.record,
                    stream=self.stream,
                )
            )

    def describe(self) -> str:
        return f"add “{self.title.strip()}” in room {self.room}"

    @property
    def of_session(self) -> SessionId | None:
        return self.session

    def of_room(self, plan: Plan) -> RoomId | None:
        return RoomId(self.room)
