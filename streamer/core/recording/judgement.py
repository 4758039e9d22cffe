"""Judges a recording once its files are finished: complete, or partial with a sentence about the gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from streamer.core.base.ids import RunId
from streamer.core.export.files import RecordingFile
from streamer.core.export.made import Made
from streamer.core.footage.continuity import ClockStep
from streamer.core.footage.takes import Loss, Take
from streamer.core.footage.wall_clock import Timed
from streamer.core.plan.plan import Plan
from streamer.core.recording.gaps import FULL_CAUSE, coverage, merged_gaps, missing, was_full
from streamer.core.recording.keeps import closed_until
from streamer.core.recording.lacks import lacking
from streamer.core.recording.pauses import pauses, shown
from streamer.core.recording.recording import Gap, Recording
from streamer.core.recording.removals import removals, unintended
from streamer.core.recording.states import Failed, Finished, RecordingState, advance

FORMER = "its captured segments no longer exist: the files are from the former version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The evidence for the causes of gaps: see :func:`streamer.core.recording.gaps.missing`.

    ``takes`` are those that the files were made from."""

    plan: Plan
    kept: Sequence[Timed]
    causes: Mapping[RunId, str]
    lost: Sequence[Loss]
    full: Sequence[tuple[float, float]]
    steps: Sequence[ClockStep]
    takes: Mapping[RunId, Take] = field(default_factory=dict)


def finished(
    recording: Recording,
    fingerprint: str,
    made: Sequence[Made],
    faults: Sequence[Gap],
    files: tuple[RecordingFile, ...],
    evidence: Evidence,
) -> Finished:
    """The verdict on verified files. ``faults`` are the gaps from unreadable segments."""
    start, end = recording.start, recording.end
    room = evidence.plan.of_room(recording.room)
    withheld = [(s.start.timestamp(), until.timestamp()) for s in room if (until := closed_until(s))]
    between = missing(
        start, end, evidence.kept, evidence.causes, withheld, evidence.lost, evidence.full, evidence.steps, shown(made)
    )
    found = merged_gaps(start, end, [*between, *faults], pauses(made))
    gaps = unintended(found, removals(recording, evidence.plan), evidence.kept)
    lacks = lacking(made, evidence.takes)
    return Finished(
        fingerprint=fingerprint,
        files=files,
        gaps=gaps,
        lacks=lacks,
        coverage=coverage(start, end, gaps),
        reason=_reason(gaps, lacks, len(made)),
    )


def without_footage(
    finalising: Recording,
    before: Recording | None,
    fingerprint: str,
    full: Sequence[tuple[float, float]],
    *,
    has_bounds: bool,
) -> Recording:
    """A recording without kept segments in its window: former files stay. ``full`` are the periods (Unix s) of a full
    disk, ``has_bounds`` whether its window was set by hand."""
    if before is not None and before.state is RecordingState.ERASED:
        return before
    if before is None or not before.has_video:
        return advance(finalising, _nothing_captured(finalising, fingerprint, full))
    if before.state is not RecordingState.FINALISING and not has_bounds:
        return before
    return advance(finalising, Failed(fingerprint=fingerprint, reason=FORMER))


def _nothing_captured(recording: Recording, fingerprint: str, full: Sequence[tuple[float, float]]) -> Failed:
    start, end = recording.start, recording.end
    by_disk = was_full(start, end, full)
    why, cause = (FULL_CAUSE, FULL_CAUSE) if by_disk else ("look at the room's source", "nothing was captured")
    return Failed(
        fingerprint=fingerprint,
        reason=f"nothing was captured while the session ran: {why}",
        empty=True,
        gaps=(Gap(start=start, duration=end - start, cause=cause),),
    )


def _reason(gaps: Sequence[Gap], lacks: Sequence[str], files: int) -> str:
    missing_time = f"{sum(g.duration for g in gaps):.1f} s are missing{_why(gaps)}" if gaps else ""
    missing_tracks = f"{' and '.join(lacks)} of its source is missing" if lacks else ""
    if gaps or lacks:
        return "; ".join(part for part in (missing_tracks, missing_time) if part)
    return f"picture or sound changed during the session, so it has {files} files" if files > 1 else ""


def _why(gaps: Sequence[Gap]) -> str:
    """The cause of the longest gap, with a remark if others differ."""
    cause = _within(max(gaps, key=lambda gap: gap.duration).cause)
    return f": {cause}" if len({gap.cause for gap in gaps}) == 1 else f" in {len(gaps)} places; most of it: {cause}"


def _within(sentence: str) -> str:
    """A sentence for use inside another; a name such as FFmpeg keeps its capitals."""
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() or sentence[1:2] == " " else sentence
