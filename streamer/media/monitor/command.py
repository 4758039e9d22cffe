"""The FFmpeg command that watches one room.

It reads MPEG-TS from its standard input and decodes keyframes and the first sound. Everything that it measures goes as
text to its standard output, each line in one write. Copied pictures are counted for their rate.
"""

from __future__ import annotations

FROZEN_AFTER = 8
"""Seconds; the keyframes that are looked at come each one or two seconds."""
STATS_EVERY = 1
"""Seconds between two counts of the pictures."""
_OUT = "file=pipe\\\\:1:direct=1"

_LOOKS = (
    "scale=320:-2:flags=fast_bilinear",
    "blackdetect",
    f"freezedetect=n=-60dB:d={FROZEN_AFTER}",
    f"metadata=print:{_OUT}",
)
_LISTENS = (
    "ebur128=metadata=1:framelog=quiet",
    "astats=metadata=1:reset=1:measure_perchannel=Peak_level:measure_overall=none",
    f"ametadata=print:{_OUT}",
    "aresample=16000",
    "aformat=sample_fmts=flt:channel_layouts=mono",
)


def command(ffmpeg: str, thumbnail: str, voice: int | None) -> tuple[str, ...]:
    """``thumbnail`` is the path of the picture, which is replaced as a whole. ``voice`` is the descriptor for samples
    at 16 kHz (32-bit floats), None for a source without sound."""
    argv = (
        *(ffmpeg, "-y", "-hide_banner", "-nostats", "-loglevel", "level+error"),
        *("-progress", "pipe:1", "-stats_period", str(STATS_EVERY)),
        *("-filter_threads", "1", "-threads", "1", "-skip_frame", "nokey"),
        *("-analyzeduration", "500000", "-f", "mpegts", "-i", "pipe:0"),
        *("-map", "0:v:0", "-c", "copy", "-f", "null", "-"),
        *("-map", "0:v:0", "-vf", ",".join(_LOOKS), "-fps_mode", "passthrough"),
        *("-c:v", "mjpeg", "-threads:v", "1", "-q:v", "6", "-update", "1", "-atomic_writing", "1"),
        *("-f", "image2", thumbnail),
    )
    if voice is None:
        return argv
    listens = ("-map", "0:a:0", "-af", ",".join(_LISTENS), "-c:a", "pcm_f32le", "-flush_packets", "1")
    return (*argv, *listens, "-f", "f32le", f"pipe:{voice}")
