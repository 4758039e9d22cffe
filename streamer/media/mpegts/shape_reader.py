"""The shape of a captured segment: a short text that changes when the source does.

As in ``h264 1280x720 · aac 48000/2``; :mod:`streamer.core.footage.shapes` compares them. Cheap enough for every segment
that closes: no process, no library, only the head of a file. Says nothing about rates, and whether the rest can be
decoded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from streamer.core.footage.shapes import UNREADABLE, UNSEEN, compose, fits, learned
from streamer.media.mpegts import parameter_sets
from streamer.media.mpegts.packets import Stream, elementary, streams

_READ_AT_ONCE = 1 << 16
_READ_AT_MOST = 1 << 20  # sound may come only after a large first picture
_ENOUGH = 1 << 15  # bytes of a stream in which its head must be: a segment begins with one

_HEADS: dict[str, Callable[[bytes], str | None]] = {
    "h264": parameter_sets.h264,
    "hevc": parameter_sets.hevc,
    "mpeg1video": parameter_sets.mpeg2video,
    "mpeg2video": parameter_sets.mpeg2video,
    "aac": parameter_sets.adts,
}


def shape(head: bytes) -> str:
    """The shape of what begins with ``head``; empty where that is no transport stream with a picture or sound."""
    announced = streams(head)
    first = [
        next((s for s in announced if s.is_video), None),
        next((s for s in announced if not s.is_video), None),
    ]
    return compose(*("" if stream is None else _described(head, stream) for stream in first))


def _described(head: bytes, stream: Stream) -> str:
    """The codec, and what the stream says of itself where that is read here. What is announced and has another
    codec's bytes is told from what is announced and does not come."""
    read = _HEADS.get(stream.codec)
    content = elementary(head, stream.pid, _ENOUGH if read is not None else 1)
    if read is None:
        return stream.codec if content else f"{stream.codec} {UNSEEN}"
    return f"{stream.codec} {read(content) or (UNREADABLE if content else UNSEEN)}"


def turn(content: bytes, tables: int, entries: Iterable[int], known: str) -> int | None:
    """The first of some byte offsets at which a picture can be entered and from which on the content has a shape that
    does not fit ``known``; ``tables`` is how many bytes of tables it begins with."""
    head = content[:tables]
    seen = known
    for place in entries:
        found = shape(head + content[place : place + _READ_AT_MOST])
        if not fits(seen, found):
            return place
        seen = learned(seen, found)
    return None


def shape_of(file: Path) -> str:
    """The shape of a file; empty where it can't be read. Blocks for less than a millisecond, as a rule."""
    found, head = "", b""
    try:
        with file.open("rb") as opened:
            while len(head) < _READ_AT_MOST and (more := opened.read(3 * len(head) or _READ_AT_ONCE)):
                head += more
                found = shape(head)
                if found and UNSEEN not in found:
                    break
    except OSError:
        return ""
    return found
