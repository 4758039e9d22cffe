"""Rows that an earlier version wrote."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

from streamer.core.jobs.source_facts import SourceFacts
from streamer.store.database.rows import take_of


def test_facts_without_tracks_are_read() -> None:
    stored = {"video": "h264", "width": 640, "height": 360, "rate": "25", "audio": "aac", "gop": None, "bitrate": None}
    row = SimpleNamespace(id="t", room="main", started=1.0, ended=None, cause=None, facts=stored, slot=1)
    known = SourceFacts(video="h264", width=640, height=360, rate=Fraction(25), audio="aac")
    assert take_of(cast(Any, row)).facts == known
