"""Serves recordings to organisers: files, segments, possible bounds, and single pictures.

It only reads. Every answer is checked against the present keeps and consent, so media that may no longer be shown is
not found.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from streamer.core.base.errors import Conflict, NotFound
from streamer.core.base.ids import RunId, SessionId
from streamer.core.base.json import iso
from streamer.core.decisions.recordings.bounds import Bounds, latest_bound
from streamer.core.export.files import RecordingFile
from streamer.core.export.vod import named_segment, segment_key
from streamer.core.footage.order import instant
from streamer.core.jobs.specs import Piece
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import PlannedSession
from streamer.core.recording.documents import BoundsDocument, RecordingDocument, with_paths
from streamer.core.recording.states import RecordingState
from streamer.engine.machine.clock import Clock
from streamer.engine.recordings.exporter import Exporter
from streamer.engine.turns.reconciler import Reconciler


class Library:
    """The recordings of an engine, below the data folder ``data``."""

    def __init__(self, engine: Reconciler, exporter: Exporter, clock: Clock, data: Path) -> None:
        self._engine = engine
        self._exporter = exporter
        self._clock = clock
        self._data = data

    def documents(self) -> list[RecordingDocument]:
        """All recordings as they were last announced, in order of start."""
        documents = self._engine.announcer.documents("recording")
        return sorted(documents.values(), key=lambda d: (d["start"], d["room"], d["session"]))

    def document(self, session: str) -> RecordingDocument:
        """Raises NotFound."""
        found = self._engine.announcer.documents("recording").get(session)
        if found is None:
            raise NotFound("there is no recording of this session", where=f"session {session}")
        return found

    def with_paths(self) -> list[RecordingDocument]:
        """The documents, each file with its ``path`` below the data folder, for the owner of that folder."""
        recordings = self._engine.recordings.all
        known = [(recordings.get(SessionId(document["session"])), document) for document in self.documents()]
        return [with_paths(recording, document) if recording is not None else document for recording, document in known]

    def file(self, session: str, name: str) -> tuple[Path, RecordingFile]:
        """Absolute path of a finished file.

        Raises NotFound, and Conflict if the file may have what was muted or cut out since it was made.
        """
        recording = self._engine.recordings.all.get(SessionId(session))
        plan = self._engine.programme.plan(self._clock.now())
        planned = plan.session(SessionId(session))
        if planned is not None and self._engine.recordings.may_show_removed(planned, plan):
            raise Conflict(
                "the files may have what was muted or cut out since they were made",
                where=f"recording of session {session}",
                hint="new ones are being made: try again in a minute, or see the recording's state",
            )
        for file in recording.files if recording is not None else ():
            if file.name == name:
                return self._data / file.path, file
        raise NotFound(
            "this file does not exist",
            where=f"recording of session {session}",
            hint="see the recording's list of files",
        )

    def segment(self, session: str, name: str, query: Mapping[str, str]) -> tuple[Piece, ...]:
        """The pieces that a URI of a recording's playlist names, with absolute paths. Raises NotFound if not kept."""
        key = segment_key(name)
        kept = self._engine.archive.footage.kept_segment(SessionId(session), key) if key is not None else None
        if key is not None and self._is_cut_out(SessionId(session), key):
            kept = None
        pieces = named_segment(name, query, str(self._data / kept.path), kept.bytes) if kept is not None else None
        recording = self._engine.recordings.all.get(SessionId(session))
        if pieces is None or recording is None or recording.state is RecordingState.ERASED:
            raise NotFound("there is no such segment", where=f"recording of session {session}")
        return pieces

    def _is_cut_out(self, session: SessionId, key: tuple[RunId, int]) -> bool:
        planned = self._engine.programme.plan(self._clock.now()).session(session)
        found = self._engine.archive.footage.find(key) if planned is not None and planned.cuts else None
        return planned is not None and found is not None and planned.cuts_out(instant(found.start), instant(found.end))

    def bounds(self, session: str) -> BoundsDocument:
        """The present bounds and their limits. Raises NotFound, or Conflict if the session is not recorded."""
        now = self._clock.now()
        plan, planned = self._planned(session, now)
        programme, zone = self._engine.programme, self._engine.programme.zone
        reach = self._engine.archive.footage.within_reach(planned, plan=plan)
        standing = [
            o.id
            for o in programme.overrides
            if o.session == planned.id and isinstance(o.decision, Bounds) and o.undone is None
        ]
        return {
            "session": planned.id,
            "start": iso(planned.in_point, zone),
            "end": iso(planned.out_point, zone),
            "session_start": iso(planned.start, zone),
            "session_end": iso(planned.end, zone),
            "earliest": iso(reach[0], zone) if reach else None,
            "latest": iso(latest_bound(planned, reach[1], programme.policy, now), zone) if reach else None,
            "override": standing[-1] if standing else None,
        }

    async def frame(self, session: str, at: datetime) -> bytes:
        """The picture at an instant within the limits of a recording's bounds, as JPEG.

        Raises NotFound if there is none, Conflict if it may not be shown, MediaError if it can't be decoded.
        """
        now = self._clock.now()
        plan, planned = self._planned(session, now)
        footage = self._engine.archive.footage
        reach = footage.within_reach(planned, plan=plan)
        last = latest_bound(planned, reach[1], self._engine.programme.policy, now) if reach else at
        found = footage.at(planned.room, at.timestamp())
        if found is not None and not plan.may_keep(planned.room, instant(found.start), instant(found.end)):
            raise Conflict("this instant belongs to a session that may not be recorded", where="at")
        if found is not None and plan.is_muted(planned.room, instant(found.start), instant(found.end)):
            raise Conflict("the room was muted at this instant", where="at", hint="undo the mute first")
        if found is None or reach is None or not reach[0] <= at <= last:
            raise NotFound("there is no picture of this instant", where="at", hint="see the recording's bounds")
        return await self._exporter.frame(found.segment, found.segment.start + at.timestamp() - found.start)

    def _planned(self, session: str, now: datetime) -> tuple[Plan, PlannedSession]:
        plan = self._engine.programme.plan(now)
        planned = plan.session(SessionId(session))
        if planned is None:
            raise NotFound("there is no such session", where=f"session {session}")
        if not planned.record:
            raise Conflict("this session is not recorded", where=f"session {session}")
        return plan, planned
