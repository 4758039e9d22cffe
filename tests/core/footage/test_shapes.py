from __future__ import annotations

import pytest

from streamer.core.footage.shapes import (
    compose,
    fits,
    has_picture,
    has_sound,
    is_foreign,
    learned,
    sound_is_lost,
    turned_foreign,
)

TALK = "h264 1280x720 · aac 48000/2"


def test_a_shape_is_made_of_what_there_is() -> None:
    assert compose("h264 1280x720", "aac 48000/2") == TALK
    assert compose("h264 1280x720", "") == "h264 1280x720"
    assert compose("", "aac 48000/2") == "aac 48000/2"
    assert compose("", "") == ""


@pytest.mark.parametrize(
    ("seen", "fit"),
    [
        (TALK, True),
        ("", True),  # nothing could be read
        ("h264 1280x720 · aac ?", True),  # no sound came yet
        ("h264 ? · aac ?", True),
        ("h264 1920x1080 · aac 48000/2", False),
        ("hevc 1280x720 · aac 48000/2", False),
        ("h264 unreadable · aac 48000/2", False),
        ("h264 1280x720 · aac 48000/1", False),
        ("h264 1280x720 · aac 44100/2", False),
        ("h264 1280x720 · mp2", False),
        ("h264 1280x720 · mp2 ?", False),
        ("h264 1280x720", False),
        ("aac 48000/2", False),
    ],
)
def test_what_fits_into_one_file(seen: str, fit: bool) -> None:
    assert fits(TALK, seen) is fit
    assert fits(seen, TALK) is fit


def test_what_was_not_known_is_learned_and_stays_known() -> None:
    known = ""
    for seen, then in [
        ("h264 1280x720 · aac ?", "h264 1280x720 · aac ?"),
        ("", "h264 1280x720 · aac ?"),
        (TALK, TALK),
        ("h264 ? · aac ?", TALK),
    ]:
        assert fits(known, seen)
        known = learned(known, seen)
        assert known == then
    assert not fits(known, "h264 1280x720 · aac 48000/1")


FOREIGN = "h264 unreadable · aac 48000/2"
PLAIN = "h264 1280x720 · aac 48000/2"
DEAF = "h264 1280x720 · aac unreadable"


@pytest.mark.parametrize(
    ("shapes", "turned"),
    [
        ([PLAIN, PLAIN, FOREIGN, FOREIGN], True),
        ([PLAIN, DEAF, DEAF], True),
        ([PLAIN, FOREIGN, "", FOREIGN], True),
        ([PLAIN, PLAIN, FOREIGN], False),
        ([PLAIN, FOREIGN, PLAIN], False),
        ([FOREIGN, FOREIGN, FOREIGN], False),
        ([], False),
        (["", "", ""], False),
    ],
)
def test_a_source_that_changed_its_codec_is_told_from_a_disturbed_one(shapes: list[str], turned: bool) -> None:
    assert turned_foreign(shapes) is turned


def test_a_picture_can_be_read_although_its_sound_can_not() -> None:
    assert (has_picture(DEAF), is_foreign(DEAF)) == (True, True)
    assert (has_picture(FOREIGN), is_foreign(FOREIGN)) == (False, True)
    assert (has_picture(""), is_foreign("")) == (True, False)


UNHEARD = "h264 1280x720 · aac ?"


@pytest.mark.parametrize(
    ("shapes", "lost"),
    [
        ([], False),
        ([UNHEARD], False),
        ([TALK, UNHEARD], False),  # one segment may lack it by chance
        ([TALK, UNHEARD, UNHEARD], True),
        ([UNHEARD, UNHEARD, TALK], True),
        ([UNHEARD, UNHEARD, TALK, TALK], False),
        ([TALK, TALK, UNHEARD, TALK, UNHEARD], False),
        (["h264 1280x720", "h264 1280x720"], False),  # it never had any
        (["h264 1280x720 · mp2", "h264 1280x720 · mp2 ?", "", "h264 1280x720 · mp2 ?"], True),
    ],
)
def test_sound_that_stops_is_told_from_one_that_was_never_there(shapes: list[str], lost: bool) -> None:
    assert sound_is_lost(shapes) is lost


@pytest.mark.parametrize(
    ("shape", "heard"),
    [
        (TALK, True),
        ("mpeg2video 720x576 · ac3", True),
        ("h264 1280x720", False),
        (UNHEARD, False),
        ("h264 1280x720 · aac unreadable", False),
        ("", False),
    ],
)
def test_sound_that_came_is_told_from_one_that_was_announced(shape: str, heard: bool) -> None:
    assert has_sound(shape) is heard
