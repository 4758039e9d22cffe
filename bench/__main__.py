"""``python -m bench [NAME …]``: runs the benches, one after the other, and prints each one's figures."""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import sys
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

import click
from rich.console import Console

from bench.codings import codings
from bench.control_plane import control_plane
from bench.feeds import feeds
from bench.figures import BenchError, Figure, table
from bench.first_media import first_media
from bench.gap import gap
from bench.hour import hour
from bench.interrupts import until_interrupted
from bench.killed import killed
from bench.monitor import monitor
from bench.planning import planning
from bench.seam import seam, seams
from bench.steering import steering
from bench.timetable import timetable
from bench.vod import vod
from streamer.commands.terminal.logs import log_to_stderr
from streamer.core.base.errors import StreamerError

Bench = Callable[[], Awaitable[list[Figure]]]

BENCHES: Mapping[str, tuple[str, Bench]] = MappingProxyType(
    {
        "timetable": ("Timetable load", timetable),
        "feeds": ("Large and restless feeds", feeds),
        "planning": ("Planning", planning),
        "control-plane": ("Control plane", control_plane),
        "codings": ("Tracks that a capture encodes", codings),
        "monitor": ("Monitored rooms", monitor),
        "steering": ("From the crew's click", steering),
        "first-media": ("First media of a session", first_media),
        "seam": ("Back-to-back sessions", seam),
        "killed": ("Killed processes", killed),
        "gap": ("A gap as it is reported", gap),
        "hour": ("Export of an hour", hour),
        "vod": ("From a session's end to its recording", vod),
        "seams": ("A hundred seams", seams),
    }
)
LONG = frozenset({"seams"})
"""Those that run only where they are named."""
_WIDTH = 160
"""Columns where no terminal says how many there are."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, metavar="[NAME]…", type=click.Choice(list(BENCHES)))
def main(names: tuple[str, ...]) -> None:
    """Measure, and print each figure with its ratio to a peer from the same run: timetable, feeds, planning,
    control-plane, codings, monitor, steering, first-media, seam, killed, gap, hour, vod. All of these without a NAME,
    in fifteen minutes; seams is eight more."""
    log_to_stderr(logging.WARNING)
    chosen = names or tuple(name for name in BENCHES if name not in LONG)
    out = Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)
    sys.exit(asyncio.run(until_interrupted(_all(chosen, out))))


async def _all(names: tuple[str, ...], out: Console) -> int:
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    out.print(f"{cores} cores, load {load:.1f} at the start, Python {platform.python_version()}", style="dim")
    failed = 0
    for name in names:
        title, bench = BENCHES[name]
        try:
            out.print(table(title, await bench()))
        except (BenchError, StreamerError) as error:
            failed += 1
            out.print(f"{title}: {error}", style="red", markup=False)
    return min(failed, 1)


if __name__ == "__main__":
    main()
