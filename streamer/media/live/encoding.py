"""How a channel's media is encoded and packaged: shared, because live and slate must have equal configurations, or
players would stall at every seam between them.

Keyframes are only at segment starts, the colour is fully stated, and CMAF parts are whole frames.
"""

from __future__ import annotations

import ffmpeg

from streamer.core.jobs.live_format import LiveFormat
from streamer.core.jobs.specs import SEGMENT_SECONDS

AUDIO_RATE = 48_000
MANIFEST = "manifest.mpd"
PRESET = "veryfast"

Arguments = dict[str, str | int]


def init_name(index: int) -> str:
    """The file of a track's initialisation segment, by the track's place in ``LiveFormat.tracks``."""
    return f"init-stream{index}.m4s"


def chunk_name(index: int, number: int) -> str:
    """The file of a track's segment; numbers begin at 1. While it grows its name ends in ``.tmp``."""
    return f"chunk-stream{index}-{number:05d}.m4s"


def video_branch(stream: ffmpeg.Stream, width: int, height: int) -> ffmpeg.Stream:
    """A picture in the size, the pixel shape and the colours of a rendition."""
    scaled = stream.filter("scale", width, height, out_color_matrix="bt709", out_range="tv")
    plain = scaled.filter("setsar", 1).filter("format", "yuv420p")
    return plain.filter("setparams", range="tv", colorspace="bt709", color_primaries="bt709", color_trc="bt709")


def audio_branch(stream: ffmpeg.Stream) -> ffmpeg.Stream:
    """Stereo sound that begins with the picture and has no holes."""
    steady = stream.filter("aresample", AUDIO_RATE, **{"async": 1, "first_pts": 0})
    return steady.filter("aformat", sample_fmts="fltp", channel_layouts="stereo")


def encoder_arguments(format: LiveFormat) -> Arguments:
    """x264 and AAC for all tracks of a channel, as options of one FFmpeg output."""
    gop = int(format.rate * round(SEGMENT_SECONDS))
    arguments: Arguments = {
        "c:v": "libx264",
        "preset": PRESET,
        "tune": "zerolatency",
        "profile:v": "main",
        "g": gop,
        "keyint_min": gop,
        "sc_threshold": 0,
        "color_range": "tv",
        "colorspace": "bt709",
        "color_primaries": "bt709",
        "color_trc": "bt709",
        "c:a": "aac",
        "b:a": format.audio_bitrate,
        "ar": AUDIO_RATE,
        "ac": 2,
    }
    for index, rendition in enumerate(format.renditions):
        arguments[f"b:v:{index}"] = rendition.bitrate
        arguments[f"maxrate:v:{index}"] = rendition.bitrate * 6 // 5
        arguments[f"bufsize:v:{index}"] = rendition.bitrate * 2
    return arguments


def packaging_arguments(format: LiveFormat, *, audio: bool = True) -> Arguments:
    """FFmpeg's dash muxer, writing each segment as a file that grows by a part at a time and stays until deleted."""
    return {
        "format": "dash",
        "streaming": 1,
        "seg_duration": round(SEGMENT_SECONDS),
        "frag_type": "duration",
        "frag_duration": f"{float(format.part_seconds):.7f}",
        "use_timeline": 0,
        "use_template": 1,
        "window_size": 0,
        "adaptation_sets": "id=0,streams=v id=1,streams=a" if audio else "id=0,streams=v",
        "init_seg_name": "init-stream$RepresentationID$.m4s",
        "media_seg_name": "chunk-stream$RepresentationID$-$Number%05d$.m4s",
        "map_metadata": -1,
    }
