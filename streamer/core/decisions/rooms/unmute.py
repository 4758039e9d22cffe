"""Unmute: a muted room is shown and recorded again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from streamer.core.base.errors import Conflict
from streamer.core.decisions.decision import Moment, Offer, RoomDecision
from streamer.core.plan.draft import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmute(RoomDecision):
    offer: ClassVar[Offer] = Offer(
        action="unmute",
        path="rooms/{id}/unmute",
        operation="unmuteRoom",
        summary="Show and record a muted room again",
        undo="The room has been muted all the time.",
        description="From now on. What was muted stays left out; undo the mute to bring it back.",
    )

    def check(self, moment: Moment) -> None:
        moment.known_room(self.room)
        if moment.plan.muted(self.room, moment.now) is None:
            raise Conflict("the room is not muted", where=f"room {self.room}")

    def amend(self, draft: Draft, taken: datetime) -> None:
        draft.unmute(self.room, taken)

    def describe(self) -> str:
        return f"unmute room {self.room}"
