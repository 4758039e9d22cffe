"""The launcher over a real keeper and real FFmpegs; service and keeper die in every order."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from support.checks.growth import grown, held
from support.media.short_keeper import DEADLINE, FAST, Visitor, eventually, kept_folder

from streamer.core.base.errors import MediaError
from streamer.core.base.ids import JobId, RoomId, RunId, SessionId
from streamer.core.base.layout import log_file, take_folder
from streamer.core.jobs.processes import ExitCause, ProcessExit, Progress
from streamer.core.jobs.specs import ExportSettings, JobKind, JobSpec
from streamer.engine.jobs.supervisor import Launcher
from streamer.media.ffmpeg.command import Command, opening, run_folders
from streamer.media.ffmpeg.logs import tail
from streamer.media.processes import procfs
from streamer.media.processes.launcher import KeeperLauncher

_FAR = 9e9


def spec(job: str, kind: JobKind = JobKind.CAPTURE) -> JobSpec:
    settings = ExportSettings(pieces=(), target="")
    return JobSpec(id=JobId(job), kind=kind, room=RoomId("hall"), settings=settings, session=SessionId("keynote"))


class Bench:
    """A launcher whose jobs are what the test says, and the ends that it reported."""

    def __init__(self, data: Path, ffmpeg: str) -> None:
        self.data = data
        self.ffmpeg = ffmpeg
        self.commands: dict[str, Command] = {}
        self.launcher = KeeperLauncher(data, lambda spec, run: self.commands[spec.id], timings=FAST)
        self.ends: asyncio.Queue[ProcessExit] = asyncio.Queue()
        self.listener: asyncio.Task[None] | None = None

    def listen(self) -> None:
        async def listen() -> None:
            async for ended in self.launcher.exits():
                self.ends.put_nowait(ended)

        self.listener = asyncio.create_task(listen())

    def log(self, run: RunId) -> list[str]:
        return tail(self.data / log_file(run), 40)

    async def end(self) -> ProcessExit:
        return await asyncio.wait_for(self.ends.get(), DEADLINE)

    def will_run(self, job: str, *argv: str, **more: Sequence[str]) -> JobSpec:
        self.commands[job] = Command(argv=argv, folders=tuple(more.get("folders", ())), output="")
        return spec(job)

    def will_capture(self, job: str, run: RunId, *, seconds: float | None = None) -> JobSpec:
        """FFmpeg on a test picture, into short segments."""
        picture = ("-re", "-f", "lavfi", "-i", "testsrc=s=64x36:r=10")
        length = () if seconds is None else ("-t", str(seconds))
        segments = ("-f", "segment", "-segment_time", "0.5", f"{take_folder(run)}/%06d.ts")
        self.commands[job] = Command(
            argv=(*opening(self.ffmpeg, run), *picture, *length, "-c:v", "mpeg2video", "-g", "5", *segments),
            folders=run_folders(run, take_folder(run)),
            output=take_folder(run),
        )
        return spec(job)

    async def close(self) -> None:
        await self.launcher.close(end_media=True)
        if self.listener is not None:
            await self.listener


NewBench = Callable[[], Awaitable[Bench]]


@pytest.fixture
async def kept_data(tmp_path: Path) -> AsyncIterator[Path]:
    async with kept_folder(tmp_path) as folder:
        yield folder


@pytest.fixture
async def bench(kept_data: Path, ffmpeg: str) -> AsyncIterator[Bench]:
    """An open launcher on an empty folder."""
    bench = Bench(kept_data, ffmpeg)
    assert await bench.launcher.open() == []
    bench.listen()
    yield bench
    await bench.close()


async def keeper_pid(data: Path) -> int:
    visitor = await Visitor(data).enter()
    try:
        return int((await visitor.client.state())["pid"])
    finally:
        await visitor.client.close()


def alive(pid: int) -> bool:
    return procfs.start_ticks(pid) is not None


def port(launcher: KeeperLauncher) -> Launcher:
    """mypy's word that it is what the engine expects."""
    return launcher


async def test_a_capture_runs_progresses_and_stops_clean(bench: Bench) -> None:
    run = RunId("take-1")
    record = await port(bench.launcher).start(bench.will_capture("capture", run), run, _FAR)

    assert (record.run, record.job, record.room, record.session) == (run, "capture", "hall", "keynote")
    assert record.digest == spec("capture").digest
    assert procfs.start_ticks(record.pid) == record.start_ticks

    seen: list[Progress] = []

    def grown() -> bool:
        progress = bench.launcher.progress(run)
        if progress is not None and (not seen or progress != seen[-1]):
            seen.append(progress)
        return len(seen) > 1 and seen[-1].media_seconds > seen[0].media_seconds and seen[-1].output_bytes > 3000

    await eventually(grown)
    assert all(a.output_bytes <= b.output_bytes for a, b in pairwise(seen))

    await bench.launcher.stop(run)
    ended = await bench.end()
    assert (ended.run, ended.status, ended.error, ended.permanent) == (run, 255, "", False)
    assert bench.launcher.progress(run) is None


async def test_nothing_is_remembered_of_processes_that_ended(bench: Bench) -> None:
    """A day's exports come and go by the hundred."""
    before = held(bench.launcher)
    for number in range(5):
        run = RunId(f"export-{number}")
        await bench.launcher.start(bench.will_run(f"export:{number}", "sleep", "0.05"), run, _FAR)
        await bench.launcher.lease({run: _FAR - 1})
        assert (await bench.end()).run == run
    await eventually(lambda: not grown(before, held(bench.launcher), leaves=()))


async def test_how_the_disk_keeps_up_is_known_from_the_keeper(bench: Bench) -> None:
    run = RunId("take-1")
    await bench.launcher.start(bench.will_capture("capture", run), run, _FAR)
    seen = None
    async with asyncio.timeout(15):
        while not (seen and seen.worst):  # another process's thread can only be asked
            seen = await bench.launcher.syncing()
            await asyncio.sleep(0.05)
    assert (seen.worst < 5, seen.error) == (True, "")


async def test_a_failure_comes_as_a_sentence_without_its_secrets(bench: Bench, free_port: int) -> None:
    run = RunId("take-1")
    bench.commands["capture"] = Command(
        argv=(*opening(bench.ffmpeg, run), "-i", f"tcp://127.0.0.1:{free_port}?key=hidden", "-f", "null", "-"),
        folders=run_folders(run),
        output="",
    )
    await bench.launcher.start(spec("capture"), run, _FAR)

    ended = await bench.end()

    assert ended.status == 145
    assert ended.cause is ExitCause.REFUSED
    assert ended.error.startswith(f"tcp://127.0.0.1:{free_port} refused the connection")
    tail = "\n".join(bench.log(run))
    assert "Connection refused" in tail
    assert "hidden" not in tail


async def test_what_can_never_work_is_permanent(bench: Bench) -> None:
    run = RunId("take-1")
    bench.commands["capture"] = Command(
        argv=(*opening(bench.ffmpeg, run), "-f", "lavfi", "-i", "testsrc", "-c:v", "nosuch", "-f", "null", "-"),
        folders=run_folders(run),
        output="",
    )
    await bench.launcher.start(spec("capture"), run, _FAR)

    ended = await bench.end()

    assert ended.permanent
    assert "encoder nosuch" in ended.error


async def test_a_source_that_ends_is_no_clean_end_of_a_capture(bench: Bench) -> None:
    run = RunId("take-1")
    await bench.launcher.start(bench.will_capture("capture", run, seconds=0.3), run, _FAR)

    ended = await bench.end()

    assert (ended.status, ended.cause, ended.permanent) == (0, ExitCause.ENDED, False)


async def test_no_ffmpeg_is_an_error_for_good_that_says_so(bench: Bench) -> None:
    with pytest.raises(MediaError, match=r"FFmpeg could not be started.*no-such-ffmpeg") as raised:
        await bench.launcher.start(bench.will_run("capture", "no-such-ffmpeg"), RunId("take-1"), _FAR)

    assert not raised.value.temporary


async def test_what_the_command_takes_for_granted_is_made_first(bench: Bench) -> None:
    bench.commands["export"] = Command(
        argv=("sh", "-c", "cat run/take-1/list.txt && ls -d recordings/keynote"),
        folders=("run/take-1", "recordings/keynote"),
        output="",
        files=(("run/take-1/list.txt", "pieces\n"),),
    )
    await bench.launcher.start(spec("export", JobKind.EXPORT), RunId("take-1"), _FAR)

    assert (await bench.end()).status == 0
    assert bench.log(RunId("take-1")) == ["pieces", "recordings/keynote"]


async def test_a_folder_that_can_not_be_made_may_be_possible_later(bench: Bench) -> None:
    """And is tried again under other names, so that nothing of it stays."""
    (bench.data / "blocked").touch()

    with pytest.raises(MediaError) as raised:
        await bench.launcher.start(
            bench.will_run("x", "true", folders=["run/take-1", "blocked/x"]), RunId("take-1"), _FAR
        )

    assert raised.value.temporary
    assert not (bench.data / "run" / "take-1").exists()


async def test_the_next_service_adopts_what_runs_and_hears_of_what_ended(kept_data: Path, ffmpeg: str) -> None:
    first, run = Bench(kept_data, ffmpeg), RunId("take-1")
    await first.launcher.open()
    record = await first.launcher.start(first.will_capture("capture", run), run, _FAR)
    short = first.will_run("short", "sh", "-c", "while [ ! -e go ]; do sleep 0.02; done; exit 4")
    await first.launcher.start(short, RunId("short-1"), _FAR)
    await first.launcher.close(end_media=False)
    (kept_data / "go").touch()
    await eventually((kept_data / "run/short-1/exit.json").exists)

    second = Bench(kept_data, ffmpeg)
    assert await second.launcher.open() == [record]
    second.listen()
    ended = await second.end()
    assert (ended.run, ended.status) == ("short-1", 4)
    await eventually(lambda: second.launcher.progress(run) is not None)
    await second.close()
    assert (await second.end()).run == run
    assert second.ends.empty()
    assert not alive(record.pid)


async def test_an_end_that_was_not_handled_to_its_end_is_told_again(kept_data: Path, ffmpeg: str) -> None:
    first = Bench(kept_data, ffmpeg)
    await first.launcher.open()
    await first.launcher.start(first.will_run("x", "true"), RunId("x-1"), _FAR)
    async for ended in first.launcher.exits():
        assert ended.run == "x-1"
        break  # the service dies here
    await first.launcher.close(end_media=False)

    second = Bench(kept_data, ffmpeg)
    await second.launcher.open()
    second.listen()
    assert (await second.end()).run == "x-1"
    await eventually(lambda: json.loads((kept_data / "run/x-1/exit.json").read_text())["acknowledged"])
    await second.close()

    third = Bench(kept_data, ffmpeg)
    await third.launcher.open()
    third.listen()
    await third.close()
    assert third.ends.empty()


async def test_media_outlives_a_service_that_is_killed(kept_data: Path, ffmpeg: str) -> None:
    service = f"""
        import asyncio, os, signal
        from pathlib import Path
        from streamer.core.base.ids import JobId, RoomId
        from streamer.core.jobs.specs import ExportSettings, JobKind, JobSpec
        from streamer.core.base.ids import RunId
        from streamer.media.ffmpeg.command import Command
        from streamer.media.processes.keeper_server import Timings
        from streamer.media.processes.launcher import KeeperLauncher

        async def main():
            command = Command(argv=("sleep", "60"), folders=(), output="")
            launcher = KeeperLauncher(Path({str(kept_data)!r}), lambda spec, run: command, timings=Timings(tick=0.05))
            await launcher.open()
            nothing = ExportSettings(pieces=(), target="")
            spec = JobSpec(id=JobId("x"), kind=JobKind.CAPTURE, room=RoomId("r"), settings=nothing)
            await launcher.start(spec, RunId("x-1"), 9e9)
            os.kill(os.getpid(), signal.SIGKILL)

        asyncio.run(main())
    """
    dying = await asyncio.create_subprocess_exec(sys.executable, "-c", textwrap.dedent(service))
    assert await dying.wait() == -signal.SIGKILL

    bench = Bench(kept_data, ffmpeg)
    (survivor,) = await bench.launcher.open()
    assert (survivor.run, survivor.job) == ("x-1", "x")
    assert alive(survivor.pid)
    await bench.close()
    assert not alive(survivor.pid)


async def test_a_killed_keeper_is_replaced_without_anybody_noticing(bench: Bench) -> None:
    old = await bench.launcher.start(bench.will_run("old", "sleep", "60"), RunId("old-1"), _FAR)
    keeper = await keeper_pid(bench.data)
    os.kill(keeper, signal.SIGKILL)

    new = await bench.launcher.start(bench.will_run("new", "sh", "-c", "exit 5"), RunId("new-1"), _FAR)
    ended = await bench.end()
    assert (ended.run, ended.status) == (new.run, 5)
    assert await keeper_pid(bench.data) != keeper

    await bench.launcher.stop(old.run)
    ended = await bench.end()
    assert (ended.run, ended.status, ended.error) == (old.run, None, "")
    assert not alive(old.pid)


async def test_what_ended_while_there_was_no_keeper_is_reported_once(bench: Bench) -> None:
    record = await bench.launcher.start(bench.will_run("x", "sleep", "60"), RunId("x-1"), _FAR)
    os.kill(await keeper_pid(bench.data), signal.SIGKILL)
    os.kill(record.pid, signal.SIGKILL)

    ended = await bench.end()

    assert (ended.run, ended.status) == ("x-1", None)
    assert ended.error
    assert bench.ends.empty()


async def test_what_vanished_from_all_records_is_reported_too(bench: Bench) -> None:
    record = await bench.launcher.start(bench.will_run("x", "sleep", "60"), RunId("x-1"), _FAR)
    (bench.data / "run/x-1/process.json").unlink()
    os.kill(await keeper_pid(bench.data), signal.SIGKILL)

    ended = await bench.end()

    assert (ended.run, ended.status) == ("x-1", None)
    os.kill(record.pid, signal.SIGKILL)


async def test_a_keeper_that_hangs_while_everything_is_to_end_is_replaced(kept_data: Path, ffmpeg: str) -> None:
    bench = Bench(kept_data, ffmpeg)
    await bench.launcher.open()
    record = await bench.launcher.start(bench.will_run("x", "sleep", "60"), RunId("x-1"), _FAR)
    os.kill(await keeper_pid(kept_data), signal.SIGSTOP)

    began = time.monotonic()
    await bench.launcher.close(end_media=True)

    assert time.monotonic() - began < 10
    assert not alive(record.pid)
    assert not (kept_data / "run/keeper.sock").exists()


async def test_closing_ends_even_what_does_not_want_to_and_the_keeper(kept_data: Path, ffmpeg: str) -> None:
    bench = Bench(kept_data, ffmpeg)
    await bench.launcher.open()
    bench.listen()
    stubborn = bench.will_run("x", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done")
    record = await bench.launcher.start(stubborn, RunId("x-1"), _FAR)
    await eventually(lambda: bench.log(record.run) == ["ready"])
    keeper = await keeper_pid(kept_data)

    await bench.close()

    assert not alive(record.pid)
    assert not alive(keeper)
    ended = await bench.end()
    assert ended.status == -signal.SIGKILL
    assert "was killed" in ended.error


async def test_a_lease_says_when_media_ends_by_itself(kept_data: Path, ffmpeg: str) -> None:
    bench = Bench(kept_data, ffmpeg)
    await bench.launcher.open()
    for name in ("soon", "later"):
        await bench.launcher.start(bench.will_run(name, "sleep", "60"), RunId(name), _FAR)
    await bench.launcher.lease({RunId("soon"): time.time(), RunId("later"): _FAR, RunId("unknown"): 0.0})
    await bench.launcher.close(end_media=False)

    await eventually((kept_data / "run/soon/exit.json").exists)

    again = Bench(kept_data, ffmpeg)
    assert [record.run for record in await again.launcher.open()] == ["later"]
    again.listen()
    ended = await again.end()
    assert (ended.run, ended.error) == ("soon", "")
    await again.close()


async def test_a_data_folder_that_can_not_be_used_is_said(tmp_path: Path, ffmpeg: str) -> None:
    (tmp_path / "data").touch()

    with pytest.raises(MediaError, match="can't be written to"):
        await Bench(tmp_path / "data", ffmpeg).launcher.open()


async def test_it_closes_before_it_was_opened(tmp_path: Path, ffmpeg: str) -> None:
    await Bench(tmp_path, ffmpeg).launcher.close(end_media=True)
