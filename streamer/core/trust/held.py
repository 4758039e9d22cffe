"""What is held back of a new timetable version, and the memory of it between two looks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from streamer.core.base.ids import SessionId
from streamer.core.timetable.diff import Change
from streamer.core.trust.suspicion import Suspect, Suspicion

_WHOLE = frozenset({Suspicion.EMPTY, Suspicion.ANOTHER, Suspicion.ZONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A change that is not applied: a mass change; or, if ``suspicion`` is None, a change of one session, or of many
    past ones.

    ``id`` is the same for the same change in a later version. ``until`` is when it is applied without an answer;
    None if it waits for the crew, or for the session's end.
    """

    id: str
    reason: str
    sessions: tuple[SessionId, ...]
    since: datetime
    until: datetime | None = None
    suspicion: Suspicion | None = None
    changes: tuple[Change, ...] = ()

    @property
    def is_mass(self) -> bool:
        return self.suspicion is not None

    @property
    def is_whole(self) -> bool:
        """Whether it concerns the whole version: if it is refused, nothing of the version applies."""
        return self.suspicion in _WHOLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The memory between two looks: mass changes and since when they last, the crew's answers by id of
    :class:`Held`, and since when each is held."""

    masses: tuple[tuple[Suspect, datetime], ...] = ()
    since: tuple[tuple[str, datetime], ...] = ()
    approved: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()


def digest_of(parts: Iterable[str]) -> str:
    """The id of what these parts say; the same in a later version."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
