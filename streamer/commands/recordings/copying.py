"""Copies finished files out of the data folder, checks them, and resumes interrupted copies.

An existing file is never overwritten: an identical one is kept, a different one is an error.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from streamer.core.base.durations import format_size
from streamer.core.base.errors import StoreError
from streamer.media.processes.syncing import Sync, sync

_BLOCK = 1 << 20

_ADVICE = {
    errno.ENOSPC: "the disk is full: free some space and repeat the command, it continues where it stopped",
    errno.EDQUOT: "your disk quota is used up: free some space and repeat the command",
    errno.EFBIG: "this file system takes no file of this size (FAT32: 4 GB): format the disk as exFAT",
    errno.EROFS: "this file system is read-only: name another folder with --to",
    errno.EACCES: "with --to, name a folder that you may write to",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A finished file. ``name`` is the name of its copy, ``sha256`` is in hex. A ``renewed`` file replaces an earlier
    one of its name: a report, which grows over time."""

    path: Path
    name: str
    bytes: int
    sha256: str
    renewed: bool = False


def prepare(folder: Path, originals: list[Original], sync: Sync = sync) -> None:
    """Create the folder durably, and check the free space. Raises StoreError."""
    with _explained(folder):
        new = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for one in new:
            with suppress(PermissionError):  # a folder that may be entered and not listed can't be synced
                sync(one.parent)
        free = shutil.disk_usage(folder).free
    missing = sum(o.bytes - _size(_partial(folder, o)) for o in originals if not (folder / o.name).exists())
    if missing > free:
        raise StoreError(
            f"{format_size(missing)} must be copied, but only {format_size(free)} are free",
            where=str(folder),
            hint="free some space, or name another folder with --to",
        )


def is_there(original: Original, folder: Path) -> bool:
    """Whether the folder has a file of this name. Raises StoreError where its size differs."""
    target = folder / original.name
    if not target.exists():
        return False
    if original.renewed and target.is_file():
        with _explained(target):
            return hashlib.sha256(target.read_bytes()).hexdigest() == original.sha256
    if not target.is_file() or _size(target) != original.bytes:
        raise _another(target)
    return True


def compare(original: Original, folder: Path) -> Iterator[int]:
    """Read a file that :func:`is_there`, yielding the number of bytes. Raises StoreError where its content differs."""
    target, digest = folder / original.name, hashlib.sha256()
    with _explained(target), target.open("rb") as file:
        yield from _read(file, digest)
    if digest.hexdigest() != original.sha256:
        raise _another(target)


def copy(original: Original, folder: Path, sync: Sync = sync) -> Generator[int, None, None]:
    """Copy a file, yielding the number of bytes copied. Raises StoreError; then the folder has no such file.

    The content is synced before the rename, and the folder after it. An interrupted copy is read again and continued;
    its name has the checksum, so that versions are never mixed.
    """
    partial, target = _partial(folder, original), folder / original.name
    with _explained(partial):
        resumed = 0 < _size(partial) <= original.bytes
        digest = yield from _fill(partial, original, resumed=resumed)
        if resumed and digest != original.sha256:
            digest = yield from _fill(partial, original, resumed=False)
        if digest != original.sha256:
            partial.unlink()
            raise StoreError(
                "the file has changed since it was made",
                where=str(original.path),
                hint="repeat the command; if the error remains, the disk may be failing: use a copy on another disk",
            )
        sync(partial)
        if target.exists() and not original.renewed:
            raise _another(target)
        partial.rename(target)
        sync(folder)


def _fill(partial: Path, original: Original, *, resumed: bool) -> Generator[int, None, str]:
    """Returns the digest of the written bytes."""
    digest = hashlib.sha256()
    with original.path.open("rb") as source, partial.open("r+b" if resumed else "w+b") as written:
        done = yield from _read(written, digest)
        source.seek(done)
        while block := source.read(_BLOCK):
            written.write(block)
            digest.update(block)
            done += len(block)
            yield done
        stat = os.fstat(source.fileno())
    os.utime(partial, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    return digest.hexdigest()


def _read(file: BinaryIO, digest: hashlib._Hash) -> Generator[int, None, int]:
    done = 0
    while block := file.read(_BLOCK):
        digest.update(block)
        done += len(block)
        yield done
    return done


def _partial(folder: Path, original: Original) -> Path:
    return folder / f".{original.name}.{original.sha256[:12]}.partial"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _another(target: Path) -> StoreError:
    return StoreError(
        "a different file of this name exists",
        where=str(target),
        hint="move it away, or name another folder with --to; the file may be an earlier version of this recording",
    )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"can't be copied: {error.strerror}",
            where=str(error.filename or path),
            hint=_ADVICE.get(error.errno or 0, "name another folder with --to"),
        ) from error
