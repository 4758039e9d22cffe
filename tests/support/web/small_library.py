"""A library small enough for tests of the web floor: recordings held in memory, files in a folder of the test's."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

from streamer.core.base.errors import Conflict, NotFound
from streamer.core.base.json import Document
from streamer.core.export.files import RecordingFile
from streamer.core.export.vod import named_segment, segment_key
from streamer.core.jobs.specs import Piece

NOW = "2025-09-08T09:30:00+02:00"


class SmallLibrary:
    """Offers what :class:`streamer.engine.service.library.Library` does. ``sessions`` are the ids that there are."""

    def __init__(self, folder: Path, sessions: Collection[str]) -> None:
        self.recorded: dict[str, tuple[Document, dict[str, tuple[Path, RecordingFile]]]] = {}
        self.segments: dict[tuple[str, str, int], Path] = {}
        """By session, take and number."""
        self.bounds_of: dict[str, Document] = {}
        """By session, where a test has its own."""
        self.frames: dict[str, bytes] = {}
        """What is to be seen of a session, at any time."""
        self.decodes = asyncio.Event()
        """Cleared, pictures take until it is set."""
        self.decodes.set()
        self.decoding: list[int] = []
        """How many pictures were being decoded, at each begin of one."""
        self._decoding = 0
        self.folder = folder
        self._sessions = sessions

    def record(self, id: str, name: str, content: bytes) -> RecordingFile:
        path = self.folder / f"{id}-{len(self.recorded)}"
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
            "progress": None,
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

    def documents(self) -> list[Document]:
        return [document for document, _ in self.recorded.values()]

    def document(self, session: str) -> Document:
        if session not in self.recorded:
            raise NotFound("there is no recording of this session", where=f"session {session}")
        return self.recorded[session][0]

    def file(self, session: str, name: str) -> tuple[Path, RecordingFile]:
        files: Mapping[str, tuple[Path, RecordingFile]] = self.recorded[session][1] if session in self.recorded else {}
        if name not in files:
            raise NotFound("this file does not exist", where=f"recording of session {session}")
        return files[name]

    def with_paths(self) -> list[Document]:
        return [
            {**document, "files": [{**one, "path": files[one["name"]][1].path} for one in document["files"]]}
            for document, files in self.recorded.values()
        ]

    def segment(self, session: str, name: str, query: Mapping[str, str]) -> tuple[Piece, ...]:
        key = segment_key(name)
        path = self.segments.get((session, *key)) if key is not None else None
        pieces = named_segment(name, query, str(path), path.stat().st_size) if path is not None else None
        if pieces is None:
            raise NotFound("there is no such segment", where=f"recording of session {session}")
        return pieces

    def bounds(self, session: str) -> Document:
        if session in self.bounds_of:
            return self.bounds_of[session]
        if session not in self._sessions:
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

    async def frame(self, session: str, at: datetime) -> bytes:
        if at.hour == 23:
            raise Conflict("this instant belongs to a session that may not be recorded", where="at")
        self._decoding += 1
        self.decoding.append(self._decoding)
        await self.decodes.wait()
        self._decoding -= 1
        return self.frames.get(session, b"\xff\xd8 " + at.isoformat().encode())
