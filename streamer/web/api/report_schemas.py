"""A recording's bounds and its integrity report as schemas, units included; see
:mod:`streamer.web.api.schemas`."""

from __future__ import annotations

from streamer.web.api.schemas import Schema, count, instant, listing, number, or_null, record, ref, text, words

BOUNDS = record(
    "Where a recording begins and ends, and how far that can be moved.",
    {
        "session": text(),
        "start": instant("Where it begins"),
        "end": instant("Where it ends"),
        "session_start": instant("The session's own start"),
        "session_end": instant("The session's own end"),
        "earliest": or_null(instant("The first start that is possible; null where there is no media")),
        "latest": or_null(instant("The last end that is possible")),
        "override": or_null(text("The newest decision about the bounds that stands; undo takes it back")),
    },
)
SPAN = record(
    "A stretch of time.",
    {"start": instant("Where it begins"), "end": instant("Where it ends"), "duration": number("Seconds")},
)
STRETCH = record(
    "A stretch of a file that is silent, black or frozen.",
    {
        "file": text("The file's name"),
        "offset": number("Seconds from the file's start"),
        "start": instant("When that was"),
        "duration": number("Seconds"),
    },
)
QUALITY = record(
    "How it sounds and looks, as measured.",
    {
        "loudness": or_null(number("Integrated loudness after EBU R128, LUFS")),
        "loudness_range": or_null(number("Loudness range after EBU Tech 3342, LU")),
        "true_peak": or_null(number("True peak after ITU-R BS.1770, dBTP")),
        "silent": listing(ref("Stretch")),
        "black": listing(ref("Stretch")),
        "frozen": listing(ref("Stretch")),
        "precision": or_null(number("Seconds to which black and frozen stretches are exact")),
    },
)
TAKE = record(
    "An unbroken run of a capture that the recording was made of.",
    {
        "take": text(),
        "slot": count("Which of the captures side by side", 1),
        "start": instant("The first that was used of it"),
        "end": instant("The last that was used of it"),
        "segments": count("How many segments were used"),
        "ended": or_null(text("Why it ended, where it has")),
        "video": or_null(text("Codec")),
        "width": or_null(count("Pixels")),
        "height": or_null(count("Pixels")),
        "rate": or_null(number("Frames a second")),
        "audio": or_null(text("Codec")),
    },
)
REPORT_FILE = record(
    "A file of the recording; the keys after `sha256` are of video files alone.",
    {
        "name": text(),
        "kind": words(("mp4", "vod", "thumbnail")),
        "bytes": count("Size in bytes"),
        "sha256": text("Digest of the whole file, in hex", pattern="^[0-9a-f]{64}$"),
        "shape": or_null(text("Codecs, size of the picture, layout of the sound")),
        "duration": number("Seconds"),
        "frames": count("Pictures in it, counted"),
        "expected_frames": count("Pictures that a source without a fault would have sent"),
        "av_offset": or_null(number("Seconds by which sound begins after the picture")),
        "timeline": listing(
            record(
                "A stretch without a gap.",
                {
                    "offset": number("Seconds from the file's start"),
                    "start": instant("When that was"),
                    "duration": number("Seconds"),
                },
            ),
            "Where the file's parts lie in time",
        ),
    },
    optional=("shape", "duration", "frames", "expected_frames", "av_offset", "timeline"),
)
REPORT = record(
    "The integrity report of a recording: the file of kind `report`.",
    {
        "session": text(),
        "room": text(),
        "title": text(),
        "version": count("Counts the exports of this session", 1),
        "state": words(("ready", "partial")),
        "reason": text("What is missing and why, in a sentence; empty where nothing is"),
        "window": {**ref("Span"), "description": "What was wanted"},
        "covered": {
            "oneOf": [ref("Span"), {"type": "null"}],
            "description": "What there is, cut at keyframes; its duration is that of the media, without gaps",
        },
        "coverage": number("Share of the window that there is media of", minimum=0, maximum=1),
        "gaps": listing(ref("Gap")),
        "takes": listing(ref("Take")),
        "files": listing(ref("ReportFile")),
        "frames": count("Pictures, counted"),
        "expected_frames": count("Pictures that a source without a fault would have sent"),
        "av_offset": or_null(number("The largest offset of sound to picture, seconds")),
        "quality": {"oneOf": [ref("Quality"), {"type": "null"}], "description": "null until somebody has measured"},
    },
)

REPORT_SCHEMAS: dict[str, Schema] = {
    "Bounds": BOUNDS,
    "Quality": QUALITY,
    "Report": REPORT,
    "ReportFile": REPORT_FILE,
    "Span": SPAN,
    "Stretch": STRETCH,
    "Take": TAKE,
}
