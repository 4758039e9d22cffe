from __future__ import annotations

from streamer.core.recording.quality import Stretch


def test_a_stretch_ends_after_its_duration() -> None:
    assert Stretch(start=1.5, duration=2).end == 3.5
