from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from support.media.venue import CLIP_GOP, CLIP_RATE, Venue

from streamer.core.base.errors import MediaError
from streamer.core.base.ids import RunId
from streamer.core.base.layout import SEGMENT_LIST, process_file, take_folder
from streamer.core.jobs.source_facts import SourceFacts
from streamer.media.capture.command import STANDBY_CLOCK
from streamer.media.capture.frame_code import read_timed_codes
from streamer.media.capture.takes import Takes
from streamer.media.processes.children import Entry

CARD = RunId("card")
MUTE = RunId("mute")


@pytest.fixture
def takes(venue: Venue) -> Takes:
    return Takes(venue.data)


@pytest.fixture
def data(venue: Venue, tmp_path: Path) -> Path:
    """The killed take once more, to be changed by a test."""
    shutil.copytree(venue.data / take_folder(CARD), tmp_path / take_folder(CARD))
    return tmp_path


def test_closed_segments_follow_each_other(takes: Takes, venue: Venue) -> None:
    segments = takes.closed_segments(CARD, after=-1)
    assert [s.number for s in segments] == [0, 1, 2]
    assert all(b.start == a.end for a, b in pairwise(segments))
    for segment in segments:
        stat = (venue.data / segment.path).stat()
        assert (segment.bytes, segment.closed_at) == (stat.st_size, stat.st_mtime)
        assert segment.end - segment.start == pytest.approx(2, abs=0.03)
    assert segments[-1].closed_at - segments[0].closed_at == pytest.approx(4, abs=0.3)


def test_each_segment_is_told_once(takes: Takes) -> None:
    (first, second, third) = takes.closed_segments(CARD, after=-1)
    assert takes.closed_segments(CARD, after=2) == []
    assert takes.closed_segments(CARD, after=0) == [second, third]
    assert Takes(takes._data).closed_segments(CARD, after=1) == [third]
    assert first.take == CARD


def test_an_unknown_take_has_no_segments(takes: Takes) -> None:
    assert takes.closed_segments(RunId("nobody"), after=-1) == []


def test_the_list_is_read_as_it_grows(data: Path) -> None:
    takes, listing = Takes(data), data / take_folder(CARD) / SEGMENT_LIST
    lines = listing.read_text().splitlines(keepends=True)
    listing.write_text(lines[0] + lines[1][:9])
    assert [s.number for s in takes.closed_segments(CARD, after=-1)] == [0]
    assert takes.closed_segments(CARD, after=0) == []
    listing.write_text("".join(lines[:2]))
    assert [s.number for s in takes.closed_segments(CARD, after=0)] == [1]
    listing.write_text("".join(lines))
    assert [s.number for s in takes.closed_segments(CARD, after=1)] == [2]


def test_a_take_on_a_later_clock_does_not_begin_at_zero(data: Path) -> None:
    """As FFmpeg's list says of the first segment, whatever its first timestamp is."""
    folder = data / take_folder(CARD)
    (folder / SEGMENT_LIST).write_text(f"000000.ts,0.000000,{STANDBY_CLOCK + 2}.5\n")
    [segment] = Takes(data).closed_segments(CARD, after=-1)
    assert (segment.start, segment.end) == (STANDBY_CLOCK, STANDBY_CLOCK + 2.5)


def test_what_has_evaporated_is_left_out(data: Path) -> None:
    takes = Takes(data)
    (first, *rest) = takes.closed_segments(CARD, after=-1)
    takes.delete([first.path, first.path])
    assert Takes(data).closed_segments(CARD, after=-1) == rest
    takes.delete_folder(CARD)
    takes.delete_folder(CARD)
    assert not (data / take_folder(CARD)).exists()
    assert takes.closed_segments(CARD, after=-1) == []


@pytest.mark.parametrize("torn", [0, 1, 20, 45, 10_000])
@pytest.mark.parametrize("tail", [b"", b"\0" * 700, b"what is this\n000009.ts,nan,2\n", b"\xff\n"])
async def test_a_list_that_a_power_cut_tore_is_no_error(data: Path, torn: int, tail: bytes) -> None:
    """What the list does not say, the files do."""
    whole = [(s.number, s.start, s.end) for s in await Takes(data).last_segment(CARD, after=-1)]
    listing = data / take_folder(CARD) / SEGMENT_LIST
    listing.write_bytes(listing.read_bytes()[:torn] + tail)
    assert {s.number for s in Takes(data).closed_segments(CARD, after=-1)} <= {0, 1, 2}
    found = [(s.number, s.start, s.end) for s in await Takes(data).last_segment(CARD, after=1)]
    assert [n for n, _, _ in found] == [2, 3]
    for (_, *times), (_, *before) in zip(found, whole[2:], strict=True):
        assert times == pytest.approx(before, abs=0.1)


async def test_what_is_listed_and_not_whole_is_measured(data: Path) -> None:
    listed = Takes(data).closed_segments(CARD, after=-1)
    for segment, size in zip(listed, (listed[0].bytes // 3 // 188 * 188 + 100, 0, 400), strict=True):
        path = data / segment.path
        path.write_bytes(path.read_bytes()[:size] + bytes(300 if size == 400 else 0))
    found = await Takes(data).last_segment(CARD, after=-1)
    assert [s.number for s in found] == [0, 3]
    assert found[0].end < listed[0].end - 0.5
    assert not (data / listed[1].path).exists(), "of the others there is nothing"


async def test_what_a_power_cut_left_shorter_is_measured_though_it_ends_with_a_packet(data: Path) -> None:
    entry = Entry(run=CARD, job="j", kind="capture", room="r", digest="", argv=[], ends_by=0, boot="the one before")
    record = data / process_file(CARD)
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps(asdict(entry)))
    listed = Takes(data).closed_segments(CARD, after=-1)
    short = data / listed[1].path
    short.write_bytes(short.read_bytes()[: listed[1].bytes // 2 // 188 * 188])
    found = await Takes(data).last_segment(CARD, after=-1)
    assert [s.number for s in found] == [0, 1, 2, 3]
    assert [(s.start, s.end) for s in found[0:3:2]] == [(s.start, s.end) for s in listed[0:3:2]], "the others are whole"
    assert found[1].start == pytest.approx(listed[1].start, abs=0.1)
    assert found[1].end < listed[1].end - 0.5


async def test_the_segment_that_was_open_at_a_kill_is_found(data: Path) -> None:
    *_, before = Takes(data).closed_segments(CARD, after=-1)
    (last,) = await Takes(data).last_segment(CARD, after=2)
    assert last.number == 3
    assert last.start == pytest.approx(before.end, abs=0.001)
    assert 0.3 < last.end - last.start < 2
    frames = [time for _, time in read_timed_codes(data / last.path)]
    assert last.end - last.start == pytest.approx(len(frames) / 30, abs=0.001)


async def test_all_that_was_not_seen_yet_comes_with_it(data: Path) -> None:
    assert [s.number for s in await Takes(data).last_segment(CARD, after=0)] == [1, 2, 3]


async def test_an_orderly_end_leaves_nothing_open(takes: Takes) -> None:
    listed = takes.closed_segments(MUTE, after=-1)
    assert await takes.last_segment(MUTE, after=listed[-1].number) == []


@pytest.mark.parametrize("content", [b"", b"G" * 100, b"\x47" + bytes(187) * 40, b"no transport stream at all" * 100])
async def test_an_open_segment_without_a_picture_is_dropped(data: Path, content: bytes) -> None:
    path = data / take_folder(CARD) / "000003.ts"
    path.write_bytes(content)
    assert await Takes(data).last_segment(CARD, after=2) == []
    assert not path.exists()


async def test_what_is_settled_has_its_checksum_and_its_shape(data: Path) -> None:
    closed = Takes(data).closed_segments(CARD, after=-1)
    (data / closed[1].path).write_bytes(b"")
    (data / closed[2].path).unlink()
    settled = await Takes(data).settle(closed)
    assert [s.number for s in settled] == [0, 1], "one that is gone is left out"
    content = (data / closed[0].path).read_bytes()
    assert settled[0] == replace(
        closed[0], sha256=hashlib.sha256(content).hexdigest(), shape="h264 320x180 · aac 48000/2"
    )
    assert (settled[1].bytes, settled[1].shape) == (0, "")
    assert await Takes(data).settle([]) == []


async def test_facts_are_read_from_a_segment(takes: Takes) -> None:
    card = await takes.facts("takes/card/000001.ts")
    assert card == SourceFacts(
        video="h264",
        width=320,
        height=180,
        rate=Fraction(30),
        audio="aac",
        gop=card.gop,
        keyless=card.keyless,
        bitrate=card.bitrate,
        sounds=1,
    )
    assert card.gop == pytest.approx(1)
    assert card.bitrate is not None
    assert 50_000 < card.bitrate < 2_000_000
    mute = await takes.facts("takes/mute/000001.ts")
    assert (mute.rate, mute.audio) == (Fraction(25), None)
    assert mute.gop is None, "it has one keyframe, and the next segment begins with another"
    assert mute.keyless == pytest.approx(2)
    file = await takes.facts("takes/file/000000.ts")
    assert (file.rate, file.audio) == (Fraction(30), "aac")
    assert file.gop == pytest.approx(CLIP_GOP / CLIP_RATE)


async def test_keyframes_are_where_the_picture_can_be_entered(takes: Takes, venue: Venue) -> None:
    segment = takes.closed_segments(CARD, after=-1)[1]
    keyframes = await takes.keyframes(segment.path)
    assert [time for time, _ in keyframes] == pytest.approx([segment.start, segment.start + 1], abs=0.001)
    content = (venue.data / segment.path).read_bytes()
    for _, place in keyframes:
        assert content[place] == 0x47  # a packet of MPEG-TS
        assert content[place + 1] & 0x40  # in which a frame begins


@pytest.mark.parametrize("cut", [0, 1, 188, 500])
async def test_a_segment_without_a_whole_frame_is_an_error(data: Path, cut: int) -> None:
    path = data / take_folder(CARD) / "000001.ts"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(MediaError, match=r"000001\.ts"):
        await Takes(data).facts("takes/card/000001.ts")


async def test_a_segment_that_is_gone_is_an_error(takes: Takes) -> None:
    with pytest.raises(MediaError, match="No such file"):
        await takes.keyframes("takes/card/999999.ts")
