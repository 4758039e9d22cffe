"""The layout of the data folder: another version of the program has to find everything where it was."""

from __future__ import annotations

from streamer.core.base import layout
from streamer.core.base.ids import RoomId, RunId, SessionId


def test_every_path_below_the_data_folder() -> None:
    run = RunId("r")
    of_run = (layout.run_folder, layout.log_file, layout.progress_file, layout.process_file)
    assert [path(run) for path in of_run] == ["run/r", "run/r/log", "run/r/progress", "run/r/process.json"]
    assert (layout.take_folder(run), layout.live_folder(run)) == ("takes/r", "live/r")
    assert (layout.slate_folder("k"), layout.recording_folder(SessionId("s"))) == ("slates/k", "recordings/s")
    assert layout.channel_file(RoomId("main")) == "channels/main.jsonl"
