"""Deletes a file that was begun and is not finished."""

from __future__ import annotations

import contextlib
from pathlib import Path


def discard(partial: Path) -> None:
    """Does nothing where there is no such file or it can't be deleted: a start of the service deletes it then."""
    with contextlib.suppress(OSError):
        partial.unlink(missing_ok=True)
