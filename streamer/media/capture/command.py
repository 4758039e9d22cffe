"""The capture of a room: copies its source into segments on disk and, best effort, to a tap on loopback.

The only process that reads the source. It encodes only raw sources, and tracks that the segments can't carry, so
failures behind the tap cannot affect the recording.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streamer.core.base.ids import RunId
from streamer.core.base.layout import SEGMENT_LIST, take_folder
from streamer.core.jobs.coding import COPIED, Coding, Means
from streamer.core.jobs.specs import LONGEST_ANALYSIS, SEGMENT_SECONDS, CaptureSettings
from streamer.media.capture.sources import Input, is_packed, is_segmented, open_source
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
_EVERY_TWO_SECONDS = ("-force_key_frames", "expr:gte(t,n_forced*2)")
_SOUND_RATE = "192k"
_CARD_RATE = 10
_CARD = f"[0:a:0]showwaves=s=64x36:r={_CARD_RATE},drawbox=c=0x14202b:t=fill,scale=640:360,format=yuv420p[card]"
"""A plain picture on the clock of the sound: it pauses and ends with it."""
_CARD_CODEC = ("-c:v", "libx264", "-preset", "ultrafast", "-tune", "stillimage", "-g", str(2 * _CARD_RATE))
_QUEUE = 100
_BURST_QUEUE = 4_000
"""Packets before the tap: somewhat more than a second of picture and sound; for a source in pieces, half a minute."""
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
        unpacks = settings.coding.unpacks or (settings.coding == COPIED and is_packed(settings.source))
        outputs.append(_tap(settings.tap, unpacks=unpacks, bursts=settings.bursts))
    clock = STANDBY_CLOCK if settings.tap is None else 0
    argv = (
        *opening(ffmpeg_path, run, level="info"),
        *source.arguments,
        *taken(settings.source, source, settings.coding, usable_only=settings.analyze_seconds >= LONGEST_ANALYSIS),
        *("-t", str(LONGEST_TAKE - clock), *(("-output_ts_offset", str(clock)) if clock else ())),
        *("-max_interleave_delta", str(_INTERLEAVE)),
        *("-f", "tee", "|".join(outputs)),
    )
    written = (folder,) if settings.to_disk else ()
    return Command(argv=argv, folders=run_folders(run, *written), output=folder if settings.to_disk else "")


def taken(source: str, opened: Input, coding: Coding = COPIED, *, usable_only: bool) -> tuple[str, ...]:
    """The first picture and the sounds of a source, copied; encoded if the source is raw or ``coding`` says so.

    If a source announces sound that does not arrive, FFmpeg refuses the picture as well. That is right at first,
    because the sound may be late. With ``usable_only`` the picture is captured without it: the mapping takes all usable
    streams, removes pictures, and then adds the picture.
    """
    if opened.raw:
        return ("-map", "0:v:0", "-map", "0:a:0?", *_encoded_once(source, opened))
    if coding != COPIED:
        return _coded(coding)
    first = is_segmented(source)  # FFmpeg counts the sound of each quality as a sound of its own
    if not usable_only:
        return ("-map", "0:v:0", "-map", "0:a:0?" if first else "0:a?", "-dn", "-sn", "-c", "copy")
    further = [part for number in range(1, _MOST_SOUNDS) for part in ("-map", f"-0:a:{number}")] if first else []
    return ("-map", "0:u", "-map", "-0:v", *further, "-map", "0:v:0", "-dn", "-sn", "-c", "copy")


def _coded(coding: Coding) -> tuple[str, ...]:
    """The tracks of a source that FFmpeg has described, each with what is done with it."""
    kept = [(number, means) for number, means in enumerate(coding.sounds) if means is not Means.LEAVE]
    maps = [part for number, _ in kept for part in ("-map", f"0:a:{number}?")]
    codecs = [part for place, (_, means) in enumerate(kept) for part in _sound_codec(place, means)]
    picture: tuple[str, ...] = ("-map", "0:v:0")
    codec: tuple[str, ...] = ("-c:v", "copy")
    match coding.picture:
        case Means.DRAW:
            picture, codec = ("-filter_complex", _CARD, "-map", "[card]"), _CARD_CODEC
        case Means.ENCODE:
            codec = _picture_codec(_ARCHIVE_QUALITY, _EVERY_TWO_SECONDS)
        case _:
            pass
    return (*picture, *maps, "-dn", "-sn", *codec, *codecs)


def _sound_codec(place: int, means: Means) -> tuple[str, ...]:
    """The codec of the sound at a place in the output. Pauses of an encoded one are filled with silence."""
    if means is Means.COPY:
        return (f"-c:a:{place}", "copy")
    encoder = (f"-c:a:{place}", "aac", f"-b:a:{place}", _SOUND_RATE, f"-ar:a:{place}", "48000")
    return (*encoder, f"-filter:a:{place}", "aresample=async=1")


def _encoded_once(source: str, opened: Input) -> tuple[str, ...]:
    """Encodes at high quality, because all later steps only copy."""
    keyframes = ("-g", str(opened.gop)) if opened.gop else _EVERY_TWO_SECONDS
    quality = _TESTCARD_QUALITY if source.startswith(TESTCARD) else _ARCHIVE_QUALITY
    return (*_picture_codec(quality, keyframes), "-c:a", "aac", "-ar", "48000", "-ac", "2")


def _picture_codec(quality: Sequence[str], keyframes: Sequence[str]) -> tuple[str, ...]:
    return ("-c:v", "libx264", *quality, "-tune", "zerolatency", "-pix_fmt", "yuv420p", *keyframes)


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


def _tap(port: int, *, unpacks: bool, bursts: bool = False) -> str:
    """The output for the livestream, which may come and go. What does not fit into its queue is dropped, up to the next
    keyframe; of a source that ``bursts``, a piece has to fit.

    H.264 that is stored as in MP4 is converted before it, because the muxer's own conversion does not work again after
    its reader has gone. If another codec comes, FFmpeg closes this output alone, and its account of the input leads to
    a restart.
    """
    options = {
        **({"bsfs/v": "h264_mp4toannexb"} if unpacks else {}),
        "f": "fifo",
        "fifo_format": "mpegts",
        "format_opts": _options({"pes_payload_size": "0"}),
        "queue_size": str(_BURST_QUEUE if bursts else _QUEUE),
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
