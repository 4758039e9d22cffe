"""A service small enough for tests of the web floor: real tokens and a real bus, around documents held in memory.

Everything that :class:`streamer.engine.service.Service` offers to the web, with the same promises: a change is in the
snapshot and in the journal before anybody hears of it.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from small_versions import SmallVersions

from streamer.core.channel import FilePrefix
from streamer.core.errors import Conflict, Invalid, NotFound
from streamer.core.media import Piece
from streamer.core.overrides import Action
from streamer.core.ports import Clock, Store
from streamer.core.records import Audience, Document, JournalEntry, RecordingFile, Role, Token
from streamer.core.vod import named_segment, segment_key
from streamer.engine.bus import Bus, Subscription
from streamer.engine.decisions import DecisionRequest
from streamer.engine.metrics import Metric
from streamer.engine.service import Service
from streamer.engine.tokens import Tokens

NOW = "2025-09-08T09:30:00+02:00"
SOURCE = "srt://camera.example:9000?passphrase=do-not-tell-anybody"
"""Stands in the crew's documents only: a viewer that ever sees it has been told too much."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class TokenStore:
    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}

    async def tokens(self) -> list[Token]:
        return list(self._tokens.values())

    async def add_token(self, token: Token) -> None:
        self._tokens[token.name] = token

    async def revoke_token(self, name: str, at: float) -> bool:
        return self._tokens.pop(name, None) is not None


def session(id: str, room: str, title: str) -> Document:
    return {
        "id": id,
        "room": room,
        "title": title,
        "start": "2025-09-08T09:30:00+02:00",
        "end": "2025-09-08T10:30:00+02:00",
        "scheduled_start": "2025-09-08T09:30:00+02:00",
        "scheduled_end": "2025-09-08T10:30:00+02:00",
        "state": "scheduled",
        "on_air": False,
        "record": True,
        "stream": None,
        "recording": "pending",
        "speakers": [{"name": "Åse Ø", "affiliation": ""}],
        "abstract": "",
        "revision": 1,
    }


class SmallService:
    """``files`` is a folder for recordings and media."""

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
            "state": "running",
            "pid": 42,
            "since": NOW,
            "restarts": 0,
            "error": f"could not open {SOURCE}",
        }
        self.decided: list[DecisionRequest] = []
        self.fault: Exception | None = None
        self.gate = asyncio.Event()
        """Catching up waits for it."""
        self.gate.set()
        self.waiting = asyncio.Event()
        """Set when somebody waits to be caught up."""
        self.media: dict[tuple[str, str, int], FilePrefix] = {}
        self.inits: dict[tuple[str, str, int], Path] = {}
        self.recorded: dict[str, tuple[Document, dict[str, tuple[Path, RecordingFile]]]] = {}
        self.segments: dict[tuple[str, str, int], Path] = {}
        """By session, take and number."""
        self.bounds: dict[str, Document] = {}
        """By session, where a test has its own."""
        self.frames: dict[str, bytes] = {}
        """What is to be seen of a session, at any time."""
        self.unknown_rooms: list[Document] = []
        self._versions: SmallVersions | None = None
        self.files = files
        self._bus = Bus()
        self._tokens = Tokens(cast(Store, TokenStore()), cast(Clock, SystemClock()))

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

    def action_of(self, override: str) -> Action | None:
        return {"o1": Action.END, "b1": Action.BOUNDS}.get(override)

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
        }
        if audience is Audience.CREW:
            document |= {"jobs": [self.job], "cues": [], "alarms": [], "overrides": []}
            if self._versions is not None:
                document |= {"feed": self._versions.status(), "unknown_rooms": self.unknown_rooms}
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
        if request.body.get("if_revision", 1) != 1:
            raise Conflict("the session has changed since", where="if_revision", hint="it is at revision 1")
        if request.body.get("minutes") == 0:
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

    # -- recordings ----------------------------------------------------------------------------------

    def record(self, id: str, name: str, content: bytes) -> RecordingFile:
        path = self.files / f"{id}-{len(self.recorded)}"
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        file = RecordingFile(name=name, kind="mp4", path=path.name, bytes=len(content), sha256=digest)
        shown = {"name": name, "kind": "mp4", "bytes": len(content), "sha256": digest}
        document = {
            "session": id,
            "room": "main",
            "title": "Opening",
            "state": "ready",
            "start": NOW,
            "end": NOW,
            "duration": 0.0,
            "coverage": 1.0,
            "gaps": [],
            "files": [{**shown, "url": f"/api/v1/recordings/{id}/{name}"}],
            "reason": "",
        }
        self.recorded[id] = (document, {name: (path, file)})
        return file

    def show(self, document: Document, files: Mapping[str, tuple[Path, str]]) -> None:
        """Offer a recording. ``files`` are paths and kinds by name."""
        session, listed, known = document["session"], [], {}
        for name, (path, kind) in files.items():
            digest, size = hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size
            known[name] = (path, RecordingFile(name=name, kind=kind, path=path.name, bytes=size, sha256=digest))
            url = f"/api/v1/recordings/{session}/{name}"
            listed.append({"name": name, "kind": kind, "bytes": size, "sha256": digest, "url": url})
        self.recorded[session] = ({**document, "files": listed}, known)

    def recordings(self) -> list[Document]:
        return [document for document, _ in self.recorded.values()]

    def recording(self, session: str) -> Document:
        if session not in self.recorded:
            raise NotFound("there is no recording of this session", where=f"session {session}")
        return self.recorded[session][0]

    def recording_file(self, session: str, name: str) -> tuple[Path, RecordingFile]:
        files: Mapping[str, tuple[Path, RecordingFile]] = self.recorded[session][1] if session in self.recorded else {}
        if name not in files:
            raise NotFound("there is no such file", where=f"recording of session {session}")
        return files[name]

    def recordings_with_paths(self) -> list[Document]:
        return [
            {**document, "files": [{**one, "path": files[one["name"]][1].path} for one in document["files"]]}
            for document, files in self.recorded.values()
        ]

    def recording_segment(self, session: str, name: str, query: Mapping[str, str]) -> tuple[Piece, ...]:
        key = segment_key(name)
        path = self.segments.get((session, *key)) if key is not None else None
        pieces = named_segment(name, query, str(path)) if path is not None else None
        if pieces is None:
            raise NotFound("there is no such segment", where=f"recording of session {session}")
        return pieces

    def recording_bounds(self, session: str) -> Document:
        if session in self.bounds:
            return self.bounds[session]
        if session not in self.sessions:
            raise NotFound("there is no such session", where=f"session {session}")
        return {
            "session": session,
            "start": "2025-09-08T09:30:00+02:00",
            "end": "2025-09-08T10:30:00+02:00",
            "session_start": "2025-09-08T09:30:00+02:00",
            "session_end": "2025-09-08T10:30:00+02:00",
            "earliest": "2025-09-08T09:29:00+02:00",
            "latest": "2025-09-08T10:32:00+02:00",
            "override": None,
        }

    async def recording_frame(self, session: str, at: datetime) -> bytes:
        if at.hour == 23:
            raise Conflict("this instant belongs to a session that may not be recorded", where="at")
        return self.frames.get(session, b"\xff\xd8 " + at.isoformat().encode())

    # -- channel -------------------------------------------------------------------------------------

    def multivariant(self, room: str) -> str:
        if room not in self.rooms:
            raise NotFound("there is no channel for this room", where=f"room {room}")
        return "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n720p.m3u8\n"

    def media_playlist(self, room: str, track: str) -> str:
        if room not in self.rooms or track not in ("720p", "audio"):
            raise NotFound(f"there is no track {track!r}", where=f"room {room}")
        return "#EXTM3U\n#EXTINF:2,\n720p/1.m4s\n"

    def init_segment(self, room: str, track: str, span: int) -> Path:
        try:
            return self.inits[room, track, span]
        except KeyError:
            raise NotFound("nothing is published under this name") from None

    def segment(self, room: str, track: str, sequence: int) -> FilePrefix:
        try:
            return self.media[room, track, sequence]
        except KeyError:
            raise NotFound("nothing is published under this name") from None

    def shifted(self, media: FilePrefix) -> bytes:
        return Path(media.path).read_bytes()[::-1]

    # -- access --------------------------------------------------------------------------------------

    async def add_token(self, name: str, role: Role) -> str:
        return await self._tokens.add(name, role)

    async def one_time_token(self, role: Role) -> str:
        return await self._tokens.one_time(role)

    async def tokens(self) -> list[Token]:
        return self._tokens.listing()

    async def revoke_token(self, name: str) -> None:
        await self._tokens.revoke(name)

    async def identify(self, secret: str) -> Token | None:
        return self._tokens.identify(secret)

    async def redeem(self, secret: str) -> str | None:
        return await self._tokens.redeem(secret)
