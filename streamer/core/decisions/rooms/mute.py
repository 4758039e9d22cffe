"""Mute: viewers of a room see slate, and nothing is kept for its recordings, until it is unmuted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from streamer.core.base.errors import Conflict
from streamer.core.decisions.decision import Moment, Offer, RoomDecision
from streamer.core.decisions.fields import Within, Words
from streamer.core.plan.draft import Draft

BACK = 10.0
"""Seconds before the decision that are muted too: viewers have not seen most of them yet."""
_MOST_BACK = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute(RoomDecision):
    offer: ClassVar[Offer] = Offer(
        action="mute",
        path="rooms/{id}/mute",
        operation="muteRoom",
        summary="Mute a room for privacy",
        undo="The room is shown and recorded as if it had not been muted, as far back as the ring reaches.",
        description="Viewers see slate at once, what was published in the last seconds is withdrawn, and the "
        "recordings leave the muted time out. It lasts until the room is unmuted.",
    )

    back_seconds: Annotated[
        float,
        Words("Seconds before the decision that are muted too"),
        Within(least=0, most=_MOST_BACK, unit="seconds"),
    ] = BACK

    def check(self, moment: Moment) -> None:
        moment.known_room(self.room)
        since = moment.plan.muted(self.room, moment.now)
        if since is not None:
            message = f"the room has been muted since {moment.clock(since.start)}"
            raise Conflict(message, where=f"room {self.room}", hint="unmute it to go on")

    def amend(self, draft: Draft, taken: datetime) -> None:
        draft.mute(self.room, taken - timedelta(seconds=self.back_seconds))

    def describe(self) -> str:
        return f"mute room {self.room}"
