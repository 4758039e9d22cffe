"""Which session keeps which segment, indexed by both. Does not know where segments lie."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set

from streamer.core.base.ids import RunId, SessionId
from streamer.core.footage.takes import Keep

Key = tuple[RunId, int]


class Keeps:
    """All present keeps."""

    def __init__(self) -> None:
        self._sessions: dict[Key, set[SessionId]] = {}
        self._of_session: dict[SessionId, set[Key]] = defaultdict(set)
        self._changes: dict[SessionId, int] = defaultdict(int)

    @property
    def all(self) -> Mapping[Key, Set[SessionId]]:
        """The sessions that keep each segment; segments without a keep are absent."""
        return self._sessions

    def sessions(self, key: Key) -> Set[SessionId]:
        return self._sessions.get(key, frozenset())

    def of(self, session: SessionId) -> Set[Key]:
        return self._of_session.get(session, frozenset())

    def change_count(self, session: SessionId) -> int:
        """Increases whenever the session's keeps change."""
        return self._changes.get(session, 0)

    def add(self, keep: Keep) -> None:
        key = (keep.take, keep.number)
        self._sessions.setdefault(key, set()).add(keep.session)
        self._of_session[keep.session].add(key)
        self._changes[keep.session] += 1

    def drop(self, keep: Keep) -> None:
        key = (keep.take, keep.number)
        sessions = self._sessions.get(key, set())
        sessions.discard(keep.session)
        if not sessions:
            self._sessions.pop(key, None)
        self._of_session[keep.session].discard(key)
        self._changes[keep.session] += 1
