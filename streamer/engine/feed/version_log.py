"""The newest known versions of the timetable, the outcome of each, and those that are not yet written.

It does not judge them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from streamer.core.base.json import Document
from streamer.core.trust.versions import TimetableVersion, VersionBody, VersionState

REMEMBERED = 100
"""The number of newest versions that are remembered, besides the pinned one."""


class VersionLog:
    """``pinned`` is the number of the version that is never forgotten."""

    def __init__(self, versions: Sequence[TimetableVersion], pinned: int | None) -> None:
        self.pinned = pinned
        self._versions = {v.id: replace(v, timetable=None) for v in versions}
        self._unwritten: dict[int, TimetableVersion] = {}

    def add(self, at: float, state: VersionState, body: VersionBody, timetable: Document | None = None) -> None:
        """Add a version that was seen just now."""
        number = max(self._versions, default=0) + 1
        self.note(TimetableVersion(id=number, at=at, state=state, body=body, timetable=timetable))

    def add_broken(self, at: float, body: VersionBody) -> None:
        """Add an unreadable version. Repeated failures before a readable version count as one: otherwise an unreliable
        server would push good versions out of the log."""
        last = _last(self._versions.values())
        if last is not None and last.state is VersionState.BROKEN:
            self.note(replace(last, at=at, body=body))
        else:
            self.add(at, VersionState.BROKEN, body)

    def note(self, version: TimetableVersion) -> None:
        """Record the outcome of a version."""
        known = self._versions.get(version.id)
        light = replace(version, timetable=None)
        if known == light and version.timetable is None:
            return
        self._versions[version.id] = light
        for id in [id for id in self._versions if id <= max(self._versions) - REMEMBERED and id != self.pinned]:
            del self._versions[id]
        waiting = self._unwritten.get(version.id)
        whole = version.timetable or (waiting.timetable if waiting else None)
        self._unwritten[version.id] = replace(version, timetable=whole)

    def follow(self, id: int) -> None:
        """Mark this version, and no other, as the one in use."""
        for version in list(self._versions.values()):
            if version.id == id and version.state is not VersionState.CURRENT:
                self.note(replace(version, state=VersionState.CURRENT))
            elif version.id != id and version.state is VersionState.CURRENT:
                self.note(replace(version, state=VersionState.PAST))

    def get(self, id: int) -> TimetableVersion | None:
        return self._versions.get(id)

    def newest(self) -> TimetableVersion | None:
        """The newest readable version."""
        return _last(v for v in self._versions.values() if v.state is not VersionState.BROKEN)

    def current(self) -> TimetableVersion | None:
        """The version in use."""
        return _last(v for v in self._versions.values() if v.state is VersionState.CURRENT)

    def listing(self) -> list[TimetableVersion]:
        """Newest first."""
        return sorted(self._versions.values(), key=lambda v: -v.id)

    def unwritten(self) -> list[TimetableVersion]:
        """The versions that changed since the last call."""
        found, self._unwritten = list(self._unwritten.values()), {}
        return found


def _last(versions: Iterable[TimetableVersion]) -> TimetableVersion | None:
    return max(versions, key=lambda v: v.id, default=None)
