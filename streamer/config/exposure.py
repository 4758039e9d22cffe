"""Finds files with secrets that other users of the machine can read. Reads modes, not content."""

from __future__ import annotations

import shlex
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from streamer.config.model import Config

_READERS = ((stat.S_IRGRP, stat.S_IXGRP), (stat.S_IROTH, stat.S_IXOTH))
"""For the group and for all others: the right to read a file, and the right to pass a folder."""


def exposed_files(config: Config) -> Sequence[Path]:
    """The files with secrets that the group or all users can read."""
    return [path for path in config.secret_files if _is_exposed(path)]


def close_to_others(path: Path) -> str:
    """The command that closes a file."""
    return f"chmod go= {shlex.quote(str(path))}"


def readable_by_others(file: int, folders: Iterable[int]) -> bool:
    """Whether the mode of a file and those of all its folders let its group or all users read it."""
    modes = list(folders)
    return any(file & read and all(mode & enter for mode in modes) for read, enter in _READERS)


def _is_exposed(path: Path) -> bool:
    try:
        real = path.resolve()
        return readable_by_others(real.stat().st_mode, [folder.stat().st_mode for folder in real.parents])
    except OSError:
        return False
