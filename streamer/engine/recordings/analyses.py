"""Listening to and watching finished recordings, one after the other and with the least priority.

What is found is added to a recording's report: a new file, so that the former one stands until the store knows of it.
A recording can be fetched long before that.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import structlog

from streamer.core.base.errors import DiskFull, StreamerError
from streamer.core.base.ids import SessionId
from streamer.core.base.json import as_json
from streamer.core.recording.files import RecordingFile
from streamer.core.recording.quality import Quality
from streamer.core.recording.recording import Recording
from streamer.core.recording.report import with_quality
from streamer.engine.recordings.exporter import Exporter

log = structlog.stdlib.get_logger(__name__)

Version = tuple[SessionId, str]
"""A session's recording as it was made of one fingerprint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """Which files to look at, and the report to add the findings to."""

    version: Version
    videos: tuple[RecordingFile, ...]
    report: RecordingFile


class Analyses:
    """The analyses that are due, under way and done."""

    def __init__(self, exporter: Exporter, wake: Callable[[], None]) -> None:
        self._exporter = exporter
        self._wake = wake
        self._due: dict[Version, _Order] = {}
        self._done: dict[Version, RecordingFile] = {}
        self._given_up: set[Version] = set()
        self._task: asyncio.Task[None] | None = None
        self.full = False
        """There is no room for another report: nothing is begun."""

    def done(self, recording: Recording) -> RecordingFile | None:
        """The report with what was found in a recording; until there is one, see that somebody looks."""
        version = (recording.session, recording.exported)
        found = self._done.pop(version, None)
        if found is not None:
            return found
        videos = tuple(f for f in recording.files if f.kind == "mp4")
        report = next((f for f in recording.files if f.kind == "report"), None)
        if report is not None and videos and version not in self._due and version not in self._given_up:
            self._due[version] = _Order(version=version, videos=videos, report=report)
        if self._due and self._task is None and not self.full:
            self._task = asyncio.create_task(self._work(), name="analyses")
        return None

    async def _work(self) -> None:
        try:
            while self._due:
                version, order = next(iter(self._due.items()))
                try:
                    self._done[version] = await self._analyse(order)
                except DiskFull:
                    log.info(
                        "the disk has no room for the findings of the analysis: tried again later", session=version[0]
                    )
                except StreamerError as error:
                    self._given_up.add(version)
                    log.warning("the recording could not be analysed", session=version[0], error=error)
                finally:
                    del self._due[version]
                self._wake()
        finally:
            self._task = None

    async def _analyse(self, order: _Order) -> RecordingFile:
        found: list[Quality] = [await self._exporter.analyse(video.path) for video in order.videos]
        document = with_quality(json.loads(await self._exporter.read(order.report.path)), found)
        folder, _, name = order.report.path.rpartition("/")
        path = f"{folder}/analysed/{name}"
        facts = await self._exporter.write(as_json(document), path)
        return replace(order.report, path=path, bytes=facts.bytes, sha256=facts.sha256)

    def take_stale(self, recordings: Collection[Recording]) -> list[str]:
        """The reports that were made of versions which are no more, to be deleted."""
        present = {(r.session, r.exported) for r in recordings}
        stale = [version for version in self._done if version not in present]
        return [self._done.pop(version).path for version in stale]

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
