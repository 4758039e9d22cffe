"""Makes closed segments safe: syncs them, then reads them for their checksum and shape.

The index refers to a segment only after this. Blocking: call it outside of the turns.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from streamer.core.base.errors import StoreError
from streamer.core.footage.segments import Segment
from streamer.media.mpegts.shape_reader import shape_of
from streamer.media.processes.syncing import Sync, sync

log = structlog.stdlib.get_logger(__name__)

_READ_AT_ONCE = 1 << 20


def settle(data: Path, segments: Sequence[Segment], sync: Sync = sync) -> list[Segment]:
    """See :meth:`streamer.engine.footage.take_reader.TakeReader.settle`. Raises StoreError where the disk
    can't write them now."""
    settled = [safe for segment in segments if (safe := _settled(data, segment, sync)) is not None]
    for folder in {(data / segment.path).parent for segment in settled}:
        try:
            sync(folder)
        except OSError as error:
            raise _refused(error, str(folder)) from error
    return settled


def _settled(data: Path, segment: Segment, sync: Sync) -> Segment | None:
    path = data / segment.path
    try:
        sync(path)
        size, digest = checksum(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno != errno.EIO:
            raise _refused(error, segment.path) from error
        log.error(
            "a segment can't be read from the disk and is lost",
            take=segment.take,
            path=segment.path,
            error=error.strerror,
        )
        return replace(segment, bytes=0)
    return replace(segment, bytes=size, sha256=digest, shape=shape_of(path))


def checksum(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file's content. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_READ_AT_ONCE):
            digest.update(block)
            size += len(block)
    return size, digest.hexdigest()


def _refused(error: OSError, where: str) -> StoreError:
    hint = "check whether the disk is full or failing; the service tries again"
    return StoreError(f"can't be synced to the disk: {error.strerror}", where=where, hint=hint)
