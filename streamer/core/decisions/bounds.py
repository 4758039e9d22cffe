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
"""Bounds may miss the media by this much: people do not read a clock more exactly."""
_BEHIND = timedelta(seconds=15)
"""Media that ends no longer ago than this is still growing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds(SessionDecision):
    offer: ClassVar[Offer] = Offer(
        action="bounds",
        path="recordings/{id}/bounds",
        operation="setBounds",
        summary="Set where a recording begins and ends",
        undo="The bounds from before count again, as far as the padding is still there.",
        description="Anywhere in what was kept or is still in the ring, while the session runs or days later, until "
        "the padding is let go. The files of the former version stay until the new ones have been verified.",
        organisers=True,
        on_session_day=True,
    )

    start: Annotated[datetime | None, Words("Where the recording begins")] = None
    end: Annotated[datetime | None, Words("Where the recording ends")] = None

    def __post_init__(self) -> None:
        if self.start is None and self.end is None:
            raise Invalid("say which bound", where="start, end", hint="give start, end or both as instants")

    def check(self, moment: Moment) -> None:
        planned = moment.session(self.session)
        where = f"session {planned.id}"
        if not planned.record:
            raise Conflict("this session is not recorded", where=where, hint="there is nothing that could be cut")
        if planned.phase(moment.now) is Phase.BEFORE:
            raise Conflict("the session has not started", where=where, hint="bounds can be set from its start on")
        there = moment.reach(planned)
        if there is None:
            raise Conflict("nothing is kept of this session", where=where, hint="there is nothing that could be cut")
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
            span = f"it goes from {moment.clock(planned.in_point)} to {moment.clock(planned.out_point)}"
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
                    hint=f"stay outside of it: {possible}",
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
    """Up to where bounds may be set: while media is still coming, also where it will come."""
    latest = max(there, now) if now - there < _BEHIND else there
    return max(latest, planned.end + policy.post_roll) if planned.phase(now) is Phase.DURING else latest
