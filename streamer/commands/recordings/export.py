"""Exports recordings to a folder: waits for files or makes them, and reports those that are not available."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from streamer.commands.place.control import Running
from streamer.commands.recordings import copying
from streamer.commands.recordings.copying import Original
from streamer.commands.terminal.screen import Screen
from streamer.core.base.durations import format_size
from streamer.core.base.errors import NotFound, StoreError
from streamer.core.base.ids import SessionId
from streamer.core.base.json import Document
from streamer.core.recording.documents import recording_document, with_paths
from streamer.core.recording.states import RecordingState

if TYPE_CHECKING:
    from streamer.commands.place.offline import OfflineFolder

_LOOK_EVERY = 0.5
_FINISHED = (RecordingState.READY, RecordingState.PARTIAL)
_WHY_NOT = {
    RecordingState.OFF: "it is not recorded",
    RecordingState.PENDING: "nothing has been captured yet",
    RecordingState.CAPTURING: "its session is still running",
    RecordingState.FINALISING: "it is not finished yet",
    RecordingState.ERASED: "it was erased",
    RecordingState.FAILED: "it failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A file in the folder; ``copied`` is False where it existed already."""

    session: str
    path: Path
    bytes: int
    sha256: str
    copied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """A recording, or a file of one, that is not in the folder. ``wrong``: it should be."""

    session: str
    state: str
    reason: str
    wrong: bool


@dataclass(slots=True, kw_only=True)
class Export:
    """One run of ``recordings export``. ``data`` is the data folder, ``sessions`` the requested ones (empty: all)."""

    data: Path
    folder: Path
    sessions: Sequence[str]
    screen: Screen
    delivered: list[Delivered] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)

    async def from_service(self, service: Running) -> None:
        """Copies the finished recordings first, then waits for those that are being finalised."""
        known = {d["session"]: d for d in await service.recordings()}
        chosen = self._chosen(known, await service.snapshot())
        unfinished = [d for d in chosen if d["state"] == RecordingState.FINALISING]
        await self._deliver([d for d in chosen if d not in unfinished])
        for document in unfinished:
            await self._deliver([await self._finalised(service, document)])

    async def _finalised(self, service: Running, document: Document) -> Document:
        with self.screen.task(f"{document['title']}: is being finalised", None):
            while document["state"] == RecordingState.FINALISING:
                await asyncio.sleep(_LOOK_EVERY)
                found = {d["session"]: d for d in await service.recordings()}
                document = found.get(document["session"], {**document, "state": RecordingState.ERASED})
        return document

    async def from_store(self, store: OfflineFolder) -> None:
        """Makes the recordings that are not finished."""
        from streamer.commands.place.assembly import find_ffmpeg
        from streamer.commands.recordings.finishing import Finisher

        snapshot = await store.snapshot()
        self._chosen({d["session"]: d for d in snapshot["recordings"]}, snapshot)
        wanted = [SessionId(id) for id in self.sessions]
        titles = {s["id"]: s["title"] for s in snapshot["sessions"]}
        looking = self.screen.task("Reading the captured segments", None)
        with looking, self.screen.shares(lambda id: f"{titles.get(id, id)}: is being made") as report:
            made = await Finisher(store, await find_ffmpeg(store.place.secretless), report).finish(wanted)
        zone = (await store.programme()).zone
        known = {str(id): dict(with_paths(one, recording_document(one, zone))) for id, one in made.items()}
        await self._deliver(self._chosen(known, snapshot))

    def _chosen(self, known: dict[str, Document], snapshot: Document) -> list[Document]:
        """The documents of the requested sessions. Raises NotFound for an unknown session."""
        if not self.sessions:
            return list(known.values())
        planned = {s["id"]: s for s in snapshot["sessions"]}
        chosen = []
        for id in dict.fromkeys(self.sessions):
            if id not in known and id not in planned:
                hint = "see: streamer session list, and streamer recordings list"
                raise NotFound("this session does not exist", where=f"session {id}", hint=hint)
            chosen.append(known.get(id) or {**_NOTHING, "session": id, "state": planned[id]["recording"]})
        return chosen

    # -- copying -------------------------------------------------------------------------------------------

    async def _deliver(self, documents: Sequence[Document]) -> None:
        ready = [d for d in documents if d["state"] in _FINISHED]
        for document in documents:
            if document not in ready:
                self._withhold(document)
        originals = [(d["session"], o) for d in ready for o in self._originals(d)]
        await asyncio.to_thread(copying.prepare, self.folder, [o for _, o in originals])
        for session, original in originals:
            await self._copy(session, original)
        for document in ready:
            if document["state"] == RecordingState.PARTIAL:
                self.screen.note(f"{document['title']}: {document['reason']}")

    def _originals(self, document: Document) -> list[Original]:
        return [
            Original(
                path=self.data / file["path"],
                name=file["name"],
                bytes=file["bytes"],
                sha256=file["sha256"],
                renewed=file["kind"] == "report",
            )
            for file in document["files"]
            if file["kind"] != "vod"  # it names segments, which stay with the service
        ]

    def _withhold(self, document: Document) -> None:
        state = RecordingState(document["state"])
        wrong = bool(self.sessions) or state is RecordingState.FAILED
        reason = document["reason"] or _WHY_NOT[state]
        self.withheld.append(Withheld(session=document["session"], state=str(state), reason=reason, wrong=wrong))
        self.screen.note(f"{document['session']}: {reason}")

    async def _copy(self, session: str, original: Original) -> None:
        try:
            there = copying.is_there(original, self.folder)
            steps = copying.compare(original, self.folder) if there else copying.copy(original, self.folder)
            with self.screen.task(original.name, original.bytes) as advance:
                for done in steps:
                    advance(done)
                    await asyncio.sleep(0)  # Ctrl-C comes between two blocks
        except StoreError as error:
            self.withheld.append(Withheld(session=session, state="", reason=str(error), wrong=True))
            self.screen.note(str(error))
            return
        path = self.folder / original.name
        self.delivered.append(
            Delivered(session=session, path=path, bytes=original.bytes, sha256=original.sha256, copied=not there)
        )
        size = format_size(original.bytes)
        self.screen.line(f"{path}  {size}  {'is there already' if there else 'copied'}, sha256 checked")


_NOTHING: Document = {"title": "", "reason": "", "files": []}
