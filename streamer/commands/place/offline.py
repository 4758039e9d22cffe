"""A data folder without a running service: the service's answers and decisions, made in the store.

The caller holds the folder's lock, so that no service starts meanwhile. The next start carries out and announces the
decisions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from streamer.commands.place import assembly
from streamer.commands.place.assembly import Mode
from streamer.commands.place.lost_database import FIND_AGAIN, forgotten
from streamer.commands.place.place import Place
from streamer.core.base.errors import ConfigError, StoreError
from streamer.core.base.json import Document, iso
from streamer.core.decisions.decision import Reach
from streamer.core.decisions.override import override_document
from streamer.core.footage.segments import Segment
from streamer.core.footage.wall_clock import wall_times
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import PlannedSession
from streamer.core.recording.bounds import within_reach
from streamer.core.recording.documents import recording_document, with_paths
from streamer.core.recording.recording import Recording
from streamer.core.records.batch import Batch, Stored
from streamer.core.records.tokens import Role, TokenDocument
from streamer.core.status.documents import SessionDocument, room_document, session_document
from streamer.core.status.states import NOTHING, ChannelView
from streamer.engine.machine.clock import SystemClock
from streamer.engine.programme.outcome import outcome
from streamer.engine.programme.programme import Programme
from streamer.engine.service.timelines import Timelines
from streamer.engine.service.tokens import Tokens, listed
from streamer.store.database.sql_store import SqlStore
from streamer.web.access.tokens import COMMAND_LINE
from streamer.web.api.decision_models import decision_request


class OfflineFolder:
    """The store of a place, with the answers of :class:`streamer.commands.place.control.Running`."""

    def __init__(self, place: Place, store: SqlStore, stored: Stored) -> None:
        self.place = place
        self.store = store
        self.stored = stored
        self._programme: Programme | None = None

    async def programme(self) -> Programme:
        """Timetable and decisions as a service reads them at its start. Raises TimetableError."""
        if self._programme is None:
            config = self.place.config
            self._programme, _ = await assembly.beginning(config, Mode(), {}).of(
                assembly.feed(config, self.place.data), assembly.matching(config), self.stored, assembly.now()
            )
        return self._programme

    # -- queries -------------------------------------------------------------------------------------------

    async def snapshot(self) -> Document:
        """The crew's snapshot without media."""
        programme, now = await self.programme(), assembly.now()
        plan, zone, off = programme.plan(now), programme.zone, ChannelView()
        return {
            "now": iso(now, zone),
            "conference": {"title": programme.timetable.title, "timezone": programme.timetable.timezone},
            "rehearsal": False,
            "rooms": [room_document(r.id, r.name, plan, programme.policy, off, now) for r in programme.rooms],
            "sessions": [self._session(s, now, zone) for s in plan.sessions],
            "overrides": [override_document(o, programme.zone) for o in programme.overrides],
            "recordings": await self.recordings(),
        }

    async def recordings(self) -> list[Document]:
        """In order of start, each file with its ``path`` below the data folder. Raises StoreError where the database
        was lost, because the list would be incomplete."""
        lost = forgotten(self.place.data, self.stored)
        if lost:
            raise StoreError(lost, where=str(self.store.path), hint=FIND_AGAIN)
        zone = self._zone()
        made = sorted(self.stored.recordings, key=lambda r: (r.start, r.room, r.session))
        return [dict(with_paths(recording, recording_document(recording, zone))) for recording in made]

    async def timeline(self, session: str | None) -> Document:
        """The timeline of a session, or of this day. Raises NotFound."""
        timelines = Timelines(await self.programme(), self.store, SystemClock())
        return dict(await (timelines.session(session) if session else timelines.day()))

    def _zone(self) -> ZoneInfo:
        """The venue's zone from the configuration or the last good copy, without a request."""
        if self._programme is not None:
            return self._programme.zone
        try:
            config = self.place.config
        except ConfigError:
            config = self.place.secretless  # a missing secret hides no recording
        known = assembly.kept(config, self.place.data).parsed
        return ZoneInfo(known.timetable.timezone if known is not None else config.conference.timezone)

    def _session(self, planned: PlannedSession, now: datetime, zone: ZoneInfo) -> SessionDocument:
        recordings: dict[str, Recording] = {r.session: r for r in self.stored.recordings}
        document = session_document(planned, NOTHING, ChannelView(), recordings.get(planned.id), now, zone)
        return {**document, "revision": self._revision(planned.id)}

    def _revision(self, session: str) -> int:
        announced = (d.body for d in self.stored.documents if (d.kind, d.id) == ("session", session))
        return int((next(announced, None) or {}).get("revision", 0))

    # -- decisions -----------------------------------------------------------------------------------------

    async def decide(self, action: str, target: str, body: Mapping[str, Any], *, preview: bool) -> Document:
        """The contract's answer to an override. Raises NotFound, Conflict or Invalid."""
        programme, now = await self.programme(), assembly.now()
        request = decision_request(action, target, body, by=COMMAND_LINE, preview=preview)
        found = outcome(request, programme, self._reach(programme.plan(now)), self._revision, now)
        if not preview:
            await self.store.commit(Batch(overrides=[found.override]))
            programme.take(found.override)
        planned = [one for id in found.sessions if (one := found.plan.session(id)) is not None]
        documents = {one.id: self._session(one, now, programme.zone) for one in planned}
        revision = max(self.stored.revisions.values(), default=0)
        return dict(found.answer(documents, revision, programme.zone, preview=preview))

    def _reach(self, plan: Plan) -> Reach:
        def reach(session: PlannedSession) -> tuple[datetime, datetime] | None:
            rooms = {take.id: take.room for take in self.stored.takes}
            by_take: dict[str, list[Segment]] = defaultdict(list)
            for segment in self.stored.segments:
                if rooms.get(segment.take) == session.room:
                    by_take[segment.take].append(segment)
            return within_reach([t for one in by_take.values() for t in wall_times(one)], session, plan)

        return reach

    # -- tokens --------------------------------------------------------------------------------------------

    async def _tokens(self) -> Tokens:
        tokens = Tokens(self.store, SystemClock(), assembly.sign_in_limits(self.place.config))
        await tokens.load()
        return tokens

    async def add_token(self, name: str, role: Role) -> str:
        return await (await self._tokens()).add(name, role)

    async def tokens(self) -> list[TokenDocument]:
        return listed(await self._tokens())

    async def revoke_token(self, name: str) -> None:
        await (await self._tokens()).revoke(name)

    async def sign_out(self, name: str | None) -> int:
        return await (await self._tokens()).sign_out_everywhere(name)


@asynccontextmanager
async def offline_folder(place: Place) -> AsyncIterator[OfflineFolder]:
    """The caller holds the folder's lock."""
    store = SqlStore(place.database, data=place.data)
    try:
        yield OfflineFolder(place, store, await store.open())
    finally:
        await store.close()
