"""Conditions come and go late enough that a pause, a cough or a slide is none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from support.day.days import MAIN

from streamer.core.monitor.conditions import Conditions, observe
from streamer.core.monitor.meter import Meter

TALK: dict[str, Any] = {"momentary": -20.0, "short_term": -21.0, "speech": 0.9}
HUM: dict[str, Any] = {**TALK, "speech": 0.02}
SILENCE: dict[str, Any] = {"momentary": -60.0, "short_term": -60.0}


def heard(*stretches: tuple[dict[str, Any], float], begin: float = 1000.0, step: float = 0.25) -> Conditions:
    """After stretches of (what is measured, seconds)."""
    known, at = None, begin
    for measured, seconds in stretches:
        for _ in range(round(seconds / step)):
            known = observe(known, Meter(room=MAIN, at=at, **measured))
            at += step
    assert known is not None
    return known


def holding(known: Conditions) -> set[str]:
    names: Iterable[str] = ("silent", "noise", "black", "frozen")
    return {name for name in names if getattr(known, name).holds}


def test_silence_counts_after_three_seconds_and_began_with_its_first() -> None:
    assert holding(heard((TALK, 5), (SILENCE, 2.5))) == set()
    known = heard((TALK, 5), (SILENCE, 4))
    assert holding(known) == {"silent"}
    assert known.silent.since == 1005.0
    assert known.heard == 1004.75


def test_silence_outlasts_a_click_and_what_is_neither_loud_nor_quiet() -> None:
    between = {"momentary": -49.0, "short_term": -60.0}
    assert holding(heard((SILENCE, 4), (TALK, 0.25), (SILENCE, 1), (between, 10))) == {"silent"}
    assert holding(heard((SILENCE, 4), (TALK, 1))) == set()


def test_a_hum_is_noise_and_a_talk_with_pauses_is_not() -> None:
    assert holding(heard((HUM, 6))) == {"noise"}
    assert holding(heard((HUM, 3), (TALK, 1), (HUM, 3))) == set()
    assert holding(heard((HUM, 6), (TALK, 2))) == set()
    assert holding(heard((HUM, 6), ({**HUM, "speech": 0.12}, 6))) == {"noise"}
    assert "noise" not in holding(heard((HUM, 6), (SILENCE, 2)))


def test_a_black_picture_is_not_told_as_frozen_too() -> None:
    assert holding(heard(({**TALK, "black": True, "frozen": True}, 3))) == {"black"}
    assert holding(heard(({**TALK, "frozen": True}, 1))) == {"frozen"}


def test_one_black_keyframe_is_a_cut() -> None:
    black = {**TALK, "black": True}
    assert [holding(heard((black, seconds))) for seconds in (2.5, 2.75)] == [set(), {"black"}]
    assert holding(heard((black, 4), (TALK, 0.25))) == set()


def test_the_thresholds_are_those_of_the_design() -> None:
    """Each stretch lasts long enough for every condition, so only its level decides."""
    levels = {
        "just silent": ({"momentary": -50.1, "short_term": -60.0}, {"silent"}),
        "at the level of silence": ({"momentary": -50.0, "short_term": -60.0}, set()),
        "at the level of noise": ({"momentary": -45.0, "short_term": -45.0}, set()),
        "just noise": ({"momentary": -44.9, "short_term": -44.9, "speech": 0.09}, {"noise"}),
        "some speech": ({"momentary": -44.9, "short_term": -44.9, "speech": 0.10}, set()),
    }
    for name, (measured, expected) in levels.items():
        assert holding(heard((measured, 10))) == expected, name
    ends = {0.14: {"noise"}, 0.15: set()}
    for speech, expected in ends.items():
        assert holding(heard((HUM, 6), ({**HUM, "speech": speech}, 3))) == expected
    assert heard(({"momentary": -48.0, "short_term": -60.0}, 1)).heard is None
    assert heard(({"momentary": -47.9, "short_term": -60.0}, 1)).heard is not None


def test_a_change_counts_exactly_when_it_has_been_seen_for_its_time() -> None:
    assert [holding(heard((SILENCE, seconds))) for seconds in (3.0, 3.25)] == [set(), {"silent"}]
    assert [holding(heard((SILENCE, 4), (TALK, seconds))) for seconds in (0.5, 0.75)] == [{"silent"}, set()]
    assert [holding(heard((HUM, seconds))) for seconds in (4.0, 4.25)] == [set(), {"noise"}]
    assert [holding(heard((HUM, 6), (TALK, seconds))) for seconds in (1.0, 1.25)] == [{"noise"}, set()]
    known = heard((SILENCE, 4))
    for pause, expected in ((5.0, {"silent"}), (5.1, set())):
        assert holding(observe(known, Meter(room=MAIN, at=known.at + pause, **SILENCE))) == expected


def test_after_a_long_pause_everything_but_what_was_heard_begins_again() -> None:
    known = heard((TALK, 1), (SILENCE, 5))
    again = observe(known, Meter(room=MAIN, at=known.at + 60, **SILENCE))
    assert (holding(again), again.heard) == (set(), known.heard)
    earlier = observe(known, Meter(room=MAIN, at=known.at - 60, **SILENCE))
    assert holding(earlier) == set()
