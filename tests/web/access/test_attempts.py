from __future__ import annotations

from streamer.web.access.attempts import ALLOWED, REMEMBERED, WINDOW, Attempts


class Monotonic:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_it_allows_some_failures_then_asks_to_wait() -> None:
    clock = Monotonic()
    attempts = Attempts(clock)
    for _ in range(ALLOWED):
        assert attempts.wait("192.0.2.1") == 0
        attempts.failed("192.0.2.1")
        clock.now += 1
    assert attempts.wait("192.0.2.1") == WINDOW - ALLOWED, "until the first of them expires"
    assert attempts.wait("192.0.2.2") == 0
    clock.now += WINDOW - ALLOWED - 0.5
    assert attempts.wait("192.0.2.1") == 1
    clock.now += 1
    assert attempts.wait("192.0.2.1") == 0


def test_a_network_of_ipv6_is_one_subscriber() -> None:
    attempts = Attempts(Monotonic())
    for number in range(ALLOWED):
        attempts.failed(f"2001:db8:0:1::{number:x}")
    assert attempts.wait("2001:db8:0:1:ffff::1") > 0
    assert attempts.wait("2001:db8:0:2::1") == 0


def test_who_waits_longer_than_asked_may_try_at_once() -> None:
    clock = Monotonic()
    attempts = Attempts(clock)
    for _ in range(ALLOWED):
        attempts.failed("192.0.2.1")
    clock.now += 10 * WINDOW
    assert attempts.wait("192.0.2.1") == 0
    attempts.failed("192.0.2.1")
    assert attempts.wait("192.0.2.1") == 0, "of the failures before, those of long ago count no more"


def test_who_goes_on_failing_is_not_the_one_that_is_forgotten() -> None:
    attempts = Attempts(Monotonic())
    for _ in range(ALLOWED):
        attempts.failed("192.0.2.1")
    for number in range(REMEMBERED - 1):
        attempts.failed(f"host-{number}")
    attempts.failed("192.0.2.1")
    attempts.failed("one more")
    assert attempts.wait("192.0.2.1") > 0


def test_it_remembers_no_more_than_it_may() -> None:
    attempts = Attempts(Monotonic())
    for _ in range(ALLOWED):
        attempts.failed("192.0.2.1")
    for number in range(REMEMBERED):
        attempts.failed(f"host-{number}")
    assert attempts.wait("192.0.2.1") == 0
    assert len(attempts._failures) == REMEMBERED
