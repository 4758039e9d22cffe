"""A channel's ledger: turns what was published into lines, and lines into the channel again.

Every line is a JSON value: first the numbers, then spans, entries, and withdrawals. The ledger is used completely or
not at all: if a line contradicts an earlier one, or numbers do not fit the reservation, the channel begins with
reserved numbers. Pure: the files are media's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from streamer.core.base.ids import RunId, SessionId
from streamer.core.channel.channel import (
    RESERVED_DISCONTINUITIES,
    RESERVED_SEGMENTS,
    Channel,
    ChannelNumbers,
    Entry,
    FilePrefix,
    Span,
    SpanKind,
)
from streamer.core.channel.chunks import SlateText
from streamer.core.jobs.live_format import LiveFormat, Rendition

Line = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryOrigin:
    """The origin of a live entry: a segment of a livestream run, and the run's offset to wall time (s)."""

    run: RunId
    number: int
    offset: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A channel from its ledger; ``origins`` by the numbers of its live entries."""

    channel: Channel
    origins: dict[int, EntryOrigin]


def whole(channel: Channel, origins: Mapping[int, EntryOrigin]) -> list[Line]:
    """All lines of a new ledger."""
    beginning = channel.beginning
    head = {"sequence": beginning.sequence, "passed": beginning.discontinuities}
    return [head, *lines(channel, channel.entries, origins, ())]


def lines(
    channel: Channel, new: Iterable[Entry], origins: Mapping[int, EntryOrigin], known: Iterable[int]
) -> list[Line]:
    """The lines for the entries ``new`` in a ledger that has the spans ``known``."""
    said, first = set(known), channel.beginning.sequence
    found = []
    for entry in new:
        if entry.span not in said:
            said.add(entry.span)
            found.append(_of_span(channel.spans[entry.span]))
        found.append(_of_entry(entry, origins.get(entry.sequence), first))
    return found


def withdrawn(channel: Channel) -> Line:
    """The line that withdraws everything before the channel's first entry."""
    return {"first": channel.beginning.sequence}


def restored(lines: Sequence[Line], reserved: ChannelNumbers | None) -> Restored | None:
    """The restored channel; None if the lines are not consistent.

    ``reserved`` are the store's numbers with which a later run may begin.
    """
    try:
        found = _read(lines)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
        return None
    return found if found is not None and _fits(found.channel.position, reserved) else None


def _fits(position: ChannelNumbers, reserved: ChannelNumbers | None) -> bool:
    """Whether the numbers are within the last reservation: an older ledger would repeat numbers."""
    return reserved is None or (
        0 <= reserved.sequence - position.sequence <= RESERVED_SEGMENTS
        and 0 <= reserved.discontinuities - position.discontinuities <= RESERVED_DISCONTINUITIES
    )


def _read(lines: Sequence[Line]) -> Restored | None:
    if not lines:
        return None
    head, *rest = lines
    first = beginning = int(head["sequence"])
    spans: dict[int, Span] = {}
    entries: list[Entry] = []
    origins: dict[int, EntryOrigin] = {}
    for line in rest:
        first = max(first, int(line.get("first", first)))
        if "inits" in line:
            span = _span(line)
            spans[span.number] = span
        elif "files" in line:
            entry = _entry(line, spans)
            if entry.sequence != beginning + len(entries):
                return None
            entries.append(entry)
            if line["origin"] is not None:
                origins[entry.sequence] = _origin(line["origin"])
    passed = ChannelNumbers(sequence=beginning, discontinuities=int(head["passed"]))
    channel = Channel.resumed(passed, entries, spans)
    channel.drop_before(first)
    published = {e.sequence for e in channel.entries}
    return Restored(channel=channel, origins={n: origin for n, origin in origins.items() if n in published})


# -- lines and values ----------------------------------------------------------------------------------------------


def _of_span(span: Span) -> Line:
    format = span.format
    return {
        "span": span.number,
        "kind": str(span.kind),
        "inits": dict(span.inits),
        "format": None if format is None else asdict(format) | {"rate": str(format.rate)},
        "text": None if span.text is None else asdict(span.text),
    }


def _span(line: Line) -> Span:
    format, text = line["format"], line["text"]
    return Span(
        number=int(line["span"]),
        kind=SpanKind(line["kind"]),
        inits={str(track): str(path) for track, path in line["inits"].items()},
        format=None if format is None else _format(format),
        text=None if text is None else SlateText(**text),
    )


def _format(line: Line) -> LiveFormat:
    return LiveFormat(
        rate=Fraction(line["rate"]),
        renditions=tuple(Rendition(**rendition) for rendition in line["renditions"]),
        audio_bitrate=int(line["audio_bitrate"]),
    )


def _of_entry(entry: Entry, origin: EntryOrigin | None, first: int) -> Line:
    return {
        "entry": entry.sequence,
        "span": entry.span,
        "start": entry.start,
        "duration": entry.duration,
        "seam": entry.discontinuity,
        "session": entry.session,
        "files": {track: [f.path, f.start, f.duration, f.bytes, f.shift] for track, f in entry.files.items()},
        "origin": None if origin is None else [origin.run, origin.number, origin.offset],
        "delay": entry.delay,
        "first": first,
    }


def _entry(line: Line, spans: Mapping[int, Span]) -> Entry:
    session = line["session"]
    return Entry(
        sequence=int(line["entry"]),
        span=int(line["span"]),
        kind=spans[int(line["span"])].kind,
        start=float(line["start"]),
        duration=float(line["duration"]),
        discontinuity=bool(line["seam"]),
        files={str(track): _prefix(*file) for track, file in line["files"].items()},
        session=None if session is None else SessionId(session),
        delay=float(line.get("delay", 0.0)),
    )


def _prefix(path: str, start: float, duration: float, size: int | None, shift: int) -> FilePrefix:
    bytes = None if size is None else int(size)
    return FilePrefix(path=str(path), start=float(start), duration=float(duration), bytes=bytes, shift=int(shift))


def _origin(value: Sequence[Any]) -> EntryOrigin:
    run, number, offset = value
    return EntryOrigin(run=RunId(run), number=int(number), offset=float(offset))
