from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import pytest
from support.media.venue import CLIP_RATE, Venue

from streamer.core.base.errors import MediaError
from streamer.core.base.ids import RunId
from streamer.core.footage.segments import Segment
from streamer.media.capture.frame_code import read_codes, read_timed_codes
from streamer.media.capture.takes import Takes
from streamer.media.ffmpeg.oneshot import run_once
from streamer.media.files.export import FileExporter
from streamer.media.files.still import WIDEST

FRAME = 1 / 30


@pytest.fixture
def exporter(venue: Venue) -> FileExporter:
    return FileExporter(venue.data, venue.ffmpeg)


@pytest.fixture
def card(venue: Venue) -> list[Segment]:
    return Takes(venue.data).closed_segments(RunId("card"), after=-1)


async def code_at(exporter: FileExporter, segment: Segment, at: float, folder: Path) -> int:
    picture = folder / "picture.jpg"
    picture.write_bytes(await exporter.frame(segment, at))
    [code] = read_codes(picture)
    return code


async def test_the_picture_is_that_of_the_instant(
    venue: Venue, exporter: FileExporter, card: list[Segment], tmp_path: Path
) -> None:
    times = dict(read_timed_codes(venue.data / card[1].path))
    for code in (60, 61, 75, 118, 119):
        assert await code_at(exporter, card[1], times[code], tmp_path) == code
        assert await code_at(exporter, card[1], times[code] + 0.9 * FRAME, tmp_path) == code


async def test_frames_in_another_order_than_shown(venue: Venue, exporter: FileExporter, tmp_path: Path) -> None:
    [segment, *_] = Takes(venue.data).closed_segments(RunId("file"), after=-1)
    chosen = list(read_timed_codes(venue.data / segment.path))[5:50:20]
    assert len(chosen) == 3
    for code, time in chosen:
        assert await code_at(exporter, segment, time + 0.5 / CLIP_RATE, tmp_path) == code


async def test_the_nearest_picture_counts_at_the_edges(
    exporter: FileExporter, card: list[Segment], tmp_path: Path
) -> None:
    first = await code_at(exporter, card[1], card[1].start - 0.3, tmp_path)
    last = await code_at(exporter, card[1], card[1].end + 0.3, tmp_path)
    assert (first, last) == (60, 119)


@pytest.mark.parametrize("away", [-0.7, 2.7, 1000])
async def test_there_is_none_far_away(exporter: FileExporter, card: list[Segment], away: float) -> None:
    with pytest.raises(MediaError, match=r"card/000001\.ts.*no picture"):
        await exporter.frame(card[1], card[1].start + away)


@pytest.mark.parametrize("content", [None, b"", b"junk" * 1000])
async def test_there_is_none_of_what_is_damaged(
    venue: Venue, exporter: FileExporter, card: list[Segment], content: bytes | None
) -> None:
    broken = replace(card[1], path="broken.ts")
    (venue.data / "broken.ts").unlink(missing_ok=True)
    if content is not None:
        (venue.data / "broken.ts").write_bytes(content)
    with pytest.raises(MediaError, match=r"broken\.ts"):
        await exporter.frame(broken, broken.start)


async def test_a_large_picture_is_made_smaller(ffmpeg: str, tmp_path: Path) -> None:
    argv = [ffmpeg, "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1280x720", "-frames:v", "3"]
    await run_once([*argv, "-c:v", "libx264", "-preset", "ultrafast", str(tmp_path / "large.ts")], timeout=20)
    segment = Segment(take=RunId("large"), number=0, path="large.ts", start=0, end=2, closed_at=0, bytes=1)
    picture = tmp_path / "large.jpg"
    picture.write_bytes(await FileExporter(tmp_path, ffmpeg).frame(segment, 1.45))
    with av.open(str(picture)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (WIDEST, 360)
