"""Recordings of a house as the organisers get them: their documents and their finished files."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.house import House, until
from streamer.core.ids import SessionId
from streamer.core.layout import recording_folder

_FINISHED = ("ready", "partial", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A finished recording: its document, and its MP4."""

    document: dict[str, Any]
    file: Path

    @property
    def reported(self) -> float:
        """Seconds that it says are missing."""
        return float(sum(gap["duration"] for gap in self.document["gaps"]))


async def recorded(house: House, sessions: Collection[str], within: float) -> dict[str, Recorded]:
    """Each session's recording, once all are finished. Raises BenchError where they are not within so many seconds."""
    found: dict[str, Recorded] = {}

    async def finished() -> bool:
        for document in (await house.ask("/api/v1/recordings"))["recordings"]:
            files = [file["name"] for file in document["files"] if file["kind"] == "mp4"]
            if document["state"] in _FINISHED and files and document["session"] in sessions:
                folder = house.data / recording_folder(SessionId(document["session"]))
                found[document["session"]] = Recorded(document=document, file=folder / files[0])
        return len(found) == len(sessions)

    await until(finished, f"the export of {len(sessions)} recordings", within)
    return found
