"""Starts and stops the jobs' processes through the keeper, so that they outlive the service.

Implements :class:`streamer.engine.jobs.supervisor.Launcher`. If the keeper dies or hangs, another adopts its
processes; callers only notice unknown exit codes.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import structlog

from streamer.core.base.errors import MediaError, StreamerError
from streamer.core.base.ids import JobId, RoomId, RunId, SessionId
from streamer.core.base.layout import run_folder
from streamer.core.base.redact import redact
from streamer.core.jobs.processes import ProcessExit, ProcessRecord, Progress
from streamer.core.jobs.specs import JobKind, JobSpec
from streamer.core.status.disk import Syncing
from streamer.media.ffmpeg.command import Command
from streamer.media.processes.children import read_entry
from streamer.media.processes.exits import exit_of
from streamer.media.processes.keeper_client import KeeperClient, KeeperLost, KeeperRefused
from streamer.media.processes.keeper_server import RUNS, Timings
from streamer.media.processes.progress import RunProgress
from streamer.media.processes.run_folders import prepare, prune, tidy

PRUNE_EVERY = 50
"""Starts between two deletions of old runs."""
ASK_FOR = 15.0
"""How long (s) a request is repeated while keepers are replaced."""
END_WITHIN = 9.0

log = structlog.stdlib.get_logger(__name__)


class KeeperLauncher:
    """The processes of one data folder. ``command`` returns the FFmpeg command of a job."""

    def __init__(
        self, data: Path, command: Callable[[JobSpec, RunId], Command], *, timings: Timings | None = None
    ) -> None:
        self._data = data
        self._command = command
        self._timings = timings or Timings()
        self._client: KeeperClient | None = None
        self._connected = asyncio.Event()
        self._guard: asyncio.Task[None] | None = None
        self._running: dict[RunId, ProcessRecord] = {}
        self._ended: set[RunId] = set()
        self._disowned: set[RunId] = set()
        self._leases: dict[RunId, float] = {}
        self._progress: dict[RunId, RunProgress] = {}
        self._exits: asyncio.Queue[ProcessExit | None] = asyncio.Queue()
        self._starts = 0

    async def open(self) -> list[ProcessRecord]:
        try:
            (self._data / RUNS).mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise MediaError(f"can't be written to: {error}", where=str(self._data), hint="check its owner") from error
        await self._join()
        self._guard = asyncio.create_task(self._stay_connected(), name="keeper guard")
        await asyncio.to_thread(prune, self._data)
        return list(self._running.values())

    async def start(self, spec: JobSpec, run: RunId, ends_by: float) -> ProcessRecord:
        command = self._command(spec, run)
        await self._prune_sometimes()
        try:
            prepare(self._data, command)
            answer = await self._request(
                "start",
                run=run,
                job=spec.id,
                kind=spec.kind,
                room=spec.room,
                session=spec.session,
                digest=spec.digest,
                argv=command.argv,
                output=command.output,
                ends_by=ends_by,
            )
        except KeeperLost:
            self._disowned.add(run)  # it may still have been started, and must then be ended
            raise
        except KeeperRefused as error:
            tidy(self._data, command)
            raise KeeperRefused(
                f"FFmpeg could not be started: {error.message}", where=str(spec.id), hint=error.hint
            ) from error
        except MediaError as error:
            raise MediaError(
                f"FFmpeg could not be started: {redact(error.message)}",
                where=str(spec.id),
                hint="streamer check shows which FFmpeg is used",
            ) from error
        return self._adopt(answer["process"])

    async def stop(self, run: RunId) -> None:
        await self._request("stop", run=run)

    async def lease(self, ends_by: dict[RunId, float]) -> None:
        changed = {run: at for run, at in ends_by.items() if run in self._running and self._leases.get(run) != at}
        if changed:
            await self._request("lease", ends_by=changed)
            self._leases.update((run, at) for run, at in changed.items() if run in self._running)

    async def exits(self) -> AsyncIterator[ProcessExit]:
        """Each end once per object; one that was being handled when the service died is repeated."""
        while (ended := await self._exits.get()) is not None:
            yield ended
            with contextlib.suppress(StreamerError):  # then the keeper repeats it to the next service
                if self._guard is not None:
                    await self._request("ack", run=ended.run)
                    self._ended.discard(ended.run)

    def progress(self, run: RunId) -> Progress | None:
        reader = self._progress.get(run)
        return reader.read() if reader is not None else None

    async def syncing(self) -> Syncing | None:
        """See the port."""
        if self._guard is None:
            return None
        try:
            said = await self._request("syncing")
            return Syncing(latest=said["latest"], worst=said["worst"], error=said["fault"])
        except (MediaError, KeyError):
            return None  # a keeper of an older version does not report it

    async def close(self, *, end_media: bool) -> None:
        if self._guard is None:
            return
        guard, self._guard = self._guard, None
        guard.cancel()
        await asyncio.gather(guard, return_exceptions=True)
        try:
            if end_media:
                await self._end_media()
        finally:
            if self._client is not None:
                await self._client.close()
            self._exits.put_nowait(None)

    async def _end_media(self) -> None:
        """A keeper that is killed or hangs while it shuts down is replaced by one that finishes the work."""
        for _ in range(3):
            if self._client is None or self._client.lost.is_set():
                await self._join()
            assert self._client is not None
            with contextlib.suppress(KeeperLost):
                await self._client.request("shutdown", within=2.0)
                if await self._client.gone(END_WITHIN) and not self._running:
                    return
            self._client.kill()
            await self._client.gone(1.0)
        raise MediaError(
            f"{len(self._running)} processes did not end",
            where=str(self._data / RUNS),
            hint="kill them: their ids are in the process.json files there",
        )

    async def _prune_sometimes(self) -> None:
        self._starts += 1
        if self._starts % PRUNE_EVERY == 0:
            await asyncio.to_thread(prune, self._data)

    async def _request(self, operation: str, **fields: Any) -> dict[str, Any]:
        """Send a request, and repeat it to the next keeper if the connection is lost."""
        deadline = time.monotonic() + ASK_FOR
        while True:
            try:
                async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                    await self._connected.wait()
            except TimeoutError:
                raise KeeperLost("the keeper does not restart") from None
            client = self._client
            assert client is not None
            try:
                return await client.request(operation, **fields)
            except KeeperLost:
                if time.monotonic() > deadline or self._guard is None:
                    raise
                if self._client is client:
                    self._connected.clear()

    async def _stay_connected(self) -> None:
        while True:
            assert self._client is not None
            await self._client.lost.wait()
            self._connected.clear()
            log.warning("the keeper of the FFmpeg processes has ended: starting another one")
            try:
                await self._join()
            except StreamerError as error:
                log.error("the keeper of the FFmpeg processes can't be reached", error=error)
                await asyncio.sleep(1.0)

    async def _join(self) -> None:
        """Connect, and get the running processes and those that ended without a connected client."""
        if self._client is not None:
            await self._client.close()
        client = self._client = await KeeperClient.join(self._data, self._hear, self._timings)
        state = await client.state()
        running = [self._adopt(process) for process in state["processes"]]
        for end in state["exits"]:
            self._hear(end)
        for run in self._running.keys() - {record.run for record in running}:
            self._hear({"run": run, "status": None, "at": time.time()})
        for run in self._disowned & self._running.keys():
            await client.request("stop", run=run)
        self._connected.set()

    def _adopt(self, process: dict[str, Any]) -> ProcessRecord:
        record = _record(process)
        if record.run not in self._ended:
            self._running[record.run] = record
            self._progress.setdefault(record.run, RunProgress(self._data, record.run, process["output"]))
        return record

    def _hear(self, end: dict[str, Any]) -> None:
        """Handles the end of a process, which the keeper may report more than once."""
        run = RunId(end["run"])
        if run in self._ended:
            return
        self._ended.add(run)
        self._running.pop(run, None)
        self._leases.pop(run, None)
        self._progress.pop(run, None)
        self._disowned.discard(run)
        self._exits.put_nowait(self._exit(run, end))

    def _exit(self, run: RunId, end: dict[str, Any]) -> ProcessExit:
        entry = read_entry(self._data / run_folder(run))
        return exit_of(
            self._data,
            run,
            end["status"],
            end["at"],
            kind=JobKind(entry.kind) if entry is not None else JobKind.CAPTURE,
            argv=entry.argv if entry is not None else (),
            stopped=bool(end.get("reason")),
        )


def _record(process: dict[str, Any]) -> ProcessRecord:
    session = process["session"]
    return ProcessRecord(
        run=RunId(process["run"]),
        job=JobId(process["job"]),
        kind=JobKind(process["kind"]),
        room=RoomId(process["room"]),
        digest=process["digest"],
        pid=process["pid"],
        start_ticks=process["start_ticks"],
        started=process["started"],
        session=SessionId(session) if session is not None else None,
    )
