"""Shapes are read from what FFmpeg really writes: every kind of source that a room may have."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.media.venue import Venue

from streamer.core.base.ids import RunId
from streamer.media.capture.takes import Takes
from streamer.media.mpegts.packets import PACKET
from streamer.media.mpegts.shape_reader import shape, shape_of

X264 = "-c:v libx264 -preset ultrafast -pix_fmt"
X265 = "-c:v libx265 -preset ultrafast -x265-params log-level=error -pix_fmt"

Made = Callable[[str, str, str], Path]


@pytest.fixture(scope="module")
def made(ffmpeg: str, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A third of a second of a picture of some size, and a tone, encoded."""
    folder = tmp_path_factory.mktemp("shapes")
    files: dict[tuple[str, str, str], Path] = {}

    def make(size: str, video: str, audio: str) -> Path:
        file = files.get((size, video, audio))
        if file is None:
            file = files[size, video, audio] = folder / f"{len(files)}.ts"
            sound = ["-f", "lavfi", "-i", "sine=sample_rate=48000", *audio.split()] if audio else []
            argv = [ffmpeg, "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25", *sound[:4]]
            options = [*video.split(), *sound[4:], "-t", "0.32", "-f", "mpegts", str(file)]
            subprocess.run([*argv, *options], check=True, timeout=30)
        return file

    return make


@pytest.mark.parametrize(
    ("size", "video", "audio", "expected"),
    [
        ("1280x720", f"{X264} yuv420p", "-c:a aac -ac 2", "h264 1280x720 · aac 48000/2"),
        ("640x360", f"{X264} yuv420p -profile:v high", "-c:a aac -ar 44100", "h264 640x360 · aac 44100/1"),
        ("1366x768", f"{X264} yuv420p", "", "h264 1366x768"),  # 1366 is cropped from 1376
        ("320x180", f"{X264} yuv420p -x264opts cqm=jvt", "-c:a aac -ac 6", "h264 320x180 · aac 48000/6"),
        ("720x576", f"{X264} yuv420p -flags +ildct+ilme", "-c:a mp2", "h264 720x576 · mp2"),
        ("320x180", f"{X264} yuv422p10le", "-c:a ac3", "h264 320x180 4:2:2 10 bit · ac3"),
        ("320x180", f"{X264} yuv444p", "-c:a aac -mpegts_flags latm", "h264 320x180 4:4:4 8 bit · latm"),
        ("1366x768", f"{X265} yuv420p", "-c:a eac3", "hevc 1366x768 · eac3"),
        ("322x182", f"{X265} yuv420p10le", "-c:a libopus", "hevc 322x182 4:2:0 10 bit · opus"),
        ("720x576", "-c:v mpeg2video", "-c:a aac -ar 8000", "mpeg2video 720x576 · aac 8000/1"),
        ("320x180", "-vn", "-c:a aac", "aac 48000/1"),
    ],
)
def test_what_a_segment_holds(made: Made, size: str, video: str, audio: str, expected: str) -> None:
    file = made(size, video, audio)
    assert shape_of(file) == expected
    assert shape(b"some bytes before the first packet" + file.read_bytes()) == expected


def test_all_segments_of_a_capture_have_one_shape(venue: Venue) -> None:
    for run, expected in {
        "card": "h264 320x180 · aac 48000/2",
        "mute": "h264 320x180",
        "multicast": "h264 320x180 · aac 48000/2",
        "rtmp": "h264 320x180 · aac 48000/2",
    }.items():
        takes = Takes(venue.data)
        assert {takes.shape(segment.path) for segment in takes.closed_segments(RunId(run), after=-1)} == {expected}


def test_sound_behind_a_large_picture_is_found(made: Made, tmp_path: Path) -> None:
    content = made("1280x720", f"{X264} yuv420p", "-c:a aac -ac 2").read_bytes()
    tables, picture = content[: 3 * PACKET], content[3 * PACKET : 4 * PACKET]
    filler = bytearray(picture)
    filler[1] &= 0xBF  # goes on with what has begun
    late = tmp_path / "late.ts"
    late.write_bytes(tables + picture + bytes(filler) * 2_000 + content[4 * PACKET :])
    assert shape(late.read_bytes()[:100_000]) == "h264 1280x720 · aac ?"
    assert shape_of(late) == "h264 1280x720 · aac 48000/2"


def test_bytes_that_are_not_what_the_table_says_are_told_from_none(made: Made) -> None:
    content = made("1280x720", f"{X264} yuv420p", "-c:a aac -ac 2").read_bytes()
    hevc = made("1366x768", f"{X265} yuv420p", "-c:a eac3").read_bytes()
    [pictures, lie] = [content[: 3 * PACKET], content[: 3 * PACKET] + hevc[3 * PACKET :]]
    assert shape(pictures) == "h264 ? · aac ?"
    assert shape(lie) == "h264 unreadable · aac unreadable"


def test_a_disturbance_is_passed_over(made: Made) -> None:
    content = made("1280x720", f"{X264} yuv420p", "-c:a aac -ac 2").read_bytes()
    torn = content[: 2 * PACKET + 50] + bytes(333) + content[2 * PACKET :]
    assert shape(torn) == "h264 1280x720 · aac 48000/2"


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"G",
        b"G" * 10_000,
        bytes(100_000),
        b"\xff" * 100_000,
        (b"G" + bytes(187)) * 100,
        b"no transport stream, but text that goes on for a while. Great! " * 300,
        random.Random(1).randbytes(100_000),
    ],
)
def test_garbage_has_no_shape(garbage: bytes) -> None:
    assert shape(garbage) == ""


def test_a_file_that_is_not_there_has_no_shape(tmp_path: Path) -> None:
    assert shape_of(tmp_path / "nothing.ts") == ""
    (tmp_path / "empty.ts").touch()
    assert shape_of(tmp_path / "empty.ts") == ""


def test_a_head_may_end_anywhere(made: Made) -> None:
    content = made("320x180", f"{X264} yuv420p -x264opts cqm=jvt", "-c:a aac -ac 6").read_bytes()
    shapes = [shape(content[:length]) for length in range(0, 8 * PACKET, 7)]
    assert shapes[0] == ""
    assert "h264 320x180 · aac ?" in shapes


@given(st.data())
def test_no_damage_makes_it_fail(made: Made, data: st.DataObject) -> None:
    content = bytearray(made("322x182", f"{X265} yuv420p10le", "-c:a libopus").read_bytes()[: 40 * PACKET])
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    shape(bytes(content))
