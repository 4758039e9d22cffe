"""The gap that a recording reports, beside the frames that its file really lacks, counted by the code in the picture.

A relay between sender and service lets nothing through for a while, so the source is away as with a pulled cable; or
the capture is killed. What else one could tell a gap by is how much shorter the file is than its session.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.feed import RATE, free_port, lost, sender
from bench.ffmpegs import ffmpeg_path
from bench.figures import BenchError, Figure, Sample, Unit
from bench.processes import launched
from bench.recorded import Recorded, recorded
from bench.running_service import BRIEF, RunningService, run_service, temporary_folder
from bench.slots import Slot, in_turn, sleep_until
from streamer.media.capture import probe
from streamer.media.capture.frame_code import read_codes

AWAY = (2.0, 5.0, 12.0)
"""Seconds for which the source is away, in a session each; in one more the capture is killed."""
LENGTH = timedelta(seconds=26)
INTO = timedelta(seconds=6)
"""From a session's start to what happens in it."""
BEGIN = timedelta(seconds=8)
_EXPORTED_WITHIN = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Seconds that are missing in a recording: as it reports, in truth, and by the length of its file."""

    what: str
    reported: float
    true: float
    by_length: float


async def gap() -> list[Figure]:
    ffmpeg, port = await ffmpeg_path(), free_port()
    async with temporary_folder() as folder:
        async with (
            _relay(port) as relay,
            launched(folder / "sender.log", *sender(ffmpeg, f"{relay.address}?localaddr=127.0.0.1")),
            run_service(folder, {"hall": f"udp://127.0.0.1:{port}"}, BRIEF) as service,
        ):
            slots = in_turn(len(AWAY) + 1, datetime.now(UTC) + BEGIN, LENGTH)
            await service.announce(slots, stream=False)
            names = await _troubles(service, relay, slots)
            found = await recorded(service, [slot.id for slot in slots], LENGTH.total_seconds() + _EXPORTED_WITHIN)
        cases = [await _missing(names[slot.id], found[slot.id]) for slot in slots]
    return figures(cases)


def figures(cases: list[Missing]) -> list[Figure]:
    each = [
        Figure(
            what=f"gap reported, {case.what}",
            unit=Unit.SECONDS,
            ours=Sample.single(case.reported),
            peer="frames missing in the file",
            theirs=Sample.single(case.true),
        )
        for case in cases
    ]
    error = Figure(
        what=f"error of the gap told, {len(cases)} sessions",
        unit=Unit.SECONDS,
        ours=Sample.of(abs(case.reported - case.true) for case in cases),
        peer="session less the length of its file",
        theirs=Sample.of(abs(case.by_length - case.true) for case in cases),
    )
    return [*each, error]


async def _troubles(service: RunningService, relay: _Relay, slots: list[Slot]) -> dict[str, str]:
    """One in each session; returns what they were."""
    names = {}
    for seconds, slot in zip((*AWAY, None), slots, strict=True):
        await sleep_until(slot.start + INTO)
        if seconds is None:
            names[slot.id] = "capture killed"
            await _kill_capture(service)
        else:
            names[slot.id] = f"source away for {seconds:g} s"
            await relay.pause(seconds)
    return names


async def _kill_capture(service: RunningService) -> None:
    jobs = (await service.ask("/control/snapshot"))["jobs"]
    pids = [job["pid"] for job in jobs if job["kind"] == "capture" and job["pid"]]
    if len(pids) != 1:
        raise BenchError("no capture runs that could be killed; is the machine too busy?")
    os.kill(pids[0], signal.SIGKILL)


async def _missing(what: str, found: Recorded) -> Missing:
    [file] = found.files
    codes = [code for code in await asyncio.to_thread(read_codes, file) if code >= 0]  # a torn picture is none
    return Missing(
        what=what,
        reported=found.reported,
        true=lost([codes]).inside / RATE,
        by_length=float(found.document["duration"]) - await probe.length(file),
    )


class _Relay(asyncio.DatagramProtocol):
    """Passes what is sent to ``address`` on to a port, or drops it."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._open = True
        self._transport: Any = None

    @property
    def address(self) -> str:
        host, port = self._transport.get_extra_info("sockname")
        return f"udp://{host}:{port}"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        if self._open:
            self._transport.sendto(data, self._target)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens at the moment."""

    async def pause(self, seconds: float) -> None:
        self._open = False
        await asyncio.sleep(seconds)
        self._open = True


@asynccontextmanager
async def _relay(port: int) -> AsyncIterator[_Relay]:
    transport, relay = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Relay(port), local_addr=("127.0.0.1", 0)
    )
    try:
        yield relay
    finally:
        transport.close()
