"""The livestream of a room: reads the capture's tap, encodes the renditions and packages them as CMAF chunks.

It may fail, be killed or be restarted at any time without an effect on the capture.
"""

from __future__ import annotations

import ffmpeg

from streamer.core.base.ids import RunId
from streamer.core.base.layout import live_folder
from streamer.core.jobs.live_format import LiveFormat
from streamer.core.jobs.specs import LivestreamSettings
from streamer.media.ffmpeg.command import Command, opening, run_folders
from streamer.media.live.encoding import (
    AUDIO_RATE,
    MANIFEST,
    audio_branch,
    encoder_arguments,
    packaging_arguments,
    video_branch,
)

ANALYSIS = 500_000
"""Microseconds: the tap begins with a keyframe, and its sound follows at once."""
READ_TIMEOUT = 10_000_000
"""Microseconds without a packet after which the tap counts as broken."""


def livestream_command(ffmpeg_path: str, settings: LivestreamSettings, run: RunId) -> Command:
    folder = live_folder(run)
    tap = ffmpeg.input(
        f"tcp://127.0.0.1:{settings.tap}?listen=1&timeout={READ_TIMEOUT}",
        format="mpegts",
        analyzeduration=ANALYSIS,
        thread_type="slice",  # a decoder with a thread per frame delays its output by some frames
    )
    output = ffmpeg.output(
        *_renditions(tap["v:0"], settings.format),
        audio_branch(tap["a:0"] if settings.has_audio else _silence()),
        f"{folder}/{MANIFEST}",
        **encoder_arguments(settings.format),
        **packaging_arguments(settings.format),
        **({} if settings.has_audio else {"shortest": None}),
    )
    program, *arguments = ffmpeg.compile(output, cmd=list(opening(ffmpeg_path, run)))
    return Command(argv=(program, *arguments), folders=run_folders(run, folder), output=folder)


def _renditions(video: ffmpeg.Stream, format: LiveFormat) -> list[ffmpeg.Stream]:
    """The picture at the channel's steady rate from its first instant on, in each rendition's size.

    Its first frame is moved to the frame grid, by half a frame at most. Halfway between two grid positions, the small
    errors of a source's clock would round now to one and now to the other, and so drop and repeat frames. Every source
    is treated as BT.709, like those without a label: converting the others would cost a tenth of a core per room, and
    be wrong for those with a false label.
    """
    rate = str(format.rate)
    progressive = video.filter("setparams", colorspace="bt709").filter("bwdif", mode="send_frame", deint="interlaced")
    placed = progressive.filter("setpts", f"PTS-STARTPTS+round(STARTPTS*TB*{rate})/({rate}*TB)")
    steady = placed.filter("fps", fps=rate, start_time=0)
    copies = steady.filter_multi_output("split", len(format.renditions))
    return [video_branch(copies[i], r.width, r.height) for i, r in enumerate(format.renditions)]


def _silence() -> ffmpeg.Stream:
    return ffmpeg.input(f"anullsrc=r={AUDIO_RATE}:cl=stereo", format="lavfi")["a:0"]
