"""Makes recordings that no service has finished, from the kept segments, with the engine's own parts.

Takes the steps of a service's turn for recordings alone; the next start finds them done. Starts FFmpeg for exports,
opens no source, and ends the processes that it started, also on an interrupt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial

from streamer.commands.place import assembly
from streamer.commands.place.offline import OfflineFolder
from streamer.core.base.ids import SessionId
from streamer.core.jobs.processes import ProcessRecord
from streamer.core.recording.recording import Recording
from streamer.core.records.batch import Batch
from streamer.core.status.disk import Pressure
from streamer.engine.footage.archive import Archive
from streamer.engine.jobs.supervisor import Supervisor
from streamer.engine.machine.clock import SystemClock
from streamer.engine.machine.worker import Worker
from streamer.engine.recordings.former_run import restore_former_run
from streamer.engine.recordings.recordings import Recordings
from streamer.engine.recordings.situation import Situation
from streamer.engine.recordings.steps import ExportContext
from streamer.media import command_lines as argv
from streamer.media.capture.salvage import FolderSalvage
from streamer.media.capture.takes import Takes
from streamer.media.ffmpeg.program import FFmpeg
from streamer.media.files.export import FileExporter
from streamer.media.processes.child_launcher import ChildLauncher
from streamer.media.processes.keeper_server import RUNS
from streamer.media.processes.launcher import KeeperLauncher

Report = Callable[[SessionId, float], None]
"""Receives an export's progress: the written share of its media, 0…1."""

_LOOK_EVERY = 0.3


class Finisher:
    """One pass over the recordings of a store, until no requested one can be advanced."""

    def __init__(self, offline_folder: OfflineFolder, ffmpeg: FFmpeg, report: Report) -> None:
        self._offline = offline_folder
        self._report = report
        self._data = offline_folder.place.data
        self._command = partial(argv.command, ffmpeg.path)
        self._wake = asyncio.Event()
        self._worker = Worker(self._wake.set)
        self._supervisor = Supervisor(ChildLauncher(self._data, self._command), SystemClock(), self._wake.set)
        self._archive = Archive(Takes(self._data), self._wake.set, self._worker)
        exporter, known = FileExporter(self._data, ffmpeg.path), offline_folder.stored.recordings
        self._recordings = Recordings(self._archive, exporter, known, self._worker, analyses=False)

    async def finish(self, sessions: Collection[SessionId]) -> dict[SessionId, Recording]:
        """Finish the recordings of ``sessions`` (empty: of all sessions with kept media) where possible, and return all
        recordings. Raises StoreError."""
        try:
            await self._supervisor.open()
            await self._index()
            wanted = sessions or await self._touched()
            while await self._turn(wanted):
                await self._pause()
        finally:
            await self._supervisor.close(end_media=True)
            await self._worker.close()
            await self._archive.close()
        return self._recordings.all

    async def _index(self) -> None:
        """Includes segments that a killed service had not indexed."""
        programme, now = await self._offline.programme(), assembly.now()
        plan, survivors = programme.plan(now), await self._surviving()
        takes, salvage = Takes(self._data), FolderSalvage(self._data)
        recovered = await restore_former_run(
            self._offline.stored, survivors, takes, salvage, self._archive, self._recordings, plan
        )
        batch = recovered.batch
        await self._archive.catch_up(batch)
        self._archive.footage.keep(plan, programme.policy, now, batch)
        await self._offline.store.commit(batch)
        self._archive.delete_doomed()

    async def _touched(self) -> set[SessionId]:
        programme = await self._offline.programme()
        kept = {s.id for s in programme.plan(assembly.now()).sessions if self._archive.footage.kept(s.id)}
        return kept | set(self._recordings.all)

    async def _surviving(self) -> list[ProcessRecord]:
        """The processes of a killed service that are still running."""
        if not (self._data / RUNS).is_dir():
            return []
        launcher = KeeperLauncher(self._data, self._command)
        records = await launcher.open()
        await launcher.close(end_media=not records)  # a keeper without processes ends, too
        return records

    async def _turn(self, wanted: Collection[SessionId]) -> bool:
        """Whether more work remains."""
        programme, batch, now = await self._offline.programme(), Batch(), assembly.now()
        plan = programme.plan(now)
        plan = replace(plan, sessions=tuple(s for s in plan.sessions if s.id in wanted))
        supervisor, recordings, pressure = self._supervisor, self._recordings, Pressure.EASY
        await supervisor.observe(batch)
        await supervisor.pursue(recordings.desired(supervisor.jobs, pressure), lambda _: now.timestamp(), batch)
        around = ExportContext.of(programme)
        recordings.step(Situation(plan=plan, now=now, jobs=supervisor.jobs, around=around, pressure=pressure), batch)
        await self._offline.store.commit(batch)
        await recordings.erase_doomed(supervisor.jobs)
        for session, share in recordings.progress(supervisor.progress).items():
            self._report(session, share)
        return bool(recordings.unfinished() & {s.id for s in plan.sessions})

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_EVERY):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()
