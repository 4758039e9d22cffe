from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path, PosixPath

import pytest
from support.media.venue import Venue

from streamer.core.base.errors import MediaError
from streamer.core.base.ids import RunId
from streamer.core.channel.chunks import Chunk
from streamer.core.jobs.live_format import LiveFormat
from streamer.media.live.chunks import LiveRuns, RunReader
from streamer.media.live.encoding import chunk_name, init_name

RUN = RunId("run")


@pytest.fixture
def made(venue: Venue) -> Path:
    """What a real run has written."""
    return venue.data / "live/card-live"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run's folder in which a test plays FFmpeg."""
    path = tmp_path / "live" / RUN
    path.mkdir(parents=True)
    return path


@pytest.fixture
def reader(folder: Path, card_format: LiveFormat) -> RunReader:
    return RunReader(folder, card_format, now=iter(range(1000, 2000)).__next__)


def grow(made: Path, folder: Path, track: int, number: int, share: float) -> None:
    """Write a growing segment as far as this share of its bytes."""
    content = (made / chunk_name(track, number)).read_bytes()
    (folder / f"{chunk_name(track, number)}.tmp").write_bytes(content[: round(len(content) * share)])


def finish(made: Path, folder: Path, number: int, tracks: int = 3) -> None:
    for track in range(tracks):
        grow(made, folder, track, number, 1)
        path = folder / chunk_name(track, number)
        path.with_name(path.name + ".tmp").rename(path)


def write_inits(made: Path, folder: Path) -> None:
    for track in range(3):
        shutil.copy(made / init_name(track), folder)


def test_nothing_is_there_at_first(reader: RunReader, folder: Path, made: Path) -> None:
    assert reader.poll() == []
    assert reader.init("180p") is None
    (folder / init_name(0)).write_bytes((made / init_name(0)).read_bytes()[:500])
    assert reader.init("180p") is None
    assert reader.poll() == []
    write_inits(made, folder)
    assert reader.init("180p") == str(folder / init_name(0))
    assert reader.poll() == []


def test_a_segment_is_told_part_by_part(reader: RunReader, folder: Path, made: Path) -> None:
    write_inits(made, folder)
    seen: list[Chunk] = []
    for step in range(1, 41):
        grow(made, folder, 0, 1, step / 40)
        seen += reader.poll()
    assert [len(chunk.parts) for chunk in seen] == [1, 2, 3, 4, 5, 6]
    assert not any(chunk.complete for chunk in seen)
    assert [chunk.seen_at for chunk in seen] == list(range(1000, 1006))
    finish(made, folder, 1, tracks=1)
    (last,) = reader.poll()
    assert last.complete
    assert last.parts == seen[-1].parts
    assert last.path == str(folder / chunk_name(0, 1))
    assert (last.start, last.end) == pytest.approx((0, 2))
    assert reader.poll() == []


def test_all_that_has_come_since_is_told_in_order(reader: RunReader, folder: Path, made: Path) -> None:
    write_inits(made, folder)
    for number in (1, 2):
        finish(made, folder, number)
    grow(made, folder, 0, 3, 0.5)
    told = [(chunk.track, chunk.number, chunk.complete) for chunk in reader.poll()]
    assert told == [
        *(("180p", 1, True), ("180p", 2, True), ("180p", 3, False)),
        *(("90p", 1, True), ("90p", 2, True)),
        *(("audio", 1, True), ("audio", 2, True)),
    ]


class RenamedAsOneLooks(PosixPath):
    """A folder in which, once ``racing``, FFmpeg finishes a segment between the look at its size and its reading."""

    racing = False

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        found = super().stat(follow_symlinks=follow_symlinks)
        if RenamedAsOneLooks.racing and self.suffix == ".tmp":
            self.rename(self.with_suffix(""))
        return found


def test_a_rename_between_two_looks_costs_nothing(folder: Path, made: Path, card_format: LiveFormat) -> None:
    RenamedAsOneLooks.racing = False
    reader = RunReader(RenamedAsOneLooks(folder), card_format)
    write_inits(made, folder)
    grow(made, folder, 0, 1, 0.5)
    (half,) = reader.poll()
    grow(made, folder, 0, 1, 1)
    RenamedAsOneLooks.racing = True
    (whole,) = reader.poll()
    assert (folder / chunk_name(0, 1)).exists()
    assert len(whole.parts) == 6 > len(half.parts)
    assert whole.complete


def test_a_new_reader_begins_with_what_still_exists(
    reader: RunReader, folder: Path, made: Path, card_format: LiveFormat
) -> None:
    write_inits(made, folder)
    for number in (1, 2, 3):
        finish(made, folder, number)
    reader.poll()
    reader.delete_below(below=3)
    assert sorted(path.name for path in folder.glob("chunk-*")) == [chunk_name(track, 3) for track in range(3)]
    assert {chunk.number for chunk in RunReader(folder, card_format).poll()} == {3}
    reader.delete_below(below=2)
    assert len(list(folder.glob("chunk-*"))) == 3


def test_a_segment_that_was_cut_short_by_a_full_disk_is_told_as_such(
    reader: RunReader, folder: Path, made: Path
) -> None:
    write_inits(made, folder)
    grow(made, folder, 0, 1, 0.8)
    growing = folder / f"{chunk_name(0, 1)}.tmp"
    growing.rename(growing.with_suffix(""))
    finish(made, folder, 2)
    cut_short, whole = (c for c in reader.poll() if c.track == "180p")
    assert (cut_short.number, cut_short.complete, cut_short.truncated) == (1, True, True)
    assert 0 < len(cut_short.parts) < 6
    assert (whole.number, whole.complete, whole.truncated) == (2, True, False)


def test_garbage_is_an_error_that_names_the_file(reader: RunReader, folder: Path, made: Path) -> None:
    write_inits(made, folder)
    (folder / f"{chunk_name(0, 1)}.tmp").write_bytes(b"\x00\x00\x00\x03junkjunk")
    with pytest.raises(MediaError, match=r"chunk-stream0-00001\.m4s"):
        reader.poll()


def test_a_killed_run_leaves_its_last_parts(venue: Venue, card_format: LiveFormat) -> None:
    chunks = LiveRuns(venue.data).reader(RunId("card-live"), card_format).poll()
    picture = [chunk for chunk in chunks if chunk.track == "180p"]
    assert [chunk.number for chunk in picture] == list(range(1, len(picture) + 1))
    assert picture[-1].number >= 3, "what its capture had not passed on when it was killed is missing"
    assert picture[-1].parts


def test_runs_are_found_and_deleted_by_their_id(
    tmp_path: Path, folder: Path, made: Path, card_format: LiveFormat
) -> None:
    runs = LiveRuns(tmp_path)
    write_inits(made, folder)
    assert runs.reader(RUN, card_format).init("audio") == str(folder / init_name(2))
    runs.delete(RUN)
    runs.delete(RUN)
    assert not folder.exists()
    assert runs.reader(RUN, card_format).poll() == []


@pytest.fixture(autouse=True)
def _no_open_files() -> Iterator[None]:
    """Nothing is held open between two polls."""
    before = set(Path("/proc/self/fd").iterdir())
    yield
    assert len(set(Path("/proc/self/fd").iterdir())) <= len(before)


def test_what_does_not_run_is_swept_away(tmp_path: Path) -> None:
    for run in ("old", "running"):
        (tmp_path / "live" / run).mkdir(parents=True)
        (tmp_path / "live" / run / "chunk").write_bytes(b"x")
    runs = LiveRuns(tmp_path)
    runs.sweep([RunId("running")])
    assert [p.name for p in (tmp_path / "live").iterdir()] == ["running"]
    runs.sweep([])
    assert list((tmp_path / "live").iterdir()) == []
    LiveRuns(tmp_path / "empty").sweep([])


def test_a_reader_can_begin_in_the_middle(folder: Path, made: Path, card_format: LiveFormat) -> None:
    write_inits(made, folder)
    for number in (1, 2, 3):
        finish(made, folder, number)
    later = RunReader(folder, card_format, begin=2)
    assert {chunk.number for chunk in later.poll()} == {2, 3}
    later.delete_below(below=3)
    assert sorted(path.name for path in folder.glob("chunk-*")) == [chunk_name(track, 3) for track in range(3)]
    assert RunReader(folder, card_format, begin=9).poll() == []
