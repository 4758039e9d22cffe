"""``streamer stop``: what runs is gone when it returns, and nothing of it is left."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.service.commanding import Caller, Killed, caller, captures, room, wait_for
from support.service.running import Conference, Running, Talk, now, seconds

from streamer.commands.terminal.invocation import Patience
from streamer.store.folder.lock import FolderLock


@pytest.fixture
def capturing(tmp_path: Path, free_port: int) -> Iterator[Running]:
    """A service that captures a room, in a folder whose socket has too long a path for an address.

    Its configuration names secrets that commands do not find: they only speak to the service, and need none."""
    folder = tmp_path / ("deep-and-deeper-" * 6)
    talk = Talk(id="one", room="main", start=now() - seconds(5), end=now() + seconds(600))
    conference = Conference(folder=folder, port=free_port, rooms=room("main"), talks=[talk])
    conference.write()
    service = Running(conference)
    try:
        asyncio.run(service.ready())
        wait_for(lambda: captures(conference), "the capture")
        conference.settings += '\n[storage]\ndatabase = "env:NOT_SET"\n'
        conference.rooms += room("side", "env:NOT_SET")
        conference.write()
        yield service
    finally:
        service.close()


def test_a_service_that_hangs_is_named(capturing: Running) -> None:
    assert "one" in caller(capturing.conference).said("session", "list")
    capturing.send(signal.SIGSTOP)
    try:
        text = caller(capturing.conference, Patience(service=0.5)).refused("stop")
    finally:
        capturing.send(signal.SIGCONT)
    assert f"process {capturing.process.pid} was asked to end 0.5 s ago and is still running" in text
    assert f"(kill -9 {capturing.process.pid}, and then streamer stop for its media)" in text
    assert capturing.process.wait(15) == 0  # it heard it after all
    assert capturing.conference.processes() == {}


def test_the_media_of_a_service_that_was_killed_is_ended(killed: Killed) -> None:
    assert killed.before == 1
    assert re.fullmatch(
        r"no service was running; ended media processes of a former one \(processes: [1-9]\)\n", killed.said
    )
    assert killed.left == {}
    assert "no service is running" in caller(killed.conference).refused("stop")


def test_without_a_service_there_is_nothing_to_stop(resting: Conference, call_resting: Caller) -> None:
    text = call_resting.refused("stop")
    assert text == f"Error: {resting.data}: no service is running (start it with: streamer run)\n"
    assert "no rehearsal is running" in call_resting.refused("stop", "--rehearsal")
    assert not resting.data.exists()


def test_a_service_that_has_the_folder_and_no_socket_is_waited_for(
    resting: Conference,
) -> None:
    call = caller(resting, Patience(service=0.3))
    resting.data.mkdir()
    lock = FolderLock(resting.data)
    lock.acquire()
    try:
        assert f"(process {os.getpid()})" in call.refused("stop")
        assert f"(process {os.getpid()})" in call.refused("token", "list")
    finally:
        lock.release()


def test_a_rehearsal_is_stopped_when_it_is_meant(
    tmp_path: Path, free_ports: Callable[[int], list[int]], free_port: int
) -> None:
    talk = Talk(id="one", room="main", start=now(), end=now() + seconds(600))
    conference = Conference(folder=tmp_path, port=free_port, rooms=room("main"), talks=[talk])
    conference.write()
    call, service = caller(conference), Running(conference, "--rehearse", "--compress", "2")
    try:
        asyncio.run(service.ready())
        hint = "(a rehearsal is running: add --rehearsal to use it)"
        assert hint in call.refused("stop")
        listed = call("token", "list")
        assert listed.stdout == "No token exists.\n"
        assert "a rehearsal is running" in listed.stderr
        assert "link, to be used once" in call.said("token", "list", "--rehearsal")
        assert call.said("stop", "--rehearsal") == f"ended process {service.process.pid}\n"
        assert service.process.wait(1) == 0
        assert conference.processes() == {}
    finally:
        service.close()
