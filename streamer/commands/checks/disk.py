"""Whether the disk has room for the recordings of the remaining timetable."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from streamer.commands.checks.finding import Finding, warning, wrong
from streamer.commands.checks.programme import Day
from streamer.commands.place.place import Place
from streamer.core.base.durations import format_size
from streamer.core.base.ids import RoomId
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.status.forecast import ASSUMED_RATE, growth, total_bytes, unmeasured

_BEGINNING = datetime.min.replace(tzinfo=UTC)


def examine(place: Place, day: Day | None, facts: Mapping[str, SourceFacts], now: datetime) -> Finding:
    folder = next(one for one in (place.data, *place.data.parents) if one.is_dir())
    free, reserve = shutil.disk_usage(folder).free, place.config.storage.reserve
    if free < reserve:
        message = f"{format_size(free)} are free, less than the reserve of {format_size(reserve)}"
        return wrong("disk", message, "free some space, or lower [storage] reserve")
    if day is None:
        return warning("disk", f"{format_size(free)} are free; the need can't be estimated without the timetable")
    left = any(s.end > now for s in day.plan.sessions)
    since = now if left else _BEGINNING
    rates = {RoomId(room): known.bitrate / 8 for room, known in facts.items() if known.bitrate}
    needed = total_bytes(growth(day.plan, day.policy, rates, since))
    what = "the rest of the timetable needs" if left else "all of the timetable would need"
    guessed = unmeasured(day.plan, rates, since)
    basis = f" (taking {ASSUMED_RATE * 8 / 1e6:g} Mbit/s for {', '.join(guessed)})" if guessed else ""
    message = f"{what} {format_size(needed)}{basis}; {format_size(free)} are free on {_mount(folder)}"
    if needed > free - reserve and left:
        lack = format_size(needed - (free - reserve))
        hint = f"free {lack}, of which {format_size(reserve)} stay in reserve, or name a larger disk as [storage] data"
        return wrong("disk", message, hint)
    return Finding(name="disk", message=message)


def _mount(folder: Path) -> Path:
    """The root of the file system that a folder is on."""
    place = folder.resolve()
    device = place.stat().st_dev
    while place != place.parent and place.parent.stat().st_dev == device:
        place = place.parent
    return place
