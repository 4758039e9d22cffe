"""What a finished recording looks and sounds like, measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a file, in seconds from its start."""

    start: float
    duration: float

    @property
    def end(self) -> float:
        return self.start + self.duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Loudness by EBU R 128: integrated in LUFS (-70 where nothing is louder), its range in LU, true peak in dBTP.

    Each is None where there is no sound, and the true peak where there is nothing but digital silence. Stretches
    without sound, with a black picture, and with one that stands still; those of the picture may begin and end up to
    ``precision`` seconds earlier than is said here.
    """

    loudness: float | None
    loudness_range: float | None
    true_peak: float | None
    silent: tuple[Stretch, ...]
    black: tuple[Stretch, ...]
    frozen: tuple[Stretch, ...]
    precision: float
