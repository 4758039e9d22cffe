"""Fails a test that leaves a process, an open port or a file in the repository behind, and ends what it left.

FFmpeg runs detached here, so children are not enough: whatever a test starts inherits an environment variable that
names the test (or the module or session whose fixture started it), and is found by it wherever it went. A process
without the variable still counts when it is our child or mentions the test's tmp_path. Linux only: it reads /proc.
"""

from __future__ import annotations

import os
import select
import signal
import uuid
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

VARIABLE = "STREAMER_TEST"
GRACE = 1.0  # s for what was told to end and is about to
OF_PYTHON = (b"multiprocessing.resource_tracker", b"multiprocessing.forkserver")  # these end with the interpreter
OF_TOOLS = {".git", ".venv", ".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache", "__pycache__"}
OPEN = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}  # the state of a socket that others can send to


@dataclass(slots=True, kw_only=True)
class Scope:
    """A test, class, module or the session: what was there when it began, and what its fixtures opened."""

    mark: str
    processes: set[int]
    sockets: set[str]
    opened: set[str] = field(default_factory=set)


class Leaks:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._run = uuid.uuid4().hex
        self._scopes: dict[object, Scope] = {}
        self._begun = 0
        self._files: set[str] = set()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        self._files = files(self._root)
        for node in item.listchain():
            self._scope(node)
        os.environ[VARIABLE] = self._scope(item).mark
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, request: pytest.FixtureRequest) -> Generator[None, object, object]:
        """What a wider fixture starts may live as long as the fixture's scope."""
        if request.scope == "function":
            return (yield)
        scope = self._scope(request.node)
        before = open_ports(os.getpid())
        try:
            with in_environment(scope.mark):
                return (yield)
        finally:
            scope.opened |= open_ports(os.getpid()).keys() - before.keys()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        try:
            return (yield)
        finally:
            os.environ.pop(VARIABLE, None)
            going_on = set(nextitem.listchain()) if nextitem else set()
            ended = [node for node in reversed(item.listchain()) if node not in going_on]
            left = [line for node in ended for line in self._end(node)]
            left += sorted(f"file {name}" for name in files(self._root) - self._files)
            if left:
                pytest.fail("left behind:\n  " + "\n  ".join(left), pytrace=False)

    def _scope(self, node: object) -> Scope:
        if node not in self._scopes:
            self._begun += 1
            self._scopes[node] = Scope(
                mark=f"{self._run}-{self._begun}", processes=processes(), sockets=set(open_ports(os.getpid()))
            )
        return self._scopes[node]

    def _end(self, node: Any) -> list[str]:
        """Forget a scope whose fixtures are gone; end what it left, and say what that was."""
        scope = self._scopes.pop(node)
        mine = open_ports(os.getpid())
        known = scope.sockets.union(*(other.opened for other in self._scopes.values()))
        left = [f"{mine[socket]}, open in the process of the tests" for socket in mine.keys() - known]
        tmp_path = (getattr(node, "funcargs", None) or {}).get("tmp_path")
        for pid in strays(scope, os.fsencode(tmp_path) if tmp_path else None):
            told = ", ".join([command(pid), *open_ports(pid).values()])
            if not ends(pid, GRACE):
                left.append(f"process {pid}: {told}")
        return left


def strays(scope: Scope, tmp_path: bytes | None) -> list[int]:
    """The processes that began in the scope and belong to it."""
    marked, mark = f"{VARIABLE}=".encode(), f"{VARIABLE}={scope.mark}".encode()
    found = []
    for pid in processes() - scope.processes:
        with suppress(OSError):  # it ended while we looked
            proc = Path("/proc", str(pid))
            parent, arguments = parent_of(proc), (proc / "cmdline").read_bytes()
            if parent is None or any(name in arguments for name in OF_PYTHON):
                continue
            environment = (proc / "environ").read_bytes().split(b"\0")
            if not any(line.startswith(marked) for line in environment):
                place = os.fsencode((proc / "cwd").readlink()) + b"\0" + arguments
                ours = parent == os.getpid() or (tmp_path is not None and tmp_path in place)
            else:
                ours = mark in environment
            if ours:
                found.append(pid)
    return sorted(found)


def ends(pid: int, grace: float) -> bool:
    """Whether it ends by itself within ``grace`` seconds; if not it is killed, and is gone on return."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        if poll.poll(grace * 1000):
            return True
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        poll.poll(grace * 1000)
        return False
    finally:
        os.close(pidfd)


def processes() -> set[int]:
    return {int(name) for name in os.listdir("/proc") if name.isdecimal()}  # noqa: PTH208  # it runs for every test


def parent_of(proc: Path) -> int | None:
    """The parent's pid; None for a zombie, which has ended."""
    state, parent, *_ = (proc / "stat").read_text().rpartition(") ")[2].split()
    return None if state == "Z" else int(parent)


def command(pid: int) -> str:
    with suppress(OSError):
        arguments = Path("/proc", str(pid), "cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ")
        return arguments.decode(errors="replace")[:300]
    return "(ended meanwhile)"


def open_ports(pid: int) -> dict[str, str]:
    """The sockets of a process that others can connect or send to: inode to a word like "tcp port 8080"."""
    inodes = set()
    with suppress(OSError):
        for descriptor in Path("/proc", str(pid), "fd").iterdir():
            with suppress(OSError):
                kind, _, inode = str(descriptor.readlink()).partition(":")
                if kind == "socket":
                    inodes.add(inode.strip("[]"))
    ports = {}
    for protocol, state in OPEN.items() if inodes else ():
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/net/{protocol}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == state and fields[9] in inodes:
                    ports[fields[9]] = f"{protocol} port {int(fields[1].rpartition(':')[2], 16)}"
    return ports


def files(root: Path) -> set[str]:
    """Names in the repository; below its first level on a build machine only: elsewhere editors and people write."""
    if os.environ.get("CI") != "true":
        return {entry.name for entry in os.scandir(root)} - OF_TOOLS
    found = set()
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in OF_TOOLS]
        found |= {os.path.relpath(os.path.join(folder, name), root) for name in names}  # noqa: PTH118  # as above
    return found


@contextmanager
def in_environment(mark: str) -> Generator[None]:
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = mark
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Leaks(config.rootpath), "leaks-of-tests")
