"""Runs jobs as children of this process, which ends them: for a command that makes files and returns.

Implements :class:`streamer.engine.jobs.supervisor.Launcher`. :mod:`streamer.media.processes.launcher` starts
processes that outlive the service.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import signal
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import IO

from streamer.core.base.errors import MediaError
from streamer.core.base.ids import RunId
from streamer.core.base.layout import log_file, run_folder
from streamer.core.jobs.processes import ProcessExit, ProcessRecord, Progress
from streamer.core.jobs.specs import JobSpec
from streamer.core.status.disk import Syncing
from streamer.media.ffmpeg.command import Command
from streamer.media.processes.exits import exit_of
from streamer.media.processes.procfs import start_ticks
from streamer.media.processes.progress import RunProgress
from streamer.media.processes.run_folders import prepare


class ChildLauncher:
    """``command`` returns the FFmpeg command of a job."""

    def __init__(self, data: Path, command: Callable[[JobSpec, RunId], Command]) -> None:
        self._data = data
        self._command = command
        self._children: dict[RunId, tuple[Process, asyncio.Task[None]]] = {}
        self._progress: dict[RunId, RunProgress] = {}
        self._exits: asyncio.Queue[ProcessExit | None] = asyncio.Queue()

    async def open(self) -> list[ProcessRecord]:
        """Empty: no children outlive their process."""
        return []

    async def start(self, spec: JobSpec, run: RunId, ends_by: float) -> ProcessRecord:
        """See the port; ``ends_by`` is ignored, because this process ends earlier."""
        command = self._command(spec, run)
        prepare(self._data, command)
        _allow_open_files(command.open_files)
        try:
            with self._log(run) as log:
                process = await asyncio.create_subprocess_exec(
                    *command.argv, cwd=self._data, stdin=DEVNULL, stdout=DEVNULL, stderr=log, start_new_session=True
                )
        except OSError as error:
            hint = "check [ffmpeg] path and the disk"
            raise MediaError(f"FFmpeg could not be started: {error.strerror}", where=str(spec.id), hint=hint) from error
        watch = asyncio.create_task(self._watch(process, command, spec, run), name=f"child {run}")
        self._children[run] = (process, watch)
        self._progress[run] = RunProgress(self._data, run, command.output)
        return ProcessRecord(
            run=run,
            job=spec.id,
            kind=spec.kind,
            room=spec.room,
            digest=spec.digest,
            pid=process.pid,
            start_ticks=start_ticks(process.pid) or 0,
            started=time.time(),
            session=spec.session,
        )

    def _log(self, run: RunId) -> IO[bytes]:
        return (self._data / log_file(run)).open("wb")

    async def _watch(self, process: Process, command: Command, spec: JobSpec, run: RunId) -> None:
        """Waits for the end; deletes the output of a failed process."""
        status = await process.wait()
        ended = exit_of(self._data, run, status, time.time(), kind=spec.kind, argv=command.argv)
        if status != 0:
            (self._data / command.output).unlink(missing_ok=True)
        shutil.rmtree(self._data / run_folder(run), ignore_errors=True)
        del self._children[run], self._progress[run]
        self._exits.put_nowait(ended)

    async def stop(self, run: RunId) -> None:
        if run in self._children:
            _signal(self._children[run][0], signal.SIGTERM)

    async def lease(self, ends_by: dict[RunId, float]) -> None:
        """Children need no lease: they end with this process."""

    async def exits(self) -> AsyncIterator[ProcessExit]:
        while (ended := await self._exits.get()) is not None:
            yield ended

    def progress(self, run: RunId) -> Progress | None:
        reader = self._progress.get(run)
        return reader.read() if reader is not None else None

    async def syncing(self) -> Syncing | None:
        return None

    async def close(self, *, end_media: bool) -> None:
        """End every child; none can continue alone, so ``end_media`` makes no difference."""
        children = list(self._children.values())
        for process, _ in children:
            _signal(process, signal.SIGKILL)
        await asyncio.gather(*(watch for _, watch in children))
        self._exits.put_nowait(None)


def _signal(process: Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _allow_open_files(wanted: int) -> None:
    """Raise the limit of open files, which FFmpeg inherits: it opens every segment of a session at once."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
