"""Ports between captures and livestreams: different, free, and the same after a restart."""

from __future__ import annotations

import socket
from pathlib import Path

from streamer.core.base.ids import RoomId
from streamer.media.capture.taps import allocate

ROOMS = [RoomId("a"), RoomId("b"), RoomId("c")]


def test_every_room_has_its_own_and_keeps_it(tmp_path: Path) -> None:
    first = allocate(tmp_path, ROOMS, in_use=False)
    assert len(set(first.values())) == 3
    assert allocate(tmp_path, ROOMS, in_use=False) == first
    assert allocate(tmp_path, [*ROOMS, RoomId("d")], in_use=False).items() > first.items()


def test_what_is_written_down_already_is_not_written_again(tmp_path: Path) -> None:
    """A start on a full disk could not."""
    first = allocate(tmp_path, ROOMS, in_use=False)
    note = (tmp_path / "run/taps.json").stat()
    assert allocate(tmp_path, ROOMS[:2], in_use=True).items() < first.items()
    assert (tmp_path / "run/taps.json").stat().st_ino == note.st_ino


def test_a_port_that_somebody_else_took_is_given_up_unless_it_may_be_ours(tmp_path: Path) -> None:
    first = allocate(tmp_path, ROOMS, in_use=False)
    with socket.socket() as other:
        other.bind(("127.0.0.1", first[ROOMS[0]]))
        other.listen()
        assert allocate(tmp_path, ROOMS, in_use=True) == first
        again = allocate(tmp_path, ROOMS, in_use=False)
    assert again[ROOMS[0]] != first[ROOMS[0]]
    assert again[ROOMS[1]] == first[ROOMS[1]]


def test_a_broken_note_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "taps.json").write_text("[1")
    assert len(allocate(tmp_path, ROOMS, in_use=True)) == 3
