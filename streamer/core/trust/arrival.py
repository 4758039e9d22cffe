"""A version of the timetable as it arrives: its identified sessions, and the changes from the running one.

Pure, so that it can be computed in a thread beside the loop that serves the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from streamer.core.base.json import Document
from streamer.core.plan.plan import Plan
from streamer.core.timetable.diff import Change, diff
from streamer.core.timetable.document import timetable_document
from streamer.core.timetable.identity import Memory, identified
from streamer.core.timetable.sessions import Timetable
from streamer.core.trust.last_good import with_last_good


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """``timetable`` has local ids, and the last good times where its own can't be read. ``memory`` is the new memory,
    ``digest`` identifies the content.

    ``changes`` are those from the running timetable, ``whole`` is the document; both None for the version seen last.
    """

    timetable: Timetable
    memory: Memory
    digest: str
    changes: tuple[Change, ...] | None = None
    whole: Document | None = None


def arrival(timetable: Timetable, memory: Memory, running: Timetable, last: str) -> Arrival:
    """``last`` is the digest of the version seen last."""
    digest = timetable.revision
    known, remembered = identified(timetable, memory)
    known = with_last_good(running, known, memory)
    if digest == last:
        return Arrival(timetable=known, memory=remembered, digest=digest)
    return Arrival(
        timetable=known,
        memory=remembered,
        digest=digest,
        changes=diff(running, known),
        whole=timetable_document(known),
    )


def is_overtaken(plan: Plan, judged: datetime, now: datetime) -> bool:
    """Whether a session began or ended since a judgement by ``plan``: running sessions are protected."""
    return any(judged < edge <= now for s in plan.sessions for edge in (s.start, s.end))
