from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from support.media.venue import Venue

from streamer.core.base.errors import MediaError
from streamer.core.channel.chunks import Part
from streamer.media.live.boxes import boxes, find
from streamer.media.live.cmaf import Track, parts, shift_tfdt, track_of
from streamer.media.live.encoding import chunk_name, init_name

VIDEO, SMALL, AUDIO = 0, 1, 2


@pytest.fixture(scope="module")
def folder(venue: Venue) -> Path:
    return venue.data / "live/card-live"


def read(folder: Path, track: int, number: int) -> tuple[Track, bytes]:
    return track_of((folder / init_name(track)).read_bytes()), (folder / chunk_name(track, number)).read_bytes()


def test_a_track_is_what_ffmpeg_made(folder: Path) -> None:
    video, audio = read(folder, VIDEO, 1)[0], read(folder, AUDIO, 1)[0]
    assert (video.handler, audio.handler, audio.timescale) == ("vide", "soun", 48_000)
    assert video.codec.startswith("avc1.4d")
    assert video.codec[5:] == video.configuration[1:4].hex()
    assert audio.codec == "mp4a.40.2"


@pytest.mark.parametrize("track", [VIDEO, SMALL])
def test_parts_of_the_picture_are_thirds_of_a_second(folder: Path, track: int) -> None:
    description, content = read(folder, track, 2)
    found, used = parts(content, description)
    assert used == len(content)
    assert [p.start for p in found] == pytest.approx([2 + i / 3 for i in range(6)])
    assert [p.duration for p in found] == pytest.approx([1 / 3] * 6)
    assert [p.independent for p in found] == [True] + [False] * 5


def test_parts_of_the_sound_follow_each_other_and_all_can_be_entered(folder: Path) -> None:
    found = [p for number in (1, 2) for p in parts(read(folder, AUDIO, number)[1], read(folder, AUDIO, 1)[0])[0]]
    assert all(p.independent for p in found)
    assert all(b.start == pytest.approx(a.start + a.duration) for a, b in pairwise(found))
    assert found[-1].start + found[-1].duration == pytest.approx(4, abs=0.03)


def test_a_growing_file_gives_its_parts_as_they_become_whole(folder: Path) -> None:
    description, content = read(folder, VIDEO, 1)
    whole, _ = parts(content, description)
    seen: list[Part] = []
    start = 0
    for end in range(0, len(content) + 1, 97):
        found, used = parts(content[start:end], description, base=start)
        seen += found
        start += used
    seen += parts(content[start:], description, base=start)[0]
    assert seen == whole
    assert [p.offset for p in whole[1:]] == [p.offset + p.size for p in whole[:-1]]


def test_every_truncated_initialisation_segment_is_refused(folder: Path) -> None:
    init = (folder / init_name(VIDEO)).read_bytes()
    for end in range(len(init)):
        with pytest.raises(MediaError):
            track_of(init[:end])


def test_hostile_bytes_never_do_more_than_raise(folder: Path) -> None:
    dice = random.Random(7)
    inits = [(folder / init_name(track)).read_bytes() for track in (VIDEO, AUDIO)]
    description, content = read(folder, VIDEO, 1)
    content = content[:3000]
    for _ in range(3000):
        for original in (*inits, content):
            broken = bytearray(original)
            for _ in range(dice.randint(1, 4)):
                broken[dice.randrange(len(broken))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
            try:
                if original is content:
                    parts(bytes(broken), description)
                    shift_tfdt(bytes(broken), 90_000)
                else:
                    track_of(bytes(broken))
            except MediaError:
                pass


def test_a_run_with_more_samples_than_bytes_is_refused_at_once(folder: Path) -> None:
    description, content = read(folder, VIDEO, 1)
    moof = find(content, "moof")
    assert moof
    trun = find(content, "traf/trun", moof.body, moof.end)
    assert trun
    broken = content[: trun.body + 4] + b"\xff\xff\xff\xff" + content[trun.body + 8 :]
    with pytest.raises(MediaError, match="4294967295 samples"):
        parts(broken, description)


def test_chunks_are_moved_on_their_clock_and_nothing_else(folder: Path) -> None:
    description, content = read(folder, VIDEO, 1)
    before, _ = parts(content, description)
    moved = shift_tfdt(content, 8 * description.timescale)
    after, _ = parts(moved, description)
    assert [Fraction(a.start - b.start).limit_denominator(1000) for a, b in zip(after, before, strict=True)] == [8] * 6
    assert len(moved) == len(content)
    assert shift_tfdt(moved, -8 * description.timescale) == content
    assert shift_tfdt(content, 0) == content


def test_a_time_before_the_beginning_is_refused(folder: Path) -> None:
    with pytest.raises(MediaError, match="clock"):
        shift_tfdt(read(folder, VIDEO, 1)[1], -1)


def test_boxes_with_large_sizes_are_walked() -> None:
    large = b"\x00\x00\x00\x01free\x00\x00\x00\x00\x00\x00\x00\x14abcd"
    assert [(b.kind, b.body, b.end) for b in boxes(large + b"\x00\x00\x00\x08skip")] == [
        (b"free", 16, 20),
        (b"skip", 28, 28),
    ]


@pytest.mark.parametrize("size", [b"\x00\x00\x00\x00", b"\x00\x00\x00\x07", b"\x00\x00\x00\x01"])
def test_a_box_smaller_than_its_head_is_refused(size: bytes) -> None:
    with pytest.raises(MediaError, match="impossible size"):
        list(boxes(size + b"mdat" + b"\x00" * 8))
