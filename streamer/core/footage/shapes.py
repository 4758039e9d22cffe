"""What a source's media looks like, as a text, and whether two of them can be in one file.

A shape names the picture and the sound, as in ``h264 1280x720 · aac 48000/2``. One of the two may be absent, and of
what was announced and had not come the rest is a question mark. An empty shape is one that could not be read.
"""

from __future__ import annotations

from collections.abc import Sequence

UNSEEN = "?"
UNREADABLE = "unreadable"
"""For a stream whose bytes are not what its announcement says."""

_BETWEEN = " · "


def compose(video: str, audio: str) -> str:
    """The shape of a picture and a sound, each empty where there is none."""
    return _BETWEEN.join(part for part in (video, audio) if part)


def fits(known: str, seen: str) -> bool:
    """Whether both can be in one file: what is not known of either hinders nothing."""
    if not known or not seen:
        return True
    ours, theirs = known.split(_BETWEEN), seen.split(_BETWEEN)
    return len(ours) == len(theirs) and all(map(_fit, ours, theirs))


def learned(known: str, seen: str) -> str:
    """A shape that fits, with what ``seen`` adds to what was known: the shape to compare the next with."""
    if not known or not seen:
        return known or seen
    pairs = zip(known.split(_BETWEEN), seen.split(_BETWEEN), strict=True)
    return _BETWEEN.join(b if a.endswith(f" {UNSEEN}") else a for a, b in pairs)


def is_foreign(shape: str) -> bool:
    """Whether a stream of it has the bytes of another codec than its announcement says."""
    return any(part.endswith(f" {UNREADABLE}") for part in shape.split(_BETWEEN))


def has_picture(shape: str) -> bool:
    """Whether its picture can be read; what is not known counts as readable."""
    return not shape.split(_BETWEEN)[0].endswith(f" {UNREADABLE}")


def turned_foreign(shapes: Sequence[str]) -> bool:
    """Whether the shapes of a take's segments, in order, say that its source changed its codec under it.

    One disturbed keyframe looks the same, so two in a row prove it; and what never could be read did not change.
    """
    seen = [shape for shape in shapes if shape]
    return len(seen) > 2 and is_foreign(seen[-1]) and is_foreign(seen[-2]) and not all(map(is_foreign, seen))


def _fit(one: str, other: str) -> bool:
    if f" {UNSEEN}" in (one[-2:], other[-2:]):
        return one.split()[0] == other.split()[0]
    return one == other
