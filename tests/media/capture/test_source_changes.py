"""Another encoder takes the place of the first, in mid-take, at the same address: what is written, and who notices."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import pairwise, zip_longest
from pathlib import Path

import pytest
from support.media.venue import Venue, wait_until

from streamer.core.base.ids import RunId
from streamer.core.footage.segments import Clip, Segment
from streamer.core.footage.shapes import fits
from streamer.core.jobs.specs import CaptureSettings, ExportSettings
from streamer.media.capture.frame_code import draw_code, read_codes
from streamer.media.capture.takes import Takes
from streamer.media.ffmpeg.filtergraph import filter_text
from streamer.media.files.export import FileExporter
from streamer.media.processes.progress import RunProgress

GROUP = "239.255.77.8"
FRAMES = 90
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency")
X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-tune", "zerolatency", "-x265-params", "log-level=error:keyint=30")
AAC = ("-c:a", "aac", "-ac", "2")
OTHER_PIDS = ("-mpegts_start_pid", "0x200", "-mpegts_pmt_start_pid", "0x1100")
AS_BEFORE = "h264 320x180 · aac 48000/2"

CHANGES = {
    "resolution": ("640x360", (*X264, *AAC)),
    "codec": ("320x180", (*X265, *AAC)),
    "mono": ("320x180", (*X264, "-c:a", "aac", "-ac", "1")),
    "frequency": ("320x180", (*X264, *AAC, "-ar", "44100")),
    "sound-codec": ("320x180", (*X264, "-c:a", "mp2", "-ac", "2")),
    "no-sound": ("320x180", (*X264, "-an", "-t", "6")),  # the picture is held back for two seconds in case it comes
    "pids": ("320x180", (*X264, *AAC, *OTHER_PIDS)),
}


@pytest.fixture(scope="module")
def changed(
    ffmpeg: str, free_ports: Callable[[int], list[int]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Venue]:
    """One take for each change, and ``sound``, where sound appears; three seconds before and after."""
    here = Venue(data=tmp_path_factory.mktemp("changes"), ffmpeg=ffmpeg)
    clips = {name: _clip(here, name, size, options) for name, (size, options) in CHANGES.items()}
    first = _clip(here, "first", "320x180", (*X264, *AAC))
    mute = _clip(here, "mute", "320x180", (*X264, "-an"))
    pairs = {name: (first, clip) for name, clip in clips.items()} | {"sound": (mute, first)}
    ports = dict(zip(pairs, free_ports(len(pairs)), strict=True))
    try:
        for run, port in ports.items():
            source = f"udp://{GROUP}:{port}?localaddr=127.0.0.1"
            here.start(run, CaptureSettings(source=source, room_name=run, tap=port))
        wait_until(lambda: all(map(_is_bound, ports.values())), "that all captures listen")
        for turn in (0, 1):
            _send({ports[run]: pair[turn] for run, pair in pairs.items()})
        wait_until(lambda: all(here.listed(run) >= 2 for run in pairs if run != "pids"), "two segments of each")
        for name in pairs:
            log = here.data / f"{name}.log"
            (here.data / f"run/{name}/log").write_bytes(log.read_bytes())
            here.kill(name)
        yield here
    finally:
        here.close()


def _clip(here: Venue, name: str, size: str, options: tuple[str, ...]) -> bytes:
    file = here.data / f"{name}.clip.ts"
    picture = ",".join([filter_text("testsrc2", size=size, rate=30), draw_code(), "format=yuv420p"])
    argv = [here.ffmpeg, "-v", "error", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=sample_rate=48000"]
    ending = ("-g", "30", "-f", "mpegts", str(file))
    subprocess.run([*argv, "-t", "3", *options, *ending], check=True, timeout=30)
    return file.read_bytes()


def _is_bound(port: int) -> bool:
    return f":{port:04X} " in Path("/proc/net/udp").read_text()


def _send(clips: dict[int, bytes], seconds: float = 1.0) -> None:
    """All at the same time, faster than in reality: a capture does not look at the clock."""
    packets = {port: [clip[i : i + 1316] for i in range(0, len(clip), 1316)] for port, clip in clips.items()}
    begin, count = time.monotonic(), max(map(len, packets.values()))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
        for number, row in enumerate(zip_longest(*packets.values())):
            for port, packet in zip(packets, row, strict=True):
                if packet:
                    sender.sendto(packet, (GROUP, port))
            time.sleep(max(0.0, begin + seconds * number / count - time.monotonic()))  # the pace of the sender


async def segments(changed: Venue, run: str) -> list[Segment]:
    return await Takes(changed.data).last_segment(RunId(run), after=-1)


@pytest.mark.parametrize(
    ("run", "before", "after"),
    [
        ("resolution", AS_BEFORE, "h264 640x360 · aac 48000/2"),
        ("codec", AS_BEFORE, "h264 unreadable · aac 48000/2"),
        ("mono", AS_BEFORE, "h264 320x180 · aac 48000/1"),
        ("frequency", AS_BEFORE, "h264 320x180 · aac 44100/2"),
        ("sound-codec", AS_BEFORE, "h264 320x180 · aac unreadable"),
    ],
)
def test_a_change_shows_in_the_shape(changed: Venue, run: str, before: str, after: str) -> None:
    takes = Takes(changed.data)
    shapes = [takes.shape(f"takes/{run}/{path.name}") for path in changed.segments(run)]
    assert (shapes[0], shapes[-1]) == (before, after)
    assert not fits(before, after)


def test_sound_that_ends_changes_nothing_else(changed: Venue) -> None:
    takes = Takes(changed.data)
    shapes = [takes.shape(f"takes/no-sound/{path.name}") for path in changed.segments("no-sound")]
    assert shapes[:3] == [AS_BEFORE, AS_BEFORE, "h264 320x180 · aac ?"]
    assert fits(AS_BEFORE, shapes[2])


@pytest.mark.parametrize("run", ["resolution", "mono", "frequency", "sound-codec", "no-sound", "sound"])
def test_the_picture_goes_on_without_a_hole(changed: Venue, run: str) -> None:
    codes = [code for path in changed.segments(run) for code in read_codes(path)]
    assert codes[: FRAMES + 60] == [*range(FRAMES), *range(60)]
    assert not [(a, b) for a, b in pairwise(codes) if b not in (a + 1, 0)]


@pytest.mark.parametrize(("run", "untaken"), [("sound", {"audio"}), ("pids", {"audio", "video"}), ("mono", set())])
def test_what_is_not_taken_is_told(changed: Venue, run: str, untaken: set[str]) -> None:
    progress = RunProgress(changed.data, RunId(run), f"takes/{run}").read()
    assert progress is not None
    assert progress.untaken == untaken


def test_of_other_streams_nothing_is_written(changed: Venue) -> None:
    codes = [code for path in changed.segments("pids") for code in read_codes(path)]
    assert codes == list(range(len(codes)))
    assert FRAMES - 5 < len(codes) <= FRAMES


async def test_two_files_meet_where_the_source_changed(changed: Venue) -> None:
    exporter, takes = FileExporter(changed.data, changed.ffmpeg), Takes(changed.data)
    first, mixed, last = await segments(changed, "resolution")
    assert await takes.turn(first.path, AS_BEFORE) is None
    at = await takes.turn(mixed.path, AS_BEFORE)
    assert at is not None
    assert mixed.start < at < mixed.end
    assert await takes.turn(last.path, AS_BEFORE) == pytest.approx(last.start, abs=0.001)
    before = await exporter.cut(first, first.start, mixed, at, [])
    after = await exporter.cut(mixed, at, last, last.end, [])
    assert before[-1].end == after[0].start == at
    assert read_codes(_exported(changed, "before", before)) == list(range(FRAMES))
    rest = read_codes(_exported(changed, "after", after))
    assert rest == list(range(len(rest)))
    assert len(rest) >= 60


def _exported(changed: Venue, name: str, clips: list[Clip]) -> Path:
    pieces = tuple(piece for clip in clips for piece in clip.pieces)
    changed.start(name, ExportSettings(pieces=pieces, target=f"{name}.mp4"))
    assert changed.ends(name) == 0
    return changed.data / f"{name}.mp4"
