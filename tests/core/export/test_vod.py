"""The playlist of a recording: what it says, and that its URIs name exactly the bytes that belong to it."""

from __future__ import annotations

import random
from urllib.parse import parse_qsl, urlsplit

import pytest

from streamer.core.base.ids import RunId
from streamer.core.export.vod import named_segment, segment_key, segment_uri, vod_playlist
from streamer.core.footage.segments import Clip
from streamer.core.footage.sequence import Part, Placed
from streamer.core.jobs.specs import Piece

TAKE = "20250908T070000Z-capture-main-0123abcd"
PATH = f"takes/{TAKE}/000007.ts"


def placed(number: int, *pieces: Piece, start: float = 0.0, end: float = 2.0, joins: bool = True) -> Placed:
    clip = Clip(take=RunId(TAKE), number=number, pieces=pieces or (Piece(path=PATH),), start=start, end=end)
    return Placed(clip=clip, wall=1757311200.0 + 2 * number, joins=joins)


SIZE = 50_000
CUT_IN = (Piece(path=PATH, end=564), Piece(path=PATH, start=12_032))
CUT_OUT = (Piece(path=PATH, end=40_000),)
CUT_BOTH = (Piece(path=PATH, end=564), Piece(path=PATH, start=12_032, end=40_000))


DAMAGED = (Piece(path=PATH, end=564), Piece(path=PATH, start=12_032, end=40_000), Piece(path=PATH, start=41_000))
WITHOUT_HEAD = (Piece(path=PATH, start=188, end=564), Piece(path=PATH, start=12_032, end=40_000))


@pytest.mark.parametrize("pieces", [(Piece(path=PATH),), CUT_IN, CUT_OUT, CUT_BOTH, DAMAGED, WITHOUT_HEAD])
def test_a_uri_names_its_pieces(pieces: tuple[Piece, ...]) -> None:
    uri = urlsplit(segment_uri(placed(7, *pieces)))
    assert segment_key(uri.path) == (TAKE, 7)
    assert named_segment(uri.path, dict(parse_qsl(uri.query)), PATH, SIZE) == pieces


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("../secret.ts", {}),
        (f"{TAKE}.ts", {}),
        (f"{TAKE}~7.ts", {}),
        (f"{TAKE}~000007.mp4", {}),
        (f"{TAKE}~000007.ts", {"from": "-1"}),
        (f"{TAKE}~000007.ts", {"from": "x"}),
        (f"{TAKE}~000007.ts", {"from": "9" * 16}),
        (f"{TAKE}~000007.ts", {"from": "10", "to": "10"}),
        (f"{TAKE}~000007.ts", {"tables": "10", "from": "5"}),
        (f"{TAKE}~000007.ts", {"path": "/etc/passwd"}),
        (f"{TAKE}~000007.ts", {"to": "50001"}),
        (f"{TAKE}~000007.ts", {"from": "50001"}),
        (f"{TAKE}~000007.ts", {"parts": ""}),
        (f"{TAKE}~000007.ts", {"parts": "0-564,500-600"}),
        (f"{TAKE}~000007.ts", {"parts": "0-,600-700"}),
        (f"{TAKE}~000007.ts", {"parts": "0-564,600-50001"}),
        (f"{TAKE}~000007.ts", {"parts": "600-600"}),
        (f"{TAKE}~000007.ts", {"parts": "0-564", "from": "1"}),
        (f"{TAKE}~000007.ts", {"parts": ",".join(f"{n}-{n + 1}" for n in range(0, 1000, 2))}),
    ],
)
def test_what_no_playlist_says_names_nothing(name: str, query: dict[str, str]) -> None:
    assert named_segment(name, query, PATH, SIZE) is None


def test_of_a_segment_that_is_damaged_in_hundreds_of_places_the_rest_is_left_out() -> None:
    pieces = tuple(Piece(path=PATH, start=100 * n, end=100 * n + 50) for n in range(300))
    uri = urlsplit(segment_uri(placed(7, *pieces)))
    assert named_segment(uri.path, dict(parse_qsl(uri.query)), PATH, SIZE) == pieces[:200]


def test_names_that_nobody_gave_are_nobody_s() -> None:
    letters = random.Random(7)
    for _ in range(200):
        name = "".join(letters.choice("ab~0123456789./ts-\x00") for _ in range(20))
        assert segment_key(name) is None or name.endswith(".ts")


def test_a_whole_recording_ends_and_says_its_wall_time_at_each_seam() -> None:
    clips = (placed(0, *CUT_IN, start=0.8, end=2.0, joins=False), placed(1), placed(2, joins=False), placed(3))
    lines = vod_playlist([Part(shape="", clips=clips)], complete=True).splitlines()
    assert lines[0] == "#EXTM3U"
    assert "#EXT-X-PLAYLIST-TYPE:VOD" in lines
    assert lines[-1] == "#EXT-X-ENDLIST"
    assert lines.count("#EXT-X-DISCONTINUITY") == 1
    assert lines.index("#EXT-X-DISCONTINUITY") + 1 == lines.index("#EXT-X-PROGRAM-DATE-TIME:2025-09-08T06:00:04.000Z")
    assert [x for x in lines if x.startswith("#EXT-X-PROGRAM-DATE-TIME")] == [
        "#EXT-X-PROGRAM-DATE-TIME:2025-09-08T06:00:00.000Z",
        "#EXT-X-PROGRAM-DATE-TIME:2025-09-08T06:00:04.000Z",
    ]
    durations = [float(x.removeprefix("#EXTINF:").rstrip(",")) for x in lines if x.startswith("#EXTINF")]
    assert durations == [1.2, 2.0, 2.0, 2.0]
    target = next(int(x.partition(":")[2]) for x in lines if x.startswith("#EXT-X-TARGETDURATION"))
    assert all(round(d) <= target for d in durations)


def test_one_that_is_not_complete_only_grows() -> None:
    clips = [placed(n, joins=n > 0) for n in range(5)]
    before = vod_playlist([Part(shape="", clips=tuple(clips[:3]))], complete=False)
    after = vod_playlist([Part(shape="", clips=tuple(clips))], complete=True)
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in before
    assert "#EXT-X-ENDLIST" not in before
    listed = [x for x in before.splitlines() if not x.startswith("#")]
    assert [x for x in after.splitlines() if not x.startswith("#")][:3] == listed


def test_what_can_t_be_read_is_not_listed() -> None:
    clip = Clip(take=RunId(TAKE), number=9, pieces=(), start=0.0, end=2.0, fault="it is empty")
    part = Part(shape="", clips=(placed(8, joins=False), Placed(clip=clip, wall=0.0, joins=True)))
    assert "000009" not in vod_playlist([part], complete=True)


def test_a_short_clip_is_listed_and_one_without_duration_is_not() -> None:
    part = Part(shape="", clips=(placed(7, end=0.5, joins=False), placed(8, end=0.0)))
    playlist = vod_playlist([part], complete=True)
    assert "000007" in playlist
    assert "000008" not in playlist
