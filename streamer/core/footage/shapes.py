"""The shape of a source's media, as a text, and whether two shapes can be in one file.

A shape names picture and sound, such as ``h264 1280x720 · aac 48000/2``. One of them may be missing; details that were
announced and did not arrive are a question mark. An empty shape could not be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

UNSEEN = "?"
UNREADABLE = "unreadable"
"""For a stream whose bytes differ from its announcement."""

_BETWEEN = " · "


def compose(video: str, audio: str) -> str:
    """The shape of a picture and a sound, each empty where there is none."""
    return _BETWEEN.join(part for part in (video, audio) if part)


def fits(known: str, seen: str) -> bool:
    """Whether both can be in one file; unknown details fit any."""
    if not known or not seen:
        return True
    ours, theirs = known.split(_BETWEEN), seen.split(_BETWEEN)
    return len(ours) == len(theirs) and all(map(_fit, ours, theirs))


def learned(known: str, seen: str) -> str:
    """The known shape with the details that ``seen`` adds, to compare with the next one."""
    if not known or not seen:
        return known or seen
    pairs = zip(known.split(_BETWEEN), seen.split(_BETWEEN), strict=True)
    return _BETWEEN.join(b if a.endswith(f" {UNSEEN}") else a for a, b in pairs)


def is_foreign(shape: str) -> bool:
    """Whether a stream has the bytes of another codec than announced."""
    return any(part.endswith(f" {UNREADABLE}") for part in shape.split(_BETWEEN))


def has_picture(shape: str) -> bool:
    """Whether its picture can be read; an unknown one counts as readable."""
    return not shape.split(_BETWEEN)[0].endswith(f" {UNREADABLE}")


def has_sound(shape: str) -> bool:
    """Whether it has sound that came and can be read."""
    *_, last = parts = shape.split(_BETWEEN)
    return len(parts) > 1 and not last.endswith((f" {UNSEEN}", f" {UNREADABLE}"))


def turned_foreign(shapes: Sequence[str]) -> bool:
    """Whether the shapes of a take's segments, in order, show that its source changed the codec.

    One disturbed keyframe looks the same, so two in a row are needed; a source that was never readable did not change.
    """
    seen = [shape for shape in shapes if shape]
    return len(seen) > 2 and is_foreign(seen[-1]) and is_foreign(seen[-2]) and not all(map(is_foreign, seen))


def sound_is_lost(shapes: Sequence[str]) -> bool:
    """Whether the shapes of a take's newest segments, in order, show that its announced sound does not come now.

    The newest two in a row that agree decide: one segment may lack its sound by chance.
    """
    seen = [_sound_is_unseen(shape) for shape in shapes if shape]
    return next((newer for older, newer in reversed(list(pairwise(seen))) if newer is older), False)


def _sound_is_unseen(shape: str) -> bool:
    return len(parts := shape.split(_BETWEEN)) > 1 and parts[-1].endswith(f" {UNSEEN}")


def _fit(one: str, other: str) -> bool:
    if f" {UNSEEN}" in (one[-2:], other[-2:]):
        return one.split()[0] == other.split()[0]
    return one == other
