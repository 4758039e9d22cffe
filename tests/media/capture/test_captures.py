"""Every way into a room ends in the same segments: nothing lost, nothing twice, and a log that says nothing."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from support.media.venue import CLIP_FRAMES, CLIP_GOP, Venue, wait_until

from streamer.core.jobs.specs import LONGEST_ANALYSIS, CaptureSettings
from streamer.media.capture.frame_code import read_codes, read_timed_codes

REORDERED = 4
"""Frames whose neighbours may be missing where a stream with B-frames breaks off."""

NETWORK = ("multicast", "unicast", "srt-caller", "srt-listener", "rtmp")


def test_a_test_picture_is_captured_from_its_first_frame_to_the_kill(venue: Venue) -> None:
    codes = read_codes(venue.joined("card"))
    assert codes == list(range(len(codes)))
    assert len(codes) > 180 + 10


def test_a_stopped_capture_ends_with_the_last_frame(venue: Venue) -> None:
    codes = read_codes(venue.joined("mute"))
    assert codes == list(range(len(codes)))
    assert venue.listed("mute") == len(venue.segments("mute"))


def test_a_file_is_looped_without_losing_a_frame(venue: Venue) -> None:
    codes = read_codes(venue.joined("file"))
    assert len(codes) > CLIP_FRAMES
    codes = codes[: len(codes) - REORDERED]
    assert codes == [index % CLIP_FRAMES for index in range(len(codes))]


@pytest.mark.parametrize("run", NETWORK)
def test_a_network_source_is_captured_without_a_hole(venue: Venue, run: str) -> None:
    codes = read_codes(venue.joined(run))[:-REORDERED]
    assert codes == list(range(codes[0], codes[0] + len(codes)))
    assert len(codes) >= CLIP_FRAMES - 2 * CLIP_GOP - REORDERED


@pytest.mark.parametrize("run", ["card", "mute", "file", *NETWORK])
def test_every_segment_begins_with_a_keyframe(venue: Venue, run: str) -> None:
    segments = venue.segments(run)
    assert len(segments) > 1
    for segment in segments:
        assert next(read_timed_codes(segment))[0] >= 0


@pytest.mark.parametrize("run", ["card", "mute", "file"])
def test_nothing_is_amiss_in_the_log(venue: Venue, run: str) -> None:
    assert venue.complaints(run) == []


@pytest.mark.parametrize("run", ["srt-listener", "rtmp"])
def test_a_listener_ends_when_its_publisher_leaves(venue: Venue, run: str) -> None:
    assert venue.listed(run) == len(venue.segments(run))


def test_sound_that_is_announced_and_never_comes_does_not_keep_the_picture_out(
    ffmpeg: str, clip: Path, tmp_path: Path, free_port: int
) -> None:
    silent = tmp_path / "silent.ts"
    late = [ffmpeg, "-v", "error", "-i", str(clip), "-itsoffset", "99", "-i", str(clip), "-map", "0:v", "-map", "1:a"]
    subprocess.run([*late, "-c", "copy", "-max_interleave_delta", "1", str(silent)], check=True, timeout=20)
    silent.write_bytes(silent.read_bytes()[: 188 * 500])
    here = Venue(data=tmp_path, ffmpeg=ffmpeg)
    settings = CaptureSettings(source=str(silent), room_name="Hall A", tap=free_port)
    here.start("silent", settings)
    assert here.ends("silent") != 0  # it might have been late
    assert "sample rate not set" in here.logs["silent"]
    here.start("silent", replace(settings, analyze_seconds=LONGEST_ANALYSIS))
    try:
        wait_until(lambda: here.listed("silent") >= 1, "the first segment")
    finally:
        here.stop("silent")
    assert read_codes(here.segments("silent")[0])[:30] == list(range(30))
