"""A channel written down as lines and read again: the same, whatever it went through; nonsense is never believed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.day.days import LAW
from support.media.chunks import FORMAT

from streamer.core.base.ids import RunId, SessionId
from streamer.core.channel import ledger
from streamer.core.channel.channel import Channel, ChannelNumbers, FilePrefix, SpanKind
from streamer.core.channel.chunks import SlateText
from streamer.core.channel.ledger import EntryOrigin, Line

T0 = 1_757_322_000.0
TEXT = SlateText(conference="C", room="R", headline="Soon", detail="10:00")


class Written:
    """A channel beside its ledger, written as it grows."""

    def __init__(self) -> None:
        self.channel = Channel(ChannelNumbers(sequence=7, discontinuities=3))
        self.origins: dict[int, EntryOrigin] = {}
        self.lines = ledger.whole(self.channel, self.origins)
        self.spans: set[int] = set()
        self.edge = T0

    def publish(self, kind: SpanKind, *, anew: bool = False) -> None:
        last = self.channel.last
        if anew or last is None or last.kind is not kind:
            text = TEXT if kind is SpanKind.SLATE else None
            span = self.channel.open_span(kind, {t: f"/{kind}/{t}" for t in FORMAT.tracks}, FORMAT, text)
        else:
            span = self.channel.spans[last.span]
        files = {t: FilePrefix(path=f"/{t}", start=self.edge + 0.1, duration=2.0, shift=5) for t in FORMAT.tracks}
        session = SessionId("a") if kind is SpanKind.LIVE else None
        entry = self.channel.publish(span, self.edge, 2.0, files, session, delay=2.5 if session else 0.0)
        if session:
            self.origins[entry.sequence] = EntryOrigin(run=RunId("r"), number=entry.sequence, offset=1 / 3)
        self.edge += 2.0
        self.lines += ledger.lines(self.channel, [entry], self.origins, self.spans)
        self.spans.add(span.number)

    def withdraw(self) -> None:
        if self.channel.withdraw(T0, self.edge):
            self.lines.append(ledger.withdrawn(self.channel))

    def read(self) -> ledger.Restored | None:
        return ledger.restored(json.loads(json.dumps(self.lines)), None)


def same(one: Channel, other: Channel) -> bool:
    published = [one.spans[e.span] for e in one.entries] == [other.spans[e.span] for e in other.entries]
    numbers = (one.position, one.beginning) == (other.position, other.beginning)
    return one.entries == other.entries and published and numbers


DEEDS = st.lists(st.sampled_from(["live", "slate", "other slate", "withdraw", "evict", "compact"]), max_size=80)


@LAW
@given(DEEDS)
def test_what_is_read_is_what_was_written(deeds: list[str]) -> None:
    written = Written()
    for deed in deeds:
        match deed:
            case "withdraw":
                written.withdraw()
            case "evict":
                written.channel.evict(written.edge)
            case "compact":
                written.lines = ledger.whole(written.channel, written.origins)
                written.spans = {e.span for e in written.channel.entries}
            case _:
                kind = SpanKind.LIVE if deed == "live" else SpanKind.SLATE
                written.publish(kind, anew=deed == "other slate")
    read = written.read()
    assert read is not None
    read.channel.evict(written.edge)
    written.channel.evict(written.edge)
    assert same(read.channel, written.channel)
    live = {e.sequence for e in written.channel.entries if e.kind is SpanKind.LIVE}
    assert {n: o for n, o in read.origins.items() if n in live} == {n: written.origins[n] for n in live}


def a_day() -> Written:
    written = Written()
    for kind in ("slate", "slate", "live", "live", "slate"):
        written.publish(SpanKind(kind))
    return written


def test_what_was_withdrawn_is_not_published_by_a_restart() -> None:
    written = a_day()
    live = [entry.sequence for entry in written.channel.entries if entry.kind is SpanKind.LIVE]
    written.withdraw()
    assert [written.channel.entry(sequence) for sequence in live] == [None, None]
    read = written.read()
    assert read is not None
    assert [read.channel.entry(sequence) for sequence in live] == [None, None]
    assert read.channel.entries == written.channel.entries
    assert not {*live} & {*read.origins}


@LAW
@given(st.data())
def test_nonsense_is_refused_and_never_raises(data: st.DataObject) -> None:
    """Some line is lost, doubled, or has a value of another kind."""
    lines: list[Line] = a_day().lines
    place = data.draw(st.integers(0, len(lines) - 1))
    values: st.SearchStrategy[Any] = st.none() | st.integers(-5, 5) | st.text(max_size=3) | st.lists(st.none())
    match data.draw(st.sampled_from(["lost", "doubled", "odd"])):
        case "lost":
            del lines[place]
        case "doubled":
            lines.insert(place, lines[place])
        case _:
            key = data.draw(st.sampled_from(sorted(lines[place])))
            lines[place] = {**lines[place], key: data.draw(values)}
    read = ledger.restored(lines, None)
    if read is not None:
        for entry in read.channel.entries:
            assert read.channel.entry(entry.sequence) is entry
            assert entry.span in read.channel.spans


@pytest.mark.parametrize(
    ("reserved", "believed"),
    [
        (ChannelNumbers(sequence=5007, discontinuities=203), True),
        (ChannelNumbers(sequence=12, discontinuities=7), True),
        (ChannelNumbers(sequence=11, discontinuities=203), False),
        (ChannelNumbers(sequence=5012, discontinuities=206), True),
        (ChannelNumbers(sequence=5013, discontinuities=203), False),
        (ChannelNumbers(sequence=12, discontinuities=6), True),
        (ChannelNumbers(sequence=5007, discontinuities=207), False),
        (ChannelNumbers(sequence=5007, discontinuities=5), False),
        (ChannelNumbers(sequence=5007, discontinuities=400), False),
    ],
)
def test_numbers_outside_of_what_was_reserved_are_an_older_ledger_s(reserved: ChannelNumbers, believed: bool) -> None:
    lines = a_day().lines
    assert (ledger.restored(lines, reserved) is not None) is believed


def test_a_ledger_without_lines_says_nothing() -> None:
    assert ledger.restored([], None) is None
