"""The verdict on a recording: complete, partial with a sentence, or nothing to make files of."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from support.day.days import MAIN, after, policy, session, timetable

from streamer.core.base.ids import RunId, SessionId
from streamer.core.export.files import FileFacts, RecordingFile
from streamer.core.export.made import Made
from streamer.core.footage.segments import Clip, Segment
from streamer.core.footage.sequence import Part, Placed
from streamer.core.footage.takes import Take
from streamer.core.footage.wall_clock import Timed
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.jobs.source_tracks import PictureTrack, SoundTrack, SourceTracks
from streamer.core.jobs.specs import Piece
from streamer.core.plan.plan import plan
from streamer.core.recording.gaps import FULL_CAUSE
from streamer.core.recording.judgement import FORMER, Evidence, finished, without_footage
from streamer.core.recording.lacks import notes
from streamer.core.recording.recording import Gap, Recording
from streamer.core.recording.states import Ended, Finished, RecordingState, advance

START = after(0).timestamp()
VIDEO = RecordingFile(name="a.mp4", kind="mp4", path="recordings/a/a.mp4", bytes=1, sha256="0")
MADE = Made(
    file=VIDEO,
    facts=FileFacts(duration=60.0, bytes=1, sha256="0", video_frames=1500, has_audio=True, av_offset=0.0),
    part=Part(shape="", clips=()),
)
PENDING = Recording(
    session=SessionId("a"), room=MAIN, title="Talk", state=RecordingState.PENDING, start=START, end=START + 60
)
FINALISING = advance(PENDING, Ended())


def segments(*spans: tuple[float, float]) -> list[Timed]:
    """Of one take, from and to so many seconds after the start."""
    found = []
    for number, (low, high) in enumerate(spans):
        one = Segment(
            take=RunId("t"),
            number=number,
            path=f"takes/t/{number:06d}.ts",
            start=low,
            end=high,
            closed_at=START + high,
            bytes=1000,
        )
        found.append(Timed(segment=one, start=START + low, end=START + high))
    return found


def verdict(*spans: tuple[float, float], faults: tuple[Gap, ...] = (), files: int = 1) -> Finished:
    evidence = Evidence(
        plan=plan(timetable(session("a", 0, 1)), (), policy(), after(0)),
        kept=segments(*spans),
        causes={RunId("t"): "The camera went away"},
        lost=(),
        full=(),
        steps=(),
    )
    return finished(FINALISING, "f1", (MADE,) * files, faults, (VIDEO,), evidence)


def test_what_is_covered_is_complete() -> None:
    found = verdict((0, 30), (30, 60))
    assert (found.gaps, found.coverage, found.reason, found.files) == ((), 1.0, "", (VIDEO,))


def test_two_files_are_told_and_one_is_not() -> None:
    assert verdict((0, 60), files=1).reason == ""
    assert verdict((0, 60), files=2).reason.endswith("so it has 2 files")


def test_a_hole_is_told_with_its_cause() -> None:
    found = verdict((0, 30))
    assert (found.coverage, found.reason) == (0.5, "30.0 s are missing: the camera went away")


def test_of_several_holes_the_longest_is_told() -> None:
    fault = Gap(start=START + 10, duration=5, cause="segment 000000.ts is empty")
    found = verdict((0, 30), faults=(fault,))
    assert found.reason == "35.0 s are missing in 2 places; most of it: the camera went away"
    assert [gap.duration for gap in found.gaps] == [5, 30]


@pytest.mark.parametrize(("full", "cause"), [((), "nothing was captured"), (((START, START + 50),), FULL_CAUSE)])
def test_without_footage_it_has_failed_and_the_disk_may_be_why(
    full: tuple[tuple[float, float], ...], cause: str
) -> None:
    failed = without_footage(FINALISING, None, "f1", full, has_bounds=False)
    assert (failed.state, failed.files, failed.exported) == (RecordingState.FAILED, (), "f1")
    assert [(gap.duration, gap.cause) for gap in failed.gaps] == [(60, cause)]


def test_what_was_made_before_stays_unless_somebody_set_the_window() -> None:
    ready = replace(PENDING, state=RecordingState.READY, files=(VIDEO,), exported="f0")
    assert without_footage(advance(ready, Ended()), ready, "f1", (), has_bounds=False) == ready
    bounded = without_footage(advance(ready, Ended()), ready, "f1", (), has_bounds=True)
    assert (bounded.state, bounded.reason, bounded.files) == (RecordingState.FAILED, FORMER, (VIDEO,))
    again = replace(FINALISING, files=(VIDEO,))
    assert without_footage(again, again, "f1", (), has_bounds=False).reason == FORMER


def test_what_was_erased_stays_erased() -> None:
    erased = replace(PENDING, state=RecordingState.ERASED)
    assert without_footage(advance(erased, Ended()), erased, "f1", (), has_bounds=True) == erased


def sent(picture: str, *sounds: str, arrived: int) -> Take:
    tracks = SourceTracks(
        picture=PictureTrack(codec=picture, width=1280, height=720),
        sounds=tuple(SoundTrack(codec=codec, rate=48_000, channels=2) for codec in sounds),
    )
    facts = SourceFacts(
        video=picture, width=1280, height=720, rate=Fraction(25), audio="aac", sounds=arrived, tracks=tracks
    )
    return Take(id=RunId("t"), room=MAIN, started=START, facts=facts)


def made_with(sounds: int) -> Made:
    facts = FileFacts(
        duration=60, bytes=1, sha256="0", video_frames=1500, has_audio=sounds > 0, av_offset=0, sounds=sounds
    )
    clip = Clip(take=RunId("t"), number=0, pieces=(Piece(path="p"),), start=0, end=60)
    part = Part(shape="h264 1280x720", clips=(Placed(clip=clip, wall=START, joins=False),))
    return Made(file=VIDEO, facts=facts, part=part)


@pytest.mark.parametrize(
    ("take", "sounds", "lacks"),
    [
        (sent("h264", "aac", arrived=1), 1, ()),
        (sent("h264", "pcm_alaw", arrived=1), 1, ()),  # the capture encoded it
        (sent("h264", "pcm_alaw", arrived=0), 0, ("the sound (G.711 A-law)",)),
        (sent("h264", "aac", arrived=0), 0, ()),  # it was announced and did not come
        (sent("h264", "aac", arrived=1), 0, ("the sound (aac)",)),
        (sent("h264", "aac", "ac3", arrived=2), 1, ("the second sound (AC-3)",)),
        (sent("h264", arrived=0), 0, ()),
    ],
)
def test_a_recording_without_a_track_that_its_source_sent_is_never_ready(
    take: Take, sounds: int, lacks: tuple[str, ...]
) -> None:
    evidence = Evidence(
        plan=plan(timetable(session("a", 0, 1)), (), policy(), after(0)),
        kept=segments((0, 60)),
        causes={},
        lost=(),
        full=(),
        steps=(),
        takes={take.id: take},
    )
    found = finished(FINALISING, "f1", [made_with(sounds)], (), (VIDEO,), evidence)
    assert found.lacks == lacks
    assert advance(FINALISING, found).state is (RecordingState.PARTIAL if lacks else RecordingState.READY)
    assert found.reason == (f"{lacks[0]} of its source is missing" if lacks else "")


def test_a_report_says_what_was_encoded_and_what_browsers_do_not_play() -> None:
    assert notes([made_with(1)], {RunId("t"): sent("h264", "aac", arrived=1)}, playable=True) == []
    encoded, unplayed = notes([made_with(1)], {RunId("t"): sent("hevc", "pcm_alaw", arrived=1)}, playable=True)
    assert "G.711 A-law" in encoded
    assert unplayed == "browsers don't play HEVC in a recording: a file in H.264 and AAC is made beside it"
    [_, without] = notes([made_with(1)], {RunId("t"): sent("hevc", "pcm_alaw", arrived=1)}, playable=False)
    assert "playable = true" in without
