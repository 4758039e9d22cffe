"""What service and keeper hold while sessions come and go: memory, file descriptors, and processes of the folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.figures import BenchError, Figure, Sample, Unit
from bench.processes import descriptors, keepers_of, usage, working_in
from bench.running_service import RunningService

LOOK_EVERY = 1.0
EARLY = 0.1
"""The share of a run that it takes to come to rest; what is held after it is compared with what is held at the end."""
NEAR = 0.08
"""The share of a run over which samples are taken together: jobs come and go meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """At an instant: resident memory (bytes) and open descriptors of service and keeper; all processes that work in
    the data folder."""

    at: datetime
    memory: int
    descriptors: int
    processes: int


def footprint(service: RunningService, keeping: tuple[int, int]) -> Footprint:
    """Raises BenchError where service or keeper is gone."""
    control = (service.pid, *keeping)
    return Footprint(
        at=datetime.now(UTC),
        memory=usage(control).memory,
        descriptors=sum(map(descriptors, control)),
        processes=len(working_in(service.data)),
    )


async def keepers(service: RunningService) -> tuple[int, int]:
    """The processes that keep the service's captures. Raises BenchError where none runs."""
    jobs = (await service.ask("/control/snapshot"))["jobs"]
    return keepers_of(job["pid"] for job in jobs if job["kind"] == "capture" and job["pid"])


@asynccontextmanager
async def watched(service: RunningService, keeping: tuple[int, int]) -> AsyncIterator[list[Footprint]]:
    """What is held, once a second until the end of the block."""
    seen: list[Footprint] = []

    async def watch() -> None:
        while True:
            seen.append(await asyncio.to_thread(footprint, service, keeping))
            await asyncio.sleep(LOOK_EVERY)

    watching = asyncio.create_task(watch())
    try:
        yield seen
    finally:
        watching.cancel()
        [ended] = await asyncio.gather(watching, return_exceptions=True)
    if isinstance(ended, Exception):
        raise BenchError(f"what is held could not be watched: {ended}") from ended


def growth(seen: Sequence[Footprint], begin: datetime, end: datetime, sessions: int) -> list[Figure]:
    """What is held at the end of a run of so many sessions, beside what was held when a tenth of it was over."""
    span = end - begin
    near = span * NEAR
    early = [one for one in seen if abs(one.at - begin - span * EARLY) <= near / 2]
    late = [one for one in seen if end - near <= one.at <= end]
    after = round(sessions * EARLY)
    values: dict[str, tuple[Unit, Callable[[Footprint], int]]] = {
        "memory of service and keeper": (Unit.BYTES, lambda one: one.memory),
        "file descriptors of service and keeper": (Unit.COUNT, lambda one: one.descriptors),
        "processes in the data folder": (Unit.COUNT, lambda one: one.processes),
    }
    return [
        Figure(
            what=f"{what} after {sessions} sessions",
            unit=unit,
            ours=Sample.of(map(value, late)),
            peer=f"the same after {after} of them",
            theirs=Sample.of(map(value, early)),
        )
        for what, (unit, value) in values.items()
    ]
