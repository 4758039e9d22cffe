"""Recordings of a service as the organisers get them: their documents and their finished files."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import BenchError
from bench.running_service import RunningService, until

FINISHED = ("ready", "partial", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A finished recording: its document, and its MP4s as they were fetched."""

    document: dict[str, Any]
    files: tuple[Path, ...]

    @property
    def reported(self) -> float:
        """Seconds that it says are missing."""
        return float(sum(gap["duration"] for gap in self.document["gaps"]))


async def recorded(service: RunningService, sessions: Collection[str], within: float) -> dict[str, Recorded]:
    """Each session's recording, once all are finished.

    Raises BenchError where that takes longer than ``within`` seconds, or one of them has failed.
    """
    found: dict[str, dict[str, Any]] = {}

    async def finished() -> bool:
        for document in (await service.ask("/api/v1/recordings"))["recordings"]:
            if document["state"] in FINISHED and document["session"] in sessions:
                found[document["session"]] = document
        return len(found) == len(sessions)

    await until(finished, f"the export of {len(sessions)} recordings", within)
    for id, document in found.items():
        if document["state"] == "failed":
            raise BenchError(f"{id} has no recording: {document['reason']}")
    return {id: await fetched(service, document) for id, document in found.items()}


async def fetched(service: RunningService, document: dict[str, Any]) -> Recorded:
    """Its files, in the service's folder."""
    folder = service.data.parent / "fetched" / document["session"]
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for file in document["files"]:
        if file["kind"] == "mp4":
            target = folder / file["name"]
            target.write_bytes(await service.fetch(file["url"]))
            files.append(target)
    return Recorded(document=document, files=tuple(files))
