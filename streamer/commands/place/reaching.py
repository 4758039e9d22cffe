"""Finds the target of a command: the running service, or the store where none is running."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import click

from streamer.commands.place.control import Running, listens, running
from streamer.commands.place.place import Place
from streamer.core.base.errors import DataFolderBusy, StreamerError

if TYPE_CHECKING:
    from streamer.commands.place.offline import OfflineFolder
    from streamer.store.folder.lock import FolderLock

_LOOK_AGAIN = 0.1
_REHEARSAL_RUNS = "a rehearsal is running: add --rehearsal to use it"


class NoService(StreamerError):
    """A command needs a running service, and none is running."""


def no_service(place: Place) -> NoService:
    """Names the service that is missing, and whether the other one is running."""
    what = "rehearsal" if place.rehearsal else "service"
    hint = "start it with: streamer run" + (" --rehearse" if place.rehearsal else "")
    if listens(place.other.data):
        hint = "the service of the conference is running: leave --rehearsal out" if place.rehearsal else _REHEARSAL_RUNS
    return NoService(f"no {what} is running", where=str(place.data), hint=hint)


@asynccontextmanager
async def reached(place: Place) -> AsyncIterator[Running | OfflineFolder]:
    """The running service, ready, or else the store. Raises NoService for a rehearsal that is not running, and
    DataFolderBusy where a process holds the folder's lock and does not answer."""
    async with held(place, make=not place.rehearsal) as found:
        if isinstance(found, Running):
            await found.ready()
            yield found
            return
        if found is None or place.rehearsal:
            raise no_service(place)
        if listens(place.other.data):
            click.echo(f"Note: no service is running, so this command uses the store; {_REHEARSAL_RUNS}", err=True)
        from streamer.commands.place.offline import offline_folder

        async with offline_folder(place) as store:
            yield store


@asynccontextmanager
async def served(place: Place) -> AsyncIterator[Running]:
    """The running service, for what the store can't answer. Raises NoService."""
    async with running(place.data) as service:
        if service is None:
            raise no_service(place)
        await service.ready()
        yield service


@asynccontextmanager
async def held(place: Place, *, make: bool) -> AsyncIterator[Running | FolderLock | None]:
    """The service of a data folder, which may not be ready yet; or the folder's lock, so that no service starts.

    None where the folder does not exist; with ``make`` it is created.
    """
    async with running(place.data) as service:
        if service is not None:
            yield service
            return
    from streamer.store.folder.data_folder import (
        prepare_folder,  # a slow import, not needed for a running service
    )
    from streamer.store.folder.lock import FolderLock

    if make:
        prepare_folder(place.data)
    elif not place.exists:
        yield None
        return
    deadline = time.monotonic() + place.patience.service
    lock = FolderLock(place.data)
    while True:
        try:
            lock.acquire()
            break
        except DataFolderBusy:
            if time.monotonic() > deadline:
                raise
        async with running(place.data) as service:
            if service is not None:
                yield service
                return
        await asyncio.sleep(_LOOK_AGAIN)
    try:
        yield lock
    finally:
        lock.release()
