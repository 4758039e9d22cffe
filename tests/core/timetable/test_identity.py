"""Identity: the same session is known again, whatever a feed does to its ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.day.days import LAW, MAIN, SIDE, after, session, timetable

from streamer.core.base.ids import SessionId, session_id
from streamer.core.timetable.identity import Known, Memory, identified, ids_are_good, likeness
from streamer.core.timetable.sessions import Session, Timetable

TALKS = tuple(
    replace(session(f"t{n}", n * 40, room=MAIN if n % 2 else SIDE), title=title)
    for n, title in enumerate(("Opening", "Of owls and men", "Networks we trust", "Lightning talks", "Closing"))
)


def renamed(sessions: Sequence[Session], names: Sequence[str]) -> Timetable:
    """The same sessions under other ids."""
    return timetable(*(replace(s, id=SessionId(name)) for s, name in zip(sessions, names, strict=True)))


def by_title(table: Timetable) -> dict[str, str]:
    return {s.title: s.id for s in table.sessions}


def seen(*versions: Timetable) -> tuple[Timetable, Memory]:
    memory, known = Memory(), versions[0]
    for version in versions:
        known, memory = identified(version, memory)
    return known, memory


def test_the_first_version_keeps_the_feeds_ids() -> None:
    known, memory = identified(timetable(*TALKS), Memory())
    assert known == timetable(*TALKS)
    assert memory.ids_are_good


def test_good_ids_decide_through_every_change() -> None:
    moved = replace(TALKS[1], room=SIDE, start=after(300), end=after(330), title="Something else entirely")
    known, memory = seen(timetable(*TALKS), timetable(TALKS[0], moved, *TALKS[2:]))
    found = known.session(TALKS[1].id)
    assert found == moved
    assert memory.ids_are_good


def test_random_ids_are_seen_from_the_feed_and_the_local_ones_last() -> None:
    first, second, third = (renamed(TALKS, [f"{run}{n}" for n in range(5)]) for run in "xyz")
    again, memory = seen(first, second)
    assert by_title(again) == by_title(first)
    assert not memory.ids_are_good
    moved = tuple(
        replace(s, room=SIDE, start=after(500), end=after(530)) if s.id == "z1" else s for s in third.sessions
    )
    known, _ = identified(replace(third, sessions=moved), memory)
    assert by_title(known) == by_title(first), "also one that moved to another room and time, by its title"


def test_ids_that_count_positions_are_no_ids() -> None:
    first = renamed(TALKS, [str(n) for n in range(5)])
    inserted = replace(session("x", -60), title="Breakfast with birds")
    later = (inserted, *TALKS)
    known, _ = seen(first, renamed(later, [str(n) for n in range(6)]))
    ids = by_title(known)
    assert {title: id for title, id in ids.items() if title != inserted.title} == by_title(first)
    assert ids[inserted.title] not in by_title(first).values(), "a newcomer never takes the id of another"


def test_an_id_that_all_share_is_told_apart_by_what_the_items_are() -> None:
    first = renamed(TALKS, ["uid", *(f"uid~{n}" for n in range(2, 6))])
    fewer = renamed(TALKS[1:], ["uid", *(f"uid~{n}" for n in range(2, 5))])
    known, _ = seen(first, fewer)
    assert by_title(known) == {t: id for t, id in by_title(first).items() if t != "Opening"}


def test_occurrences_keep_their_ids_when_one_before_them_goes() -> None:
    yoga = [replace(session("y", 60 * n), title="Yoga") for n in range(3)]
    first, later = renamed(yoga, ["guid", "guid~2", "guid~3"]), renamed(yoga[1:], ["guid", "guid~2"])
    known, memory = seen(first, later)
    assert [(s.start, s.id) for s in known.sessions] == [(after(60), "guid~2"), (after(120), "guid~3")]
    back, _ = identified(first, memory)
    assert back == first, "and the one that went gets its own back"


def test_an_occurrence_that_is_retimed_while_another_goes_keeps_its_id() -> None:
    yoga = [replace(session("y", 60 * n), title="Yoga") for n in range(3)]
    later = [replace(yoga[1], start=after(80), end=after(110)), yoga[2]]
    known, _ = seen(renamed(yoga, ["guid", "guid~2", "guid~3"]), renamed(later, ["guid", "guid~2"]))
    assert [s.id for s in known.sessions] == ["guid~2", "guid~3"]


@pytest.mark.parametrize("good", [True, False])
def test_of_two_items_in_the_place_of_one_session_only_one_is_it(good: bool) -> None:
    first, memory = identified(timetable(*TALKS), Memory(ids_are_good=good))
    twice = renamed([*TALKS[:4], TALKS[4], TALKS[4]], ["t0", "t1", "t2", "t3", "new", "newer"])
    known, _ = identified(twice, memory)
    assert {s.id for s in known.sessions} == {*(s.id for s in first.sessions), "newer"}


def test_without_good_ids_one_is_known_through_a_corrected_title_a_little_later() -> None:
    corrected = replace(TALKS[1], title="Of owls and women", start=after(50), end=after(80))
    first, memory = identified(timetable(*TALKS), Memory(ids_are_good=False))
    known, _ = identified(renamed([TALKS[0], corrected, *TALKS[2:]], [f"x{n}" for n in range(5)]), memory)
    assert [s.id for s in known.sessions] == [s.id for s in first.sessions]


def test_an_id_that_names_other_talks_again_and_again_is_numbered() -> None:
    memory, found = Memory(ids_are_good=False), []
    for title in ("Owls", "Quantum gardening", "Trust", "Closing"):
        known, memory = identified(timetable(replace(session("0"), title=title)), memory)
        found += [s.id for s in known.sessions]
    assert found == ["0", "0~2", "0~3", "0~4"]


def test_what_has_no_id_is_known_through_another_title_by_its_place() -> None:
    first = renamed(TALKS, [session_id(s.title) for s in TALKS])
    corrected = replace(TALKS[1], title="Of owls and women")
    later = (TALKS[0], corrected, *TALKS[2:])
    known, memory = seen(first, renamed(later, [session_id(s.title) for s in later]))
    assert memory.ids_are_good
    assert [s.id for s in known.sessions] == [s.id for s in first.sessions]


def test_what_shared_an_id_for_one_version_is_itself_again_when_it_has_its_own_though_it_moved() -> None:
    shared = renamed(TALKS, ["t0", "t0~2", "t2", "t3", "t4"])
    own = timetable(TALKS[0], replace(TALKS[1], room=SIDE, start=after(300), end=after(330)), *TALKS[2:])
    known, _ = seen(timetable(*TALKS), shared, own)
    assert by_title(known) == by_title(timetable(*TALKS))


def test_an_item_that_was_made_anew_in_its_place_is_the_same() -> None:
    known, _ = seen(timetable(*TALKS), timetable(*TALKS[:4], replace(TALKS[4], id=SessionId("new"))))
    assert by_title(known) == by_title(timetable(*TALKS))


def test_another_talk_in_the_place_of_one_is_another() -> None:
    other = replace(TALKS[4], id=SessionId("new"), title="Quantum gardening")
    known, _ = seen(timetable(*TALKS), timetable(*TALKS[:4], other))
    assert known.session(SessionId("new")) is not None


@pytest.mark.parametrize(
    ("changes", "score", "words"),
    [
        ({}, 1.0, "title 100%, same room, same start"),
        ({"room": SIDE}, 0.8, "title 100%, another room, same start"),
        ({"start": after(30), "end": after(60)}, 0.9, "title 100%, same room, start near"),
        ({"start": after(31), "end": after(61)}, 0.8, "title 100%, same room, another start"),
        ({"title": "xyz"}, 0.4, "title 0%, same room, same start"),
    ],
)
def test_likeness_says_what_it_is_made_of(changes: dict[str, object], score: float, words: str) -> None:
    item = replace(session("a"), title="Owls", room=MAIN)
    known = Known(local=item.id, given=item.id, room=MAIN, start=item.start, title="Owls!")
    found, why = likeness(replace(item, **changes), known)  # type: ignore[arg-type]
    assert found == pytest.approx(score)
    assert why == words


words = st.lists(st.sampled_from(["owls", "men", "trust", "networks", "closing", "day"]), min_size=1, max_size=3)
tables = st.lists(st.tuples(words, st.integers(0, 8), st.sampled_from([MAIN, SIDE]), st.integers(0, 6)), max_size=7)


def made(drawn: list[tuple[list[str], int, object, int]]) -> Timetable:
    found = {}
    for title, start, room, number in drawn:
        one = replace(session(f"i{number}", start * 30), title=" ".join(title), room=room)  # type: ignore[arg-type]
        found[one.id] = one
    return timetable(*found.values())


@LAW
@given(st.lists(tables, min_size=1, max_size=4))
def test_whatever_a_feed_does_local_ids_are_unique_and_the_same_again(history: list[list[object]]) -> None:
    memory = Memory()
    for version in map(made, history):  # type: ignore[arg-type]
        known, after_it = identified(version, memory)
        assert len({s.id for s in known.sessions}) == len(version.sessions)
        content = sorted((s.title, s.room, s.start) for s in known.sessions)
        assert content == sorted((s.title, s.room, s.start) for s in version.sessions)
        assert identified(version, after_it)[0] == known, "the same version again is the same"
        assert identified(version, memory)[0] == known, "and nothing hangs on chance"
        assert {k.local for k in memory.known} <= {k.local for k in after_it.known}
        memory = after_it


def test_nothing_to_compare_leaves_the_judgement_as_it_was() -> None:
    assert ids_are_good([], Memory())
    assert not ids_are_good([], Memory(ids_are_good=False))
