"""A recording whose faults are known to the second is listened to and looked at."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from streamer.core.base.errors import MediaError
from streamer.core.recording.quality import Stretch
from streamer.media.ffmpeg.oneshot import run_once
from streamer.media.files.analysis import analyse

RATE = 25
SCENES = (  # seconds, and what is seen
    (4, "testsrc2"),
    (5, "color=black"),
    (3, "testsrc2"),
    (1, "color=black"),  # too short to matter
    (3, "testsrc2"),
    (8, "smptebars"),
    (2, "testsrc2"),
)
LENGTH = sum(seconds for seconds, _ in SCENES)
TONE = "0.1*sin(2*PI*997*t)"  # -20 dBFS; in two channels that is -20 LUFS
QUIET = (10, 17)

Make = Callable[[int, str], Path]


@pytest.fixture(scope="module")
def make(ffmpeg: str, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """The recording with keyframes every so many frames, and sound by an expression; empty: without."""
    folder = tmp_path_factory.mktemp("analysis")

    def made(gop: int, tone: str) -> Path:
        file = folder / f"{gop}-{len(tone)}.mp4"
        if file.exists():
            return file
        size = f"size=320x180:rate={RATE}"
        shown = [
            f"{what}{':' if '=' in what else '='}{size}:duration={seconds},format=yuv420p[s{number}]"
            for number, (seconds, what) in enumerate(SCENES)
        ]
        joined = "".join(f"[s{number}]" for number in range(len(SCENES)))
        graph = f"{';'.join(shown)};{joined}concat=n={len(SCENES)}[out0]"
        if tone:
            gated = f"if(between(t\\,{QUIET[0]}\\,{QUIET[1]})\\,0\\,{tone})"
            graph += f";aevalsrc=exprs={gated}|{gated}:sample_rate=48000:duration={LENGTH}[out1]"
        argv = [ffmpeg, "-v", "error", "-f", "lavfi", "-i", graph, "-t", str(LENGTH), "-g", str(gop)]
        x264 = ["-sc_threshold", "0", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-b:a", "192k"]
        subprocess.run([*argv, *x264, str(file)], check=True, timeout=60)
        return file

    return made


def edges(stretches: Sequence[Stretch]) -> list[float]:
    return [edge for stretch in stretches for edge in (stretch.start, stretch.end)]


async def test_how_loud_it_is(ffmpeg: str, make: Make) -> None:
    found = await analyse(ffmpeg, make(RATE, TONE))
    assert found.loudness == pytest.approx(-20.0, abs=0.2)
    assert found.true_peak == pytest.approx(-19.5, abs=0.6)  # AAC overshoots where a tone begins and ends abruptly
    assert found.loudness_range is not None
    assert 0 < found.loudness_range < 10  # the seconds that are half silent
    assert edges(found.silent) == pytest.approx(QUIET, abs=0.1)


@pytest.mark.parametrize(("gop", "precision"), [(RATE // 2, 0.48), (RATE * 2, 2.0), (RATE * 10, 0.5)])
async def test_what_is_seen(ffmpeg: str, make: Make, gop: int, precision: float) -> None:
    found = await analyse(ffmpeg, make(gop, ""))
    assert found.precision == pytest.approx(precision)
    assert (found.loudness, found.loudness_range, found.true_peak, found.silent) == (None, None, None, ())
    for stretches, (begin, end) in ((found.black, (4, 9)), (found.frozen[-1:], (16, 24))):
        [stretch] = stretches
        assert begin - 0.05 <= stretch.start <= begin + precision
        assert end - 0.05 <= stretch.end <= end + precision


async def test_what_lasts_to_the_end_ends_there(ffmpeg: str, tmp_path: Path) -> None:
    file = tmp_path / "black.mp4"
    graph = "color=black:size=320x180:rate=25[out0];anullsrc=sample_rate=48000[out1]"
    argv = [ffmpeg, "-v", "error", "-f", "lavfi", "-i", graph, "-t", "8", "-g", "25", "-c:v", "libx264"]
    await run_once([*argv, "-preset", "ultrafast", str(file)], timeout=30)
    found = await analyse(ffmpeg, file)
    for stretches in (found.silent, found.black, found.frozen):
        assert edges(stretches) == pytest.approx((0, 8), abs=0.1)
    assert found.loudness == -70.0
    assert found.true_peak is None


@pytest.mark.parametrize("content", [b"", b"no video at all" * 100])
async def test_what_is_no_recording_is_an_error(ffmpeg: str, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "talk.mp4").write_bytes(content)
    with pytest.raises(MediaError, match=r"talk\.mp4"):
        await analyse(ffmpeg, tmp_path / "talk.mp4")


async def test_sound_alone_is_no_recording(ffmpeg: str, tmp_path: Path) -> None:
    file = tmp_path / "talk.mp4"
    await run_once([ffmpeg, "-v", "error", "-f", "lavfi", "-i", "sine", "-t", "1", str(file)], timeout=30)
    with pytest.raises(MediaError, match="no picture"):
        await analyse(ffmpeg, file)
