"""Consent: whether a session may be recorded and streamed.

It withdraws at once, and never grants against the timetable.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from streamer.core.base.errors import Conflict, Invalid
from streamer.core.decisions.decision import Moment, Offer, SessionDecision
from streamer.core.decisions.fields import Words
from streamer.core.plan.draft import DraftSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent(SessionDecision):
    offer: ClassVar[Offer] = Offer(
        action="consent",
        path="sessions/{id}/consent",
        operation="changeConsent",
        summary="Say what the speaker allows",
        undo="What was allowed before is allowed again from then on. What was erased stays erased.",
        description="Withdraws at once; never grants against the timetable.",
    )

    record: Annotated[bool | None, Words("Whether it may be recorded; no erases what was recorded")] = None
    stream: Annotated[bool | None, Words("Whether it may be streamed")] = None

    def __post_init__(self) -> None:
        if self.record is None and self.stream is None:
            raise Invalid("say what it is about", where="record, stream", hint="give record or stream as true or false")

    def check(self, moment: Moment) -> None:
        published = moment.session(self.session).session
        for name, wanted, said in (
            ("record", self.record, published.record),
            ("stream", self.stream, published.stream),
        ):
            if wanted and said is False:
                raise Conflict(
                    f"the timetable says that this session may not be {name}ed",
                    where=name,
                    hint="consent is given by the speaker: change it in the timetable",
                )

    def change(self, session: DraftSession, taken: datetime) -> None:
        session.consent(record=self.record, stream=self.stream)

    def describe(self) -> str:
        spoken = [("record", self.record), ("stream", self.stream)]
        words = ", ".join(f"{name} {'yes' if value else 'no'}" for name, value in spoken if value is not None)
        return f"consent of {self.session}: {words}"
