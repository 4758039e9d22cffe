"""A meter: one measurement of a room's sound and picture, some of which are made each second.

Loudness follows EBU R128 (momentary: the last 0.4 s, short-term: the last 3 s).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

from streamer.core.base.described import Described, Instant, TypedDict
from streamer.core.base.ids import RoomId
from streamer.core.base.json import iso_unix

FLOOR = -120.0
"""The lowest level (LUFS, dBFS) that is told: digital silence is below it."""
CHANNELS = 8
"""The most channels whose peaks are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """Levels in LUFS; ``peaks`` in dBFS, one a channel, the highest since the meter before; empty without sound.

    ``at`` is Unix seconds. ``speech`` is the share of the last seconds in which somebody spoke. ``black`` says that the
    newest keyframe is black, ``frozen`` that the picture has not moved for eight seconds. ``rate`` is the number of
    pictures a second, None before it is known.
    """

    room: RoomId
    at: float
    momentary: float = FLOOR
    short_term: float = FLOOR
    peaks: tuple[float, ...] = ()
    speech: float = 0.0
    black: bool = False
    frozen: bool = False
    rate: float | None = None


class MeterDocument(TypedDict):
    """A room's sound and picture at an instant. Not part of the journal: the newest one counts. For the crew."""

    room: str
    at: Instant
    momentary: Annotated[float, Described("Loudness of the last 0.4 s in LUFS (EBU R128); -120 is the lowest")]
    short_term: Annotated[float, Described("Loudness of the last 3 s in LUFS")]
    peak: Annotated[list[float], Described("The highest sample of each channel in dBFS; empty without sound")]
    speech: Annotated[float, Described("The share of the last 8 s in which somebody speaks", minimum=0, maximum=1)]
    black: Annotated[bool, Described("The newest keyframe is black")]
    frozen: Annotated[bool, Described("The picture has not moved for eight seconds, as with slides")]
    rate: Annotated[float | None, Described("Pictures a second; null before it is known")]


def meter_document(meter: Meter, zone: ZoneInfo) -> MeterDocument:
    return {
        "room": meter.room,
        "at": iso_unix(meter.at, zone),
        "momentary": round(meter.momentary, 1),
        "short_term": round(meter.short_term, 1),
        "peak": [round(peak, 1) for peak in meter.peaks],
        "speech": round(meter.speech, 2),
        "black": meter.black,
        "frozen": meter.frozen,
        "rate": None if meter.rate is None else round(meter.rate, 1),
    }
