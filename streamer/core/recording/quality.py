"""The measured quality of a finished recording."""

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
    """Loudness by EBU R 128: integrated in LUFS (-70 for anything quieter), its range in LU, true peak in dBTP.

    Each is None without sound, and the true peak is None for digital silence. The stretches are silent, black or
    frozen; black and frozen ones may really begin and end up to ``precision`` seconds earlier.
    """

    loudness: float | None
    loudness_range: float | None
    true_peak: float | None
    silent: tuple[Stretch, ...]
    black: tuple[Stretch, ...]
    frozen: tuple[Stretch, ...]
    precision: float
