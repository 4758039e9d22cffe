"""Delay: the sessions of a room that have not started yet start later, or earlier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from streamer.core.base.errors import Conflict, Invalid
from streamer.core.base.ids import RoomId
from streamer.core.decisions.decision import Moment, Offer, RoomDecision
from streamer.core.decisions.fields import Within, Words
from streamer.core.plan.draft import Draft

_DAY = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay(RoomDecision):
    offer: ClassVar[Offer] = Offer(
        action="delay",
        path="rooms/{id}/delay",
        operation="delayRoom",
        summary="Delay the rest of a room",
        undo="The sessions that have not started by then start at their former times.",
        description="Delays add up. Negative minutes make it earlier, but never before now.",
    )

    minutes: Annotated[
        float, Words("Minutes; fractions allowed, may be negative"), Within(least=-_DAY, most=_DAY, unit="minutes")
    ]
    shrink_breaks: Annotated[bool, Words("Whether breaks become shorter before sessions move")] = False

    def check(self, moment: Moment) -> None:
        moment.known_room(self.room)
        if self.minutes == 0:
            raise Invalid("zero minutes change nothing", where="minutes", hint="give a number such as 5 or -2.5")
        ahead = [s for s in moment.plan.of_room(self.room) if s.start > moment.now]
        if not ahead:
            raise Conflict("no session of this room is still to start", where=f"room {self.room}")
        earlier = (ahead[0].start - moment.now) / timedelta(minutes=1)
        if -self.minutes > earlier:
            raise Conflict(
                f"“{ahead[0].session.title}” would start in the past",
                where="minutes",
                hint=f"it can start {earlier:.1f} min earlier at most",
            )

    def amend(self, draft: Draft, taken: datetime) -> None:
        push_back(draft, self.room, taken, timedelta(minutes=self.minutes), shrink_breaks=self.shrink_breaks)

    def describe(self) -> str:
        how = ", breaks first" if self.shrink_breaks else ""
        return f"delay room {self.room} by {self.minutes:g} min{how}"


def push_back(draft: Draft, room: RoomId, taken: datetime, by: timedelta, *, shrink_breaks: bool = False) -> None:
    """Move the sessions of a room that have not started at ``taken`` by ``by``, none before ``taken``.

    Each session moves by itself, so that a later change of the timetable moves no other. With ``shrink_breaks`` each
    break takes up what it can of a delay, and the sessions behind it move by the rest.
    """
    sessions = [one for one in draft.of_room(room) if one.cancelled is None]
    ahead = [one for one in sessions if one.start > taken]
    if not ahead:
        return
    left = by
    edges = [one.end for one in sessions if one.start <= taken]
    before = max(edges, default=taken)
    for one in ahead:
        pause = max(timedelta(0), one.start - max(before, taken))
        before = max(before, one.end)
        if shrink_breaks and left > timedelta(0):
            left = max(timedelta(0), left - pause)
        one.move(start=max(taken, one.start + left))
