"""A take is read as one stream while it grows, from its newest segment on."""

from __future__ import annotations

from pathlib import Path

from streamer.media.monitor.ring import BEHIND, RingReader


def write(folder: Path, number: int, content: bytes) -> None:
    with (folder / f"{number:06d}.ts").open("ab") as file:
        file.write(content)


def rest(ring: RingReader) -> bytes:
    read = b""
    while data := ring.read(3):
        read += data
    return read


def test_it_begins_with_the_newest_and_follows_without_a_gap(tmp_path: Path) -> None:
    ring = RingReader(tmp_path / "none yet")
    assert ring.read(10) == b""
    ring = RingReader(tmp_path)
    write(tmp_path, 0, b"old")
    write(tmp_path, 1, b"begun")
    (tmp_path / "list.csv").write_bytes(b"no segment")
    assert rest(ring) == b"begun"
    write(tmp_path, 1, b", ended")
    write(tmp_path, 2, b", next")
    assert rest(ring) == b", ended, next"
    write(tmp_path, 2, b" goes on")
    assert rest(ring) == b" goes on"
    ring.close()


def test_one_that_is_far_behind_goes_on_with_the_newest(tmp_path: Path) -> None:
    ring = RingReader(tmp_path)
    write(tmp_path, 0, b"0")
    assert rest(ring) == b"0"
    for number in range(1, BEHIND):
        write(tmp_path, number, b"%d" % number)
    assert rest(ring) == b"123"
    for number in range(BEHIND, 3 * BEHIND):
        write(tmp_path, number, b"x%d" % number)
    assert rest(ring) == b"x11"
    ring.close()


def test_a_segment_that_has_evaporated_is_passed_over(tmp_path: Path) -> None:
    ring = RingReader(tmp_path)
    write(tmp_path, 0, b"0")
    assert rest(ring) == b"0"
    write(tmp_path, 2, b"2")
    assert rest(ring) == b""
    write(tmp_path, 1, b"1")
    (tmp_path / "000001.ts").rename(tmp_path / "gone")
    for number in range(3, 6):
        write(tmp_path, number, b"%d" % number)
    assert rest(ring) == b"5"
    ring.close()
