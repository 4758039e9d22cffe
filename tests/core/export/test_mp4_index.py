"""Room for the index of an MP4: enough for what sources send, and little beside the media."""

from __future__ import annotations

from streamer.core.export.mp4_index import index_bytes

HOUR = 3600.0
MEASURED = 2_035_588
"""What FFmpeg needed for an hour at 25 pictures a second with AAC at 48 kHz."""


def test_there_is_room_enough_and_not_much_more() -> None:
    room = index_bytes(HOUR, 25 * HOUR, "h264 1280x720 · aac 48000/2")
    assert room > 3 * MEASURED
    assert room < 0.015 * HOUR * 2_500_000 / 8


def test_what_nobody_knows_is_taken_for_much() -> None:
    known = index_bytes(HOUR, 50 * HOUR, "h264 1280x720 · aac 48000/2")
    assert index_bytes(HOUR, 0, "h264 1280x720 · aac 48000/2") > known
    assert index_bytes(HOUR, 50 * HOUR, "") > known
    assert index_bytes(HOUR, 50 * HOUR, "h264 1280x720 · eac3 48000/6") > known
    assert index_bytes(0, 0, "") > 0


def test_a_slow_source_may_turn_out_faster() -> None:
    assert index_bytes(HOUR, 5 * HOUR, "h264 1280x720") == index_bytes(HOUR, 25 * HOUR, "h264 1280x720")
