"""The keeper as a real process, with real children, killed in every way."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from support.media.short_keeper import Visitor, eventually, guard_of, keeper_of, kept_folder

from streamer.core.base import layout
from streamer.core.base.errors import MediaError
from streamer.core.base.ids import RunId
from streamer.media.processes import children, procfs
from streamer.media.processes import keeper_server as keeping
from streamer.media.processes.guard import BUSY
from streamer.media.processes.keeper_client import KeeperClient, KeeperLost

Visit = Callable[[], Visitor]


@pytest.fixture
async def kept_data(tmp_path: Path) -> AsyncIterator[Path]:
    async with kept_folder(tmp_path) as folder:
        yield folder


@pytest.fixture
async def visit(kept_data: Path) -> AsyncIterator[Visit]:
    """Makes clients of the folder's keeper; ``await visit().enter()`` connects one."""
    visitors: list[Visitor] = []

    def make() -> Visitor:
        visitors.append(Visitor(kept_data))
        return visitors[-1]

    yield make
    for visitor in visitors:
        if hasattr(visitor, "client"):
            await visitor.client.close()


async def kill_keeper(visitor: Visitor) -> None:
    """With its guard, so that there is none until somebody asks for one."""
    os.kill(guard_of(await keeper_of(visitor)), signal.SIGKILL)
    visitor.client.kill()
    assert await visitor.client.gone(5)
    await visitor.client.close()


def alive(pid: int) -> bool:
    return procfs.start_ticks(pid) is not None


async def test_it_keeps_to_the_layout_that_all_others_use() -> None:
    run = RunId("r")
    assert str(keeping.SOCKET) == layout.KEEPER_SOCKET
    assert str(keeping.LOCK) == layout.KEEPER_LOCK
    assert str(keeping.LOG) == layout.KEEPER_LOG
    assert f"{keeping.RUNS}/r/{children.PROCESS}" == layout.process_file(run)
    assert f"{keeping.RUNS}/r/{children.LOG}" == layout.log_file(run)
    assert f"{keeping.RUNS}/r/{children.PROGRESS}" == layout.progress_file(run)


async def test_a_process_is_detached_on_record_and_stops_when_told(visit: Visit, kept_data: Path) -> None:
    visitor = await visit().enter()
    process = await visitor.start("one", "sh", "-c", "pwd; readlink /proc/self/fd/0; echo oops >&2; exec sleep 60")
    await eventually(lambda: "oops" in (kept_data / "run/one/log").read_text())

    pid = process["pid"]
    assert os.getsid(pid) == pid
    assert procfs.start_ticks(pid) == process["start_ticks"]
    assert (kept_data / "run/one/log").read_text().split() == [str(kept_data), "/dev/null", "oops"]
    stored = visitor.stored("one", "process.json")
    assert (stored["pid"], stored["digest"], stored["argv"][0]) == (pid, "d", "sh")
    assert "argv" not in process  # it may hold keys, and needs not travel
    assert (kept_data / "run/keeper.sock").stat().st_mode & 0o777 == 0o600

    await visitor.client.request("stop", run="one")
    end = await visitor.end_of("one")
    assert (end["status"], end["reason"], end["killed"]) == (-signal.SIGTERM, "stop", False)
    assert visitor.stored("one", "exit.json")["status"] == -signal.SIGTERM
    assert not alive(pid)


async def test_how_a_process_ended_by_itself_is_known(visit: Visit) -> None:
    visitor = await visit().enter()
    await visitor.start("one", "sh", "-c", "exit 7")

    end = await visitor.end_of("one")

    assert (end["status"], end["reason"]) == (7, "")
    assert abs(end["at"] - time.time()) < 5


async def test_starting_the_same_run_twice_gives_the_same_process(visit: Visit) -> None:
    visitor = await visit().enter()
    first = await visitor.start("one", "sleep", "60")
    second = await visitor.start("one", "sleep", "60")

    assert first == second

    await visitor.client.request("stop", run="one")
    await visitor.end_of("one")
    with pytest.raises(MediaError, match="has ended already"):
        await visitor.start("one", "sleep", "60")


async def test_a_program_that_is_not_there_is_an_error_for_good(visit: Visit, kept_data: Path) -> None:
    visitor = await visit().enter()

    with pytest.raises(MediaError, match="no-such-program") as raised:
        await visitor.start("one", "no-such-program")

    assert not raised.value.temporary
    assert not (kept_data / "run/one/process.json").exists()
    assert (await visitor.client.state())["processes"] == []


async def test_nonsense_is_answered_and_does_no_harm(visit: Visit) -> None:
    visitor = await visit().enter()

    for operation, fields in (("no-such", {}), ("start", {"run": "x"}), ("stop", {"nonsense": 1})):
        with pytest.raises(MediaError):
            await visitor.client.request(operation, **fields)
    with pytest.raises(MediaError, match="can't be a run's name"):
        await visitor.start("../outside", "true")

    assert (await visitor.client.state())["processes"] == []


async def test_there_is_one_keeper_a_folder(visit: Visit, kept_data: Path) -> None:
    first, second = visit(), visit()
    await asyncio.gather(first.enter(), second.enter())

    third = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "streamer.media.processes.keeper", str(kept_data)
    )

    assert await third.wait() == BUSY
    assert await keeper_of(first) == await keeper_of(second)


async def test_what_does_not_end_is_asked_again_and_then_killed(visit: Visit, kept_data: Path) -> None:
    visitor = await visit().enter()
    await visitor.start("one", "sh", "-c", "trap 'echo asked' TERM; echo ready; while :; do sleep 0.02; done")
    await eventually(lambda: "ready" in (kept_data / "run/one/log").read_text())

    await visitor.client.request("stop", run="one")
    end = await visitor.end_of("one")

    assert (end["status"], end["killed"]) == (-signal.SIGKILL, True)
    said = (kept_data / "run/one/log").read_text()
    assert said.count("asked") == 2


async def test_what_is_frozen_hears_that_it_is_to_end(visit: Visit, kept_data: Path) -> None:
    """It has time to write what it holds: SIGKILL would cost that."""
    visitor = await visit().enter()
    script = "trap 'echo saved > saved; exit 3' TERM; echo > ready; while :; do sleep 0.05; done"
    process = await visitor.start("one", "sh", "-c", script)
    await eventually((kept_data / "ready").exists)
    os.kill(process["pid"], signal.SIGSTOP)

    await visitor.client.request("stop", run="one")

    assert (await visitor.end_of("one"))["status"] == 3
    assert (kept_data / "saved").read_text() == "saved\n"


async def test_what_a_process_leaves_behind_goes_with_it(visit: Visit, kept_data: Path) -> None:
    visitor = await visit().enter()
    await visitor.start("one", "sh", "-c", "sleep 60 & echo $!; exit 0")
    await visitor.end_of("one")

    left = int((kept_data / "run/one/log").read_text())
    await eventually(lambda: not alive(left))


async def test_media_outlives_the_service_and_its_end_is_kept_until_acknowledged(visit: Visit, kept_data: Path) -> None:
    first = await visit().enter()
    process = await first.start("one", "sh", "-c", "while [ ! -e go ]; do sleep 0.02; done; exit 3")
    await first.start("two", "sleep", "60")
    await first.client.close()

    (kept_data / "go").touch()
    await eventually((kept_data / "run/one/exit.json").exists)
    assert not alive(process["pid"])

    second = await visit().enter()
    state = await second.client.state()
    assert [(end["run"], end["status"]) for end in state["exits"]] == [("one", 3)]
    assert [process["run"] for process in state["processes"]] == ["two"]
    await second.client.request("ack", run="one")
    await kill_keeper(second)  # what was acknowledged stays so, in the next keeper too

    third = await visit().enter()
    assert (await third.client.state())["exits"] == []


async def test_the_next_keeper_takes_over_what_a_killed_one_left(visit: Visit) -> None:
    first = await visit().enter()
    process = await first.start("one", "sleep", "60", ends_by=8e9)
    await first.client.request("lease", ends_by={"one": 7e9, "unknown": 1.0})
    old = await keeper_of(first)
    await kill_keeper(first)
    assert alive(process["pid"])

    second = await visit().enter()
    state = await second.client.state()
    assert state["pid"] != old
    assert state["processes"] == [process | {"ends_by": 7e9}]

    await second.client.request("stop", run="one")
    end = await second.end_of("one")
    assert (end["status"], end["reason"]) == (None, "stop")  # it was not its parent: nobody can know
    assert not alive(process["pid"])


async def test_what_ended_while_no_keeper_was_there_is_told(visit: Visit) -> None:
    first = await visit().enter()
    process = await first.start("one", "sleep", "60")
    await kill_keeper(first)
    os.kill(process["pid"], signal.SIGKILL)
    await eventually(lambda: not alive(process["pid"]))

    second = await visit().enter()

    ends = (await second.client.state())["exits"]
    assert [(end["run"], end["status"], end["reason"]) for end in ends] == [("one", None, "")]


async def test_a_process_id_that_is_another_s_by_now_is_never_touched(visit: Visit, kept_data: Path) -> None:
    first = await visit().enter()
    process = await first.start("one", "sleep", "60")
    await kill_keeper(first)
    os.kill(process["pid"], signal.SIGKILL)
    record = kept_data / "run/one/process.json"
    per_second = os.sysconf("SC_CLK_TCK")  # in one tick no id comes round
    await eventually(lambda: time.clock_gettime(time.CLOCK_BOOTTIME) * per_second > process["start_ticks"] + 1)
    innocent = await asyncio.create_subprocess_exec("sleep", "60")
    text = record.read_text().replace(f'"pid": {process["pid"]}', f'"pid": {innocent.pid}')
    record.write_text(text)

    second = await visit().enter()
    state = await second.client.state()
    assert state["processes"] == []
    assert [end["run"] for end in state["exits"]] == ["one"]
    assert not (await second.client.request("stop", run="one"))["known"]
    await second.client.request("shutdown")
    assert await second.client.gone(5)

    assert innocent.returncode is None
    assert alive(innocent.pid)
    innocent.kill()
    await innocent.wait()


async def test_a_process_of_an_earlier_boot_is_gone_whatever_has_its_id(visit: Visit, kept_data: Path) -> None:
    first = await visit().enter()
    process = await first.start("one", "sleep", "60")
    await kill_keeper(first)
    record = kept_data / "run/one/process.json"
    record.write_text(record.read_text().replace(procfs.boot(), "another-boot"))

    second = await visit().enter()

    assert (await second.client.state())["processes"] == []
    assert alive(process["pid"])
    os.kill(process["pid"], signal.SIGKILL)


async def test_a_process_whose_id_nobody_got_to_write_down_is_found_by_its_mark(visit: Visit, kept_data: Path) -> None:
    first = await visit().enter()
    process = await first.start("one", "sleep", "60")
    await kill_keeper(first)
    record = kept_data / "run/one/process.json"
    text = record.read_text().replace(f'"pid": {process["pid"]}', '"pid": 0')
    record.write_text(text.replace(f'"start_ticks": {process["start_ticks"]}', '"start_ticks": 0'))

    second = await visit().enter()

    assert (await second.client.state())["processes"] == [process]


async def test_a_record_that_can_not_be_read_stops_nobody(visit: Visit, kept_data: Path) -> None:
    for name, content in (("torn", '{"run": "torn", "pi'), ("empty", ""), ("odd", "[]"), ("poor", '{"run": "poor"}')):
        (kept_data / "run" / name).mkdir()
        (kept_data / "run" / name / "process.json").write_text(content)

    visitor = await visit().enter()

    assert (await visitor.client.state())["processes"] == []


async def test_without_a_service_media_ends_when_it_is_due_and_the_keeper_after_it(
    visit: Visit, kept_data: Path
) -> None:
    first = await visit().enter()
    overdue = await first.start("one", "sleep", "60", ends_by=time.time() - 100)
    due = await first.start("two", "sleep", "60", ends_by=time.time() + 0.3)
    assert alive(overdue["pid"])  # a service is there: it decides
    await first.client.close()

    await eventually((kept_data / "run/two/exit.json").exists)
    for run, process in (("one", overdue), ("two", due)):
        assert first.stored(run, "exit.json")["reason"] == "deadline"
        assert not alive(process["pid"])
    await eventually(lambda: not (kept_data / "run/keeper.sock").exists())

    second = await visit().enter()
    assert {end["run"] for end in (await second.client.state())["exits"]} == {"one", "two"}


async def test_logs_and_progress_stay_bounded_while_they_are_written(visit: Visit, kept_data: Path) -> None:
    visitor = await visit().enter()
    chatty = "i=0; while :; do i=$((i+1)); echo line $i of much text; echo x >&3; done 3>run/one/progress"
    await visitor.start("one", "sh", "-c", chatty)
    folder = kept_data / "run/one"
    await eventually((folder / "log.1").exists)
    first_part = (folder / "log.1").read_text()
    await eventually(lambda: (folder / "log.1").read_text() != first_part)
    await eventually(lambda: (folder / "progress").stat().st_blocks * 512 < (folder / "progress").stat().st_size)

    await visitor.client.request("stop", run="one")
    await visitor.end_of("one")
    assert (folder / "log").stat().st_size < 5_000_000
    assert (folder / "log.1").stat().st_size <= 40_000
    newest = (folder / "log.1").read_text() + (folder / "log").read_text()
    assert newest.splitlines()[-2].endswith("of much text")


async def test_ctrl_c_and_hang_up_are_nothing_to_the_keeper_and_children_do_not_inherit_that(visit: Visit) -> None:
    visitor = await visit().enter()
    process = await visitor.start("one", "sleep", "60")
    keeper = await keeper_of(visitor)
    os.kill(keeper, signal.SIGINT)
    os.kill(keeper, signal.SIGHUP)
    assert await keeper_of(visitor) == keeper

    status = Path(f"/proc/{process['pid']}/status").read_text()  # noqa: ASYNC240  # procfs does not block
    ignored = int(status.partition("SigIgn:")[2].split()[0], 16)
    assert not ignored & (1 << (signal.SIGINT - 1) | 1 << (signal.SIGHUP - 1))


async def test_told_to_terminate_it_ends_everything_first(visit: Visit) -> None:
    visitor = await visit().enter()
    process = await visitor.start("one", "sleep", "60")

    os.kill(await keeper_of(visitor), signal.SIGTERM)

    assert (await visitor.end_of("one"))["reason"] == "shutdown"
    assert await visitor.client.gone(5)
    assert not alive(process["pid"])


async def test_where_the_data_folder_is_deleted_nothing_goes_on(visit: Visit, kept_data: Path, tmp_path: Path) -> None:
    visitor = await visit().enter()
    process = await visitor.start("one", "sleep", "60")

    await asyncio.to_thread(kept_data.rename, tmp_path / "elsewhere")
    (tmp_path / "elsewhere/run/keeper.lock").unlink()

    assert await visitor.client.gone(5)
    assert not alive(process["pid"])
    (kept_data / "run").mkdir(parents=True)


async def test_a_keeper_that_hangs_is_given_up_and_what_it_kept_taken_over(visit: Visit) -> None:
    first = await visit().enter()
    process = await first.start("one", "sleep", "60")
    os.kill(await keeper_of(first), signal.SIGSTOP)

    with pytest.raises(KeeperLost, match="did not answer"):
        await first.client.request("list", within=0.2)
    assert await first.client.gone(5)

    second = await visit().enter()
    assert (await second.client.state())["processes"] == [process]


LISTENS_AND_DIES = """
import socket, subprocess, sys
one = socket.socket(socket.AF_UNIX)
one.bind(sys.argv[1])
one.listen()
heir = subprocess.Popen(["sleep", "60"], pass_fds=[one.fileno()], stdout=subprocess.DEVNULL)
print(heir.pid)
"""


async def test_a_keeper_that_dies_as_it_answers_leaves_no_connection_open(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    argv = (sys.executable, "-c", LISTENS_AND_DIES, str(tmp_path / keeping.SOCKET))
    died = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    said, _ = await died.communicate()
    try:
        with pytest.raises(KeeperLost, match="no keeper answers"):
            await KeeperClient.connect(tmp_path, lambda event: None)
        gc.collect()  # a connection that is left open warns when it is collected, and a warning is an error here
    finally:
        os.kill(int(said), signal.SIGKILL)


async def test_the_folder_s_path_may_be_longer_than_a_socket_s_address(tmp_path: Path) -> None:
    long = tmp_path / ("long-" * 20) / ("longer-" * 20)
    (long / "run").mkdir(parents=True)
    visitor = await Visitor(long).enter()
    try:
        assert await keeper_of(visitor) > 0
        await visitor.client.request("shutdown")
        assert await visitor.client.gone(5)
    finally:
        await visitor.client.close()


async def test_it_is_small(visit: Visit) -> None:
    visitor = await visit().enter()
    status = Path(f"/proc/{await keeper_of(visitor)}/status").read_text()  # noqa: ASYNC240  # procfs does not block

    assert int(status.partition("VmRSS:")[2].split()[0]) < 20_000
