"""Cut: a stretch that the files of a recording leave out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, ClassVar

from streamer.core.base.errors import Conflict, Invalid
from streamer.core.decisions.decision import Moment, Offer, SessionDecision
from streamer.core.decisions.fields import Words
from streamer.core.plan.draft import DraftSession
from streamer.core.plan.planned import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut(SessionDecision):
    offer: ClassVar[Offer] = Offer(
        action="cut",
        path="recordings/{id}/cut",
        operation="cutRecording",
        summary="Cut a stretch out of a recording",
        undo="The files are made again with the stretch, until the padding is deleted.",
        description="A question, or a name. Every segment that touches the stretch is left out, so up to a segment "
        "more at each end. Files that have the stretch are withdrawn at once; new ones are made. The "
        "stretch itself is deleted together with the padding.",
        organisers=True,
        on_session_day=True,
    )

    start: Annotated[datetime, Words("Where the stretch begins")]
    end: Annotated[datetime, Words("Where the stretch ends")]

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise Invalid("the stretch would end before it begins", where="end", hint="give an instant after its start")

    def check(self, moment: Moment) -> None:
        planned = moment.session(self.session)
        where = f"session {planned.id}"
        if not planned.record:
            raise Conflict("this session is not recorded", where=where, hint="choose a recorded session")
        if planned.phase(moment.now) is Phase.BEFORE:
            raise Conflict("the session has not started", where=where, hint="mute the room while it must not be heard")
        first, last = planned.in_point, planned.out_point
        span = f"the recording lasts from {moment.clock(first)} to {moment.clock(last)}"
        if self.start >= last or self.end <= first:
            raise Conflict("the stretch lies outside the recording", where="start", hint=span)
        if self.start <= first and self.end >= last:
            hint = "withdraw the session's consent, or erase its recording"
            raise Conflict("nothing of the recording would be left", where="start, end", hint=hint)

    def change(self, session: DraftSession, taken: datetime) -> None:
        session.cuts.append((self.start.astimezone(UTC), self.end.astimezone(UTC)))

    def describe(self) -> str:
        start, end = (at.isoformat(timespec="seconds") for at in (self.start, self.end))
        return f"cut {start} to {end} out of the recording of {self.session}"

    def outcome(self, title: str, clock: Callable[[datetime], str]) -> str:
        return f"The recording of “{title}” leaves out {clock(self.start)} to {clock(self.end)}."
