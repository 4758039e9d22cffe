from __future__ import annotations

from pathlib import Path

import pytest

from streamer.media.mpegts.damage import remains
from streamer.media.mpegts.packets import PACKET

# PAT: programme 1 in PID 4096; PMT: H.264 in PID 256
_PAT = bytes.fromhex("474000100000b00d0001c100000001f0002ab104b2")
_PMT = bytes.fromhex("475000100002b0120001c10000e100f0001be100f00015bd4d56")
KEYFRAME = (b"\x47\x41\x00\x30\x01\x40\0\0\1\xe0\0\0").ljust(PACKET, b"\0")
PICTURE = (b"\x47\x41\x00\x10\0\0\1\xe0\0\0").ljust(PACKET, b"\0")
REST = b"\x47\x01\x00\x10".ljust(PACKET, b"\0")
TABLES = b"".join(table.ljust(PACKET, b"\xff") for table in (_PAT, _PMT))
GOOD = TABLES + KEYFRAME * 50
JUNK = b"a G is no proof of a packet. " * 10


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "000000.ts"


def test_a_whole_file_is_one_range(file: Path) -> None:
    file.write_bytes(GOOD)
    found = remains(file, len(GOOD))
    assert (found.ranges, found.fault) == (((0, len(GOOD)),), "")


@pytest.mark.parametrize(
    ("content", "ranges", "missing"),
    [
        # at a packet's end only the size tells; the last picture may lack its end
        (GOOD[:-PACKET], [(0, 50 * PACKET)], 2 * PACKET),
        (GOOD[:-1], [(0, 50 * PACKET)], 2 * PACKET),
        (GOOD[: 10 * PACKET] + bytes(len(GOOD) - 10 * PACKET), [(0, 9 * PACKET)], 43 * PACKET),
        (
            GOOD[: 10 * PACKET] + JUNK + GOOD[10 * PACKET :],
            [(0, 9 * PACKET), (10 * PACKET + len(JUNK), len(GOOD) + len(JUNK))],
            len(JUNK) + PACKET,
        ),
        (JUNK + GOOD, [(len(JUNK), len(JUNK) + len(GOOD))], len(JUNK)),
    ],
)
def test_what_is_whole_is_found_around_what_is_not(
    file: Path, content: bytes, ranges: list[tuple[int, int]], missing: int
) -> None:
    file.write_bytes(content)
    found = remains(file, len(GOOD))
    assert list(found.ranges) == ranges
    assert found.fault == f"{missing} of its bytes are missing or not media"


def sound(begins: bool, payload: bytes) -> bytes:
    head = b"\x47" + bytes([0x41 if begins else 0x01, 0x01, 0x10])
    return (head + payload).ljust(PACKET, b"\0")


def test_behind_damage_pictures_go_up_to_the_next_keyframe_and_sound_stays(file: Path) -> None:
    heard = sound(True, b"\0\0\1\xc0" + (100).to_bytes(2) + bytes(178))
    before = TABLES + KEYFRAME + REST + PICTURE + REST
    behind = REST + PICTURE + heard + REST + PICTURE + KEYFRAME + REST + PICTURE + REST
    file.write_bytes(before + JUNK + behind)
    at = len(before) + len(JUNK)
    kept = [(0, 4 * PACKET), (at + 2 * PACKET, at + 3 * PACKET), (at + 5 * PACKET, at + len(behind))]
    assert list(remains(file, len(before + behind)).ranges) == kept


def picture(time: int, *, key: bool = False) -> bytes:
    """The first packet of a picture that is shown at ``time`` (90 kHz)."""
    stamp = bytes(
        [0x21 | time >> 29 & 0x0E, time >> 22 & 0xFF, time >> 14 & 0xFE | 1, time >> 7 & 0xFF, time << 1 & 0xFE | 1]
    )
    head = b"\x47\x41\x00\x30\x01\x40" if key else b"\x47\x41\x00\x10"
    return (head + b"\0\0\1\xe0\0\0\x80\x80\x05" + stamp).ljust(PACKET, b"\0")


@pytest.mark.parametrize("at", [90_000, 2**33 - 1])
def test_behind_damage_what_an_open_gop_shows_before_its_keyframe_goes_too(file: Path, at: int) -> None:
    def shown(after: int, *, key: bool = False) -> bytes:
        return picture((at + after) % 2**33, key=key)

    before = TABLES + shown(0, key=True) + REST + shown(3600) + REST
    behind = (
        shown(7200) + shown(18_000, key=True) + shown(10_800) + REST + shown(14_400) + shown(21_600) + shown(19_800)
    )
    file.write_bytes(before + JUNK + behind)
    start = len(before) + len(JUNK)
    kept = [(0, 4 * PACKET), (start + PACKET, start + 2 * PACKET), (start + 5 * PACKET, start + len(behind))]
    assert list(remains(file, len(before + behind)).ranges) == kept


def test_a_frame_that_lacks_its_end_goes_and_what_is_between_stays(file: Path) -> None:
    """A frame of sound in three packets, with packets of the picture between; the file ends before the third."""
    whole = sound(True, b"\0\0\1\xc0" + (100).to_bytes(2) + bytes(178))
    first = sound(True, b"\0\0\1\xc0" + (500).to_bytes(2) + bytes(178))
    picture = PICTURE
    content = GOOD + whole + picture + first + picture + sound(False, bytes(184)) + picture + b"\x47\x01"
    file.write_bytes(content)
    at = len(GOOD) // PACKET
    kept = [(0, at + 2), (at + 3, at + 4)]
    assert remains(file, len(content)).ranges == tuple((a * PACKET, b * PACKET) for a, b in kept)
    rest = sound(False, bytes(184))
    file.write_bytes(content[:-2] + rest + b"\x47\x01")
    kept = [(0, at + 5), (at + 6, at + 7)]
    assert remains(file, len(content)).ranges == tuple((a * PACKET, b * PACKET) for a, b in kept), (
        "with its end it stays"
    )


@pytest.mark.parametrize("content", [b"G", JUNK, JUNK * 1_000, bytes(10_000), GOOD[2 * PACKET :], b"G" * 10_000])
def test_what_tells_of_no_stream_is_nothing(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    found = remains(file, len(content))
    assert (found.ranges, found.fault) == ((), "it is not a transport stream")


def test_an_empty_file_and_none_are_told_apart(file: Path) -> None:
    assert "gone" in remains(file, 1).fault
    file.touch()
    assert "empty" in remains(file, 0).fault
    assert "can't be read" in remains(file.parent, 0).fault
