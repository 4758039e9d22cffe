"""The capture of a room: copies its source into segments on disk and, best effort, to a tap on loopback.

The only process that reads the source. It encodes only raw sources, so failures behind the tap cannot affect the
recording.
"""

from __future__ import annotations

from collections.abc import Mapping

from streamer.core.base.ids import RunId
from streamer.core.base.layout import SEGMENT_LIST, take_folder
from streamer.core.jobs.specs import SEGMENT_SECONDS, CaptureSettings
from streamer.media.capture.sources import LONGEST_ANALYSIS, Input, open_source
from streamer.media.capture.testcard import PREFIX as TESTCARD
from streamer.media.ffmpeg.command import Command, opening, run_folders

LONGEST_TAKE = 94_000
"""Seconds; MPEG-TS counts time in 33 bits at 90 kHz and wraps after 26.5 h."""

STANDBY_CLOCK = 40_000
"""Where the clock (s) of a second capture begins. Joined behind the first one's, its timestamps then jump so far that
FFmpeg treats it as a change of clock; it would keep a jump of up to ten seconds as a pause."""

_SEGMENT_NAME = "%06d.ts"
_INTERLEAVE = 1_000_000
"""Microseconds that one stream may lag before the others are written without it. FFmpeg's default is ten seconds."""
_TESTCARD_QUALITY = ("-preset", "ultrafast", "-crf", "23")
_ARCHIVE_QUALITY = ("-preset", "veryfast", "-crf", "20", "-maxrate", "12M", "-bufsize", "12M")
_MOST_SOUNDS = 9
_TAP_TIMEOUT = 1_000_000  # microseconds; without it a hanging reader keeps the capture from ending


def capture_command(ffmpeg_path: str, settings: CaptureSettings, run: RunId) -> Command:
    """Raises SourceError where the source is written wrongly.

    Not built with ffmpeg-python: its graph has no slaves of the tee muxer and no negative ``-map``.
    """
    source = open_source(
        settings.source,
        listen=settings.listen,
        options=settings.input_options,
        room=settings.room_name,
        analyze_seconds=settings.analyze_seconds,
    )
    folder = take_folder(run)
    outputs = [_segments(folder)] if settings.to_disk else []
    if settings.tap is not None:
        outputs.append(_tap(settings.tap))
    clock = STANDBY_CLOCK if settings.tap is None else 0
    argv = (
        *opening(ffmpeg_path, run),
        *source.arguments,
        *taken(settings.source, source, usable_only=settings.analyze_seconds >= LONGEST_ANALYSIS),
        *("-t", str(LONGEST_TAKE - clock), *(("-output_ts_offset", str(clock)) if clock else ())),
        *("-max_interleave_delta", str(_INTERLEAVE)),
        *("-f", "tee", "|".join(outputs)),
    )
    written = (folder,) if settings.to_disk else ()
    return Command(argv=argv, folders=run_folders(run, *written), output=folder if settings.to_disk else "")


def taken(source: str, opened: Input, *, usable_only: bool) -> tuple[str, ...]:
    """The first picture and the first sound of a source, copied; encoded if the source is raw.

    If a source announces sound that does not arrive, FFmpeg refuses the picture as well. That is right at first,
    because the sound may be late. With ``usable_only`` the picture is captured without it: the mapping takes all usable
    streams, removes pictures and further sound, and then adds the picture.
    """
    if opened.raw:
        return ("-map", "0:v:0", "-map", "0:a:0?", *_encoded_once(source, opened))
    if not usable_only:
        return ("-map", "0:v:0", "-map", "0:a:0?", "-dn", "-sn", "-c", "copy")
    further = [part for number in range(1, _MOST_SOUNDS) for part in ("-map", f"-0:a:{number}")]
    return ("-map", "0:u", "-map", "-0:v", *further, "-map", "0:v:0", "-dn", "-sn", "-c", "copy")


def _encoded_once(source: str, opened: Input) -> tuple[str, ...]:
    """Encodes at high quality, because all later steps only copy."""
    keyframes = ("-g", str(opened.gop)) if opened.gop else ("-force_key_frames", "expr:gte(t,n_forced*2)")
    quality = _TESTCARD_QUALITY if source.startswith(TESTCARD) else _ARCHIVE_QUALITY
    video = ("-c:v", "libx264", *quality, "-tune", "zerolatency", "-pix_fmt", "yuv420p", *keyframes)
    return (*video, "-c:a", "aac", "-ar", "48000", "-ac", "2")


def _segments(folder: str) -> str:
    transport = {
        "flush_packets": "1",  # received packets survive a kill
        "mpegts_copyts": "1",
        "mpegts_flags": "initial_discontinuity",
        "pes_payload_size": "0",
    }
    options = {
        "f": "segment",
        "segment_time": f"{SEGMENT_SECONDS:g}",
        "segment_format": "mpegts",
        "segment_format_options": _options(transport),
        "segment_list": f"{folder}/{SEGMENT_LIST}",
        "segment_list_type": "csv",
        "max_interleave_delta": str(_INTERLEAVE),
    }
    return _slave(options, f"{folder}/{_SEGMENT_NAME}")


def _tap(port: int) -> str:
    options = {
        "f": "fifo",
        "fifo_format": "mpegts",
        "format_opts": _options({"pes_payload_size": "0"}),
        "queue_size": "100",
        "drop_pkts_on_overflow": "1",
        "attempt_recovery": "1",
        "recover_any_error": "1",
        "recovery_wait_time": "0.5",
        "restart_with_keyframe": "1",
        "onfail": "ignore",
        "max_interleave_delta": str(_INTERLEAVE),
    }
    return _slave(options, f"tcp://127.0.0.1:{port}?timeout={_TAP_TIMEOUT}")


def _slave(options: Mapping[str, str], target: str) -> str:
    """One output of FFmpeg's tee: its options are unescaped twice, as a list and as a part of the tee's outputs."""
    listed = ":".join(f"{key}={_escaped(value, ':]')}" for key, value in options.items())
    return f"[{_escaped(listed, '|')}]{_escaped(target, '|')}"


def _options(options: Mapping[str, str]) -> str:
    return ":".join(f"{key}={value}" for key, value in options.items())


def _escaped(text: str, special: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\'" + special else letter for letter in text)
