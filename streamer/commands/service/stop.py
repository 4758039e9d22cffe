"""``streamer stop``: ends a running service and all its media, and waits for their end."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import click

from streamer.commands.place.control import Running, end_of
from streamer.commands.place.place import Place, placed
from streamer.commands.place.reaching import held, no_service
from streamer.core.base.errors import DataFolderBusy, StreamerError
from streamer.media import command_lines as argv
from streamer.media.processes.keeper_server import RUNS
from streamer.media.processes.launcher import KeeperLauncher


@click.command()
@placed
def stop(place: Place) -> None:
    """End a running service and all its media."""
    click.echo(asyncio.run(_stop(place)))


async def _stop(place: Place) -> str:
    async with held(place, make=False) as found:
        if isinstance(found, Running):
            return await _end(found, place)
        left = await _end_media(place.data) if found is not None else 0
    if not left:
        raise no_service(place)
    return f"no service was running; ended media processes of a former one (processes: {left})"


async def _end(service: Running, place: Place) -> str:
    within = place.patience.service
    async with end_of(service.pid) as ended:
        try:
            async with asyncio.timeout(within):
                await _ask(service, ended)
                await ended.wait()
        except TimeoutError:
            raise StreamerError(
                f"process {service.pid} was asked to end {within:g} s ago and is still running",
                where=str(place.data),
                hint=f"kill -9 {service.pid}, and then streamer stop for its media",
            ) from None
    left = await _left_behind(place.data)
    also = f", and the media processes that it left (processes: {left})" if left else ""
    return f"ended process {service.pid}{also}"


async def _ask(service: Running, ended: asyncio.Event) -> None:
    try:
        await service.stop()
    except StreamerError as error:  # it may have been ending already
        try:
            async with asyncio.timeout(1.0):
                await ended.wait()
        except TimeoutError:
            raise error from None


async def _left_behind(data: Path) -> int:
    """Ends media that the service left; only a service that was killed leaves any."""
    from streamer.store.folder.lock import FolderLock  # a slow import, not needed to end the service

    lock = FolderLock(data)
    try:
        lock.acquire()
    except DataFolderBusy:
        return 0  # the next service has started and adopted them
    try:
        return await _end_media(data)
    finally:
        lock.release()


async def _end_media(data: Path) -> int:
    """End the processes that a service left; returns their number. The caller holds the folder's lock."""
    if not (data / RUNS).is_dir():
        return 0
    launcher = KeeperLauncher(data, partial(argv.command, "ffmpeg"))
    running = await launcher.open()
    await launcher.close(end_media=True)
    return len(running)
