"""What a report says of holes, seams, frames and loudness, from values alone."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Literal
from zoneinfo import ZoneInfo

import pytest

from streamer.core.base.ids import RoomId, RunId, SessionId
from streamer.core.export.files import FileFacts, RecordingFile
from streamer.core.export.made import Made
from streamer.core.footage.segments import Clip
from streamer.core.footage.sequence import Part, Placed
from streamer.core.footage.takes import Take
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.jobs.specs import Piece
from streamer.core.recording.quality import Quality, Stretch
from streamer.core.recording.recording import Recording
from streamer.core.recording.report import expected_frames, report, with_quality
from streamer.core.recording.report_document import ReportDocument
from streamer.core.recording.states import RecordingState

ZONE = ZoneInfo("Europe/Copenhagen")
START = 1757314800.0  # 2025-09-08T09:00:00+02:00
FACTS = SourceFacts(video="h264", width=1280, height=720, rate=Fraction(30), audio="aac")
TAKES = {
    RunId("one"): Take(id=RunId("one"), room=RoomId("main"), started=START, facts=FACTS),
    RunId("two"): Take(id=RunId("two"), room=RoomId("main"), started=START + 30, facts=FACTS, cause="it was killed"),
}


SOURCE: tuple[Literal["video", "width", "height", "rate", "audio"], ...] = ("video", "width", "height", "rate", "audio")


def clip(take: str, number: int, wall: float, *, joins: bool = True, seconds: float = 2.0) -> Placed:
    one = Clip(
        take=RunId(take), number=number, pieces=(Piece(path="p"),), start=2.0 * number, end=2.0 * number + seconds
    )
    return Placed(clip=one, wall=wall, joins=joins)


def made(*clips: Placed, holes: tuple[tuple[float, float], ...] = (), **more: object) -> Made:
    facts = {"duration": 20.0, "bytes": 5, "sha256": "ab" * 32, "video_frames": 600, "has_audio": True}
    facts |= {"av_offset": -0.01, "holes": holes, **more}
    file = RecordingFile(name="talk.mp4", kind="mp4", path="recordings/a/f/talk.mp4", bytes=5, sha256="ab" * 32)
    return Made(file=file, facts=FileFacts(**facts), part=Part(shape="h264", clips=clips))  # type: ignore[arg-type]


TWO_TAKES = (
    *(clip("one", n, START + 2 * n, joins=n > 0) for n in range(5)),
    *(clip("two", n, START + 13 + 2 * n, joins=n > 0) for n in range(5)),
)


def told(*files: Made) -> ReportDocument:
    recording = Recording(
        session=SessionId("a"),
        room=RoomId("main"),
        title="A",
        state=RecordingState.PARTIAL,
        start=START,
        end=START + 23,
        version=2,
        coverage=0.87,
        files=tuple(f.file for f in files),
        reason="3.0 s are missing: it was killed",
    )
    return report(recording, files, TAKES, ZONE)


def test_a_file_s_stretches_are_told_with_the_pause_that_joining_left() -> None:
    [file] = told(made(*TWO_TAKES, holes=((10.05, 3.0), (18.0, 1.0))))["files"]
    assert [run["offset"] for run in file["timeline"]] == [0.0, 13.0]
    assert [run["start"] for run in file["timeline"]] == ["2025-09-08T09:00:00+02:00", "2025-09-08T09:00:13+02:00"]


def test_frames_are_counted_against_what_the_source_would_have_sent() -> None:
    assert expected_frames(made(*TWO_TAKES).part, TAKES) == 600
    assert expected_frames(made(*TWO_TAKES).part, {}) == 0, "of a take that nobody knows nothing is expected"
    document = told(made(*TWO_TAKES, video_frames=590))
    assert (document["frames"], document["expected_frames"]) == (590, 600)


def test_takes_are_told_with_how_they_ended() -> None:
    assert [(t["take"], t["segments"], t["ended"]) for t in told(made(*TWO_TAKES))["takes"]] == [
        ("one", 5, None),
        ("two", 5, "it was killed"),
    ]


def test_a_take_is_told_with_its_time_and_its_source_and_one_that_is_unknown_without() -> None:
    one, unknown = told(made(*TWO_TAKES[:5], clip("lost", 0, START + 10)))["takes"]
    assert (one["start"], one["end"]) == ("2025-09-08T09:00:00+02:00", "2025-09-08T09:00:10+02:00")
    assert [one[key] for key in SOURCE] == ["h264", 1280, 720, 30.0, "aac"]
    assert [unknown[key] for key in SOURCE] == [None] * 5


def test_covered_is_from_the_first_picture_to_the_last() -> None:
    assert told(made(*TWO_TAKES))["covered"] == {
        "start": "2025-09-08T09:00:00+02:00",
        "end": "2025-09-08T09:00:23+02:00",
        "duration": 20.0,
    }
    assert told(made())["covered"] is None


def quality(loudness: float | None, *silent: Stretch) -> Quality:
    return Quality(
        loudness=loudness, loudness_range=3.0, true_peak=-2.0, silent=silent, black=(), frozen=(), precision=1.0
    )


def test_what_was_heard_is_told_in_wall_time() -> None:
    heard = quality(-23.0, Stretch(start=4.0, duration=6.0), Stretch(start=12.0, duration=5.0))
    document = with_quality(told(made(*TWO_TAKES)), [heard])
    assert document["quality"] is not None
    assert document["quality"]["loudness"] == -23.0
    assert [one["start"] for one in document["quality"]["silent"]] == [
        "2025-09-08T09:00:04.000+02:00",
        "2025-09-08T09:00:15.000+02:00",
    ]


@pytest.mark.parametrize(
    ("levels", "together"), [((-20.0, -20.0), -20.0), ((-20.0, None), -20.0), ((None, None), None), ((-20, -80), -23.0)]
)
def test_files_together_are_as_loud_as_their_power(levels: tuple[float | None, ...], together: float | None) -> None:
    files = [made(*TWO_TAKES), made(*TWO_TAKES)]
    files[1] = Made(
        file=RecordingFile(name="b.mp4", kind="mp4", path="b", bytes=1, sha256="0" * 64),
        facts=files[1].facts,
        part=files[1].part,
    )
    document = with_quality(told(*files), [quality(level) for level in levels])
    assert document["quality"] is not None
    assert document["quality"]["loudness"] == together


def test_files_together_are_as_precise_as_the_coarsest() -> None:
    coarse = replace(quality(-23.0), precision=2.0)
    document = with_quality(told(made(*TWO_TAKES), made(*TWO_TAKES)), [quality(-23.0), coarse])
    assert document["quality"] is not None
    assert document["quality"]["precision"] == 2.0
