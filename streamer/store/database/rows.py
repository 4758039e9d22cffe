"""Converts between core's values and rows; no other module knows both columns and fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from sqlalchemy import Row

from streamer.core.base.ids import JobId, OverrideId, RoomId, RunId, SessionId
from streamer.core.decisions.override import Override
from streamer.core.decisions.stored import decision_of, stored_decision
from streamer.core.export.files import RecordingFile
from streamer.core.footage.segments import Segment
from streamer.core.footage.takes import Keep, Take
from streamer.core.jobs.processes import ProcessExit, ProcessRecord
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.jobs.source_tracks import PictureTrack, SoundTrack, SourceTracks
from streamer.core.jobs.specs import JobKind
from streamer.core.recording.recording import Gap, Recording
from streamer.core.recording.states import RecordingState
from streamer.core.records.batch import Answer
from streamer.core.records.journal import Audience, JournalEntry, StoredDocument
from streamer.core.records.sign_ins import SignIn
from streamer.core.records.tokens import Role, Token
from streamer.core.trust.versions import TimetableVersion, VersionState

Columns = dict[str, Any]


def take_columns(take: Take) -> Columns:
    facts = take.facts and asdict(take.facts) | {"rate": str(take.facts.rate)}
    return {
        "id": take.id,
        "room": take.room,
        "started": take.started,
        "ended": take.ended,
        "cause": take.cause or None,
        "facts": facts,
        "slot": take.slot,
    }


def take_of(row: Row[Any]) -> Take:
    facts = row.facts and SourceFacts(
        **row.facts | {"rate": Fraction(row.facts["rate"]), "tracks": _tracks(row.facts.get("tracks"))}
    )
    return Take(
        id=RunId(row.id),
        room=RoomId(row.room),
        started=row.started,
        ended=row.ended,
        cause=row.cause or "",
        facts=facts,
        slot=row.slot,
    )


def _tracks(stored: Mapping[str, Any] | None) -> SourceTracks | None:
    """None in rows of earlier versions."""
    if stored is None:
        return None
    picture = stored["picture"]
    return SourceTracks(
        picture=PictureTrack(**picture) if picture is not None else None,
        sounds=tuple(SoundTrack(**sound) for sound in stored["sounds"]),
        is_raw=stored["is_raw"],
        is_packed=stored["is_packed"],
    )


def segment_columns(segment: Segment, node: str) -> Columns:
    """Spelled out, as in :func:`segment_of`: there are thousands of them."""
    return {
        "take": segment.take,
        "number": segment.number,
        "node": node,
        "path": segment.path,
        "start": segment.start,
        "end": segment.end,
        "closed_at": segment.closed_at,
        "bytes": segment.bytes,
        "wall": segment.wall,
        "sha256": segment.sha256,
        "shape": segment.shape,
    }


def segment_of(row: Sequence[Any]) -> Segment:
    take, number, path, start, end, closed_at, size, wall, sha256, shape = row
    return Segment(
        take=take,
        number=number,
        path=path,
        start=start,
        end=end,
        closed_at=closed_at,
        bytes=size,
        wall=wall,
        sha256=sha256,
        shape=shape,
    )


def keep_of(row: Sequence[Any]) -> Keep:
    session, take, number = row
    return Keep(session=session, take=take, number=number)


def recording_columns(recording: Recording) -> Columns:
    return {name: value for name, value in asdict(recording).items() if name != "story"}


def recording_of(row: Row[Any]) -> Recording:
    return Recording(
        session=SessionId(row.session),
        room=RoomId(row.room),
        title=row.title,
        state=RecordingState(row.state),
        start=row.start,
        end=row.end,
        version=row.version,
        exported=row.exported,
        coverage=row.coverage,
        gaps=tuple(Gap(**gap) for gap in row.gaps),
        files=tuple(RecordingFile(**file) for file in row.files),
        reason=row.reason,
        analysed=row.analysed,
    )


def entry_columns(entry: JournalEntry) -> Columns:
    return asdict(entry)


def entry_of(row: Row[Any]) -> JournalEntry:
    return JournalEntry(audience=Audience(row.audience), revision=row.revision, at=row.at, kind=row.kind, body=row.body)


def document_of(row: Row[Any]) -> StoredDocument:
    return StoredDocument(kind=row.kind, id=row.id, body=row.body)


def version_columns(version: TimetableVersion) -> Columns:
    """Spelled out: a copy of a whole timetable costs more than writing it."""
    return {
        "id": version.id,
        "at": version.at,
        "state": version.state,
        "body": version.body,
        "timetable": version.timetable,
    }


def version_of(row: Row[Any]) -> TimetableVersion:
    """Without the timetable itself: there are many versions, and few are requested."""
    return TimetableVersion(id=row.id, at=row.at, state=VersionState(row.state), body=row.body)


def override_columns(override: Override) -> Columns:
    return {
        "id": override.id,
        "at": override.at,
        "by": override.by,
        "room": override.room,
        "decision": stored_decision(override.decision),
        "undone": override.undone,
    }


def override_of(row: Row[Any]) -> Override:
    return Override(
        id=OverrideId(row.id),
        at=row.at,
        by=row.by,
        room=RoomId(row.room) if row.room is not None else None,
        decision=decision_of(row.decision),
        undone=row.undone,
    )


def answer_of(row: Row[Any]) -> Answer:
    return Answer(key=row.key, asked=row.asked, body=row.body)


def token_columns(token: Token) -> Columns:
    return asdict(token)


def token_of(row: Row[Any]) -> Token:
    return Token(
        name=row.name,
        role=Role(row.role),
        digest=row.digest,
        created=row.created,
        revoked=row.revoked,
        once=row.once,
        used=row.used,
    )


def sign_in_columns(sign_in: SignIn) -> Columns:
    return asdict(sign_in)


def sign_in_of(row: Row[Any]) -> SignIn:
    return SignIn(name=row.name, role=Role(row.role), digest=row.digest, created=row.created, used=row.used)


def process_columns(process: ProcessRecord) -> Columns:
    return asdict(process)


def process_of(row: Row[Any]) -> ProcessRecord:
    return ProcessRecord(
        run=RunId(row.run),
        job=JobId(row.job),
        kind=JobKind(row.kind),
        room=RoomId(row.room),
        digest=row.digest,
        pid=row.pid,
        start_ticks=row.start_ticks,
        started=row.started,
        session=SessionId(row.session) if row.session is not None else None,
    )


def exit_columns(exit: ProcessExit) -> Columns:
    return {
        "ended_run": exit.run,
        "ended": exit.at,
        "status": exit.status,
        "error": exit.error,
        "permanent": exit.permanent,
    }
