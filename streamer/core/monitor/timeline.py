"""The timeline of a room's meters: a row for each ten seconds of a session, which says what was heard and seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

from streamer.core.base.described import Described, Instant, TypedDict
from streamer.core.base.json import iso_unix
from streamer.core.monitor.conditions import SILENT
from streamer.core.monitor.meter import Meter

ROW_SECONDS = 10


class TimelineRow(TypedDict):
    """Ten seconds of a session's sound and picture."""

    at: Annotated[Instant, Described("When the ten seconds begin")]
    loudest: Annotated[float, Described("The highest momentary loudness in LUFS")]
    quietest: Annotated[float, Described("The lowest momentary loudness in LUFS")]
    speech: Annotated[float, Described("The mean share of speech", minimum=0, maximum=1)]
    silent: Annotated[float, Described("The share of the time that was silent", minimum=0, maximum=1)]
    black: Annotated[float, Described("The share of the time with a black picture", minimum=0, maximum=1)]
    frozen: Annotated[float, Described("The share of the time with a picture that did not move", minimum=0, maximum=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The meters of a row that is not yet complete. ``number`` is its start (Unix s) divided by ``ROW_SECONDS``."""

    number: int
    meters: tuple[Meter, ...] = ()

    def row(self, zone: ZoneInfo) -> TimelineRow:
        return {
            "at": iso_unix(self.number * ROW_SECONDS, zone),
            "loudest": round(max(m.momentary for m in self.meters), 1),
            "quietest": round(min(m.momentary for m in self.meters), 1),
            "speech": _share([m.speech for m in self.meters]),
            "silent": _share([m.momentary < SILENT for m in self.meters]),
            "black": _share([m.black for m in self.meters]),
            "frozen": _share([m.frozen for m in self.meters]),
        }


def tallied(known: Tally | None, meter: Meter) -> tuple[Tally, Tally | None]:
    """The tally with ``meter``, and the one before it if that is complete now."""
    number = int(meter.at // ROW_SECONDS)
    if known is None or known.number != number:
        return Tally(number=number, meters=(meter,)), known
    return Tally(number=number, meters=(*known.meters, meter)), None


def _share(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 2)
