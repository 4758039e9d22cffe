"""A service small enough for tests of the web floor: real tokens and a real bus, around documents held in memory.

Everything that :class:`streamer.engine.service.service.Service` offers to the web, with the same promises: a change
is in the snapshot and in the journal before anybody hears of it.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from streamer.core.base.errors import Conflict, Invalid, NotFound
from streamer.core.base.ids import SessionId
from streamer.core.base.json import Document
from streamer.core.decisions.decision import Decision
from streamer.core.decisions.recordings.bounds import Bounds
from streamer.core.decisions.sessions.end import End
from streamer.core.decisions.sessions.extend import Extend
from streamer.core.records.journal import Audience, JournalEntry
from streamer.core.records.sign_ins import SignIn
from streamer.core.records.tokens import Token
from streamer.engine.machine.clock import Clock
from streamer.engine.programme.requests import DecisionRequest
from streamer.engine.service.metrics import Metric
from streamer.engine.service.service import Service
from streamer.engine.service.tokens import Tokens
from streamer.engine.status.bus import Bus, Subscription
from streamer.engine.turns.store import Store
from support.web.small_delivery import SmallDelivery
from support.web.small_library import NOW, SmallLibrary
from support.web.small_monitoring import SmallMonitoring
from support.web.small_versions import SmallVersions

SOURCE = "srt://camera.example:9000?passphrase=do-not-tell-anybody"
"""Stands in the crew's documents only: a viewer that ever sees it has been told too much."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class TokenStore:
    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self.uses: dict[str, float] = {}
        self.written = asyncio.Event()
        """Set when uses were written."""

    async def tokens(self) -> list[Token]:
        return list(self._tokens.values())

    async def add_token(self, token: Token) -> None:
        self._tokens[token.name] = token

    async def revoke_token(self, name: str, at: float) -> bool:
        return self._tokens.pop(name, None) is not None

    async def sign_ins(self) -> list[SignIn]:
        return []

    async def add_sign_in(self, sign_in: SignIn, *, link: str | None) -> None: ...

    async def delete_sign_ins(self, digests: Collection[str]) -> None: ...

    async def note_uses(self, uses: Mapping[str, float]) -> None:
        self.uses |= uses
        self.written.set()


def session(id: str, room: str, title: str) -> Document:
    return {
        "id": id,
        "room": room,
        "title": title,
        "start": "2025-09-08T09:30:00+02:00",
        "end": "2025-09-08T10:30:00+02:00",
        "scheduled_start": "2025-09-08T09:30:00+02:00",
        "scheduled_end": "2025-09-08T10:30:00+02:00",
        "held_since": None,
        "state": "scheduled",
        "on_air": False,
        "record": True,
        "stream": None,
        "recording": "pending",
        "recording_start": None,
        "recording_end": None,
        "speakers": [{"name": "Åse Ø", "affiliation": ""}],
        "abstract": "",
        "revision": 1,
    }


class SmallService:
    """``files`` is a folder for recordings."""

    def __init__(self, files: Path) -> None:
        self.ready = True
        self.rehearsal = False
        self.epoch = "epoch-1"
        self.revisions = dict.fromkeys(Audience, 3)
        self.journal: dict[Audience, list[JournalEntry]] = {audience: [] for audience in Audience}
        self.rooms = {
            id: {
                "id": id,
                "name": name,
                "state": "slate",
                "session": None,
                "next": "s1",
                "stream": f"/live/{id}/index.m3u8",
            }
            for id, name in (("main", "Hall A"), ("side", "Room <b>2</b>"))
        }
        self.sessions = {d["id"]: d for d in (session("s1", "main", "Opening"), session("s2", "side", "</script>"))}
        self.job = {
            "id": "capture/main",
            "room": "main",
            "kind": "capture",
            "session": None,
            "state": "running",
            "pid": 42,
            "since": NOW,
            "restarts": 0,
            "error": f"could not open {SOURCE}",
        }
        self.decided: list[DecisionRequest] = []
        self.fault: Exception | None = None
        self.journal_fault: Exception | None = None
        self.gate = asyncio.Event()
        """Catching up waits for it."""
        self.gate.set()
        self.waiting = asyncio.Event()
        """Set when somebody waits to be caught up."""
        self._versions: SmallVersions | None = None
        self.library = SmallLibrary(files, self.sessions)
        self.delivery = SmallDelivery(self.rooms)
        self.monitoring = SmallMonitoring()
        self.token_store = TokenStore()
        self.tokens = Tokens(cast(Store, self.token_store), cast(Clock, SystemClock()))
        self._bus = Bus()

    def as_service(self) -> Service:
        return cast(Service, self)

    @property
    def versions(self) -> SmallVersions:
        assert self._versions is not None, "the test follows no feed"
        return self._versions

    def follow(self, versions: SmallVersions) -> None:
        """Have a timetable with versions; whatever changes of them, the crew is told."""
        self._versions = versions
        versions.tell = lambda status: self._tell(Audience.CREW, "feed", feed=status)

    def decision_of(self, override: str) -> Decision | None:
        known: dict[str, Decision] = {
            "o1": End(session=SessionId("s1")),
            "b1": Bounds(session=SessionId("s1"), start=datetime(2025, 9, 8, 10, tzinfo=UTC)),
        }
        return known.get(override)

    # -- status --------------------------------------------------------------------------------------

    def snapshot(self, audience: Audience) -> Document:
        document = {
            "epoch": self.epoch,
            "revision": self.revisions[audience],
            "now": NOW,
            "conference": {"title": "DNGC", "timezone": "Europe/Copenhagen", "privacy_notice": None},
            "rehearsal": self.rehearsal,
            "rooms": list(self.rooms.values()),
            "sessions": list(self.sessions.values()),
            "notices": [],
        }
        if audience is Audience.CREW:
            document |= {"jobs": [self.job], "cues": [], "alarms": [], "overrides": []}
            if self._versions is not None:
                document |= {"feed": self._versions.status(), "unknown_rooms": self._versions.unknown_rooms}
        return copy.deepcopy(document)

    def change(self, id: str, **new: Any) -> list[JournalEntry]:
        """A session changed: both audiences are told."""
        self.sessions[id] |= new
        return [self._tell(audience, "session.changed", session=self.sessions[id]) for audience in Audience]

    def work(self) -> JournalEntry:
        """A job changed: only the crew is told."""
        return self._tell(Audience.CREW, "job.state", job=self.job)

    def _tell(self, audience: Audience, kind: str, **body: Any) -> JournalEntry:
        self.revisions[audience] += 1
        revision = self.revisions[audience]
        whole = {"epoch": self.epoch, "revision": revision, "at": NOW, "kind": kind, **copy.deepcopy(body)}
        entry = JournalEntry(audience=audience, revision=revision, at=0.0, kind=kind, body=whole)
        self.journal[audience].append(entry)
        self._bus.publish([entry])
        return entry

    async def catch_up(self, audience: Audience, epoch: str, revision: int) -> list[JournalEntry] | None:
        if self.journal_fault is not None:
            raise self.journal_fault
        if epoch != self.epoch or revision > self.revisions[audience]:
            return None
        found = [entry for entry in self.journal[audience] if entry.revision > revision]
        whole = len(found) == self.revisions[audience] - revision
        self.waiting.set()
        await self.gate.wait()
        return found if whole else None

    def subscribe(self, audience: Audience) -> Subscription:
        return self._bus.subscribe(audience)

    def health(self) -> Document:
        return {"status": "ok" if self.ready else "starting"}

    def metrics(self) -> list[Metric]:
        return [
            Metric(
                name="streamer_rooms", help='Rooms\nwith "odd" names.', kind="gauge", samples=[({"state": 'a"\\'}, 2)]
            )
        ]

    # -- decisions -----------------------------------------------------------------------------------

    async def decide(self, request: DecisionRequest) -> Document:
        if self.fault is not None:
            raise self.fault
        if request.target not in self.sessions and request.action != "undo":
            raise NotFound("there is no such session", where=f"session {request.target}")
        if request.if_revision not in (None, 1):
            raise Conflict("the session has changed since", where="if_revision", hint="it is at revision 1")
        if isinstance(request.wanted, Extend) and request.wanted.minutes == 0:
            raise Invalid("zero minutes change nothing", where="minutes")
        self.decided.append(request)
        override = {
            "id": "o1",
            "action": "end",
            "session": "s1",
            "room": "main",
            "at": NOW,
            "by": request.by,
            "description": "end s1",
            "undone": None,
        }
        return {
            "override": None if request.preview else override,
            "revision": self.revisions[Audience.CREW],
            "sessions": [self.sessions["s1"]],
            "conflicts": [{"session": "s1", "with": "s2", "message": "they overlap"}],
        }
