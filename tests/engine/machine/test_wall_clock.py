"""Steps of the wall clock, by a clock that nobody sets."""

from __future__ import annotations

from support.day.conference_day import at
from support.day.fake_world import FakeClock

from streamer.core.records.batch import Batch
from streamer.engine.machine.wall_clock import CLOCK, ClockWatch


def looked(watch: ClockWatch) -> Batch:
    batch = Batch()
    watch.look()
    watch.write(batch)
    return batch


def test_a_step_is_known_with_its_time_and_written_down_once() -> None:
    clock = FakeClock(at("09:00"))
    watch = ClockWatch(clock)
    assert looked(watch).settings[CLOCK]["steps"] == []
    clock.advance(0.5)
    assert not looked(watch).settings, "nothing happened"
    clock.advance(0.5)
    clock.step_wall(-3600)
    assert len(looked(watch).settings[CLOCK]["steps"]) == 1
    [step] = watch.steps
    now = clock.now().timestamp()
    assert (step.size, step.since, step.until) == (-3600, now + 3600 - 0.5, now)
    assert not looked(watch).settings


def test_a_step_while_the_service_is_away_is_known() -> None:
    clock = FakeClock(at("09:00"))
    first = ClockWatch(clock)
    stored = looked(first).settings[CLOCK]
    clock.advance(100)
    clock.step_wall(12)
    second = ClockWatch(clock)
    second.remember(stored)
    looked(second)
    [step] = second.steps
    assert (step.size, step.since) == (12, at("09:00").timestamp())


def test_a_machine_that_was_started_anew_has_not_set_its_clock() -> None:
    clock = FakeClock(at("09:00"))
    stored = looked(ClockWatch(clock)).settings[CLOCK]
    later = FakeClock(at("10:00"))
    later._monotonic = 5.0
    watch = ClockWatch(later)
    watch.remember(stored)
    looked(watch)
    assert watch.steps == ()


class SlowClock(FakeClock):
    def monotonic(self) -> float:
        self.advance(0.3)
        return super().monotonic()


def test_clocks_that_could_not_be_read_together_say_nothing() -> None:
    watch = ClockWatch(SlowClock(at("09:00")))
    assert not looked(watch).settings
