"""Processes of a bench: what they use, and that none of them is left. Linux's /proc; signals by id only.

Everything that a bench starts works in its temporary folder, and nobody else does: that is how they are known.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.figures import BenchError

_PROC = Path("/proc")
_TICK = 1 / os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _SYSTEM = 4 - 3, 14 - 3, 15 - 3
"""Where /proc/PID/stat has them (proc_pid_stat(5)), counted from behind the command's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Processor time (s) since their start and resident memory (bytes) of some processes, without their children."""

    cpu: float
    memory: int


def usage(pids: Iterable[int]) -> Usage:
    """Raises BenchError where one of them is gone."""
    cpu, memory = 0.0, 0
    for pid in pids:
        try:
            fields = _stat(pid)
            status = (_PROC / str(pid) / "status").read_text()
        except OSError as error:
            raise BenchError(f"process {pid} ended while it was measured") from error
        cpu += (int(fields[_USER]) + int(fields[_SYSTEM])) * _TICK
        memory += next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))
    return Usage(cpu=cpu, memory=memory)


def descriptors(pid: int) -> int:
    """The file descriptors that a process has open. Raises BenchError where it is gone."""
    try:
        return len(list((_PROC / str(pid) / "fd").iterdir()))
    except OSError as error:
        raise BenchError(f"process {pid} ended while it was measured") from error


def parent(pid: int) -> int:
    return int(_stat(pid)[_PARENT])


def keepers_of(media: Iterable[int]) -> tuple[int, int]:
    """The keeper, which parents all FFmpegs, and its guard. Raises BenchError where there is none, or another."""
    keepers = {parent(pid) for pid in media}
    if len(keepers) != 1:
        raise BenchError(f"the captures have {len(keepers)} parents instead of one")
    keeper = keepers.pop()
    return keeper, parent(keeper)


def _stat(pid: int) -> list[str]:
    return (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()


def working_in(folder: Path) -> list[int]:
    """The processes that have their working directory in a folder, or name it in their command line."""
    name = os.fsencode(folder)
    found = []
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):  # it ended while we looked, or is another user's
                if name in (entry / "cmdline").read_bytes() or name in os.fsencode((entry / "cwd").readlink()):
                    found.append(int(entry.name))
    return found


async def end_all_in(folder: Path) -> None:
    """End what still works in a folder: it is asked, and then killed."""
    for number, patience in ((signal.SIGTERM, 3.0), (signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0)):
        left = working_in(folder)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + patience
        while left and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
            left = working_in(folder)
        if not left:
            return


async def end(process: asyncio.subprocess.Process) -> None:
    """SIGTERM, once more for one that did not hear it, SIGKILL."""
    for number, patience in ((signal.SIGTERM, 2.0), (signal.SIGTERM, 3.0), (signal.SIGKILL, None)):
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), patience)


async def launch(log: Path, *argv: str) -> asyncio.subprocess.Process:
    """Start a program away from the terminal's Ctrl-C, with what it says in a file."""
    with log.open("ab") as said:
        return await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd=log.parent,
            start_new_session=True,
        )


@asynccontextmanager
async def launched(log: Path, *argv: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program that runs until the end of the block."""
    process = await launch(log, *argv)
    try:
        yield process
    finally:
        await end(process)


async def finished(log: Path, *argv: str) -> None:
    """Run a program to its end. Raises BenchError where that is not a good one."""
    process = await launch(log, *argv)
    try:
        status = await process.wait()
    finally:
        await end(process)
    if status:
        raise BenchError(f"{Path(argv[0]).name} failed:\n{last_words(log)}")


def last_words(log: Path, lines: int = 8) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
