"""Computes what a withdrawal of consent erases: the recording's files and the captured segments.

The work on the recording is dropped too. Segments that only touch the session are also erased, so its neighbours may
lack up to one segment at that end.
"""

from __future__ import annotations

from collections.abc import Iterable

from streamer.core.base.ids import RoomId
from streamer.core.footage.order import instant
from streamer.core.footage.wall_clock import Timed
from streamer.core.plan.plan import Plan
from streamer.core.recording.recording import Recording
from streamer.core.recording.states import ConsentWithdrawn, advance


def withdrawn(recording: Recording) -> Recording:
    """The recording after a withdrawal. Its files are deleted, because it does not refer to them any more."""
    return advance(recording, ConsentWithdrawn())


def forbidden(timed: Iterable[Timed], room: RoomId, plan: Plan) -> list[Timed]:
    """The segments of a room that touch a session which may not be recorded; no session keeps them."""
    return [one for one in timed if not plan.may_keep(room, instant(one.start), instant(one.end))]
