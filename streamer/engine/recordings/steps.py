"""The steps to a finished recording: playlists, the jobs that join its parts, verified files, the report, its analysis.

Each step takes values and returns a value. A step that is cancelled leaves no file, and one that fails raises
StreamerError. :mod:`streamer.engine.recordings.production` tracks running steps and the files to delete.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import structlog

from streamer.core.base.errors import MediaError, StreamerError
from streamer.core.base.ids import JobId, RoomId, RunId, SessionId
from streamer.core.base.json import as_json
from streamer.core.base.layout import recording_folder
from streamer.core.export.files import FileFacts, FileKind, RecordingFile
from streamer.core.export.made import Made
from streamer.core.export.mp4_index import index_bytes
from streamer.core.export.naming import file_stem, mp4_metadata
from streamer.core.export.vod import vod_playlist
from streamer.core.footage.sequence import Part
from streamer.core.footage.shapes import has_sound
from streamer.core.footage.takes import Take
from streamer.core.footage.wall_clock import Timed
from streamer.core.jobs.desired import export_id
from streamer.core.jobs.specs import ExportSettings, JobKind, JobSpec
from streamer.core.plan.planned import PlannedSession
from streamer.core.recording.report import expected_frames, with_quality
from streamer.core.recording.report_document import ReportDocument
from streamer.engine.programme.programme import Programme
from streamer.engine.recordings.cutting import ShapeChange, cut
from streamer.engine.recordings.exporter import Exporter
from streamer.engine.recordings.products import Early, Findings, Playable, Prepared, Report, Result

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportContext:
    """Metadata for finished files besides the session: the conference and the rooms' names."""

    conference: str
    rooms: Mapping[RoomId, str]
    zone: ZoneInfo

    @classmethod
    def of(cls, programme: Programme) -> ExportContext:
        names = {room.id: room.name for room in programme.rooms}
        return cls(conference=programme.timetable.title, rooms=names, zone=programme.zone)


class Steps:
    """``change`` finds where a take changed its shape, ``take`` looks up a take."""

    def __init__(self, exporter: Exporter, change: ShapeChange, take: Callable[[RunId], Take | None]) -> None:
        self._exporter = exporter
        self._change = change
        self._take = take

    async def early(self, planned: PlannedSession, kept: Sequence[Timed], around: ExportContext) -> Early:
        """A playlist of the closed segments; it will grow."""
        start, end = planned.in_point.timestamp(), max(t.end for t in kept)
        parts, _ = await cut(self._exporter, self._change, self._slots(kept), kept, start, end)
        stem = file_stem(planned.session, planned.room, planned.start, around.zone)
        return Early(
            playlist=await self._playlist(parts, f"{recording_folder(planned.id)}/early", stem, complete=False)
        )

    async def prepare(
        self, planned: PlannedSession, kept: Sequence[Timed], fingerprint: str, around: ExportContext
    ) -> Prepared:
        """The parts of a recording, the jobs that turn them into files, and the complete playlist."""
        start, end = planned.in_point.timestamp(), planned.out_point.timestamp()
        parts, faults = await cut(self._exporter, self._change, self._slots(kept), kept, start, end)
        if not parts:
            raise MediaError("none can be read; they are kept")
        stem = file_stem(planned.session, planned.room, planned.start, around.zone)
        folder = f"{recording_folder(planned.id)}/{fingerprint}"
        room = around.rooms.get(planned.room, planned.room)
        metadata = mp4_metadata(planned.session, planned.start, around.zone, around.conference, room)
        return Prepared(
            fingerprint=fingerprint,
            parts=tuple(parts),
            faults=tuple(faults),
            specs=tuple(self._spec(planned, number, part, folder, metadata) for number, part in enumerate(parts, 1)),
            folder=folder,
            stem=stem,
            playlist=await self._playlist(parts, folder, stem, complete=True),
        )

    async def accept(self, session: SessionId, prepared: Prepared, *, picture: bool) -> Result:
        """Verify the files that the jobs wrote and move them into place; with ``picture``, add a thumbnail."""
        made: list[Made] = []
        try:
            for spec, part, target in zip(prepared.specs, prepared.parts, prepared.targets, strict=True):
                assert isinstance(spec.settings, ExportSettings)
                facts = await self._exporter.accept(spec.settings.target, target)
                made.append(Made(file=file_of("mp4", target, facts), facts=facts, part=part))
            thumbnail = await self._thumbnail(session, prepared, made[0].file.path) if picture else None
        except (StreamerError, asyncio.CancelledError):
            self._exporter.erase([m.file.path for m in made])
            raise
        return Result(
            fingerprint=prepared.fingerprint,
            made=tuple(made),
            faults=prepared.faults,
            beside=(prepared.playlist, *([thumbnail] if thumbnail is not None else [])),
            folder=prepared.folder,
            stem=prepared.stem,
        )

    async def report(self, result: Result, document: ReportDocument) -> Report:
        """Write the report on the finished files."""
        path = f"{result.folder}/{result.stem}.json"
        written = await self._exporter.write(as_json(document), path)
        return Report(fingerprint=result.fingerprint, file=file_of("report", path, written))

    async def analyse(self, fingerprint: str, videos: Sequence[RecordingFile]) -> Findings:
        """Analyse the sound and picture of finished files."""
        return Findings(
            fingerprint=fingerprint, quality=tuple([await self._exporter.analyse(video.path) for video in videos])
        )

    async def add_findings(self, findings: Findings, report: RecordingFile) -> Report:
        """Write a report with the findings. It is a new file: the former one stays until the store has the new one."""
        document = with_quality(json.loads(await self._exporter.read(report.path)), findings.quality)
        folder, _, name = report.path.rpartition("/")
        path = f"{folder}/analysed/{name}"
        facts = await self._exporter.write(as_json(document), path)
        file = replace(report, path=path, bytes=facts.bytes, sha256=facts.sha256)
        return Report(fingerprint=findings.fingerprint, file=file, analysed=True)

    async def convert(self, fingerprint: str, videos: Sequence[RecordingFile]) -> Playable:
        """The versions of finished files that browsers play."""
        made: list[RecordingFile] = []
        try:
            for video in videos:
                path = f"{video.path.removesuffix('.mp4')}_playable.mp4"
                facts = await self._exporter.playable(video.path, path)
                made += [file_of(FileKind.PLAYABLE, path, facts)] if facts is not None else []
        except BaseException:
            self._exporter.erase([file.path for file in made])
            raise
        return Playable(fingerprint=fingerprint, files=tuple(made))

    async def _playlist(self, parts: Sequence[Part], folder: str, stem: str, *, complete: bool) -> RecordingFile:
        path = f"{folder}/{stem}.m3u8"
        facts = await self._exporter.write(vod_playlist(parts, complete=complete).encode(), path)
        return file_of("vod", path, facts)

    async def _thumbnail(self, session: SessionId, prepared: Prepared, video: str) -> RecordingFile | None:
        path = f"{prepared.folder}/{prepared.stem}.jpg"
        try:
            facts = await self._exporter.thumbnail(video, path)
        except StreamerError as error:
            log.warning("the recording gets no thumbnail", session=session, error=error)
            return None
        return file_of("thumbnail", path, facts) if facts is not None else None

    def _slots(self, kept: Sequence[Timed]) -> dict[RunId, int]:
        return {id: take.slot for id, take in self._takes(t.segment.take for t in kept).items()}

    def _takes(self, ids: Iterable[RunId]) -> dict[RunId, Take]:
        return {id: take for id in set(ids) if (take := self._take(id)) is not None}

    def _spec(
        self, planned: PlannedSession, number: int, part: Part, folder: str, metadata: tuple[tuple[str, str], ...]
    ) -> JobSpec:
        first = export_id(planned.id)
        takes = self._takes(placed.clip.take for placed in part.clips)
        frames = expected_frames(part, takes)
        facts = [take.facts for take in takes.values() if take.facts is not None]
        sounds = max((one.sounds or 1 for one in facts), default=1)
        settings = ExportSettings(
            pieces=tuple(piece for placed in part.clips for piece in placed.clip.pieces),
            target=f"{folder}/{number}.partial.mp4",
            metadata=metadata,
            duration=part.duration,
            sound=has_sound(part.shape) if part.shape else any(one.audio for one in facts),
            index=index_bytes(part.duration, frames, part.shape, sounds)
            + sum(len(text.encode()) for _, text in metadata),
        )
        return JobSpec(
            id=first if number == 1 else JobId(f"{first}:{number}"),
            kind=JobKind.EXPORT,
            room=planned.room,
            settings=settings,
            session=planned.id,
        )


def file_of(kind: str, path: str, facts: FileFacts) -> RecordingFile:
    name = path.rsplit("/", 1)[-1]
    return RecordingFile(name=name, kind=kind, path=path, bytes=facts.bytes, sha256=facts.sha256)
