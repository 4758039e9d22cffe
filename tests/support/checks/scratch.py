"""Puts the tests' temporary folders into memory where there is room for them.

Hundreds of tests wait for the disk each time a file or a database is synced. What is synced, and in what order, is
checked by a recorded disk (support/day/recorded_disk.py), so a real disk adds waiting and no knowledge. A TMPDIR that
is set already is kept.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 3_000_000_000
"""Bytes that a whole run needs free, with a margin."""


def suits(folder: Path) -> bool:
    """Whether programs can be written to a folder and started there, and the whole run has room."""
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        return False
    return shutil.disk_usage(folder).free > ROOM and not os.statvfs(folder).f_flag & os.ST_NOEXEC


if "TMPDIR" not in os.environ and suits(MEMORY):
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None
"""Read by this process, by pytest's workers and by the programs that tests start."""
