"""Notice: a message to attendees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from streamer.core.base.ids import RoomId
from streamer.core.decisions.decision import Decision, Moment, Offer
from streamer.core.decisions.fields import Longest, Words
from streamer.core.plan.draft import Draft
from streamer.core.plan.plan import Plan

MOST_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Decision):
    offer: ClassVar[Offer] = Offer(
        action="notice",
        path="notices",
        operation="sendNotice",
        summary="Send a message to attendees",
        undo="Pages that still show the message remove it.",
        description="To everybody, or to those who watch one room.",
    )

    text: Annotated[str, Words("The message"), Longest(MOST_CHARACTERS)]
    room: Annotated[str | None, Words("The id of the room whose viewers are told; everybody if left out")] = None

    def check(self, moment: Moment) -> None:
        if self.room is not None:
            moment.known_room(self.room)

    def amend(self, draft: Draft, taken: datetime) -> None:
        """It does not change the plan."""

    def describe(self) -> str:
        told = f"viewers of room {self.room}" if self.room is not None else "everybody"
        return f"notice to {told}: {self.text.strip()}"

    def of_room(self, plan: Plan) -> RoomId | None:
        return RoomId(self.room) if self.room is not None else None
