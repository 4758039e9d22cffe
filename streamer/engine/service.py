"""The service: starts and stops the parts, runs the turns, and is the one door for web and command line."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from streamer.core.channel import FilePrefix
from streamer.core.desired import cues
from streamer.core.documents import iso
from streamer.core.errors import NotFound, StreamerError, TimetableError
from streamer.core.ids import OverrideId, SessionId
from streamer.core.overrides import Override
from streamer.core.policy import Policy
from streamer.core.ports import Bells, Clock, Exporter, Feed, Launcher, LiveFolders, SlatePainter, Store, TakeReader
from streamer.core.records import Audience, Batch, Document, JournalEntry, RecordingFile, RecordingState, Role, Token
from streamer.core.timetable import Parsed, Timetable
from streamer.engine.announcer import Announcer
from streamer.engine.archive import Archive
from streamer.engine.bus import Bus, Subscription
from streamer.engine.channels import Channels
from streamer.engine.decisions import UNDO, DecisionRequest, check_keys, check_revision, decision, undone
from streamer.engine.metrics import Metric, metrics
from streamer.engine.programme import Programme
from streamer.engine.reconciler import Reconciler, override_document
from streamer.engine.recordings import Recordings
from streamer.engine.supervisor import Supervisor
from streamer.engine.tokens import Tokens

log = logging.getLogger(__name__)

TURN_EVERY = 0.5
STEP_EVERY = 0.1
CATCH_UP = 1_000
"""Missed entries up to which a client is caught up; beyond it a snapshot is shorter."""
SHIFTED_KEPT = 128


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the service is put together from; the command line chooses the implementations."""

    clock: Clock
    store: Store
    launcher: Launcher
    takes: TakeReader
    folders: LiveFolders
    painter: SlatePainter
    exporter: Exporter
    bells: Bells
    feed: Feed
    shift: Callable[[bytes, int], bytes]
    """Adds ticks to every ``tfdt`` of a CMAF segment."""


@dataclass(frozen=True, kw_only=True)
class House:
    """What the configuration says about this conference."""

    data: Path
    policy: Policy
    shape: Callable[[Timetable], Timetable]
    """Makes of a feed's timetable the one to run: rooms matched, and in a rehearsal shifted."""
    privacy_notice: str | None = None
    rehearsal: bool = False


class Service:
    """One conference's video, running."""

    def __init__(self, parts: Parts, house: House) -> None:
        self.rehearsal = house.rehearsal
        self.ready = False
        self._tokens = Tokens(parts.store, parts.clock)
        self._parts = parts
        self._house = house
        self._bus = Bus()
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._shifted: OrderedDict[FilePrefix, bytes] = OrderedDict()
        self._trouble = ""
        self._reconciler: Reconciler | None = None

    # -- life ------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open everything, take up what a former run left, and begin to turn. Raises StreamerError."""
        parts, house = self._parts, self._house
        stored = await parts.store.open()
        await self._tokens.load()
        parsed = await parts.feed.load()
        now = parts.clock.now()
        programme = Programme(house.shape(parsed.timetable), house.policy, stored.overrides)
        programme.remarks = parsed.remarks
        archive = Archive(parts.takes, self.wake)
        self._reconciler = Reconciler(
            clock=parts.clock,
            store=parts.store,
            bells=parts.bells,
            bus=self._bus,
            programme=programme,
            supervisor=Supervisor(parts.launcher, parts.clock, self.wake),
            archive=archive,
            channels=Channels(house.policy, parts.folders, parts.painter, now),
            recordings=Recordings(archive, parts.exporter, stored.recordings, self.wake),
            announcer=Announcer(stored),
        )
        await self._reconciler.restore(stored)
        await self._reconciler.channels.prepare(programme.timetable.title)
        parts.bells.start(self.wake)
        await self._one_turn()
        self._spawn(self._turns(), "turns")
        self._spawn(self._steps(), "channels")
        self._spawn(self._feed(), "feed")
        self.ready = True

    async def stop(self, *, end_media: bool) -> None:
        """Stop turning; with ``end_media`` end every process and index what it wrote last."""
        self.ready = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._parts.bells.stop()
        self._bus.close()
        if self._reconciler is None:
            await self._parts.store.close()
            return
        reconciler = self._reconciler
        await reconciler.channels.close()
        await reconciler.recordings.close()
        await reconciler.archive.close()
        await reconciler.supervisor.close(end_media=end_media)
        if end_media:
            await self._close_takes(reconciler)
        await self._parts.store.close()

    async def _close_takes(self, reconciler: Reconciler) -> None:
        batch = Batch()
        try:
            for take in reconciler.archive.open_takes():
                await reconciler.archive.end_take(take, "the service was stopped", batch)
            now = self._parts.clock.now()
            reconciler.archive.keep(reconciler.programme.plan(now), self._house.policy, now, batch)
            await self._parts.store.commit(batch)
        except StreamerError as error:
            log.error("the last segments could not be indexed, the next start will: %s", error)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.append(asyncio.create_task(work, name=name))

    def wake(self) -> None:
        """Ask for a turn."""
        self._wake.set()

    async def _one_turn(self) -> None:
        async with self._turn:
            await self._engine.once()

    async def _turns(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._one_turn()
                self._trouble = ""
            except StreamerError as error:
                self._report(str(error))
            except Exception:
                log.exception("a turn failed; the next one tries again")
                self._report("an unexpected error, see the log")
            try:
                async with asyncio.timeout(TURN_EVERY):
                    await self._wake.wait()
            except TimeoutError:
                pass

    def _report(self, trouble: str) -> None:
        if trouble != self._trouble:
            log.error("a turn could not be finished, what it changes waits: %s", trouble)
        self._trouble = trouble

    async def _steps(self) -> None:
        engine = self._engine
        while True:
            now = self._parts.clock.now()
            try:
                published = engine.channels.step(engine.programme.plan(now), now)
                if any(e.session is not None for entries in published.values() for e in entries):
                    self.wake()
            except Exception:
                log.exception("a step of the channels failed; the next one tries again")
            await asyncio.sleep(STEP_EVERY)

    async def _feed(self) -> None:
        async for update in self._parts.feed.updates():
            if isinstance(update, Parsed):
                self._publish(update)
            else:
                self._refuse(update)
            self.wake()

    def _publish(self, parsed: Parsed) -> None:
        engine = self._engine
        try:
            timetable = self._house.shape(parsed.timetable)
        except StreamerError as error:
            engine.feed_error = str(error)
            return
        engine.feed_error = ""
        engine.programme.remarks = parsed.remarks
        if engine.programme.publish(timetable, self._parts.clock.now()):
            log.info("a new version of the timetable: %d sessions", len(timetable.sessions))

    def _refuse(self, error: TimetableError) -> None:
        log.error("the timetable's new version can't be used, the last good one stands: %s", error)
        self._engine.feed_error = str(error)

    @property
    def _engine(self) -> Reconciler:
        if self._reconciler is None:
            raise StreamerError("the service has not started")
        return self._reconciler

    # -- status ------------------------------------------------------------------------------------------

    def snapshot(self, audience: Audience) -> Document:
        """The contract's snapshot, as last announced."""
        engine = self._engine
        announcer, programme = engine.announcer, engine.programme
        now = self._parts.clock.now()
        rooms = announcer.documents("room")
        order = [str(r.id) for r in programme.rooms]
        sessions = announcer.documents("session")
        plan = programme.plan(now)
        document: Document = {
            "epoch": announcer.epoch,
            "revision": announcer.revisions[audience],
            "now": iso(now, programme.zone),
            "conference": {
                "title": programme.timetable.title,
                "timezone": programme.timetable.timezone,
                "privacy_notice": self._house.privacy_notice,
            },
            "rehearsal": self.rehearsal,
            "rooms": [rooms[id] for id in order if id in rooms],
            "sessions": [sessions[s.id] for s in plan.sessions if s.id in sessions],
        }
        if audience is Audience.CREW:
            document |= {
                "jobs": list(announcer.documents("job").values()),
                "cues": [
                    {"at": iso(c.at, programme.zone), "session": c.session, "action": c.action}
                    for c in cues(plan, programme.policy)
                ],
                "alarms": list(announcer.documents("alarm").values()),
                "overrides": [override_document(o, programme) for o in programme.overrides[-200:]],
                "recordings": self.recordings(),
                "remarks": [{"message": r.message, "where": r.where} for r in programme.remarks],
            }
        return document

    async def catch_up(self, audience: Audience, epoch: str, revision: int) -> list[JournalEntry] | None:
        """The entries a client missed, in order; None where it needs a snapshot."""
        announcer = self._engine.announcer
        if epoch != announcer.epoch or revision > announcer.revisions[audience]:
            return None
        found = announcer.since(audience, revision)
        if found is None:
            found = await self._parts.store.journal_since(audience, revision, CATCH_UP)
        return found if found is not None and len(found) <= CATCH_UP else None

    def subscribe(self, audience: Audience) -> Subscription:
        return self._bus.subscribe(audience)

    def health(self) -> Document:
        """``ok``, ``degraded`` (it runs, somebody should look) or ``starting``."""
        if not self.ready:
            return {"status": "starting"}
        alarms = self._engine.announcer.documents("alarm").values()
        errors = [a["message"] for a in alarms if a["severity"] == "error"]
        if self._trouble:
            errors.insert(0, self._trouble)
        return {"status": "degraded" if errors else "ok", "problems": len(errors), "turns": self._engine.turns}

    def metrics(self) -> list[Metric]:
        return metrics(self._engine) if self.ready else []

    def finished(self) -> bool:
        """Whether the day is over: every session ended and every recording in its last state."""
        engine = self._engine
        now = self._parts.clock.now()
        plan = engine.programme.plan(now)
        last = {RecordingState.READY, RecordingState.PARTIAL, RecordingState.FAILED, RecordingState.ERASED}
        return all(
            now >= s.end
            and (not s.record or (s.id in engine.recordings.all and engine.recordings.all[s.id].state in last))
            for s in plan.sessions
        )

    def next_start(self) -> datetime | None:
        """When the next session starts; None when none is left."""
        now = self._parts.clock.now()
        return min((s.start for s in self._engine.programme.plan(now).sessions if s.start > now), default=None)

    # -- decisions -----------------------------------------------------------------------------------------

    async def decide(self, request: DecisionRequest) -> Document:
        """Take a decision, or preview it. Raises NotFound, Conflict or Invalid."""
        engine = self._engine
        name = f"{request.by}:{request.action}:{request.target}:{request.key}"
        if request.key is not None and not request.preview:
            answered = await self._parts.store.answer(name)
            if answered is not None:
                return answered
        async with self._turn:
            now = self._parts.clock.now()
            override = self._override(request, name, now)
            if request.preview:
                return self._answer(override, now, preview=True)
            if engine.programme.override(override.id) != override:
                engine.remember(override)
                await engine.once()
            answer = self._answer(override, self._parts.clock.now(), preview=False)
            if request.key is not None:
                await self._parts.store.commit(Batch(answers=[(name, answer)]))
        self.wake()
        return answer

    def _override(self, request: DecisionRequest, name: str, now: datetime) -> Override:
        engine = self._engine
        if request.action == UNDO:
            check_keys(request)
            found = engine.programme.override(OverrideId(request.target))
            override = undone(found, request.target, now)
        else:
            override = decision(request, engine.programme.plan(now), self._house.policy, now)
            if request.key is not None:
                # The same key names the same decision even if the service died before it could answer.
                override = replace(override, id=OverrideId(hashlib.sha256(name.encode()).hexdigest()[:16]))
                override = engine.programme.override(override.id) or override
        known = engine.announcer.documents("session").get(override.session, {})
        check_revision(request.body, known.get("revision", 0))
        return override

    def _answer(self, override: Override, now: datetime, *, preview: bool) -> Document:
        engine = self._engine
        plan = engine.programme.imagine(override, now) if preview else engine.programme.plan(now)
        known = engine.announcer.documents("session").get(override.session)
        document = known
        if preview:
            imagined = engine.scene(plan, now, imagined=True).sessions.get(override.session)
            document = imagined and {**imagined, "revision": (known or {}).get("revision", 0)}
        return {
            "override": None if preview else override_document(override, engine.programme),
            "revision": engine.announcer.revisions[Audience.CREW],
            "sessions": [document] if document else [],
            "conflicts": [
                {"session": c.session, "with": c.other, "message": c.message}
                for c in plan.conflicts([SessionId(override.session)])
            ],
        }

    # -- recordings ----------------------------------------------------------------------------------------

    def recordings(self) -> list[Document]:
        documents = self._engine.announcer.documents("recording")
        return sorted(documents.values(), key=lambda d: (d["start"], d["room"], d["session"]))

    def recording(self, session: str) -> Document:
        """Raises NotFound."""
        found = self._engine.announcer.documents("recording").get(session)
        if found is None:
            raise NotFound("there is no recording of this session", where=f"session {session}")
        return found

    def recording_file(self, session: str, name: str) -> tuple[Path, RecordingFile]:
        """Absolute path of a finished file. Raises NotFound."""
        recording = self._engine.recordings.all.get(SessionId(session))
        for file in recording.files if recording is not None else ():
            if file.name == name:
                return self._house.data / file.path, file
        raise NotFound(
            "there is no such file", where=f"recording of session {session}", hint="see the recording's files"
        )

    # -- channel -------------------------------------------------------------------------------------------

    def multivariant(self, room: str) -> str:
        return self._engine.channels.multivariant(room)

    def media_playlist(self, room: str, track: str) -> str:
        return self._engine.channels.media_playlist(room, track, self._parts.clock.now())

    def init_segment(self, room: str, track: str, span: int) -> Path:
        return Path(self._engine.channels.init_segment(room, track, span))

    def segment(self, room: str, track: str, sequence: int) -> FilePrefix:
        return self._engine.channels.segment(room, track, sequence)

    def shifted(self, media: FilePrefix) -> bytes:
        """A slate's segment with its place in time written into it."""
        known = self._shifted.get(media)
        if known is None:
            content = Path(media.path).read_bytes()
            known = self._parts.shift(content if media.bytes is None else content[: media.bytes], media.shift)
            self._shifted[media] = known
            if len(self._shifted) > SHIFTED_KEPT:
                self._shifted.popitem(last=False)
        return known

    # -- access --------------------------------------------------------------------------------------------

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
