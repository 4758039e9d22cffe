"""The index of a room's segments: what is kept for a session, in order, however it came to be known."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from support.day.days import LAW

from streamer.core.base.ids import RoomId, RunId, SessionId
from streamer.core.footage.order import in_order
from streamer.core.footage.segments import Segment
from streamer.core.footage.takes import Keep, Take
from streamer.core.footage.wall_clock import Timed
from streamer.engine.footage.footage import Footage

ROOM = RoomId("main")
TALK = SessionId("talk")
TAKES = {id: Take(id=id, room=ROOM, started=0.0) for id in (RunId("first"), RunId("second"))}

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["place", "keep"]),
        st.sampled_from(list(TAKES)),
        st.integers(0, 3),
        st.sampled_from([0.0, 0.5]),
    ),
    min_size=8,
    max_size=20,
)


def timed(take: RunId, number: int, moved: float) -> Timed:
    start = number * 2.0
    segment = Segment(
        take=take, number=number, path=f"{take}/{number}.ts", start=start, end=start + 2, closed_at=start + 2, bytes=1
    )
    return Timed(segment=segment, start=start + moved, end=start + 2 + moved)


@LAW
@given(STEPS)
def test_what_is_kept_is_in_order_whenever_it_is_asked_for(steps: list[tuple[str, RunId, int, float]]) -> None:
    footage, placed, keys = Footage(TAKES), {}, set()
    for take, number in product(TAKES, range(2)):
        placed[take, number] = timed(take, number, 0.0)
        footage.place(ROOM, placed[take, number])
    for what, take, number, moved in steps:
        if what == "place":
            one = placed[take, number] = timed(take, number, moved)
            footage.place(ROOM, one)
        else:
            keys.add((take, number))
            footage.remember(Keep(session=TALK, take=take, number=number))
        assert footage.kept(TALK) == in_order([placed[k] for k in keys if k in placed], TAKES)


def test_what_was_asked_for_does_not_change_afterwards() -> None:
    footage = Footage(TAKES)
    for number in (1, 2):
        footage.place(ROOM, timed(RunId("first"), number, 0.0))
    footage.remember(Keep(session=TALK, take=RunId("first"), number=1))
    before = footage.kept(TALK)
    footage.remember(Keep(session=TALK, take=RunId("first"), number=2))
    assert [t.segment.number for t in before] == [1]
    assert [t.segment.number for t in footage.kept(TALK)] == [1, 2]
