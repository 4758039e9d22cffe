"""An alarm: something the crew must look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from streamer.core.base.ids import RoomId, SessionId

SOON = timedelta(minutes=30)
"""How long before a session a missing requirement becomes an alarm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """``severity`` is ``error`` (something is being lost) or ``warning``; ``hint`` says what to do."""

    id: str
    severity: str
    message: str
    hint: str = ""
    room: RoomId | None = None
    session: SessionId | None = None

    @property
    def kind(self) -> str:
        """What it is about, without room and session: the beginning of its id."""
        for target in (self.session, self.room):
            if target is not None and self.id.endswith(f" {target}"):
                return self.id.removesuffix(f" {target}")
        return self.id.partition(" ")[0]
