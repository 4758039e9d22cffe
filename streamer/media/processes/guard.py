"""The keeper's guard: its parent, which starts it in the background and restarts it if it dies before its work is done.

``python -m streamer.media.processes.guard DATA_FOLDER …`` with the keeper's arguments; returns once the keeper
listens. Without a guard, nothing would end media whose service and keeper were both killed. The guard knows no media
and accepts no requests. It ends when its keeper has ended properly, or if another keeper has the folder. It runs all
day beside the keeper, so it imports very little.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence

from streamer.media.processes import procfs

BUSY = 3
"""The keeper's exit status where another has the folder."""
HUNG = 60.0
"""Seconds without a sign of life after which a keeper is killed; the next keeper adopts its processes."""
STEADY = 60.0
"""A keeper that lived this long (s) is restarted at once; others are restarted after increasing pauses."""
PAUSES = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)

_RUNS, _LOG = "run", "run/keeper.log"
_PROCESS, _EXIT, _MARK = "process.json", "exit.json", "STREAMER_RUN"
_GAVE_UP = 1

Tell = Callable[[int], None]


def main(arguments: Sequence[str]) -> int:
    """In the foreground: return the status of the first keeper, 0 if it listens. In the background: guard it."""
    heard, said = os.pipe()
    if os.fork():
        os.close(said)
        status = os.read(heard, 1)
        return status[0] if status else _GAVE_UP
    os.setsid()
    _close_all_but(said)
    data = os.path.abspath(arguments[0])  # noqa: PTH100  # pathlib is a tenth of this process
    os.chdir("/")
    for number in (signal.SIGINT, signal.SIGHUP):  # a handler, not SIG_IGN, which the keeper would inherit
        signal.signal(number, lambda *_: None)

    def tell(status: int) -> None:
        nonlocal said
        if said >= 0:
            os.write(said, bytes([status & 0xFF]))
            os.close(said)
            said = -1
            _speak_into(os.path.join(data, _LOG))  # noqa: PTH118  # as above

    _name_yourself()
    guard(data, arguments[1:], tell)
    return 0


def guard(data: str, options: Sequence[str], tell: Tell) -> None:
    """Keep a keeper running while it has processes to keep."""
    failures = 0
    while True:
        begun = time.monotonic()
        status, listened = _one_life(data, options, tell)
        tell(status or (0 if listened else _GAVE_UP))
        if status in (0, BUSY) or (not listened and not failures) or not anything_to_keep(data):
            return
        failures = 1 if time.monotonic() - begun >= STEADY else failures + 1
        pause = PAUSES[min(failures, len(PAUSES)) - 1]
        sys.stderr.write(
            f"{time.ctime()}: the keeper ended with status {status}; starting another one in {pause:g} s\n"
        )
        sys.stderr.flush()
        time.sleep(pause)


def _one_life(data: str, options: Sequence[str], tell: Tell) -> tuple[int, bool]:
    """From a keeper's start to its end: its status as in Popen.returncode, and whether it ever listened."""
    signs, gives = os.pipe()
    os.set_inheritable(gives, True)
    command = [sys.executable, "-P", "-m", "streamer.media.processes.keeper", data, *options, f"--signs={gives}"]
    pid = os.posix_spawn(sys.executable, command, os.environ)
    os.close(gives)
    listened = False
    try:
        while select.select([signs], [], [], HUNG)[0]:
            if not os.read(signs, 4096):
                break  # it has ended, or is about to
            listened = True
            tell(0)
        else:
            sys.stderr.write(f"{time.ctime()}: the keeper gave no sign of life and is killed\n")
            os.kill(pid, signal.SIGKILL)  # our child, not reaped yet, so its id is not reused
    finally:
        os.close(signs)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), listened


def anything_to_keep(data: str) -> bool:
    """Whether a process of this data folder runs without a recorded end."""
    runs = os.path.join(data, _RUNS)  # noqa: PTH118  # as above
    try:
        with os.scandir(runs) as folders:
            return any(_runs_on(folder.path) for folder in folders if folder.is_dir())
    except OSError:
        return False


def _runs_on(folder: str) -> bool:
    if os.path.exists(f"{folder}/{_EXIT}"):  # noqa: PTH110  # as above
        return False
    try:
        with open(f"{folder}/{_PROCESS}") as file:  # noqa: PTH123  # as above
            entry = json.load(file)
        if entry["boot"] != procfs.boot():
            return False
        if not entry["pid"]:  # its id was not recorded
            return procfs.find_marked(_MARK, folder) is not None
        return bool(procfs.start_ticks(entry["pid"]) == entry["start_ticks"])
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _close_all_but(kept: int) -> None:
    """Close inherited pipes, on which the starting process may wait."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  # as above
        if int(name) not in (0, 1, 2, kept):
            try:
                os.close(int(name))
            except OSError:
                continue


def _speak_into(log: str) -> None:
    """Release the terminal, or the pipe on which the starting process waits."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    try:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError:
        output = nowhere
    for descriptor, target in ((nowhere, 0), (nowhere, 1), (output, 2)):
        os.dup2(descriptor, target)


def _name_yourself() -> None:
    with open("/proc/self/comm", "w") as file:  # noqa: PTH123  # as above; not one python among others
        file.write("streamer-guard")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
