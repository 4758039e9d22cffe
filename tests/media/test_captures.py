"""Every way into a room ends in the same segments: nothing lost, nothing twice, and a log that says nothing."""

from __future__ import annotations

import pytest
from venue import CLIP_FRAMES, CLIP_GOP, Venue

from streamer.media.frame_code import read_codes

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
    for segment in venue.segments(run):
        assert read_codes(segment)[0] >= 0


@pytest.mark.parametrize("run", ["card", "mute", "file"])
def test_nothing_is_amiss_in_the_log(venue: Venue, run: str) -> None:
    assert venue.complaints(run) == []


@pytest.mark.parametrize("run", ["srt-listener", "rtmp"])
def test_a_listener_ends_when_its_publisher_leaves(venue: Venue, run: str) -> None:
    assert venue.listed(run) == len(venue.segments(run))
