"""Observes each session's first chunk that viewers could fetch and its first kept segment.

A session is live from that observation on, and one that was live before a restart stays live.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from streamer.core.base.ids import SessionId
from streamer.core.footage.order import instant
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import Phase
from streamer.core.status.documents import SessionDocument
from streamer.core.status.states import Observed, SessionState
from streamer.engine.channels.channels import Channels
from streamer.engine.footage.archive import Archive


class Observations:
    """The observations of all sessions that have begun."""

    def __init__(self, archive: Archive, channels: Channels) -> None:
        self._archive = archive
        self._channels = channels
        self._first_kept: dict[SessionId, datetime] = {}
        self._was_live: dict[SessionId, datetime] = {}

    def restore(self, announced: Mapping[str, SessionDocument]) -> None:
        """Restore which sessions were live, from their last announced documents."""
        for id, document in announced.items():
            if document["state"] in (SessionState.LIVE, SessionState.HELD):
                self._was_live[SessionId(id)] = datetime.fromisoformat(document["start"])

    def of(self, plan: Plan, now: datetime) -> dict[SessionId, Observed]:
        """The observations of each session until now."""
        chunks = self._channels.first_chunks()
        observed = {}
        for session in plan.sessions:
            if session.phase(now) is Phase.BEFORE:
                self._unsee(session.id, chunks)
            elif session.id not in self._first_kept and session.record and session.phase(now) is Phase.DURING:
                start = session.start.timestamp()
                first = next((t for t in self._archive.footage.kept(session.id) if t.end > start), None)
                if first is not None:
                    self._first_kept[session.id] = instant(first.start)
            before = self._was_live.get(session.id)
            observed[session.id] = Observed(
                first_chunk=chunks.get(session.id, before), first_kept=self._first_kept.get(session.id, before)
            )
        return observed

    def _unsee(self, session: SessionId, chunks: dict[SessionId, datetime]) -> None:
        """Forget the observations of a session that lies in the future (again)."""
        self._first_kept.pop(session, None)
        self._was_live.pop(session, None)
        if chunks.pop(session, None):
            self._channels.unsee(session)
