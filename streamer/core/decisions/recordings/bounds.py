"""Bounds: where the recording of a session begins and ends. The session itself does not move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from streamer.core.base.errors import Conflict, Invalid
from streamer.core.decisions.decision import Moment, Offer, SessionDecision
from streamer.core.decisions.fields import Words
from streamer.core.plan.draft import DraftSession
from streamer.core.plan.planned import Phase, PlannedSession
from streamer.core.plan.policy import Policy

_SLACK = timedelta(seconds=1)
"""Bounds may lie this far outside the media, because people read clocks inexactly."""
_BEHIND = timedelta(seconds=15)
"""Media that ended within this time is still growing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds(SessionDecision):
    offer: ClassVar[Offer] = Offer(
        action="bounds",
        path="recordings/{id}/bounds",
        operation="setBounds",
        summary="Set where a recording begins and ends",
        undo="The former bounds apply again, within the padding that still exists.",
        description="Bounds may lie anywhere in the kept media and the ring, during the session or days later, until "
        "the padding is deleted. The former files stay until the new ones have been verified.",
        organisers=True,
        on_session_day=True,
    )

    start: Annotated[datetime | None, Words("Where the recording begins")] = None
    end: Annotated[datetime | None, Words("Where the recording ends")] = None

    def __post_init__(self) -> None:
        if self.start is None and self.end is None:
            raise Invalid("no bound is given", where="start, end", hint="give start, end or both as instants")

    def check(self, moment: Moment) -> None:
        planned = moment.session(self.session)
        where = f"session {planned.id}"
        if not planned.record:
            raise Conflict("this session is not recorded", where=where, hint="choose a recorded session")
        if planned.phase(moment.now) is Phase.BEFORE:
            raise Conflict("the session has not started", where=where, hint="set its bounds after it has started")
        there = moment.reach(planned)
        if there is None:
            raise Conflict("no media of this session is kept", where=where, hint="choose a session with kept media")
        earliest, latest = there[0], latest_bound(planned, there[1], moment.policy, moment.now)
        possible = f"there is media from {moment.clock(earliest)} to {moment.clock(latest)}"
        self._check_order(planned, moment, possible)
        if self.start is not None and not earliest - _SLACK <= self.start < latest:
            raise Conflict("there is no media at this start", where="start", hint=possible)
        if self.end is not None and not earliest < self.end <= latest + _SLACK:
            raise Conflict("there is no media at this end", where="end", hint=possible)

    def _check_order(self, planned: PlannedSession, moment: Moment, possible: str) -> None:
        first, last = self.start or planned.in_point, self.end or planned.out_point
        if first >= last:
            span = f"it lasts from {moment.clock(planned.in_point)} to {moment.clock(planned.out_point)}"
            raise Conflict(
                "the recording would end before it begins",
                where="end" if self.end else "start",
                hint=f"{span}; {possible}",
            )
        for other in moment.plan.of_room(planned.room):
            if other.forbids(first, last):
                span = f"from {moment.clock(other.start)} to {moment.clock(other.end)}"
                raise Conflict(
                    f"“{other.session.title}” may not be recorded, and runs {span}",
                    where=f"session {planned.id}",
                    hint=f"choose bounds outside that session: {possible}",
                )

    def change(self, session: DraftSession, taken: datetime) -> None:
        session.bounds.append((self.start, self.end))

    def describe(self) -> str:
        words = " ".join(
            f"{name} {at.isoformat(timespec='seconds')}"
            for name, at in (("from", self.start), ("to", self.end))
            if at is not None
        )
        return f"recording of {self.session} {words}"

    def outcome(self, title: str, clock: Callable[[datetime], str]) -> str:
        given = (("begins", self.start), ("ends", self.end))
        words = " and ".join(f"{verb} at {clock(at)}" for verb, at in given if at is not None)
        return f"The recording of “{title}” {words}."


def latest_bound(planned: PlannedSession, there: datetime, policy: Policy, now: datetime) -> datetime:
    """The latest possible bound: while media is still growing, also in the future."""
    latest = max(there, now) if now - there < _BEHIND else there
    return max(latest, planned.end + policy.post_roll) if planned.phase(now) is Phase.DURING else latest
