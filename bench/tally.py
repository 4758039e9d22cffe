"""Counts what the sessions of a soak became, one after the other, as their recordings are finished."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from bench.feed import RATE
from bench.recorded import FINISHED, Recorded, fetched
from bench.running_service import RunningService
from streamer.media.capture.frame_code import read_codes

TRUE = 0.5
"""Seconds that a reported gap may be off for each hole in a recording: how exact the mapping to wall time is, a frame
that was torn at either side, and the keyframe at which a picture can be entered again."""


@dataclass(slots=True)
class Tally:
    """``inside`` and ``seams`` are frames that no recording has, ``wrong`` is what may not be, in sentences."""

    recordings: int = 0
    partial: int = 0
    inside: int = 0
    seams: int = 0
    reported: float = 0.0
    wrong: list[str] = field(default_factory=list)
    _last: int | None = None
    _tail: float = 0.0
    """Seconds that the session before tells of as missing at its end: it is before the next one's first frame."""

    @property
    def missing(self) -> float:
        """Seconds that are missing in the recordings in truth."""
        return self.inside / RATE

    async def take(self, service: RunningService, session: str) -> bool:
        """Count a session's recording, if it is finished. To be asked in the sessions' order."""
        document = next(
            (one for one in (await service.ask("/api/v1/recordings"))["recordings"] if one["session"] == session), None
        )
        if document is None or document["state"] not in FINISHED:
            return False
        found = await fetched(service, document)
        codes = [await asyncio.to_thread(read_codes, file) for file in found.files]
        for file in found.files:
            await asyncio.to_thread(file.unlink)
        self.count(session, found, [code for part in codes for code in part if code >= 0])
        return True

    def count(self, session: str, found: Recorded, codes: Sequence[int]) -> None:
        """``codes`` are the numbers of its frames that can be read."""
        self.recordings += 1
        state, reason = found.document["state"], found.document["reason"]
        if not codes:
            self.wrong.append(f"{session}: no picture ({state}: {reason})")
            return
        first, last = min(codes), max(codes)
        inside = last - first + 1 - len(set(codes))
        seam = max(0, first - self._last - 1) if self._last is not None else 0
        self.inside, self.seams, self._last = self.inside + inside, self.seams + seam, last
        self.partial += state == "partial"
        self.reported += found.reported
        gaps = found.document["gaps"]
        tail = sum(gap["duration"] for gap in gaps if _reaches(gap, found.document["end"]))
        told, self._tail = found.reported - tail + self._tail, tail
        if abs(told - (inside + seam) / RATE) > TRUE * max(1, len(gaps)):
            where = [f"{size / RATE:.2f} s after {(at - first) / RATE:.2f} s" for at, size in holes(codes)]
            words = [f"{gap['duration']:.2f} s at {gap['start']}: {gap['cause']}" for gap in gaps]
            self.wrong.append(f"{session}: missing {where}, and {seam} frames before it; told {words}")
        if len(codes) != len(set(codes)):
            self.wrong.append(f"{session}: {len(codes) - len(set(codes))} frames are in it twice")


def _reaches(gap: Mapping[str, Any], end: str) -> bool:
    """Whether nothing follows a gap in its recording."""
    over = datetime.fromisoformat(gap["start"]) + timedelta(seconds=gap["duration"])
    return over >= datetime.fromisoformat(end) - timedelta(seconds=0.1)


def holes(codes: Sequence[int]) -> list[tuple[int, int]]:
    """The numbers behind which some are missing, and how many."""
    return [(a, b - a - 1) for a, b in pairwise(sorted(set(codes))) if b - a > 1]
