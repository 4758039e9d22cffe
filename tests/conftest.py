"""What every test has: the log, FFmpeg, and ports; leaks are failures, missing programs are named (support/checks/)."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from contextlib import ExitStack

import imageio_ffmpeg
import pytest

from streamer.commands.terminal.logs import log_to_stderr

log_to_stderr(logging.WARNING)

pytest_plugins = ["support.checks.leaks", "support.checks.needs", "support.checks.sharing", "pytester"]


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
