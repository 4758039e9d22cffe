"""One service for each data folder: an advisory lock that the kernel releases when the service ends, in any way."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from streamer.core.base.errors import DataFolderBusy, StoreError
from streamer.core.base.layout import SERVICE_LOCK


class FolderLock:
    """Holds the lock of a data folder from :meth:`acquire` to :meth:`release`, or the end of the process."""

    def __init__(self, data: Path) -> None:
        self._path = data / SERVICE_LOCK
        self._handle: int | None = None

    def acquire(self) -> None:
        """Raises DataFolderBusy, with the holder's pid, if another service holds it."""
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"can't be opened: {error.strerror}", where=str(self._path)) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(handle, 32, 0).decode(errors="replace").strip()
            os.close(handle)
            who = f"process {holder}" if holder.isdigit() else "another process"
            raise DataFolderBusy(
                f"a service already runs on this data folder ({who})",
                where=str(self._path.parent),
                hint="stop it with streamer stop, or name another folder as [storage] data",
            ) from error
        os.truncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        self._handle = handle

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
