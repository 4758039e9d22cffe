"""Playlists as text: what each line says, and the multivariant playlist's attributes."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.day.days import LAW
from support.media.hls_rules import read

from streamer.core.channel.channel import Entry, FilePrefix, SpanKind, Track
from streamer.core.channel.playlists import (
    extinf,
    media_playlist,
    multivariant_playlist,
    program_date_time,
    target_duration,
)

T0 = datetime(2025, 9, 8, 7, 0, 0, 250_000, tzinfo=UTC).timestamp()


def entry(number: int, span: int, start: float, duration: float, *, first: bool = False) -> Entry:
    picture = FilePrefix(path="/picture", start=start, duration=duration)
    sound = FilePrefix(path="/sound", start=start + 0.0053, duration=duration + 0.0107)
    return Entry(
        sequence=number,
        span=span,
        kind=SpanKind.LIVE,
        start=start,
        duration=duration,
        discontinuity=first,
        files={"720p": picture, "audio": sound},
    )


ENTRIES = [
    entry(100, 7, T0, 2.0),
    entry(101, 7, T0 + 2, 0.66667),
    entry(102, 8, T0 + 2.66667, 2.0, first=True),
]


def test_a_media_playlist_to_the_letter() -> None:
    assert media_playlist(ENTRIES, "720p", 41) == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:7\n"
        "#EXT-X-TARGETDURATION:2\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n"
        "#EXT-X-MEDIA-SEQUENCE:100\n"
        "#EXT-X-DISCONTINUITY-SEQUENCE:41\n"
        '#EXT-X-MAP:URI="720p/init-7.mp4"\n'
        "#EXT-X-PROGRAM-DATE-TIME:2025-09-08T07:00:00.250Z\n"
        "#EXTINF:2.00000,\n"
        "720p/100.m4s\n"
        "#EXT-X-PROGRAM-DATE-TIME:2025-09-08T07:00:02.250Z\n"
        "#EXTINF:0.66667,\n"
        "720p/101.m4s\n"
        "#EXT-X-DISCONTINUITY\n"
        '#EXT-X-MAP:URI="720p/init-8.mp4"\n'
        "#EXT-X-PROGRAM-DATE-TIME:2025-09-08T07:00:02.916Z\n"
        "#EXTINF:2.00000,\n"
        "720p/102.m4s\n"
    )


def test_each_track_has_its_own_times() -> None:
    sound = read(media_playlist(ENTRIES, "audio", 41)).segments
    assert sound[100].seconds == 2.0107
    assert sound[100].at == datetime(2025, 9, 8, 7, 0, 0, 255_000, tzinfo=UTC)
    assert sound[102].uri == "audio/102.m4s"


def test_the_first_entrys_own_discontinuity_is_folded_into_the_number() -> None:
    later = media_playlist(ENTRIES[2:], "720p", 41)
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:42\n" in later
    assert "#EXT-X-DISCONTINUITY\n" not in later


def test_a_longer_segment_raises_the_target() -> None:
    assert "#EXT-X-TARGETDURATION:3\n" in media_playlist([entry(1, 1, T0, 2.5)], "720p", 0)
    assert "#EXT-X-TARGETDURATION:2\n" in media_playlist([entry(1, 1, T0, 2.49)], "720p", 0)


@LAW
@given(st.lists(st.floats(0.01, 20), max_size=5))
@example([2.4999999])
@example([2.5])
def test_no_segment_is_longer_than_the_target_after_rounding(durations: list[float]) -> None:
    target = target_duration(durations)
    assert all(math.floor(float(extinf(one)) + 0.5) <= target for one in durations)
    assert target <= max(2.0, *durations, 2.0) + 0.50001


def test_an_empty_channel_has_an_empty_playlist() -> None:
    assert read(media_playlist([], "720p", 3)).segments == {}


@LAW
@given(st.floats(min_value=0, max_value=4e9))
def test_times_are_true_to_a_millisecond_and_in_utc(unix: float) -> None:
    text = program_date_time(unix)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    assert abs(datetime.fromisoformat(text).timestamp() - unix) <= 0.00101


PICTURES = [
    Track(name="720p", codecs="avc1.4d401f", bitrate=2_500_000, width=1280, height=720, rate=30.0),
    Track(name="360p", codecs="avc1.4d401e", bitrate=800_000, width=640, height=360, rate=29.97),
]
SOUND = Track(name="audio", codecs="mp4a.40.2", bitrate=128_000)


def attributes(line: str) -> dict[str, str]:
    """An attribute list of RFC 8216, section 4.2."""
    found = re.findall(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)(?:,|$)', line.split(":", 1)[1])
    return {key: value.strip('"') for key, value in found}


def test_a_variant_for_each_picture_with_the_same_sound() -> None:
    lines = multivariant_playlist([*PICTURES, SOUND]).splitlines()
    assert lines[:3] == ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    media = attributes(lines[3])
    assert (media["TYPE"], media["GROUP-ID"], media["URI"]) == ("AUDIO", "audio", "audio.m3u8")
    assert [attributes(line) for line in lines if line.startswith("#EXT-X-STREAM-INF")] == [
        {
            "BANDWIDTH": "2890800",
            "RESOLUTION": "1280x720",
            "FRAME-RATE": "30.000",
            "CODECS": "avc1.4d401f,mp4a.40.2",
            "AUDIO": "audio",
        },
        {
            "BANDWIDTH": "1020800",
            "RESOLUTION": "640x360",
            "FRAME-RATE": "29.970",
            "CODECS": "avc1.4d401e,mp4a.40.2",
            "AUDIO": "audio",
        },
    ]
    uris = [uri for line, uri in pairwise(lines) if line.startswith("#EXT-X-STREAM-INF")]
    assert uris == ["720p.m3u8", "360p.m3u8"]


@pytest.mark.parametrize("tracks", [PICTURES, PICTURES[:1]])
def test_without_sound_no_variant_speaks_of_it(tracks: list[Track]) -> None:
    text = multivariant_playlist(tracks)
    assert "AUDIO" not in text
    assert text.count("#EXT-X-STREAM-INF") == len(tracks)
    assert 'CODECS="avc1.4d401f"' in text
