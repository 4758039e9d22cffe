"""The channels' ledgers on a real disk: torn, damaged, of another boot, unwritable."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamer.core.base.errors import StoreError
from streamer.core.base.ids import RoomId
from streamer.core.base.layout import channel_file
from streamer.media.live.ledger_files import FileLedgers

ROOM = RoomId("main")
HEAD, ONE, TWO = {"sequence": 1}, {"entry": 1, "title": "Ærø"}, {"entry": 2}


@pytest.fixture
def ledgers(tmp_path: Path) -> FileLedgers:
    return FileLedgers(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / channel_file(ROOM)


def test_lines_are_read_as_they_were_written(ledgers: FileLedgers, tmp_path: Path) -> None:
    assert ledgers.read(ROOM) == []
    ledgers.begin(ROOM, [HEAD, ONE])
    ledgers.append(ROOM, [TWO])
    assert FileLedgers(tmp_path).read(ROOM) == [HEAD, ONE, TWO]
    ledgers.begin(ROOM, [HEAD])
    assert ledgers.read(ROOM) == [HEAD]
    assert ledgers.read(RoomId("side")) == []
    ledgers.delete(ROOM)
    assert ledgers.read(ROOM) == []
    ledgers.delete(ROOM)


def test_a_ledger_is_replaced_whole(ledgers: FileLedgers, file: Path) -> None:
    """A service that is killed meanwhile leaves the former one: what is written has another name until it is whole."""
    ledgers.begin(ROOM, [HEAD, ONE])
    with file.open("rb") as former:
        whole = file.read_bytes()
        ledgers.begin(ROOM, [HEAD])
        assert former.read() == whole
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_line_that_was_being_written_does_not_count(ledgers: FileLedgers, file: Path) -> None:
    ledgers.begin(ROOM, [HEAD, ONE])
    whole = file.read_bytes()
    ledgers.append(ROOM, [TWO])
    longer = file.read_bytes()
    for length in range(len(whole), len(longer)):
        file.write_bytes(longer[:length])
        assert ledgers.read(ROOM) == [HEAD, ONE]


@pytest.mark.parametrize(
    "damage", [b"", b"\x00" * 50, b"[]\n", b"7\n", b'{"boot": 1}\n', b"[" * 100_000 + b"\n", b"\n"]
)
def test_a_damaged_file_says_nothing(ledgers: FileLedgers, file: Path, damage: bytes) -> None:
    ledgers.begin(ROOM, [HEAD, ONE])
    file.write_bytes(damage)
    assert ledgers.read(ROOM) == []
    ledgers.begin(ROOM, [HEAD, ONE])
    file.write_bytes(file.read_bytes().replace(b'"entry"', b'"en\xfftry'))
    assert ledgers.read(ROOM) == []


def test_after_a_power_cut_nothing_is_believed(ledgers: FileLedgers, tmp_path: Path) -> None:
    ledgers.begin(ROOM, [HEAD])
    assert FileLedgers(tmp_path, boot=lambda: "another").read(ROOM) == []


def test_what_can_t_be_written_is_not_left_behind(ledgers: FileLedgers, file: Path) -> None:
    with pytest.raises(StoreError, match="No such file"):
        ledgers.append(ROOM, [ONE])
    assert not file.exists(), "it would begin in its middle"
    ledgers.begin(ROOM, [HEAD])
    partial = file.with_name(file.name + ".partial")
    partial.mkdir()
    with pytest.raises(StoreError, match="directory"):
        ledgers.begin(ROOM, [HEAD, ONE])
    assert ledgers.read(ROOM) == [], "an old one would give numbers a second time"
    partial.rmdir()
    ledgers.begin(ROOM, [HEAD, ONE])
    assert ledgers.read(ROOM) == [HEAD, ONE]


def test_a_segment_that_still_grows_is_there(ledgers: FileLedgers, tmp_path: Path) -> None:
    path = tmp_path / "chunk.m4s"
    assert not ledgers.is_there(str(path))
    growing = tmp_path / "chunk.m4s.tmp"
    growing.touch()
    assert ledgers.is_there(str(path))
    growing.rename(path)
    assert ledgers.is_there(str(path))
