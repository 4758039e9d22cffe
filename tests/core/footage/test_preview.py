"""The playlists of a room's preview."""

from __future__ import annotations

from support.day.days import segment

from streamer.core.base.ids import RunId
from streamer.core.footage.preview import multivariant, playlist


def test_the_newest_segments_are_listed_under_their_numbers() -> None:
    segments = [segment(n * 2.0, n * 2.0 + 2, n) for n in range(10)]
    lines = playlist(segments, ended=False).splitlines()
    assert lines[:4] == ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:2", "#EXT-X-MEDIA-SEQUENCE:4"]
    assert [line for line in lines if line.endswith(".ts")] == [f"{n}.ts" for n in range(4, 10)]
    assert lines[-1] == "9.ts"
    assert playlist(segments, ended=True).splitlines()[-1] == "#EXT-X-ENDLIST"


def test_no_segment_is_longer_than_the_target() -> None:
    text = playlist([segment(0, 2.0), segment(2.0, 12.4, 1)], ended=False)
    assert "#EXT-X-TARGETDURATION:11" in text
    assert "#EXTINF:10.400," in text


def test_a_take_without_segments_has_an_empty_playlist() -> None:
    assert "#EXT-X-MEDIA-SEQUENCE:0" in playlist([], ended=False)


def test_the_first_playlist_names_that_of_the_take() -> None:
    assert multivariant(RunId("take-1")).splitlines()[-1] == "take-1/index.m3u8"
