"""What livestreams of real captures package: every frame once, renditions in step, slate and live alike."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from support.media.venue import Venue

from streamer.core.base.ids import RunId
from streamer.core.channel.chunks import Chunk, Loop, SlateText
from streamer.media.capture.frame_code import read_codes
from streamer.media.live.chunks import LiveRuns
from streamer.media.live.cmaf import track_of
from streamer.media.live.encoding import init_name
from streamer.media.live.slate import Slates

RUNS = ("card", "mute")


def chunks(venue: Venue, run: str) -> dict[str, list[Chunk]]:
    format = venue.formats[run]
    found: dict[str, list[Chunk]] = {track: [] for track in format.tracks}
    for chunk in LiveRuns(venue.data).reader(RunId(f"{run}-live"), format).poll():
        found[chunk.track].append(chunk)
    return found


def played(venue: Venue, run: str, track: str, target: Path) -> Path:
    """A track as a player strings it together."""
    target.write_bytes(
        read_init(venue, run, track)
        + b"".join(Path(c.path).read_bytes() for c in chunks(venue, run)[track] if c.complete)
    )
    return target


@pytest.mark.parametrize("run", RUNS)
def test_every_frame_is_streamed_once(venue: Venue, run: str, tmp_path: Path) -> None:
    first, *codes = read_codes(played(venue, run, venue.formats[run].tracks[0], tmp_path / "played.mp4"))
    assert len(codes) > 60, "there are two segments at least"
    assert codes == list(range(codes[0], codes[0] + len(codes)))
    assert first in (codes[0], codes[0] - 1)  # it may be there twice, where sound began a little earlier


def test_renditions_are_identical_in_segments_and_parts(venue: Venue) -> None:
    found = chunks(venue, "card")
    shapes = [
        [(c.number, [(p.start, p.duration, p.independent) for p in c.parts]) for c in found[t]] for t in ("180p", "90p")
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("run", RUNS)
def test_segments_are_two_seconds_from_the_very_first(venue: Venue, run: str) -> None:
    format = venue.formats[run]
    *segments, _ = chunks(venue, run)[format.tracks[0]]
    assert len(segments) > 1
    assert [s.start for s in segments] == pytest.approx([2 * i for i in range(len(segments))])
    assert all(s.end - s.start == pytest.approx(2) for s in segments)
    assert all(s.parts[0].independent for s in segments)
    assert all(p.duration == pytest.approx(float(format.part_seconds)) for s in segments for p in s.parts)


@pytest.mark.parametrize("run", RUNS)
def test_sound_has_no_holes_and_keeps_step(venue: Venue, run: str) -> None:
    found = chunks(venue, run)
    sound = [part for chunk in found["audio"] for part in chunk.parts]
    assert len(sound) > 6
    assert all(b.start == pytest.approx(a.start + a.duration, abs=1e-6) for a, b in pairwise(sound))
    for picture, heard in zip(found[venue.formats[run].tracks[0]], found["audio"], strict=False):
        assert picture.number == heard.number
        assert heard.start == pytest.approx(picture.start, abs=0.03)


def read_init(venue: Venue, run: str, track: str) -> bytes:
    index = venue.formats[run].tracks.index(track)
    return (venue.data / f"live/{run}-live" / init_name(index)).read_bytes()


def read_init_of(loop: Loop, track: str) -> bytes:
    return Path(loop.inits[track]).read_bytes()


@pytest.mark.parametrize("run", RUNS)
async def test_slate_and_live_have_the_same_initialisation(venue: Venue, run: str) -> None:
    format = venue.formats[run]
    text = SlateText(conference="A conference", room="Room 1", headline="What comes next", detail="Starts at 10:00")
    loop = await Slates(venue.data, venue.ffmpeg).render(text, format)
    for track in format.tracks:
        live, slate = read_init(venue, run, track), read_init_of(loop, track)
        assert track_of(slate) == track_of(live), track
        assert slate == live, track


@pytest.mark.parametrize("run", RUNS)
def test_ffmpeg_has_nothing_to_complain_of(venue: Venue, run: str) -> None:
    assert venue.complaints(f"{run}-live") == []
