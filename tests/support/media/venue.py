"""A venue for the tests of the media floor: rooms with real sources, captured by real FFmpegs, all at the same time.

Everything takes as long as it takes in reality, so it happens once a session, and the tests look at what was left.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from streamer.core.base.ids import JobId, RoomId, RunId
from streamer.core.base.layout import SEGMENT_LIST, take_folder
from streamer.core.jobs.live_format import LiveFormat
from streamer.core.jobs.specs import CaptureSettings, ExportSettings, JobKind, JobSpec, LivestreamSettings, Settings
from streamer.media.capture.frame_code import draw_code
from streamer.media.command_lines import command
from streamer.media.ffmpeg.filtergraph import filter_text
from streamer.media.ffmpeg.logs import parse

CLIP_FRAMES = 150
CLIP_RATE = 30
CLIP_GOP = 15


def wait_until(condition: Callable[[], bool], what: str, within: float = 20.0) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {within:g} s"
        time.sleep(0.02)


def kind_of(settings: Settings) -> JobKind:
    match settings:
        case CaptureSettings():
            return JobKind.CAPTURE
        case LivestreamSettings():
            return JobKind.LIVESTREAM
        case ExportSettings():
            return JobKind.EXPORT


@dataclass(slots=True)
class Venue:
    """A data folder and the processes that write into it, by the name of their run."""

    data: Path
    ffmpeg: str
    formats: dict[str, LiveFormat] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)

    def start(self, run: str, settings: Settings) -> None:
        """As the launcher does it: folders, files, and then FFmpeg with its working directory in the data folder."""
        spec = JobSpec(id=JobId(run), kind=kind_of(settings), room=RoomId("room"), settings=settings)
        wanted = command(self.ffmpeg, spec, RunId(run))
        for folder in wanted.folders:
            (self.data / folder).mkdir(parents=True, exist_ok=True)
        for path, text in wanted.files:
            (self.data / path).write_text(text)
        self.send(run, wanted.argv)

    def send(self, name: str, argv: Sequence[str]) -> None:
        log = self.data / f"{name}.log"
        with log.open("wb") as output:
            self.running[name] = subprocess.Popen(
                argv, cwd=self.data, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    def play(self, name: str, clip: Path, target: str, *options: str) -> None:
        """Send a clip once, in real time."""
        quiet = (self.ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+warning")
        self.send(name, (*quiet, "-re", "-i", str(clip), "-c", "copy", *options, target))

    def ends(self, name: str, within: float = 20.0) -> int:
        """Wait for the end of a process; its status."""
        status = self.running.pop(name).wait(within)
        self.logs[name] = (self.data / f"{name}.log").read_text(errors="replace")
        return status

    def stop(self, name: str) -> int:
        """Twice where it has to be: an FFmpeg that waits for a silent input does not hear the first."""
        process = self.running[name]
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.7)
        process.terminate()
        return self.ends(name)

    def kill(self, name: str) -> int:
        self.running[name].kill()
        return self.ends(name)

    def close(self) -> None:
        for name in list(self.running):
            self.kill(name)

    def listed(self, run: str) -> int:
        """How many segments of a take are closed."""
        path = self.data / take_folder(RunId(run)) / SEGMENT_LIST
        return path.read_text().count("\n") if path.exists() else 0

    def segments(self, run: str) -> list[Path]:
        return sorted((self.data / take_folder(RunId(run))).glob("*.ts"))

    def complaints(self, run: str) -> list[str]:
        """What its log complains of, but for the tap, where it is no fault that nobody listens, and a machine that is
        busy."""
        lines = parse(line for line in self.logs[run].splitlines() if "[info] " not in line)
        harmless = ("Parsed 'usable only'", "Resumed reading at")
        return [x.text for x in lines if x.speaker not in ("tcp", "fifo") and not x.text.startswith(harmless)]

    def joined(self, run: str) -> Path:
        """All segments of a take behind each other, as one transport stream."""
        whole = self.data / f"{run}.ts"
        whole.write_bytes(b"".join(path.read_bytes() for path in self.segments(run)))
        return whole


def make_clip(ffmpeg: str, target: Path) -> Path:
    """Five seconds as a camera's encoder sends them: B-frames, a keyframe each half second, frames numbered."""
    picture = ",".join([filter_text("testsrc2", size="320x180", rate=CLIP_RATE), draw_code()])
    sound = filter_text("sine", frequency=440, sample_rate=48000)
    argv = [
        *(ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "error"),
        *("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-frames:v", str(CLIP_FRAMES), "-shortest"),
        *("-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", str(CLIP_GOP), "-sc_threshold", "0"),
        *("-pix_fmt", "yuv420p", "-b:v", "400k", "-c:a", "aac", "-ac", "2", "-y", str(target)),
    ]
    subprocess.run(argv, check=True, timeout=60)
    return target
