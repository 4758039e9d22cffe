"""``make soak``: back-to-back sessions for minutes or hours, while captures, encoders and the service are killed.

Ends by itself, or with Ctrl-C, and leaves nothing behind. What must hold whatever dies is held against what came of
it; the exit status is 1 where it does not hold.
"""

from __future__ import annotations

import asyncio
import os
import platform
import random
import sys
import sysconfig
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from bench.deaths import GONE, Kind, Mortal
from bench.feed import multicast, sender
from bench.ffmpegs import ffmpeg_path
from bench.figures import BenchError
from bench.footprint import footprint, keepers
from bench.interrupts import until_interrupted
from bench.processes import finished, last_words, launched
from bench.running_service import furnish, temporary_folder
from bench.slots import Slot, in_turn, sleep_until
from bench.tally import Tally
from streamer.core.base.errors import StreamerError

LENGTH = timedelta(seconds=20.3)
BEGIN = timedelta(seconds=10)
EVERY = (8.0, 16.0)
"""Seconds from one death to the next."""
CALM_END = timedelta(seconds=12)
"""Without deaths before the last session's end."""
ROW_EVERY = 60.0
LOOK_EVERY = 1.0
_FINISHED_WITHIN = 90.0
_RULES = """
[capture]
lead = "5s"
linger = "5s"
ring = "30s"
[recording]
pre_roll = "2s"
post_roll = "2s"
[livestream]
renditions = ["180p"]
"""
_COLUMNS = (
    *("minute", "recordings", "partial", "captures", "encoders", "services", "lost inside", "lost at seams"),
    *("missing s", "told s", "memory MB", "descriptors", "processes"),
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--minutes", type=click.FloatRange(min=0.5, max=8 * 60), default=10.0, show_default=True)
@click.option("--seed", type=int, default=None, help="Repeats the order of the deaths.")
@click.option("--calm", is_flag=True, help="Nothing is killed.")
def main(minutes: float, seed: int | None, calm: bool) -> None:
    """Record back-to-back sessions while something is killed every now and then, and count what is lost."""
    seed = random.SystemRandom().randrange(10_000) if seed is None else seed
    kinds = () if calm else tuple(Kind)
    sys.exit(asyncio.run(until_interrupted(_soaked(timedelta(minutes=minutes), seed, kinds))))


async def _soaked(length: timedelta, seed: int, kinds: tuple[Kind, ...]) -> int:
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    click.echo(f"{cores} cores, load {load:.1f} at the start, Python {platform.python_version()}, seed {seed}")
    try:
        wrong = await soak(length, random.Random(seed), kinds)  # noqa: S311  # no secret
    except (BenchError, StreamerError) as error:
        wrong = [str(error)]
    for sentence in wrong:
        click.echo(f"does not hold: {sentence}")
    return 1 if wrong else 0


async def soak(length: timedelta, randomness: random.Random, kinds: tuple[Kind, ...]) -> list[str]:
    """What did not hold, in sentences. Prints a row a minute, and one at the end."""
    ffmpeg, feed = await ffmpeg_path(), multicast()
    tally = Tally()
    async with temporary_folder() as folder:
        furnish(folder, {"hall": feed}, _RULES)
        async with (
            launched(folder / "sender.log", *sender(ffmpeg, feed)),
            Mortal(folder, randomness) as mortal,
        ):
            slots = in_turn(max(1, round(length / LENGTH)), datetime.now(UTC) + BEGIN, LENGTH)
            await (await mortal.service()).announce(slots, stream=True)
            work = [
                asyncio.create_task(_counting(mortal, slots, tally)),
                asyncio.create_task(_killing(mortal, slots, randomness, kinds)),
                asyncio.create_task(_telling(mortal, slots[0].start, tally)),
            ]
            try:
                await _through(work, slots)
                click.echo(await _row(mortal, slots[0].start, tally))
            finally:
                for task in work:
                    task.cancel()
                await asyncio.gather(*work, return_exceptions=True)
            tally.wrong += await _verified(folder)
    return tally.wrong


async def _through(work: list[asyncio.Task[None]], slots: list[Slot]) -> None:
    """Until all is counted. Raises what went wrong in one of the tasks, BenchError where recordings don't come."""
    counting, open_ones = work[0], set(work)
    patience = (slots[-1].end - datetime.now(UTC)).total_seconds() + _FINISHED_WITHIN
    try:
        async with asyncio.timeout(patience):
            while not counting.done():
                done, open_ones = await asyncio.wait(open_ones, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
    except TimeoutError as error:
        raise BenchError("not all recordings were finished in time; is the machine too busy?") from error


async def _counting(mortal: Mortal, slots: list[Slot], tally: Tally) -> None:
    for slot in slots:
        await sleep_until(slot.end)
        while True:
            try:
                if await tally.take(await mortal.service(), slot.id):
                    break
            except GONE:
                pass
            await asyncio.sleep(LOOK_EVERY)


async def _killing(mortal: Mortal, slots: list[Slot], randomness: random.Random, kinds: tuple[Kind, ...]) -> None:
    if not kinds:
        return
    await sleep_until(slots[0].start)
    while True:
        await asyncio.sleep(randomness.uniform(*EVERY))
        if datetime.now(UTC) > slots[-1].end - CALM_END:
            return
        await mortal.kill_one(kinds)


async def _telling(mortal: Mortal, begin: datetime, tally: Tally) -> None:
    click.echo("  ".join(_COLUMNS))
    await sleep_until(begin)
    while True:
        await asyncio.sleep(ROW_EVERY)
        click.echo(await _row(mortal, begin, tally))


async def _row(mortal: Mortal, begin: datetime, tally: Tally) -> str:
    minute = (datetime.now(UTC) - begin) / timedelta(minutes=1)
    deaths = [str(mortal.deaths[kind]) for kind in (Kind.CAPTURE, Kind.ENCODER, Kind.SERVICE)]
    counts = [str(tally.inside), str(tally.seams), f"{tally.missing:.1f}", f"{tally.reported:.1f}"]
    cells = [f"{minute:.1f}", str(tally.recordings), str(tally.partial), *deaths, *counts, *await _held(mortal)]
    return "  ".join(cell.rjust(len(column)) for cell, column in zip(cells, _COLUMNS, strict=True))


async def _held(mortal: Mortal) -> tuple[str, str, str]:
    """Of the service of the moment and its keeper; unknown where one has just died or no capture runs."""
    try:
        service = await mortal.service()
        held = await asyncio.to_thread(footprint, service, await keepers(service))
    except (*GONE, BenchError):
        return "–", "–", "–"
    return f"{held.memory / 1e6:.0f}", str(held.descriptors), str(held.processes)


async def _verified(folder: Path) -> list[str]:
    """What ``streamer recordings verify`` finds: index, checksums and invariants against the disk."""
    log, program = folder / "verify.log", Path(sysconfig.get_path("scripts"), "streamer")
    try:
        await finished(log, str(program), "recordings", "verify", "--config", str(folder / "config.toml"))
    except BenchError:
        return [f"what is on the disk is not what it should be:\n{last_words(log, 30)}"]
    return []


if __name__ == "__main__":
    main()
