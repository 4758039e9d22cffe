from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamer.media.processes import procfs


@contextmanager
def sleeping(**environment: str) -> Iterator[int]:
    with subprocess.Popen(["sleep", "60"], env={**os.environ, **environment}) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def test_a_process_is_known_by_id_and_start() -> None:
    with sleeping() as pid:
        ticks = procfs.start_ticks(pid)
        assert ticks is not None
        pidfd = procfs.open_same(pid, ticks)
        assert pidfd is not None
        os.close(pidfd)
        assert procfs.open_same(pid, ticks + 1) is None  # the id is another's by now


def test_a_command_with_brackets_in_its_name_is_read_right(tmp_path: Path) -> None:
    odd = tmp_path / "a) Z 1 2"
    odd.symlink_to(sys.executable)
    with subprocess.Popen([odd, "-c", "input()"], stdin=subprocess.PIPE) as process:
        ticks = procfs.start_ticks(process.pid)
        process.kill()
    mine = procfs.start_ticks(os.getpid())
    assert ticks is not None
    assert mine is not None
    assert ticks >= mine


def test_no_process_and_a_zombie_are_gone() -> None:
    with subprocess.Popen(["true"]) as process:
        pidfd = os.pidfd_open(process.pid)
        os.waitid(os.P_PIDFD, pidfd, os.WEXITED | os.WNOWAIT)  # ended, and not yet reaped
        os.close(pidfd)
        assert procfs.start_ticks(process.pid) is None
    assert procfs.start_ticks(process.pid) is None
    assert procfs.open_same(0, 0) is None


def test_a_process_is_found_by_its_mark() -> None:
    with sleeping(PROCFS_TEST="one") as pid, sleeping(PROCFS_TEST="another"):
        assert procfs.find_marked("PROCFS_TEST", "one") == pid
        assert procfs.find_marked("PROCFS_TEST", "none") is None


def test_a_process_that_is_just_being_started_is_found() -> None:
    """For a moment it has no environment."""
    late = "sleep 0.05; exec env PROCFS_TEST=late sleep 60"
    with subprocess.Popen(["sh", "-c", late], env={}) as process:
        assert procfs.find_marked("PROCFS_TEST", "late") == process.pid
        process.kill()


def test_of_a_process_and_its_children_the_first_is_found(tmp_path: Path) -> None:
    started = tmp_path / "started"
    command = f"sleep 60 & touch {started}; wait"
    with subprocess.Popen(
        ["sh", "-c", command], env={**os.environ, "PROCFS_TEST": "tree"}, start_new_session=True
    ) as sh:
        while not started.exists():
            os.sched_yield()
        assert procfs.find_marked("PROCFS_TEST", "tree") == sh.pid
        os.killpg(sh.pid, 9)


def test_the_boot_is_the_same_until_the_next() -> None:
    assert procfs.boot() == procfs.boot() != ""
