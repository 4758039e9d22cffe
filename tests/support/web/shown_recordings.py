"""A morning of recordings in every state, for the organisers' page: one of them really plays, with a gap in it.

Its media is made once by FFmpeg; all else are documents as the service hands them out.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from streamer.core.base.json import Document
from support.web.small_library import SmallLibrary

START = datetime.fromisoformat("2025-09-08T08:00:00+02:00")
SEGMENT = 2.0
SEGMENTS = (0, 1, 2, 5, 6, 7)
"""Those that are there: two are missing in the middle, of which nothing was captured."""
TAKE = "take"
GAP = (6.0, 4.0)
WHOLE = 16.0
HOSTILE = "<b>Bold</b> & <script>document.title='owned'</script>"
CAUSE = "the source delivered nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """Files of one recording, in one folder."""

    folder: Path
    video: Path
    playlist: Path
    picture: Path

    @property
    def segments(self) -> list[Path]:
        return [self.folder / f"take~{number:06d}.ts" for number in SEGMENTS]


def make_media(ffmpeg: str, folder: Path) -> Media:
    """Sixteen seconds of a test picture, less the gap."""
    listed, video, picture = folder / "whole.m3u8", folder / "talk.mp4", folder / "talk.jpg"
    quiet = [ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "error", "-y"]
    _run(
        *quiet,
        *("-f", "lavfi", "-i", f"testsrc2=size=320x180:rate=25:duration={WHOLE}"),
        *("-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=48000:duration={WHOLE}"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k"),
        *("-f", "hls", "-hls_time", str(SEGMENT), "-hls_playlist_type", "vod"),
        *("-hls_segment_filename", str(folder / "take~%06d.ts"), str(listed)),
    )
    playlist = folder / "talk.m3u8"
    playlist.write_text(_playlist())
    media = Media(folder=folder, video=video, playlist=playlist, picture=picture)
    joined = "concat:" + "|".join(map(str, media.segments))
    _run(*quiet, "-i", joined, "-c", "copy", "-movflags", "+faststart", str(video))
    _run(*quiet, "-ss", "1", "-i", str(listed), "-frames:v", "1", str(picture))
    return media


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=30)


def _playlist() -> str:
    lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-TARGETDURATION:2", "#EXT-X-PLAYLIST-TYPE:VOD"]
    before = None
    for number in SEGMENTS:
        if before is None or number != before + 1:
            at = START + timedelta(seconds=number * SEGMENT)
            lines += [*(["#EXT-X-DISCONTINUITY"] if before is not None else []), f"#EXT-X-PROGRAM-DATE-TIME:{iso(at)}"]
        lines += [f"#EXTINF:{SEGMENT:.5f},", f"take~{number:06d}.ts"]
        before = number
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def after(seconds: float) -> str:
    return iso(START + timedelta(seconds=seconds))


def recording(session: str, room: str, title: str, state: str, begin: float = 0.0, length: float = 3600.0) -> Document:
    """A document without files; ``begin`` and ``length`` in seconds, from the first one's start."""
    return {
        "session": session,
        "room": room,
        "title": title,
        "state": state,
        "start": after(begin),
        "end": after(begin + length),
        "duration": length,
        "coverage": 1.0 if state == "ready" else 0.0,
        "gaps": [],
        "files": [],
        "reason": "",
        "progress": None,
    }


def report(document: Document) -> Document:
    """The integrity report of the recording that plays."""
    first, length = GAP
    return {
        **{key: document[key] for key in ("session", "room", "title", "state", "reason", "coverage", "gaps")},
        "version": 1,
        "window": {"start": document["start"], "end": document["end"], "duration": WHOLE},
        "covered": {"start": after(0), "end": after(WHOLE), "duration": WHOLE - length},
        "takes": [
            {
                "take": f"capture-main-{number}",
                "slot": 1,
                "start": after(begin),
                "end": after(end),
                "segments": 3,
                "ended": ended,
                "video": "h264",
                "width": 320,
                "height": 180,
                "rate": 25.0,
                "audio": "aac",
            }
            for number, begin, end, ended in ((1, 0.0, first, CAUSE), (2, first + length, WHOLE, None))
        ],
        "files": [
            {
                "name": "talk.mp4",
                "kind": "mp4",
                "bytes": 1,
                "sha256": "0" * 64,
                "duration": WHOLE - length,
                "frames": 300,
                "expected_frames": 400,
                "av_offset": 0.012,
                "timeline": [
                    {"offset": 0.0, "start": after(0), "duration": first},
                    {"offset": first, "start": after(first + length), "duration": WHOLE - length - first},
                ],
            }
        ],
        "frames": 53998,
        "expected_frames": 54000,
        "av_offset": 0.012,
        "quality": {
            "loudness": -23.1,
            "loudness_range": 5.2,
            "true_peak": -0.4,
            "silent": [{"file": "talk.mp4", "offset": 2.0, "start": after(2), "duration": 1.5}],
            "black": [{"file": "talk.mp4", "offset": 7.0, "start": after(11), "duration": 0.8}],
            "frozen": [{"file": "talk.mp4", "offset": 9.0, "start": after(13), "duration": 2.2}],
            "precision": 0.1,
        },
    }


def put_on_show(library: SmallLibrary, media: Media) -> None:
    """A partial one that plays and one of each other state; the stream of the one that is ready is none."""
    first, length = GAP
    played = recording("s1", "main", "Opening of the conference", "partial", 0, WHOLE) | {
        "coverage": 0.75,
        "gaps": [{"start": after(first), "duration": length, "cause": CAUSE}],
        "reason": "4 s are missing: the source delivered nothing from 08:00:06 to 08:00:10.",
    }
    written = library.folder / "talk.json"
    written.write_text(json.dumps(report(played)))
    vod = {"talk.m3u8": (media.playlist, "vod")}
    for session in ("s1", "s3"):
        library.segments |= {
            (session, TAKE, number): path for number, path in zip(SEGMENTS, media.segments, strict=True)
        }
    files = {"talk.mp4": (media.video, "mp4"), **vod, "talk.jpg": (media.picture, "thumbnail")}
    library.show(played, {**files, "talk.json": (written, "report")})
    library.show(
        recording("s2", "side", HOSTILE, "ready", 0, 4000),
        {"b.m3u8": (written, "vod"), "b_part1.mp4": (media.video, "mp4"), "b_part2.mp4": (media.video, "mp4")},
    )
    library.show(recording("s3", "side", "Being written just now", "finalising", 3600, 1500) | {"progress": 0.42}, vod)
    library.show(recording("s4", "main", "On stage", "capturing", 5100), {})
    failed = {"reason": "nothing was captured while the session ran: look at the room's source"}
    library.show(recording("s5", "main", "The camera was off", "failed", 3600) | failed, {})
    library.show(recording("s6", "main", "Erased by consent", "erased", 10800), {})
    library.show(recording("s7", "side", "Tomorrow's first talk", "pending", 86400), {})
    library.bounds_of["s1"] = {
        "session": "s1",
        "start": played["start"],
        "end": played["end"],
        "session_start": played["start"],
        "session_end": played["end"],
        "earliest": after(-60),
        "latest": after(136.5),
        "override": None,
    }
    library.frames["s1"] = media.picture.read_bytes()
