"""The integrity report of a recording: its window, its files, its gaps with their causes, and its quality.

A JSON document, for programs and for the organisers' page; its fields and units are in report_document. Values are
measured, not estimated; a value that has not been measured yet is null.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from streamer.core.base.ids import RunId
from streamer.core.base.json import iso_unix
from streamer.core.export.files import FileKind, RecordingFile
from streamer.core.export.made import Made, file_runs
from streamer.core.footage.sequence import Part
from streamer.core.footage.takes import Take
from streamer.core.recording.documents import gap_document
from streamer.core.recording.quality import Quality, Stretch
from streamer.core.recording.recording import Recording
from streamer.core.recording.removals import Removal
from streamer.core.recording.report_document import (
    FileRunDocument,
    QualityDocument,
    ReportDocument,
    ReportFileDocument,
    SpanDocument,
    StretchDocument,
    UsedTakeDocument,
)


def report(
    recording: Recording,
    made: Sequence[Made],
    takes: Mapping[RunId, Take],
    zone: ZoneInfo,
    *,
    lacks: Sequence[str] = (),
    notes: Sequence[str] = (),
    removed: Sequence[Removal] = (),
) -> ReportDocument:
    """The report of a recording in its last state, without the analysis. ``lacks`` and ``notes`` are those of
    :mod:`streamer.core.recording.lacks`, ``removed`` is what was taken out on purpose."""
    videos = {m.file.name: m for m in made}
    expected = {m.file.name: expected_frames(m.part, takes) for m in made}
    return {
        "session": recording.session,
        "room": recording.room,
        "title": recording.title,
        "version": recording.version,
        "state": recording.state,
        "reason": recording.reason,
        "window": _window(recording.start, recording.end, zone),
        "covered": _covered(made, zone),
        "coverage": round(recording.coverage, 5),
        "gaps": [gap_document(gap, zone) for gap in recording.gaps],
        "removed": [
            {"start": iso_unix(one.start, zone), "duration": round(one.end - one.start, 3), "cause": one.cause}
            for one in removed
        ],
        "lacks": list(lacks),
        "notes": list(notes),
        "takes": _takes(made, takes, zone),
        "files": [_file(f, videos.get(f.name), expected.get(f.name, 0), zone) for f in recording.files],
        "frames": sum(m.facts.video_frames for m in made),
        "expected_frames": sum(expected.values()),
        "av_offset": _largest([m.facts.av_offset for m in made if m.facts.has_audio]),
        "quality": None,
    }


def expected_frames(part: Part, takes: Mapping[RunId, Take]) -> int:
    """The number of pictures of a part without missing ones, by its source's rate; 0 if the rate is unknown."""
    count = 0.0
    for placed, seconds in part.lasting:
        take = takes.get(placed.clip.take)
        if take is not None and take.facts is not None:
            count += seconds * float(take.facts.rate)
    return round(count)


def _window(start: float, end: float, zone: ZoneInfo) -> SpanDocument:
    return {"start": iso_unix(start, zone), "end": iso_unix(end, zone), "duration": round(end - start, 3)}


def _covered(made: Sequence[Made], zone: ZoneInfo) -> SpanDocument | None:
    """From the first picture to the last: cut at keyframes, so a little more than the window."""
    clips = [placed for m in made for placed in m.part.clips]
    if not clips:
        return None
    end = max(c.wall + c.duration for c in clips)
    covered = _window(min(c.wall for c in clips), end, zone)
    return {**covered, "duration": round(sum(m.facts.duration for m in made), 3)}


def _takes(made: Sequence[Made], takes: Mapping[RunId, Take], zone: ZoneInfo) -> list[UsedTakeDocument]:
    found: list[UsedTakeDocument] = []
    used: dict[RunId, list[tuple[float, float]]] = {}
    for placed in (placed for m in made for placed in m.part.clips):
        used.setdefault(placed.clip.take, []).append((placed.wall, placed.wall + placed.duration))
    for id, spans in used.items():
        take = takes.get(id)
        facts = take.facts if take is not None else None
        found.append(
            {
                "take": id,
                "slot": take.slot if take is not None else 1,
                "start": iso_unix(min(s for s, _ in spans), zone),
                "end": iso_unix(max(e for _, e in spans), zone),
                "segments": len(spans),
                "ended": (take.cause or None) if take is not None else None,
                "video": facts.video if facts is not None else None,
                "width": facts.width if facts is not None else None,
                "height": facts.height if facts is not None else None,
                "rate": round(float(facts.rate), 3) if facts is not None else None,
                "audio": facts.audio if facts is not None else None,
                "sent": facts.tracks.words() if facts is not None and facts.tracks is not None else [],
            }
        )
    return found


def _file(file: RecordingFile, made: Made | None, expected: int, zone: ZoneInfo) -> ReportFileDocument:
    document: ReportFileDocument = {
        "name": file.name,
        "kind": FileKind(file.kind),
        "bytes": file.bytes,
        "sha256": file.sha256,
    }
    if made is None:
        return document
    return {
        **document,
        "shape": made.part.shape or None,
        "duration": round(made.facts.duration, 3),
        "frames": made.facts.video_frames,
        "expected_frames": expected,
        "av_offset": round(made.facts.av_offset, 4) if made.facts.has_audio else None,
        "timeline": _timeline(made, zone),
    }


def _timeline(one: Made, zone: ZoneInfo) -> list[FileRunDocument]:
    """The stretches of a file in wall time: ``offset`` is seconds from the file's start."""
    return [
        {
            "offset": round(run.offset, 3),
            "start": iso_unix(run.wall, zone),
            "duration": round(run.duration, 3),
        }
        for run in file_runs(one)
    ]


def with_quality(document: ReportDocument, found: Sequence[Quality]) -> ReportDocument:
    """A report with the analysis of its video files, in order."""
    videos = [f for f in document["files"] if "timeline" in f]
    measured = list(zip(videos, found, strict=True))
    peaks = [q.true_peak for q in found if q.true_peak is not None]
    ranges = [q.loudness_range for q in found if q.loudness_range is not None]
    quality: QualityDocument = {
        "loudness": _together([(q.loudness, f["duration"]) for f, q in measured]),
        "loudness_range": max(ranges, default=None),
        "true_peak": max(peaks, default=None),
        "silent": [s for f, q in measured for s in _stretches(f, q.silent)],
        "black": [s for f, q in measured for s in _stretches(f, q.black)],
        "frozen": [s for f, q in measured for s in _stretches(f, q.frozen)],
        "precision": max((q.precision for q in found), default=None),
    }
    return {**document, "quality": quality}


def _together(measured: Sequence[tuple[float | None, float]]) -> float | None:
    """The joint loudness of files (LUFS): of several, the mean of their power."""
    heard = [(loudness, seconds) for loudness, seconds in measured if loudness is not None and seconds > 0]
    if len(heard) <= 1:
        return heard[0][0] if heard else None
    power = sum(10 ** (loudness / 10) * seconds for loudness, seconds in heard) / sum(s for _, s in heard)
    return round(10 * math.log10(power), 1)


def _stretches(file: ReportFileDocument, stretches: Sequence[Stretch]) -> list[StretchDocument]:
    """Stretches of a file in wall time, ``offset`` in seconds from the file's start."""
    found: list[StretchDocument] = []
    for one in stretches:
        run = next((r for r in reversed(file["timeline"]) if r["offset"] <= one.start), file["timeline"][0])
        at = datetime.fromisoformat(run["start"]) + timedelta(seconds=one.start - run["offset"])
        found.append(
            {
                "file": file["name"],
                "offset": round(one.start, 3),
                "start": at.isoformat(timespec="milliseconds"),
                "duration": round(one.duration, 3),
            }
        )
    return found


def _largest(offsets: Sequence[float]) -> float | None:
    by_size = sorted((abs(offset), offset) for offset in offsets)
    return round(by_size[-1][1], 4) if by_size else None
