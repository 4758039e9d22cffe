"""Records the meters of each session as a timeline, and erases it when the session may not be recorded any more.

A timeline is a convenience: where its file can't be written the row is lost, and the log says so once.
"""

from __future__ import annotations

import structlog

from streamer.core.base.errors import StreamerError
from streamer.core.base.ids import RoomId, SessionId
from streamer.core.footage.order import instant
from streamer.core.monitor.meter import Meter
from streamer.core.monitor.timeline import ROW_SECONDS, Tally, TimelineRow, tallied
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import PlannedSession
from streamer.engine.monitor.ports import Timelines
from streamer.engine.programme.programme import Programme

log = structlog.stdlib.get_logger(__name__)


class SessionTimelines:
    """The timelines of all sessions of a programme."""

    def __init__(self, files: Timelines, programme: Programme) -> None:
        self._files = files
        self._programme = programme
        self._known = set(files.known())
        self._tallies: dict[RoomId, Tally] = {}
        self._is_failing = False

    def take(self, meter: Meter) -> None:
        """Add a meter of a room; every ten seconds this writes a row for each session that runs there."""
        self._tallies[meter.room], complete = tallied(self._tallies.get(meter.room), meter)
        if complete is None:
            return
        start, end = instant(complete.number * ROW_SECONDS), instant((complete.number + 1) * ROW_SECONDS)
        for session in self._programme.plan(start).of_room(meter.room):
            if session.captured and session.touches(start, end) and _may_have_one(session):
                self._write(session.id, complete.row(self._programme.zone))

    def _write(self, session: SessionId, row: TimelineRow) -> None:
        self._known.add(session)
        try:
            self._files.append(session, row)
            self._is_failing = False
        except StreamerError as error:
            if not self._is_failing:
                log.warning("the timeline of a session can't be written", session=session, error=error)
            self._is_failing = True

    def erase_withdrawn(self, plan: Plan) -> None:
        """Erase the timelines of sessions that may not be recorded; the next turn tries again where that fails."""
        for session in plan.sessions:
            if session.id not in self._known or _may_have_one(session):
                continue
            try:
                self._files.erase(session.id)
                self._known.discard(session.id)
            except StreamerError as error:
                log.error("the timeline of a session can't be erased", session=session.id, error=error)

    def read(self, session: SessionId) -> list[TimelineRow]:
        """The rows of a session. Reads a file."""
        return self._files.read(session)


def _may_have_one(session: PlannedSession) -> bool:
    return session.consent_record
