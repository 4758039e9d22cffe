"""Facts about finished files: what is seen and heard in them, frame by frame."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import av

from streamer.media.capture.frame_code import read_timed_codes


def onsets(file: Path) -> list[float]:
    """When each beep begins: where the sound gets much louder than its usual tone."""
    loudness: list[tuple[float, float]] = []
    with av.open(str(file)) as container:
        for frame in container.decode(audio=0):
            assert frame.time is not None
            samples = array("f", bytes(frame.planes[0]))
            for begin in range(0, len(samples) - 47, 48):
                loudness.append((frame.time + begin / 48_000, max(map(abs, samples[begin : begin + 48]))))
    usual = sorted(level for _, level in loudness)[len(loudness) // 2]
    loud = [time for time, level in loudness if level > 1.6 * usual]
    return [time for time, before in zip(loud, [-1.0, *loud], strict=False) if time - before > 0.5]


def out_of_sync(file: Path, rate: int) -> list[float]:
    """For each beep that is heard whole, how far it lies from the frame that it belongs to: each ``rate``-th.

    Where that frame is the first after a break, as where a capture begins with a keyframe, the sound may begin in the
    middle of the beep.
    """
    frames = list(read_timed_codes(file))
    whole = {time for (before, _), (code, time) in pairwise(frames) if code == before + 1}
    flashes = [time for code, time in frames if code % rate == 0]
    nearest = [(min(flashes, key=lambda flash: abs(beep - flash)), beep) for beep in onsets(file)]
    return [beep - flash for flash, beep in nearest if flash in whole and abs(beep - flash) < 0.5]


def breaks(codes: Sequence[int]) -> list[tuple[int, int]]:
    """Neighbouring frames that do not follow each other: lost, repeated, or in a wrong order."""
    return [(a, b) for a, b in pairwise(codes) if b != a + 1]
