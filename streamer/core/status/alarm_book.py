"""What is remembered of alarms, which are otherwise derived: who acknowledged them, calls for help, and that an alarm
which comes and goes is one alarm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from streamer.core.base.alarm import Alarm
from streamer.core.base.errors import Conflict, NotFound
from streamer.core.base.ids import RoomId
from streamer.core.base.json import Document

CLOSES_AFTER = timedelta(seconds=5)
"""How long an alarm has to be over before it closes."""
RETURNS_WITHIN = timedelta(minutes=1)
"""How long after a start acknowledgements wait for their alarms, which are derived again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Who has taken an alarm on, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpCall:
    """A person in a room asks the crew for help. ``text`` may be empty."""

    room: RoomId
    by: str
    text: str

    def alarm(self, name: str) -> Alarm:
        """``name`` is the room's."""
        said = f": {self.text}" if self.text else ""
        return Alarm(
            id=f"help {self.room}",
            severity="error",
            message=f"{self.by} asks for help in {name}{said}",
            hint="go there or call; acknowledging the alarm closes it",
            room=self.room,
        )


class AlarmBook:
    """The alarms of one run of the service, and the acknowledgements of all."""

    def __init__(self, stored: Mapping[str, Any], now: datetime) -> None:
        """``stored`` is what ``document`` gave to a former run."""
        acknowledged, calls = stored.get("acknowledged", {}), stored.get("calls", {})
        self.acknowledged = {
            id: Acknowledgement(by=one["by"], at=datetime.fromisoformat(one["at"])) for id, one in acknowledged.items()
        }
        self.calls = {
            RoomId(room): HelpCall(room=RoomId(room), by=one["by"], text=one["text"]) for room, one in calls.items()
        }
        expected = now + RETURNS_WITHIN - CLOSES_AFTER
        self._open: dict[str, tuple[Alarm | None, datetime]] = dict.fromkeys(self.acknowledged, (None, expected))

    def shown(self, present: Mapping[str, Alarm], now: datetime) -> dict[str, Alarm]:
        """The open alarms: those of this moment, and those that have not been over for long enough. What closes is no
        longer acknowledged."""
        self._open.update((id, (alarm, now)) for id, alarm in present.items())
        self._open = {id: (alarm, at) for id, (alarm, at) in self._open.items() if now - at < CLOSES_AFTER}
        for id in [id for id in self.acknowledged if id not in self._open]:
            del self.acknowledged[id]
        return {id: alarm for id, (alarm, _) in self._open.items() if alarm is not None}

    def acknowledge(self, id: str, by: str, now: datetime) -> None:
        """Note that a person has taken an open alarm on; a call for help is closed with it.

        Raises NotFound for an alarm that is not open, Conflict if somebody else was first.
        """
        alarm, _ = self._open.get(id, (None, now))
        if alarm is None:
            raise NotFound("there is no such alarm, or it is over", where=f"alarm {id[:80]}")
        known = self.acknowledged.get(id)
        if known is not None and known.by != by:
            raise Conflict(f"{known.by} has acknowledged this alarm already", where=f"alarm {id[:80]}")
        if id == f"help {alarm.room}" and alarm.room is not None and self.calls.pop(alarm.room, None) is not None:
            del self._open[id]
        elif known is None:
            self.acknowledged[id] = Acknowledgement(by=by, at=now)

    def call(self, room: RoomId, by: str, text: str) -> None:
        """Call for help in a room, until somebody acknowledges the call."""
        self.calls[room] = HelpCall(room=room, by=by, text=text)

    def document(self) -> Document:
        """What a later run has to know, as JSON."""
        return {
            "acknowledged": {id: {"by": one.by, "at": one.at.isoformat()} for id, one in self.acknowledged.items()},
            "calls": {room: {"by": one.by, "text": one.text} for room, one in self.calls.items()},
        }
