"""Reads the segments of a growing take as one stream, from its newest segment on.

It only opens files of the capture for reading, so the capture can't notice it.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

BEHIND = 4
"""A reader that is so many segments behind goes on with the newest one."""


class RingReader:
    """One take's segments. Every segment begins with a keyframe, so it may begin and go on with any of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number: int | None = None
        self._file: BinaryIO | None = None

    def read(self, most: int) -> bytes:
        """The next bytes, at most so many; empty where nothing is new."""
        if self._number is None or self._path(self._number + BEHIND).exists():
            self._go_to_newest()
        while self._number is not None:
            followed = self._path(self._number + 1).exists()  # before the read, so that its end is not missed
            if data := self._read(most):
                return data
            if not followed:
                break
            self.close()
            self._number += 1
        return b""

    def _read(self, most: int) -> bytes:
        """Empty where the segment has no more, or has evaporated."""
        assert self._number is not None
        if self._file is None:
            try:
                self._file = self._path(self._number).open("rb", buffering=0)
            except FileNotFoundError:
                return b""
        return self._file.read(most)

    def _go_to_newest(self) -> None:
        self.close()
        self._number = max((int(p.stem) for p in self._folder.glob("*.ts") if p.stem.isdecimal()), default=None)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}.ts"

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
