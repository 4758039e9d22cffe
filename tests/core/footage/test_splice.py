"""Takes that overlap: every frame that any of them has is taken, and none twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import example, given
from hypothesis import strategies as st
from support.day.days import LAW

from streamer.core.base.ids import RunId
from streamer.core.footage.segments import Segment
from streamer.core.footage.splice import Keyframes, Passage, splice
from streamer.core.footage.wall_clock import Timed

RATE, GOP, SEGMENT = 25, 25, 50
"""Frames: in a second, from keyframe to keyframe, in a segment."""
T0 = 1_000_000.0
LENGTH = 60


@dataclass(frozen=True)
class Take:
    """Frames ``first`` … ``after`` - 1 of the source, on a clock that began at ``clock``; ``late`` s off the wall."""

    name: str
    first: int
    after: int
    clock: float = 0.0
    late: float = 0.0
    seen: str = "frame"
    slot: int = 1
    early: Sequence[int] = ()
    """Keyframes before which the sound is stored that others have behind them."""

    def time(self, frame: int) -> float:
        return self.clock + (frame - self.first) / RATE

    def segments(self) -> list[Timed]:
        """A take begins with a keyframe, and each of its segments does; the last one breaks off anywhere."""
        found = []
        for number, first in enumerate(range(self.first, self.after, SEGMENT)):
            last = min(first + SEGMENT, self.after)
            segment = Segment(
                take=RunId(self.name),
                number=number,
                path=f"{self.name}/{number}",
                start=self.time(first),
                end=self.time(last),
                closed_at=0.0,
                bytes=1,
            )
            found.append(Timed(segment=segment, start=T0 + first / RATE + self.late, end=T0 + last / RATE + self.late))
        return found

    def keyframes(self, segment: Segment) -> Keyframes:
        first = self.first + segment.number * SEGMENT
        frames = range(first, min(first + SEGMENT, self.after), GOP)
        return [
            (self.time(frame), f"{self.seen} {frame}", f"{'early' if frame in self.early else 'due'} sound {frame}")
            for frame in frames
        ]

    def frames(self, passage: Passage) -> list[int]:
        found: list[int] = []
        for timed in passage.segments:
            low, high = timed.segment.start, timed.segment.end
            low = low if passage.entered is None else max(low, passage.entered)
            high = high if passage.left is None else min(high, passage.left)
            assert low < high, "nothing of the segment is taken"
            found += range(self.frame(low), self.frame(high))
        return found

    def frame(self, time: float) -> int:
        return self.first + round((time - self.clock) * RATE)


def spliced(takes: Sequence[Take], kept: Sequence[Timed], start: float = T0, end: float = T0 + LENGTH) -> list[Passage]:
    asking = splice(kept, {RunId(take.name): take.slot for take in takes}, start, end)
    by_name = {take.name: take for take in takes}
    try:
        wanted = next(asking)
        while True:
            wanted = asking.send(by_name[wanted.take].keyframes(wanted))
    except StopIteration as done:
        return list(done.value)


def frames(takes: Sequence[Take], without: Sequence[tuple[str, int]] = ()) -> list[int]:
    kept = [one for take in takes for one in take.segments() if one.key not in without]
    by_name = {take.name: take for take in takes}
    beyond = T0 + LENGTH + 0.1  # no take reaches the end of the window by being placed a little late
    return [f for passage in spliced(takes, kept, end=beyond) for f in by_name[passage.take].frames(passage)]


@st.composite
def slots(draw: st.DrawFn) -> list[Take]:
    """Two captures of one source that are killed and come back as they like, placed on the wall as well as they are."""
    takes = []
    for slot in (1, 2):
        edge = draw(st.integers(0, 40))
        for number in range(draw(st.integers(1, 5))):
            first = -(-edge // GOP) * GOP
            after = first + draw(st.integers(1, 900))
            clock, late = draw(st.sampled_from([0.0, 0.4, 40_000.0])), draw(st.integers(-68, 68)) / 1000
            takes.append(Take(f"slot {slot} take {number}", first, min(after, LENGTH * RATE), clock, late, slot=slot))
            edge = after + draw(st.integers(8, 200))
            if edge >= LENGTH * RATE - GOP:
                break
    return takes


PLACED_TOO_EARLY = [
    *(Take(f"slot 1 take {n}", 25 * n, 25 * n + 1, late=-0.065 if n == 1 else 0.0) for n in range(1, 5)),
    Take("slot 2 take 0", 0, 24, late=0.016, slot=2),
]
"""A take of one picture lies within another by the wall clock, and is behind it."""


@LAW
@given(slots())
@example(PLACED_TOO_EARLY)
def test_each_frame_that_somebody_has_is_there_once(takes: list[Take]) -> None:
    had = sorted({f for take in takes for f in range(take.first, take.after)})
    assert frames(takes) == had


def test_one_take_is_one_passage() -> None:
    take = Take("a", 0, 1500)
    [passage] = spliced([take], take.segments())
    assert (passage.entered, passage.left, len(passage.segments)) == (None, None, 30)


def test_the_seam_is_the_last_keyframe_that_both_have() -> None:
    takes = [Take("a", 0, 260), Take("b", 25, 1500, clock=40_000.0, slot=2)]
    one, other = spliced(takes, [*takes[0].segments(), *takes[1].segments()])
    assert (one.take, one.left) == ("a", 10.0)
    assert (other.take, other.entered, other.left) == ("b", 40_009.0, None)


def test_a_keyframe_with_other_sound_behind_it_is_not_the_seam() -> None:
    takes = [Take("a", 0, 260, early=(250, 100)), Take("b", 25, 1500, slot=2, early=(225,))]
    one, _ = spliced(takes, [*takes[0].segments(), *takes[1].segments()])
    assert one.left == 8.0


def test_where_the_sound_never_agrees_the_picture_has_to_do() -> None:
    takes = [Take("a", 0, 260, early=range(1500)), Take("b", 25, 1500, slot=2)]
    one, other = spliced(takes, [*takes[0].segments(), *takes[1].segments()])
    assert (one.left, other.guessed) == (10.0, False)


def test_takes_after_each_other_are_whole() -> None:
    takes = [Take("a", 0, 260), Take("b", 300, 1500, slot=2)]
    assert frames(takes) == [*range(260), *range(300, 1500)]


def test_a_take_within_another_is_left_out() -> None:
    takes = [Take("a", 0, 1500), Take("b", 300, 760, late=0.05, slot=2)]
    assert frames(takes) == list(range(1500))


def test_a_segment_that_is_gone_is_taken_from_the_other() -> None:
    takes = [Take("a", 0, 1500), Take("b", 25, 1400, slot=2)]
    assert frames(takes, without=[("a", 7), ("a", 20)]) == list(range(1500))


def test_a_segment_that_both_have_lost_is_missing_once() -> None:
    takes = [Take("a", 0, 1500), Take("b", 0, 1450, slot=2)]
    assert frames(takes, without=[("a", 7), ("b", 7)]) == [*range(350), *range(400, 1500)]


def test_of_a_picture_that_stands_still_the_nearest_keyframe_counts() -> None:
    class Still(Take):
        def keyframes(self, segment: Segment) -> Keyframes:
            return [(time, "the same", "the same") for time, _, _ in super().keyframes(segment)]

    takes = [Still("a", 0, 260, late=0.06), Still("b", 50, 1500, late=-0.06, slot=2)]
    assert frames(takes) == list(range(1500))


def test_where_nothing_is_common_the_wall_decides_and_it_is_said() -> None:
    takes = [Take("a", 0, 260, seen="one reader's"), Take("b", 50, 1500, late=0.06, seen="another's", slot=2)]
    passages = spliced(takes, [*takes[0].segments(), *takes[1].segments()])
    assert [s.guessed for s in passages] == [False, True]
    assert frames(takes) == list(range(1500))


def test_without_keyframes_near_each_other_rather_twice_than_lost() -> None:
    takes = [Take("a", 0, 260, seen="one reader's"), Take("b", 62, 1500, seen="another's", slot=2)]
    found = frames(takes)
    assert set(found) == set(range(1500))
    assert len(found) - 1500 < GOP


def test_damaged_segments_have_no_keyframes_and_are_no_error() -> None:
    class Damaged(Take):
        def keyframes(self, segment: Segment) -> Keyframes:
            return []

    takes = [Damaged("a", 0, 260), Damaged("b", 50, 1500, slot=2)]
    assert set(frames(takes)) == set(range(1500))


def test_takes_of_one_slot_follow_each_other_whatever_the_wall_clock_said() -> None:
    """It was set back by a minute while nothing ran; nothing has to be looked at."""
    one, other = Take("a", 0, 260), Take("b", 300, 1500, late=-60.0)
    passages = spliced([one, other], [*one.segments(), *other.segments()])
    assert [(p.take, p.entered, p.left) for p in passages] == [("a", None, None), ("b", None, None)]


def test_a_take_that_follows_in_its_slot_is_not_forgotten_though_the_clock_was_set_back() -> None:
    takes = [Take("a", 0, 260), Take("side", 0, 130, slot=2), Take("b", 300, 1500, late=-60.0)]
    kept = [one for take in takes for one in take.segments()]
    assert [p.take for p in spliced(takes, kept)][:2] == ["a", "b"]


def test_nothing_is_nothing() -> None:
    assert spliced([], []) == []
