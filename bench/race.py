"""Two functions measured turn by turn, so that whatever else the machine does meanwhile slows both alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

from bench.figures import Figure, Sample, Unit

ROUNDS = 9


def race(
    what: str, ours: Callable[[], object], peer: str, theirs: Callable[[], object], rounds: int = ROUNDS
) -> Figure:
    """How long each takes, over so many rounds after one that is not counted."""
    ours()
    theirs()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for found, function in zip(times, (ours, theirs), strict=True):
            found.append(_seconds(function))
    return Figure(what=what, unit=Unit.SECONDS, ours=Sample.of(times[0]), peer=peer, theirs=Sample.of(times[1]))


def _seconds(function: Callable[[], object]) -> float:
    """Without what the function before left to the garbage collector."""
    gc.collect()
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun
