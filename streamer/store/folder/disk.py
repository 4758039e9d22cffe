"""The file system that the data folder is on: its free space, and a ballast against a full disk.

The ballast is a file of real blocks that is never read. When other programs have filled the disk, its space is released
for what must still be written: the database, the records of processes, the channel's chunks.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from streamer.core.base.errors import StoreError
from streamer.core.base.layout import BALLAST
from streamer.core.status.disk import DiskSpace

_FEW_NAMES = 64
"""With fewer free inodes than this the file system counts as full, even if bytes are free."""


class DataDisk:
    """Implements :class:`streamer.engine.machine.disk.Disk`. A disk that hangs blocks a thread, not the service."""

    def __init__(self, data: Path, few_names: int = _FEW_NAMES) -> None:
        self._data = data
        self._few_names = few_names
        self._ballast = data / BALLAST

    async def space(self) -> DiskSpace:
        """See the port."""
        return await asyncio.to_thread(self._space)

    def _space(self) -> DiskSpace:
        try:
            found = os.statvfs(self._data)
        except OSError as error:
            meaning = f"the disk does not say how much is free: {error.strerror}"
            raise StoreError(meaning, where=str(self._data), hint="is it mounted?") from error
        names_left = not found.f_files or found.f_favail > self._few_names
        return DiskSpace(
            total=found.f_blocks * found.f_frsize, free=found.f_bavail * found.f_frsize if names_left else 0
        )

    async def hold(self, size: int) -> None:
        """See the port."""
        await asyncio.to_thread(self._hold, size)

    def _hold(self, size: int) -> None:
        if size <= 0:
            return
        try:
            descriptor = os.open(self._ballast, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, size)
            finally:
                os.close(descriptor)
        except OSError:
            self._ballast.unlink(missing_ok=True)  # half a ballast takes space and is of little use

    async def give_up(self) -> bool:
        """See the port."""
        try:
            await asyncio.to_thread(self._ballast.unlink)
        except OSError:
            return False
        return True
