from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from support.media.venue import kind_of

from streamer.core.base.errors import SourceError
from streamer.core.base.ids import JobId, RoomId, RunId
from streamer.core.base.layout import progress_file
from streamer.core.jobs.live_format import LiveFormat
from streamer.core.jobs.specs import CaptureSettings, ExportSettings, JobSpec, LivestreamSettings, Piece, Settings
from streamer.media.command_lines import command
from streamer.media.ffmpeg.command import Command

RUN = RunId("run-1")


def made(settings: Settings) -> Command:
    return command(
        "/opt/ffmpeg", JobSpec(id=JobId("job"), kind=kind_of(settings), room=RoomId("room"), settings=settings), RUN
    )


@pytest.fixture(params=["capture", "livestream", "export"])
def settings(request: pytest.FixtureRequest, card_format: LiveFormat) -> Settings:
    every: dict[str, Settings] = {
        "capture": CaptureSettings(source="test:", room_name="Hall A", tap=5001),
        "livestream": LivestreamSettings(tap=5001, format=card_format, has_audio=True),
        "export": ExportSettings(pieces=(Piece(path="takes/a/000000.ts"),), target="recordings/s/partial.mp4"),
    }
    return every[str(request.param)]


def test_every_job_reports_its_progress_and_asks_nothing(settings: Settings) -> None:
    argv = made(settings).argv
    assert argv[0] == "/opt/ffmpeg"
    assert argv[argv.index("-progress") + 1] == progress_file(RUN)
    assert "-nostdin" in argv


def test_the_same_settings_give_the_same_command(settings: Settings) -> None:
    assert made(settings) == made(settings)


def test_all_that_is_written_lies_in_the_data_folder(settings: Settings) -> None:
    wanted = made(settings)
    for path in (*wanted.folders, wanted.output, *(path for path, _ in wanted.files)):
        assert not PurePosixPath(path).is_absolute()
        assert ".." not in PurePosixPath(path).parts
    assert any(PurePosixPath(wanted.output).is_relative_to(folder) for folder in wanted.folders)


def test_a_source_that_can_not_work_is_refused_before_ffmpeg_is_started() -> None:
    with pytest.raises(SourceError):
        made(CaptureSettings(source="udp://239.1.1.1", room_name="Hall A", tap=5001))


def test_a_capture_that_stands_by_feeds_no_tap_and_has_a_clock_of_its_own() -> None:
    leading = CaptureSettings(source="udp://239.1.1.1:5000", room_name="Hall A", tap=5001)
    one, other = made(leading).argv, made(replace(leading, tap=None)).argv
    assert "tcp" in one[-1]
    assert one[-1].startswith(other[-1] + "|")
    clock = int(other[other.index("-output_ts_offset") + 1])
    assert "-output_ts_offset" not in one
    assert clock + int(other[other.index("-t") + 1]) == int(one[one.index("-t") + 1])


def test_a_whole_piece_of_a_source_that_bursts_fits_into_the_queue_before_the_tap() -> None:
    """Ten seconds of sixty pictures and two sounds."""

    def queue(*, bursts: bool) -> int:
        outputs = made(CaptureSettings(source="test:", room_name="Hall A", tap=5001, bursts=bursts)).argv[-1]
        return int(outputs.partition("queue_size=")[2].split(":")[0].strip("\\"))

    assert queue(bursts=True) > 10 * (60 + 2 * 47)
    assert queue(bursts=False) < 2 * 60, "an ordinary source waits for no reader"


def test_a_capture_copies_and_never_runs_into_the_wrap_of_time(tmp_path: Path) -> None:
    argv = made(CaptureSettings(source="udp://239.1.1.1:5000", room_name="Hall A", tap=5001)).argv
    assert argv[argv.index("-c") + 1] == "copy"
    assert "libx264" not in argv
    assert int(argv[argv.index("-t") + 1]) < 2**33 / 90_000


def test_a_capture_that_must_not_write_feeds_the_tap_alone() -> None:
    wanted = made(CaptureSettings(source="udp://239.1.1.1:5000", room_name="Hall A", tap=5001, to_disk=False))
    assert wanted.output == ""
    assert not any("segment" in part or "takes/" in part for part in (*wanted.argv, *wanted.folders))
    assert "tcp://127.0.0.1:5001" in wanted.argv[-1]
