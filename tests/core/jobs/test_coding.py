"""One rule says what is done with each track of a source."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streamer.core.jobs.coding import COPIED, Coding, Means, coding_of, plays_in_browsers, remarks, serves
from streamer.core.jobs.source_tracks import PictureTrack, SoundTrack, SourceTracks

COPY, ENCODE, DRAW, LEAVE = Means.COPY, Means.ENCODE, Means.DRAW, Means.LEAVE
UNSENT = SoundTrack(codec="aac")
OTHER_PROGRAMME = SoundTrack(codec="aac", rate=48_000, channels=2, elsewhere=True)


def sound(codec: str) -> SoundTrack:
    return SoundTrack(codec=codec, rate=48_000, channels=2)


def source(picture: str | None, *sounds: str | SoundTrack) -> SourceTracks:
    return SourceTracks(
        picture=PictureTrack(codec=picture, width=1280, height=720) if picture else None,
        sounds=tuple(sound(one) if isinstance(one, str) else one for one in sounds),
    )


@pytest.mark.parametrize(
    ("tracks", "coding"),
    [
        *((source(picture, "aac"), COPIED) for picture in ("h264", "hevc", "mpeg2video")),
        *((source("h264", codec), COPIED) for codec in ("aac", "mp2", "mp3", "ac3", "eac3", "opus")),
        *(
            (source("h264", codec), Coding(sounds=(ENCODE,)))
            for codec in ("pcm_alaw", "pcm_mulaw", "pcm_s16le", "flac", "aac_latm", "vorbis", "dts", "adpcm_g722")
        ),
        *((source(codec, "aac"), Coding(picture=ENCODE, sounds=(COPY,))) for codec in ("mjpeg", "vp8", "av1")),
        (source("h264"), COPIED),
        (source("h264", "aac", "ac3"), COPIED),
        (source("h264", "aac", "pcm_alaw"), Coding(sounds=(COPY, ENCODE))),
        (source("h264", UNSENT), COPIED),  # it may be late
        (source("h264", "aac", UNSENT), Coding(sounds=(COPY, LEAVE))),
        (source("h264", "aac", OTHER_PROGRAMME), Coding(sounds=(COPY, LEAVE))),
        (source(None, "aac"), Coding(picture=DRAW, sounds=(COPY,))),
        (source(None, "pcm_alaw"), Coding(picture=DRAW, sounds=(ENCODE,))),
        (source(None, UNSENT), COPIED),
        (SourceTracks(picture=PictureTrack(codec="rawvideo"), sounds=(sound("pcm_u8"),), is_raw=True), COPIED),
    ],
    ids=str,
)
def test_what_both_containers_carry_is_copied_and_the_rest_is_encoded(tracks: SourceTracks, coding: Coding) -> None:
    assert coding_of(tracks) == coding
    assert serves(coding, tracks)


@pytest.mark.parametrize(
    ("coding", "tracks", "served"),
    [
        (COPIED, source("h264", "pcm_alaw"), False),
        (COPIED, source("mjpeg", "aac"), False),
        (COPIED, source(None, "aac"), False),
        (COPIED, source("h264", "aac", "ac3"), True),
        (Coding(sounds=(ENCODE,)), source("h264", "aac"), True),  # a capture that runs is not restarted for that
        (Coding(sounds=(ENCODE,)), source("h264"), True),
        (Coding(sounds=(ENCODE,)), source("h264", "pcm_alaw", "aac"), False),
        (Coding(sounds=(COPY, LEAVE)), source("h264", "aac", "aac"), True),
        (Coding(sounds=(COPY, ENCODE)), source("h264", "flac", "flac"), False),
        (Coding(picture=DRAW, sounds=(COPY,)), source("h264", "aac"), False),
        (Coding(picture=ENCODE, sounds=(COPY,)), source("h264", "aac"), True),
        (Coding(picture=ENCODE, sounds=(COPY,)), source("mjpeg", "pcm_alaw"), False),
    ],
    ids=str,
)
def test_a_capture_is_restarted_only_for_what_it_can_not_take(
    coding: Coding, tracks: SourceTracks, served: bool
) -> None:
    assert serves(coding, tracks) is served


def test_each_track_that_is_not_copied_is_told_with_its_reason() -> None:
    assert remarks(source("hevc", "aac", OTHER_PROGRAMME)) == []
    [alone] = remarks(source("h264", "pcm_alaw"))
    assert alone == "the sound is G.711 A-law, which can't be recorded as it is: the capture encodes it to AAC"
    picture, second, third = remarks(source("mjpeg", "aac", "pcm_s24le", UNSENT))
    assert "Motion JPEG" in picture
    assert second.startswith("the second sound is PCM")
    assert third == "the third sound (aac) is announced and does not come: it is not captured"
    assert "no picture" in remarks(source(None, "aac"))[0]


@pytest.mark.parametrize(
    ("picture", "sound", "plays"),
    [
        ("h264", "aac", True),
        ("h264", None, True),
        ("h264", "ac3", False),
        ("h264", "mp2", False),
        ("hevc", "aac", False),
        ("mpeg2video", None, False),
    ],
)
def test_browsers_play_h264_and_aac(picture: str, sound: str | None, plays: bool) -> None:
    assert plays_in_browsers(picture, sound) is plays


def test_a_picture_stored_as_in_mp4_is_converted_for_the_tap_if_it_is_h264() -> None:
    plain = replace(source("h264", "aac"), is_packed=True)
    assert coding_of(plain) == COPIED
    assert coding_of(replace(source("h264", "pcm_alaw"), is_packed=True)) == Coding(sounds=(ENCODE,), unpacks=True)
    other = replace(source("hevc", "aac"), is_packed=True)
    assert coding_of(other) == Coding(sounds=(COPY,))
    assert serves(COPIED, plain)
    assert not serves(COPIED, other), "a capture takes such a picture for H.264"
    assert serves(coding_of(other), other)
    assert not coding_of(replace(source("mjpeg", "aac"), is_packed=True)).unpacks
