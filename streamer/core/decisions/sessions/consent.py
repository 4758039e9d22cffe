"""Consent: whether a session may be recorded and streamed.

A withdrawal takes effect at once. A grant can't override the timetable.
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
        summary="Set what the speaker allows",
        undo="The former consent applies again from then on. Erased media stays erased.",
        description="A withdrawal takes effect at once. A grant can't override the timetable.",
    )

    record: Annotated[bool | None, Words("Whether it may be recorded; no erases its recording")] = None
    stream: Annotated[bool | None, Words("Whether it may be streamed")] = None

    def __post_init__(self) -> None:
        if self.record is None and self.stream is None:
            raise Invalid("no consent is given", where="record, stream", hint="give record or stream as true or false")

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
                    hint="if the speaker consents, change it in the timetable",
                )

    def change(self, session: DraftSession, taken: datetime) -> None:
        session.consent(record=self.record, stream=self.stream)

    def describe(self) -> str:
        spoken = [("record", self.record), ("stream", self.stream)]
        words = ", ".join(f"{name} {'yes' if value else 'no'}" for name, value in spoken if value is not None)
        return f"consent of {self.session}: {words}"
