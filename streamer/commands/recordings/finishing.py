"""Recordings that no service has finished, made from the kept segments by the service's own parts.

The same judgement, the same cuts and the same names as in a running service; the next start finds them done. Starts
FFmpeg for exports alone, never touches a source, and ends what it started whatever happens.
"""

from __future__ import annotations

import asyncio
import resource
import secrets
import shutil
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial

from streamer.commands.place import assembly
from streamer.commands.place.offline import OfflineFolder
from streamer.core.base.errors import StreamerError
from streamer.core.base.ids import JobId, RunId, SessionId
from streamer.core.base.layout import run_folder
from streamer.core.jobs.lifecycle import Job, JobState
from streamer.core.jobs.processes import ProcessRecord
from streamer.core.jobs.specs import ExportSettings, JobSpec
from streamer.core.recording.recording import Recording
from streamer.core.recording.states import RecordingState
from streamer.core.records.batch import Batch
from streamer.engine.footage.archive import Archive
from streamer.engine.footage.recovery import Recovery
from streamer.engine.recordings.recordings import Recordings
from streamer.engine.recordings.workshop import ExportContext
from streamer.media import command_lines as argv
from streamer.media.capture.salvage import FolderSalvage
from streamer.media.capture.takes import Takes
from streamer.media.ffmpeg.command import Command
from streamer.media.ffmpeg.explain import explain
from streamer.media.ffmpeg.logs import parse
from streamer.media.ffmpeg.oneshot import run_once
from streamer.media.ffmpeg.program import FFmpeg
from streamer.media.files.export import FileExporter
from streamer.media.processes.keeper_server import RUNS
from streamer.media.processes.launcher import KeeperLauncher
from streamer.media.processes.progress import RunProgress

Report = Callable[[SessionId, float], None]
"""Hears of an export: how many seconds of media are written, of how many, as a share 0…1."""

_LOOK_EVERY = 0.3
_SHORTEST_LIMIT = 120.0
_LIMIT_PER_SECOND = 2.0
"""An export that takes longer than these (s, and s for each second of media) hangs."""


class Finisher:
    """One pass over the recordings of a store, until none of those that are wanted can be brought further."""

    def __init__(self, offline_folder: OfflineFolder, ffmpeg: FFmpeg, report: Report) -> None:
        self._offline = offline_folder
        self._ffmpeg = ffmpeg
        self._report = report
        self._data = offline_folder.place.data
        self._wake = asyncio.Event()
        self._jobs: dict[JobId, Job] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._archive = Archive(Takes(self._data), self._wake.set)
        self._recordings = Recordings(
            self._archive,
            FileExporter(self._data, ffmpeg.path),
            offline_folder.stored.recordings,
            self._wake.set,
            analyses=False,
        )

    async def finish(self, sessions: Collection[SessionId]) -> dict[SessionId, Recording]:
        """All recordings, those of ``sessions`` (empty: of all that anything is kept of) as far as they can be
        brought. Raises StoreError."""
        try:
            await self._index()
            wanted = sessions or await self._touched()
            while await self._step(wanted):
                for spec in self._recordings.desired({}).values():
                    if spec.digest not in self._tasks:
                        self._tasks[spec.digest] = asyncio.create_task(self._export(spec), name=spec.id)
                await self._pause()
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            await self._recordings.close()
            await self._archive.close()
        return self._recordings.all

    async def _index(self) -> None:
        """Segments that a service had not indexed before it was killed count as well."""
        programme, now = await self._offline.programme(), assembly.now()
        survivors = await self._surviving()
        salvage = FolderSalvage(self._data)
        recovered = await Recovery(self._offline.stored, survivors, Takes(self._data), salvage).run()
        batch = recovered.batch
        self._recordings.all |= {r.session: r for r in recovered.stored.recordings}
        await self._archive.restore(recovered, [record.run for record in survivors])
        bereft = {keep.session for keep in batch.dropped_keeps}
        self._recordings.stand(bereft, programme.plan(now), batch)
        await self._archive.catch_up(batch)
        self._archive.footage.keep(programme.plan(now), programme.policy, now, batch)
        await self._offline.store.commit(batch)
        self._archive.delete_doomed()

    async def _touched(self) -> set[SessionId]:
        programme = await self._offline.programme()
        kept = {s.id for s in programme.plan(assembly.now()).sessions if self._archive.footage.kept(s.id)}
        return kept | set(self._recordings.all)

    async def _surviving(self) -> list[ProcessRecord]:
        """The processes of a service that was killed which are still going on."""
        if not (self._data / RUNS).is_dir():
            return []
        launcher = KeeperLauncher(self._data, partial(argv.command, self._ffmpeg.path))
        records = await launcher.open()
        await launcher.close(end_media=not records)  # a keeper that has nothing to keep goes, too
        return records

    async def _step(self, wanted: Collection[SessionId]) -> bool:
        """Whether there is more to be done."""
        programme, batch, now = await self._offline.programme(), Batch(), assembly.now()
        plan = programme.plan(now)
        plan = replace(plan, sessions=tuple(s for s in plan.sessions if s.id in wanted))
        around = ExportContext(
            conference=programme.timetable.title,
            rooms={room.id: room.name for room in programme.rooms},
            zone=programme.zone,
        )
        self._recordings.step(plan, self._jobs, around, now, batch)
        await self._offline.store.commit(batch)
        self._recordings.erase_doomed(self._jobs)
        return any(
            s.id in self._recordings.all and self._recordings.all[s.id].state is RecordingState.FINALISING
            for s in plan.sessions
        )

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_EVERY):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    # -- exports -------------------------------------------------------------------------------------------

    async def _export(self, spec: JobSpec) -> None:
        run = RunId(f"export-{secrets.token_hex(6)}")
        settings = spec.settings
        assert isinstance(settings, ExportSettings)
        assert spec.session is not None
        error = "it was broken off"
        watch = asyncio.create_task(self._watch(spec.session, run, settings), name=f"progress of {spec.id}")
        try:
            error = await self._run(argv.command(self._ffmpeg.path, spec, run), settings, spec)
        except (StreamerError, OSError) as failure:
            error = str(failure)
        finally:
            watch.cancel()
            self._clean(run, settings.target if error else None)
        self._jobs[spec.id] = Job(
            id=spec.id,
            kind=spec.kind,
            room=spec.room,
            digest=spec.digest,
            state=JobState.FAILED if error else JobState.EXITED,
            since=time.time(),
            session=spec.session,
            error=error,
        )
        self._wake.set()

    async def _run(self, command: Command, settings: ExportSettings, spec: JobSpec) -> str:
        """What went wrong, in a sentence; empty where all went well."""
        for folder in command.folders:
            (self._data / folder).mkdir(parents=True, exist_ok=True)
        for name, text in command.files:
            (self._data / name).write_text(text)
        _allow_open_files(command.open_files)
        limit = _SHORTEST_LIMIT + _LIMIT_PER_SECOND * settings.duration
        done = await run_once(command.argv, timeout=limit, cwd=self._data)
        verdict = explain(parse(done.errors.splitlines()), done.status, kind=spec.kind, argv=command.argv)
        return verdict.sentence or ("" if done.status == 0 else f"FFmpeg ended with status {done.status}")

    async def _watch(self, session: SessionId, run: RunId, settings: ExportSettings) -> None:
        progress = RunProgress(self._data, run, settings.target)
        while True:
            seen = progress.read()
            if seen is not None and settings.duration > 0:
                self._report(session, min(1.0, seen.media_seconds / settings.duration))
            await asyncio.sleep(_LOOK_EVERY)

    def _clean(self, run: RunId, target: str | None) -> None:
        shutil.rmtree(self._data / run_folder(run), ignore_errors=True)
        if target is not None:
            (self._data / target).unlink(missing_ok=True)


def _allow_open_files(wanted: int) -> None:
    """FFmpeg opens every segment of a session at once; it inherits our limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
