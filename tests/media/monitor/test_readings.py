"""What FFmpeg prints about a room, wherever its pieces end."""

from __future__ import annotations

from support.day.days import MAIN

from streamer.core.monitor.meter import FLOOR, Meter
from streamer.media.monitor.readings import Readings

BLOCK = b"""frame:3    pts:13230   pts_time:0.3
lavfi.r128.M=-21.342
lavfi.r128.S=-23.691
lavfi.r128.I=-21.350
lavfi.r128.LRA.low=0.000
lavfi.astats.1.Peak_level=-20.9
lavfi.astats.2.Peak_level=-12.5
"""
DIGITAL_SILENCE = b"lavfi.r128.M=-159.0\nlavfi.r128.S=nan\nlavfi.astats.1.Peak_level=-inf\n"


def after(text: bytes, step: int = 10_000) -> Readings:
    readings = Readings(MAIN)
    for start in range(0, len(text), step):
        readings.feed(text[start : start + step], 100.0)
    return readings


def meter(readings: Readings, now: float = 100.0) -> Meter | None:
    return readings.meter(at=1.0, speech=0.5, now=now)


def test_a_block_is_read_also_in_pieces() -> None:
    expected = Meter(room=MAIN, at=1.0, momentary=-21.342, short_term=-23.691, peaks=(-20.9, -12.5), speech=0.5)
    assert meter(after(BLOCK)) == meter(after(BLOCK, step=7)) == expected


def test_peaks_are_the_highest_since_the_meter_before() -> None:
    readings = after(BLOCK + BLOCK.replace(b"-12.5", b"-3.5") + BLOCK)
    found = meter(readings)
    assert found is not None
    assert found.peaks == (-20.9, -3.5)
    readings.feed(BLOCK, 100.2)
    found = meter(readings)
    assert found is not None
    assert found.peaks == (-20.9, -12.5)


def test_digital_silence_is_the_floor() -> None:
    found = meter(after(DIGITAL_SILENCE))
    assert found is not None
    assert (found.momentary, found.short_term, found.peaks) == (FLOOR, FLOOR, (FLOOR,))


def test_at_most_eight_channels_are_told() -> None:
    found = meter(after(b"lavfi.r128.M=-20\n" + b"".join(b"lavfi.astats.%d.Peak_level=-1\n" % n for n in range(1, 13))))
    assert found is not None
    assert len(found.peaks) == 8


def test_black_and_frozen_begin_and_end() -> None:
    edges = b"lavfi.black_start=2.0\nlavfi.freezedetect.freeze_start=8\n"
    begun, ended = after(BLOCK + edges), after(BLOCK + edges + b"lavfi.black_end=9\nlavfi.freezedetect.freeze_end=9\n")
    assert [(m.black, m.frozen) for m in (meter(begun), meter(ended)) if m] == [(True, True), (False, False)]


def test_without_news_there_is_no_meter() -> None:
    assert meter(Readings(MAIN)) is None
    assert meter(after(BLOCK), now=101.0) is not None
    assert meter(after(BLOCK), now=101.1) is None


def test_sound_that_ends_under_a_picture_that_goes_on_is_silence() -> None:
    readings = after(BLOCK)
    readings.feed(b"frame=50\n", 103.0)
    assert meter(readings, 103.0) == Meter(room=MAIN, at=1.0)


def test_the_picture_rate_is_counted_over_some_seconds_and_the_same_count_is_no_news() -> None:
    readings = Readings(MAIN)
    for second in range(5):
        readings.feed(b"frame=%d\n" % (25 * second), float(second))
    found = meter(readings, 4.0)
    assert found is not None
    assert found.rate == 25.0
    readings.feed(b"frame=100\n", 5.5)
    assert meter(readings, 5.5) is None
