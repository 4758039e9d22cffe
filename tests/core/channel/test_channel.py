"""The channel over any history of spans: numbers, seams, the window, and what is withdrawn."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.day.days import LAW
from support.media.hls_rules import Viewer

from streamer.core.base.ids import SessionId
from streamer.core.channel.channel import (
    LISTED,
    SERVED,
    SERVED_AT_LEAST,
    Channel,
    ChannelNumbers,
    Entry,
    FilePrefix,
    Span,
    SpanKind,
    Track,
)
from streamer.core.channel.playlists import media_playlist

T0 = 1_757_322_000.0
TRACKS = ("720p", "360p", "audio")
TALK = SessionId("a")


class WatchedChannel:
    """A channel that is published to as the engine does it, and viewers of all tracks who read it again and again."""

    def __init__(self) -> None:
        self.channel = Channel(ChannelNumbers())
        self.viewers = {track: Viewer() for track in TRACKS}
        self.now = self.edge = T0
        self.span: Span | None = None
        self.numbers: list[int] = []
        self.withdrawn: set[int] = set()
        self.shown: list[tuple[float, set[int]]] = []

    def open(self, kind: SpanKind) -> None:
        self.span = self.channel.open_span(kind, {t: f"/{kind}/{t}/init" for t in TRACKS})

    def publish(self, duration: float) -> Entry:
        assert self.span is not None
        # Frames of sound don't end where frames of the picture do.
        own = {t: duration + (0.011 if t == "audio" else 0.0) for t in TRACKS}
        files = {t: FilePrefix(path=f"/{len(self.numbers)}/{t}", start=self.edge, duration=own[t]) for t in TRACKS}
        live = self.span.kind is SpanKind.LIVE
        entry = self.channel.publish(self.span, self.edge, duration, files, TALK if live else None)
        self.numbers.append(entry.sequence)
        self.edge += duration
        self.now = max(self.now, self.edge)
        return entry

    def read(self) -> None:
        """What every viewer sees now, and that it can all be fetched."""
        listed = self.channel.listed()
        if not listed:
            return
        passed = self.channel.discontinuities_before(listed[0].sequence)
        readings = [self.viewers[t].reads(media_playlist(listed, t, passed)) for t in TRACKS]
        numbers = set(readings[0].segments)
        assert numbers == {e.sequence for e in listed}
        for reading in readings:
            assert set(reading.segments) == numbers, "the same numbers in all tracks"
            assert [s.discontinuity for s in reading.segments.values()] == [
                s.discontinuity for s in readings[0].segments.values()
            ]
            assert reading.seams == sum(one.span != other.span for one, other in pairwise(listed))
        for entry in listed:
            assert self.channel.entry(entry.sequence) == entry
            assert entry.span in self.channel.spans
        assert not numbers & self.withdrawn
        self.shown.append((self.now, numbers))

    def withdraw(self, start: float, end: float) -> None:
        gone = self.channel.withdraw(start, end)
        self.withdrawn |= {e.sequence for e in gone}
        assert not any(e.kind is SpanKind.LIVE and e.start < end and start < e.end for e in self.channel.entries)

    def evict(self) -> None:
        self.channel.evict(self.now)

    def play(self, steps: list[tuple[str, float]]) -> None:
        for what, amount in steps:
            if what in ("live", "slate"):
                self.open(SpanKind(what))
            elif what == "withdraw":
                self.withdraw(self.edge - 20 * amount, self.edge - 10 * amount)
            elif what == "pause":
                self.now += 60 * amount
                self.edge = self.now
            elif what == "step back":
                self.now -= 10 * amount
            elif self.span is not None:
                self.publish(amount)
                self.evict()
            self.read()


histories = st.lists(
    st.tuples(
        st.sampled_from([*["publish"] * 12, "live", "slate", "withdraw", "pause", "step back"]),
        st.sampled_from([0.333, 0.667, 1.0, 2.0, 2.0, 2.0]),
    ),
    max_size=120,
)


@LAW
@given(histories)
def test_over_any_history_viewers_are_never_contradicted(steps: list[tuple[str, float]]) -> None:
    watched = WatchedChannel()
    watched.play([("slate", 1.0), ("publish", 2.0), *steps])
    assert watched.numbers == list(range(watched.numbers[0], watched.numbers[0] + len(watched.numbers))), (
        "strictly consecutive"
    )
    for number in watched.numbers:
        entry = watched.channel.entry(number)
        assert entry is None or entry.sequence == number
        assert entry is None or number not in watched.withdrawn, "what is withdrawn can't be fetched"
    assert watched.channel.entry(watched.numbers[-1] + 1) is None
    assert watched.channel.entry(watched.numbers[0] - 1) is None


@LAW
@given(histories)
def test_what_a_slow_viewer_was_told_of_can_still_be_fetched(steps: list[tuple[str, float]]) -> None:
    watched = WatchedChannel()
    for step in [("slate", 1.0), *[s for s in steps if s[0] not in ("pause", "step back")]]:
        watched.play([step])
        there = {e.sequence for e in watched.channel.entries}
        for when, numbers in watched.shown:
            if watched.now - when <= SERVED - LISTED - 2:
                assert numbers - watched.withdrawn <= there


def test_the_window_slides_and_lists_half_a_minute() -> None:
    watched = WatchedChannel()
    watched.play([("slate", 1.0), *[("publish", 2.0)] * 100])
    listed = watched.channel.listed()
    assert (len(listed), listed[-1].end - listed[0].end) == (16, LISTED)
    assert len(watched.channel.entries) == SERVED / 2 + 1
    assert watched.channel.entry(watched.numbers[0]) is None
    assert watched.channel.listed()[0].start >= watched.edge - LISTED - 2


def test_three_segments_are_listed_however_long_ago_they_were() -> None:
    watched = WatchedChannel()
    watched.play([("slate", 1.0), *[("publish", 2.0)] * 10, ("pause", 1.0), ("publish", 2.0)])
    assert [e.sequence for e in watched.channel.listed()] == watched.numbers[-3:]


def test_the_last_segment_stays_however_old_it_is() -> None:
    watched = WatchedChannel()
    watched.play([("slate", 1.0), ("publish", 2.0), ("publish", 2.0)])
    assert [e.sequence for e in watched.channel.evict(watched.now + 1e6)] == watched.numbers[:1]
    assert watched.channel.evict(watched.now + 1e6) == []
    watched.read()


def test_where_space_is_short_less_can_be_fetched_and_all_that_is_listed_still_can() -> None:
    watched = WatchedChannel()
    watched.play([("slate", 1.0), *[("publish", 2.0)] * 60])
    listed = watched.channel.listed()
    watched.channel.evict(watched.now, SERVED_AT_LEAST)
    assert watched.channel.listed() == listed
    assert watched.channel.entries[-1].end - watched.channel.entries[0].start < LISTED + 8


def test_every_seam_has_one_discontinuity_while_it_slides_out() -> None:
    """Slate and live in turns, each span three segments: read after every one."""
    watched = WatchedChannel()
    for turn in range(30):
        watched.play([("live" if turn % 2 else "slate", 1.0), *[("publish", 2.0)] * 3])
    numbers = [(n, s.discontinuity) for n, s in sorted(watched.viewers["720p"].told.items())]
    first = numbers[0][1]
    assert [d - first for _, d in numbers] == [n // 3 for n in range(90)]


def test_withdrawing_takes_live_media_and_all_that_is_older() -> None:
    watched = WatchedChannel()
    watched.play([("slate", 1.0), *[("publish", 2.0)] * 3, ("live", 1.0), *[("publish", 2.0)] * 3])
    watched.play([("slate", 1.0), *[("publish", 2.0)] * 4])
    live = [e for e in watched.channel.entries if e.kind is SpanKind.LIVE]
    watched.withdraw(live[1].start + 0.1, live[1].start + 0.2)
    assert [e.sequence for e in watched.channel.entries] == watched.numbers[5:]
    watched.read()
    watched.withdraw(T0, watched.edge)
    assert {e.kind for e in watched.channel.entries} == {SpanKind.SLATE}
    watched.read()


def test_a_channel_of_which_all_was_withdrawn_goes_on_with_new_numbers() -> None:
    watched = WatchedChannel()
    watched.play([("live", 1.0), *[("publish", 2.0)] * 4])
    watched.withdraw(T0, watched.edge)
    assert (watched.channel.listed(), watched.channel.edge) == ([], None)
    watched.play([("publish", 2.0), ("publish", 2.0), ("slate", 1.0), ("publish", 2.0)])
    assert [e.sequence for e in watched.channel.listed()] == watched.numbers[4:]


def test_slate_is_not_withdrawn_and_neither_is_what_lies_outside() -> None:
    watched = WatchedChannel()
    watched.play([("slate", 1.0), ("publish", 2.0), ("live", 1.0), ("publish", 2.0), ("publish", 2.0)])
    for start, end in [(T0 - 10, T0 + 2), (T0 + 6, T0 + 60), (T0, T0 + 1.9)]:
        assert watched.channel.withdraw(start, end) == []


@LAW
@given(histories)
def test_numbers_grow_across_restarts(steps: list[tuple[str, float]]) -> None:
    """After an ordinary stop the next run begins where this one ended, after a kill at what had been reserved."""
    watched = WatchedChannel()
    reserved = watched.channel.position.reserved()
    watched.play([("slate", 1.0), ("publish", 2.0), *steps])
    last = watched.channel.last
    known = watched.viewers["720p"].told
    for position in (watched.channel.position, reserved):
        again = Channel(position)
        span = again.open_span(SpanKind.SLATE, {})
        entry = again.publish(span, watched.edge, 2.0, {})
        assert entry.sequence > watched.numbers[-1]
        assert last is None or span.number > last.span
        assert again.discontinuities_before(entry.sequence) >= max(s.discontinuity for s in known.values())
        assert again.position == ChannelNumbers(
            sequence=position.sequence + 1, discontinuities=position.discontinuities + 1
        )


def test_numbers_begin_small() -> None:
    """Players count through them one by one."""
    watched = WatchedChannel()
    watched.play([("slate", 1.0), ("publish", 2.0)])
    assert watched.numbers == [1]
    assert watched.viewers["audio"].told[1].discontinuity == 1


def test_spans_that_nothing_lists_are_forgotten_and_the_newest_is_not() -> None:
    watched = WatchedChannel()
    for _ in range(100):
        watched.play([("live", 1.0), ("publish", 2.0)])
    assert set(watched.channel.spans) == {e.span for e in watched.channel.entries}
    watched.open(SpanKind.LIVE)
    watched.evict()
    watched.withdraw(T0, watched.edge)
    assert watched.span is not None
    assert set(watched.channel.spans) == {watched.span.number}


def test_the_edge_says_who_is_on_air() -> None:
    watched = WatchedChannel()
    watched.play([("live", 1.0), ("publish", 2.0)])
    assert (watched.channel.edge, watched.channel.entries[-1].session) == (T0 + 2, TALK)
    watched.play([("slate", 1.0), ("publish", 2.0)])
    assert watched.channel.entries[-1].session is None
    assert watched.channel.last is not None
    assert watched.channel.last.end == T0 + 4


@pytest.mark.parametrize(("size", "audio"), [({}, True), ({"width": 1280, "height": 720}, False)])
def test_a_track_without_a_picture_is_sound(size: dict[str, Any], audio: bool) -> None:
    assert Track(name="x", codecs="y", bitrate=1, **size).is_audio is audio


def test_a_channel_shows_live_media_and_neither_slate_nor_what_only_touches() -> None:
    watched = WatchedChannel()
    for kind in (SpanKind.SLATE, SpanKind.LIVE, SpanKind.SLATE):
        watched.open(kind)
        watched.publish(2.0)
    ranges = [(0, 2), (1, 3), (2, 4), (4, 6), (0, 6)]
    shown = [watched.channel.shows(T0 + start, T0 + end) for start, end in ranges]
    assert shown == [False, True, True, False, True]
