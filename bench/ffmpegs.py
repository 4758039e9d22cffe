"""The FFmpegs that a bench itself starts: senders, clips and peers, with the product's own FFmpeg."""

from __future__ import annotations

from pathlib import Path

from bench.processes import finished
from streamer.media.ffmpeg.program import find

QUIET = ("-hide_banner", "-nostdin", "-nostats", "-y", "-loglevel", "level+warning")


async def ffmpeg_path() -> str:
    """The FFmpeg that the product uses where nobody configured another one."""
    return (await find()).path


async def make_clip(ffmpeg: str, clip: Path, seconds: int) -> None:
    """Ready-made media as a camera's encoder sends it: 640x360 at about 1 Mbit/s, a keyframe each second, and sound."""
    picture = f"testsrc2=size=640x360:rate=30:duration={seconds},noise=alls=4:allf=t"
    sound = f"sine=frequency=330:sample_rate=48000:duration={seconds}"
    encoded = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "30", "-b:v", "900k")
    await finished(
        clip.with_suffix(".log"),
        *(ffmpeg, *QUIET, "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound),
        *(*encoded, "-maxrate", "1M", "-bufsize", "1M", "-c:a", "aac", "-b:a", "96k", str(clip)),
    )
