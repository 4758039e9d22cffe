"""The timetable's versions as the small service has them: a real desk that weighs, on a clock that a test sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from streamer.core.base.json import Document
from streamer.core.plan.policy import Policy
from streamer.core.records.batch import Batch
from streamer.core.timetable.sessions import Timetable
from streamer.core.trust.documents import TimetablePreviewDocument, TimetableVersionDocument
from streamer.core.trust.settings import Distrust
from streamer.core.trust.state import FeedState
from streamer.engine.feed.review import FeedReview
from streamer.engine.programme.programme import Programme


class SmallVersions:
    """What :class:`streamer.engine.service.versions.Versions` offers. ``tell`` is called with the status when it
    changes."""

    def __init__(self, table: Timetable, policy: Policy, source: str, now: datetime) -> None:
        self.now = now
        self.fault: Exception | None = None
        self.pins: list[int | None] = []
        """What was pinned, None for what counted."""
        self.unknown_rooms: list[Document] = []
        self.tell: Callable[[Document], object] = lambda status: None
        self._wholes: dict[int, Document] = {}
        state = FeedState(house="", running=table, goal=table, latest=table)
        self._desk = FeedReview(Programme(table, policy), Distrust(), source, state)
        self.publish(table)

    # -- what a test does ----------------------------------------------------------------------------

    def publish(self, table: Timetable, remarks: int = 0) -> None:
        """The feed says something."""
        self._desk.receive(table, self.now, remarks)
        self._turn()

    def fail(self, error: str) -> None:
        self._desk.fail(error, self.now)
        self._turn()

    def _turn(self) -> None:
        batch = Batch()
        self._desk.write(batch)
        for version in batch.versions:
            if version.timetable is not None:
                self._wholes[version.id] = version.timetable
        self.tell(self.status())

    # -- what the web asks ---------------------------------------------------------------------------

    def status(self) -> Document:
        return {**self._desk.document(), "unknown_rooms": self.unknown_rooms}

    def listing(self) -> list[TimetableVersionDocument]:
        return self._desk.listing()

    def version(self, id: int) -> TimetableVersionDocument:
        return self._desk.version(id)

    async def answer(self, ids: Sequence[str], *, approve: bool, by: str) -> Document:
        self._refuse()
        self._desk.answer(ids, approve=approve, by=by, now=self.now)
        self._turn()
        return self.status()

    async def pin(self, version: int | None, by: str) -> Document:
        self._refuse()
        self.pins.append(version)
        self._desk.pin(version, None if version is None else self._wholes.get(version), by, self.now)
        self._turn()
        return self.status()

    async def preview(self, version: int | None) -> TimetablePreviewDocument:
        self._refuse()
        return self._desk.preview(version, None if version is None else self._wholes.get(version), self.now)

    async def unpin(self, by: str) -> Document:
        self._refuse()
        self._desk.unpin(by, self.now)
        self._turn()
        return self.status()

    def _refuse(self) -> None:
        if self.fault is not None:
            raise self.fault
