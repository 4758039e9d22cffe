"""Lengths of time and amounts of bytes as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.core.base.durations import format_duration, format_size, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10m", 600),
        ("60s", 60),
        ("1h30m", 5400),
        ("7d", 604800),
        ("90m", 5400),
        (" 1h 30m ", 5400),
        ("1.5h", 5400),
        ("0.5s", 0.5),
        ("0s", 0),
        ("1d2h3m4s", 93784),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "10", "m", "30m1h", "1h1h", "-5m", "1 hour", "10M", "٣m", "1e3s", "5m\n6s x"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="1h30m"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["99999d", "9" * 50 + "d"])
def test_a_duration_beyond_reason_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ten years"):
        parse_duration(text)


def test_a_long_wrong_text_is_not_repeated_whole() -> None:
    with pytest.raises(ValueError, match="not a duration") as caught:
        parse_duration("9" * 100_000)
    assert len(str(caught.value)) < 200
    for length, shown in ((60, "x" * 60), (61, "x" * 59 + "…")):
        with pytest.raises(ValueError, match=f"“{shown}” is not a size"):
            parse_size("x" * length)


@settings(deadline=None)
@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3660)))
def test_what_is_written_is_read_back(duration: timedelta) -> None:
    assert parse_duration(format_duration(duration)) == duration


@settings(deadline=None)
@given(st.text())
def test_no_text_raises_anything_but_value_error(text: str) -> None:
    for parse in (parse_duration, parse_size):
        try:
            parse(text)
        except ValueError:
            continue


def test_a_negative_duration_has_no_form() -> None:
    with pytest.raises(ValueError, match="negative"):
        format_duration(timedelta(seconds=-1))


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("5GB", 5_000_000_000),
        ("5 gb", 5_000_000_000),
        ("512MiB", 536_870_912),
        ("1.5kB", 1500),
        ("1000", 1000),
        ("0", 0),
        ("9007199254740993", 9_007_199_254_740_993),
        ("2TiB", 2_199_023_255_552),
        *((f"1 {unit}", 1000**n) for n, unit in enumerate(("B", "kB", "MB", "GB", "TB"))),
        *((f"1 {unit}", 1024**n) for n, unit in enumerate(("KiB", "MiB", "GiB"), start=1)),
    ],
)
def test_a_size_is_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "5 bananas", "-1GB", "1,5GB"])
def test_anything_else_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="5GB"):
        parse_size(text)


def test_more_than_any_disk_is_refused() -> None:
    with pytest.raises(ValueError, match="any disk"):
        parse_size("1000000TB")


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1 MB"),
        (1_234_567, "1.2 MB"),
        (5 * 10**9, "5 GB"),
        (25 * 10**14, "2500 TB"),
    ],
)
def test_a_size_is_shown_in_decimal_units(size: int, text: str) -> None:
    assert format_size(size) == text
