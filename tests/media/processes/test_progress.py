from __future__ import annotations

import os
from pathlib import Path

import pytest

from streamer.core.base.ids import RunId
from streamer.media.processes.progress import RunProgress, last_block

_RUN = RunId("run-1")


def block(seconds: float, *, size: str = "N/A", end: str = "continue") -> str:
    return (
        f"frame=25\nfps=0.00\nbitrate=N/A\ntotal_size={size}\nout_time_us={round(seconds * 1e6)}\n"
        f"out_time_ms={round(seconds * 1e6)}\nspeed=1.02x\nprogress={end}\n"
    )


@pytest.fixture
def said(tmp_path: Path) -> Path:
    (tmp_path / "run/run-1").mkdir(parents=True)
    return tmp_path / "run/run-1/progress"


def test_the_last_complete_block_counts() -> None:
    assert last_block(block(1) + block(2) + "frame=99\nout_time_us=3000")["out_time_us"] == "2000000"
    assert last_block(block(1))["frame"] == "25"
    assert last_block("frame=1\nout_time_us=1") == {}
    assert last_block(block(1)[40:] + block(2))["out_time_us"] == "2000000"


def test_media_time_and_speed(said: Path, tmp_path: Path) -> None:
    progress = RunProgress(tmp_path, _RUN, "")
    assert progress.read() is None
    said.write_text("".join(block(second) for second in range(200)))

    read = progress.read()

    assert read is not None
    assert (read.media_seconds, read.speed, read.output_bytes) == (199.0, 1.02, 0)


def test_what_ffmpeg_does_not_know_at_the_moment_keeps_its_last_value(said: Path, tmp_path: Path) -> None:
    progress = RunProgress(tmp_path, _RUN, "")
    said.write_text(block(4))
    progress.read()
    said.write_text(block(4) + "out_time_us=N/A\nspeed=N/A\nprogress=continue\n")

    read = progress.read()

    assert read is not None
    assert (read.media_seconds, read.speed) == (4.0, None)


def test_a_hole_where_old_progress_was_cut_away_does_no_harm(said: Path, tmp_path: Path) -> None:
    said.write_text(block(1) * 10_000)
    end = said.stat().st_size
    os.truncate(said, 0)
    with said.open("r+b") as file:  # as FFmpeg does, which knows nothing of it
        file.seek(end)
        file.write(block(7).encode())

    read = RunProgress(tmp_path, _RUN, "").read()

    assert read is not None
    assert read.media_seconds == 7.0


def test_a_single_file_grows(said: Path, tmp_path: Path) -> None:
    progress = RunProgress(tmp_path, _RUN, "recordings/x.mp4")
    (tmp_path / "recordings").mkdir()
    said.write_text(block(1, size="48"))
    first = progress.read()
    (tmp_path / "recordings/x.mp4").write_bytes(bytes(500))
    second = progress.read()

    assert first is not None
    assert second is not None
    assert (first.output_bytes, second.output_bytes) == (48, 500)


def written(progress: RunProgress) -> int:
    read = progress.read()
    return 0 if read is None else read.output_bytes


def test_the_segments_of_a_take_add_up_however_many_are_deleted(tmp_path: Path) -> None:
    take = tmp_path / "takes/run-1"
    take.mkdir(parents=True)
    progress = RunProgress(tmp_path, _RUN, "takes/run-1")
    assert written(progress) == 0

    (take / "list.csv").write_text("x" * 999)
    (take / "000000.ts").write_bytes(bytes(10))
    assert written(progress) == 10
    (take / "000000.ts").write_bytes(bytes(30))  # grew before it was closed
    (take / "000001.ts").write_bytes(bytes(5))
    assert written(progress) == 35
    (take / "000000.ts").unlink()
    assert written(progress) == 35
    (take / "000001.ts").write_bytes(bytes(20))
    (take / "000002.ts").write_bytes(bytes(20))
    (take / "000003.ts").write_bytes(bytes(1))
    assert written(progress) == 30 + 20 + 20 + 1


def test_the_sum_never_shrinks_where_all_that_was_followed_is_gone(tmp_path: Path) -> None:
    take = tmp_path / "takes/run-1"
    take.mkdir(parents=True)
    progress = RunProgress(tmp_path, _RUN, "takes/run-1")
    (take / "000000.ts").write_bytes(bytes(10))
    before = written(progress)
    (take / "000000.ts").unlink()
    between = written(progress)
    (take / "000300.ts").write_bytes(bytes(3))

    assert before == between == 10
    assert written(progress) == 13
    assert written(progress) == 13


def test_a_growing_chunk_counts_under_both_its_names(tmp_path: Path) -> None:
    live = tmp_path / "live/run-1"
    live.mkdir(parents=True)
    progress = RunProgress(tmp_path, _RUN, "live/run-1")
    (live / "init-stream0.m4s").write_bytes(bytes(900))
    (live / "chunk-stream0-00001.m4s.tmp").write_bytes(bytes(10))
    (live / "chunk-stream1-00001.m4s.tmp").write_bytes(bytes(77))
    assert written(progress) == 10
    (live / "chunk-stream0-00001.m4s.tmp").rename(live / "chunk-stream0-00001.m4s")
    assert written(progress) == 10
    (live / "chunk-stream0-00002.m4s.tmp").write_bytes(bytes(4))
    assert written(progress) == 14
