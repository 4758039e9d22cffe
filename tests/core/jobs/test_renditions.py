from __future__ import annotations

from fractions import Fraction

import pytest

from streamer.core.base.errors import ConfigError
from streamer.core.jobs.renditions import by_variant, live_format, live_rate, variant_map, wanted_height
from streamer.core.jobs.source_facts import SourceFacts


def source(width: int, height: int, rate: Fraction | int = 30) -> SourceFacts:
    return SourceFacts(video="h264", width=width, height=height, rate=Fraction(rate), audio="aac")


def sizes(facts: SourceFacts | None, *wanted: str) -> list[tuple[str, int, int]]:
    return [(r.name, r.width, r.height) for r in live_format(facts, wanted).renditions]


def test_an_unknown_source_counts_as_wide_at_thirty() -> None:
    assert sizes(None, "360p", "720p") == [("720p", 1280, 720), ("360p", 640, 360)]
    assert live_format(None, ["720p"]).rate == 30


def test_nothing_wanted_means_the_default() -> None:
    assert live_format(None, []) == live_format(None, ["720p", "360p"])


def test_nothing_is_scaled_up() -> None:
    assert sizes(source(960, 540), "1080p", "720p", "360p") == [("540p", 960, 540), ("360p", 640, 360)]
    assert sizes(source(320, 180), "720p", "360p") == [("180p", 320, 180)]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (source(768, 576), ("360p", 480, 360)),
        (source(1080, 1920), ("360p", 202, 360)),
        (source(1921, 1081), ("360p", 640, 360)),
        (source(853, 479), ("360p", 642, 360)),
    ],
)
def test_the_shape_is_kept_in_even_numbers(facts: SourceFacts, expected: tuple[str, int, int]) -> None:
    assert sizes(facts, "360p") == [expected]


def test_odd_sources_become_even() -> None:
    assert sizes(source(1921, 1081), "2160p") == [("1080p", 1920, 1080)]


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (Fraction(25), 25),
        (Fraction(50), 25),
        (Fraction(24), 24),
        (Fraction(24000, 1001), 24),
        (Fraction(48), 24),
        (Fraction(30), 30),
        (Fraction(30000, 1001), 30),
        (Fraction(60), 30),
        (Fraction(15), 30),
        (Fraction(2499, 100), 25),
        (Fraction(0), 30),
    ],
)
def test_every_source_gets_a_steady_rate(rate: Fraction, expected: int) -> None:
    assert live_rate(rate) == expected


@pytest.mark.parametrize(("rate", "part"), [(24, Fraction(1, 3)), (25, Fraction(2, 5)), (30, Fraction(1, 3))])
def test_a_part_is_whole_frames_and_a_segment_whole_parts(rate: int, part: Fraction) -> None:
    format = live_format(source(320, 180, rate), ["180p"])
    assert format.part_seconds == part
    assert (part * format.rate).denominator == (2 / part).denominator == 1


def test_tracks_are_the_renditions_from_the_best_on_and_audio() -> None:
    format = live_format(None, ["360p", "720p"])
    assert format.tracks == ("720p", "360p", "audio")
    by_track = {"720p": 1, "360p": 2, "audio": 3}
    assert by_variant(format, ["1080p", "360p"], by_track) == {"1080p": 1, "360p": 2, "audio": 3}


def test_each_wanted_name_has_a_rendition_that_stands_for_it() -> None:
    wanted = ["1080p", "720p", "360p", "240p"]
    format = live_format(source(960, 540), ["1080p", "720p", "360p"])
    assert variant_map(format, wanted) == {"1080p": "540p", "720p": "540p", "360p": "360p", "240p": "360p"}


def test_bitrates_grow_with_the_picture() -> None:
    heights = ["180p", "234p", "360p", "480p", "576p", "720p", "900p", "1080p", "2160p"]
    rates = [live_format(None, [name]).renditions[0].bitrate for name in heights]
    assert rates == sorted(rates)
    assert dict(zip(heights, rates, strict=True))["720p"] == 2_500_000
    assert live_format(source(64, 36), ["90p"]).renditions[0].bitrate >= 80_000


@pytest.mark.parametrize("name", ["720", "p", "720p60", "10000p", "20p", "", "\uff1720p", "-720p"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="rendition"):
        wanted_height(name)
