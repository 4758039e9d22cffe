"""What a bench hands back, and how it is printed: a line for each figure, with its peer and the ratio of the two."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rich.box import SIMPLE
from rich.table import Table


class BenchError(Exception):
    """A bench could not be carried out; what it says is for a person."""


class Unit(StrEnum):
    SECONDS = "s"
    CORES = "cores"
    BYTES = "bytes"
    FRAMES = "frames"
    COUNT = "count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The middle of what was measured, and how far it spread."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Sample:
        """Raises BenchError where nothing was measured."""
        found = sorted(values)
        if not found:
            raise BenchError("nothing was measured")
        return cls(middle=statistics.median(found), low=found[0], high=found[-1])

    @classmethod
    def single(cls, value: float) -> Sample:
        return cls(middle=value, low=value, high=value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """``ours`` beside ``theirs``, in the same unit; ``peer`` says what the other one is."""

    what: str
    unit: Unit
    ours: Sample
    peer: str
    theirs: Sample

    @property
    def ratio(self) -> str:
        """Ours in terms of theirs; where one is nothing, both as they are."""
        ours, theirs = self.ours.middle, self.theirs.middle
        if ours == 0 or theirs == 0:
            return f"{ours:g} : {theirs:g}"
        return f"{ours / theirs:.3g}×"


def table(title: str, figures: Sequence[Figure]) -> Table:
    shown = Table(title=title, title_justify="left", box=SIMPLE, pad_edge=False)
    shown.add_column("what", overflow="fold")
    shown.add_column("figure", justify="right", no_wrap=True)
    shown.add_column("ratio", justify="right", no_wrap=True, style="bold")
    shown.add_column("peer", overflow="fold")
    shown.add_column("its figure", justify="right", no_wrap=True)
    for figure in figures:
        shown.add_row(
            figure.what,
            written(figure.ours, figure.unit),
            figure.ratio,
            figure.peer,
            written(figure.theirs, figure.unit),
        )
    return shown


def written(sample: Sample, unit: Unit) -> str:
    """A sample in the unit's usual size, its spread behind it where it has one."""
    scale, name = _scale(sample.middle, unit)
    middle = f"{_digits(sample.middle * scale)} {name}".rstrip()
    if sample.low == sample.high:
        return middle
    return f"{middle} ({_digits(sample.low * scale)}–{_digits(sample.high * scale)})"


def _scale(value: float, unit: Unit) -> tuple[float, str]:
    match unit:
        case Unit.SECONDS if value < 1e-3:
            return 1e6, "µs"
        case Unit.SECONDS if value < 1:
            return 1e3, "ms"
        case Unit.SECONDS:
            return 1, "s"
        case Unit.CORES:
            return 100, "% of a core"
        case Unit.BYTES:
            return 1e-6, "MB"
        case Unit.FRAMES | Unit.COUNT:
            return 1, ""


def _digits(value: float) -> str:
    """Three digits that count, without an exponent."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"
