"""HLS playlists as text, after RFC 8216 and its successor draft (rfc8216bis), composed from a channel's entries.

Pure: the caller decides what is listed. Both functions end their text with a newline.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from streamer.core.channel.channel import Entry, Track
from streamer.core.jobs.specs import SEGMENT_SECONDS


def program_date_time(unix: float) -> str:
    """Wall time as ISO 8601 in UTC with milliseconds, as EXT-X-PROGRAM-DATE-TIME wants it."""
    return datetime.fromtimestamp(unix, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def target_duration(durations: Iterable[float]) -> int:
    """EXT-X-TARGETDURATION for segments of these lengths (s): at least each EXTINF, as written, rounded to the nearest
    whole second (RFC 8216, 4.3.3.1)."""
    return max(math.floor(float(extinf(one)) + 0.5) for one in (SEGMENT_SECONDS, *durations))


def extinf(seconds: float) -> str:
    """A duration as EXTINF has it."""
    return f"{seconds:.5f}"


def media_playlist(entries: Sequence[Entry], track: str, passed: int) -> str:
    """The live playlist of one track.

    ``passed`` counts the discontinuities before the first entry given. That entry's own discontinuity is
    folded into EXT-X-DISCONTINUITY-SEQUENCE, so every seam inside the list has exactly one tag.
    """
    first = entries[0].sequence if entries else 0
    own = 1 if entries and entries[0].discontinuity else 0
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{target_duration(e.files[track].duration for e in entries)}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f"#EXT-X-MEDIA-SEQUENCE:{first}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{passed + own}",
    ]
    span = None
    for entry in entries:
        if span is not None and entry.span != span:
            lines.append("#EXT-X-DISCONTINUITY")
        if entry.span != span:
            lines.append(f'#EXT-X-MAP:URI="{track}/init-{entry.span}.mp4"')
            span = entry.span
        lines += [
            f"#EXT-X-PROGRAM-DATE-TIME:{program_date_time(entry.files[track].start)}",
            f"#EXTINF:{extinf(entry.files[track].duration)},",
            f"{track}/{entry.sequence}.m4s",
        ]
    return "\n".join(lines) + "\n"


def multivariant_playlist(tracks: Sequence[Track]) -> str:
    """One variant for each video track, all with the same separate audio rendition."""
    audio = next((t for t in tracks if t.is_audio), None)
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    if audio is not None:
        lines.append(
            '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Room",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",'
            f'URI="{audio.name}.m3u8"'
        )
    for track in tracks:
        if track.is_audio:
            continue
        codecs = ",".join([track.codecs, *([audio.codecs] if audio else [])])
        bandwidth = round(1.1 * (track.bitrate + (audio.bitrate if audio else 0)))
        lines += [
            f"#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},RESOLUTION={track.width}x{track.height},"
            f'FRAME-RATE={track.rate:.3f},CODECS="{codecs}"' + (',AUDIO="audio"' if audio else ""),
            f"{track.name}.m3u8",
        ]
    return "\n".join(lines) + "\n"
