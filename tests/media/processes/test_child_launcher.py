"""Jobs as children of a command: how they end, what they leave, and that none outlives the command."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from streamer.core.base.errors import MediaError
from streamer.core.base.ids import JobId, RoomId, RunId, SessionId
from streamer.core.base.layout import log_file, progress_file, run_folder
from streamer.core.jobs.processes import ExitCause, ProcessExit
from streamer.core.jobs.specs import ExportSettings, JobKind, JobSpec
from streamer.media.ffmpeg.command import Command
from streamer.media.processes.child_launcher import ChildLauncher

RUN = RunId("export-1")
OUTPUT = "recordings/a/1.partial.mp4"
SPEC = JobSpec(
    id=JobId("export:a"),
    kind=JobKind.EXPORT,
    room=RoomId("main"),
    session=SessionId("a"),
    settings=ExportSettings(pieces=(), target=OUTPUT),
)


def launcher(data: Path, script: str) -> ChildLauncher:
    """Runs a shell's ``script`` for every job, in the data folder."""

    def command(spec: JobSpec, run: RunId) -> Command:
        argv = ("sh", "-c", script) if script else ("no-such-program",)
        return Command(argv=argv, folders=(run_folder(run), "recordings/a"), output=OUTPUT)

    return ChildLauncher(data, command)


async def end_of(children: ChildLauncher) -> ProcessExit:
    async with asyncio.timeout(20):
        return await anext(aiter(children.exits()))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_what_ends_well_leaves_its_file_and_nothing_else(tmp_path: Path) -> None:
    children = launcher(tmp_path, f"echo media > {OUTPUT}")
    record = await children.start(SPEC, RUN, 0)
    assert (record.run, record.job, record.session, record.digest) == (RUN, SPEC.id, SPEC.session, SPEC.digest)
    ended = await end_of(children)
    assert (ended.run, ended.status, ended.error) == (RUN, 0, "")
    await children.close(end_media=True)
    assert (tmp_path / OUTPUT).read_text() == "media\n"
    assert not (tmp_path / run_folder(RUN)).exists()
    assert children.progress(RUN) is None


async def test_what_fails_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    message = "[error] takes/x/000001.ts: No such file or directory"
    children = launcher(tmp_path, f"echo media > {OUTPUT}; echo '{message}' >&2; exit 254")
    await children.start(SPEC, RUN, 0)
    ended = await end_of(children)
    assert (ended.status, ended.cause) == (254, ExitCause.MISSING)
    assert "does not exist" in ended.error
    await children.close(end_media=True)
    assert not (tmp_path / OUTPUT).exists()
    assert not (tmp_path / run_folder(RUN)).exists()


async def test_progress_is_read_while_it_runs_and_a_stop_is_heard(tmp_path: Path) -> None:
    progress = progress_file(RUN)
    block = "out_time_us=2500000\\nprogress=continue\\n"
    children = launcher(tmp_path, f"printf '{block}' > {progress}; echo ready; mkfifo here; read line < here")
    record = await children.start(SPEC, RUN, 0)
    async with asyncio.timeout(20):
        while (seen := children.progress(RUN)) is None:  # noqa: ASYNC110  # another process can only be looked at
            await asyncio.sleep(0.01)
    assert seen.media_seconds == 2.5
    await children.stop(RUN)
    ended = await end_of(children)
    assert ended.status == -15
    assert not alive(record.pid)


async def test_none_outlives_the_command(tmp_path: Path) -> None:
    children = launcher(tmp_path, f"echo media > {OUTPUT}; trap '' TERM; mkfifo here; read line < here")
    record = await children.start(SPEC, RUN, 0)
    assert alive(record.pid)
    assert (tmp_path / log_file(RUN)).exists()
    await children.close(end_media=False)
    assert not alive(record.pid)
    assert not (tmp_path / run_folder(RUN)).exists()


async def test_what_can_not_be_started_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="could not be started: No such file"):
        await launcher(tmp_path, "").start(SPEC, RUN, 0)
