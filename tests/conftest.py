"""What every test has: the log, FFmpeg, and ports; leaks are failures, missing programs are named (support/checks/)."""

from __future__ import annotations

import gc
import logging
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import imageio_ffmpeg
import pytest

from streamer.commands.terminal.logs import log_to_stderr

log_to_stderr(logging.WARNING)

pytest_plugins = [
    "support.checks.scratch",
    "support.checks.leaks",
    "support.checks.needs",
    "support.checks.sharing",
    "pytester",
]


SLOW = (
    "commands/checks",
    "commands/recordings",
    "commands/service",
    "commands/terminal",
    "end_to_end",
    "engine/channels",
    "engine/footage",
    "engine/machine",
    "engine/recordings",
    "engine/service",
    "engine/turns",
    "media/capture",
    "media/files",
    "media/live",
    "media/processes",
    "test_bench.py",
    "test_package.py",
    "test_replay.py",
)
"""Folders and modules whose tests start processes, run whole days or compute for seconds: `make quick` skips them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.path.relative_to(here).as_posix().startswith(SLOW):
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish() -> None:
    """The garbage collector leaves modules and collected tests alone: looking at them took a twentieth of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session")
def ffmpeg() -> str:
    """The path of the bundled FFmpeg."""
    return str(imageio_ffmpeg.get_ffmpeg_exe())


@pytest.fixture
def free_port(free_ports: Callable[[int], list[int]]) -> int:
    """A port on loopback that nobody listens on, by TCP or UDP."""
    return free_ports(1)[0]


@pytest.fixture(scope="session")
def free_ports() -> Callable[[int], list[int]]:
    """So many different ones at once."""

    def find(count: int) -> list[int]:
        found: list[int] = []
        with ExitStack() as held:
            while len(found) < count:
                tcp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
                udp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                tcp.bind(("127.0.0.1", 0))
                try:
                    udp.bind(tcp.getsockname())
                except OSError:
                    continue
                found.append(tcp.getsockname()[1])
        return found

    return find
