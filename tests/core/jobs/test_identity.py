"""The identity of a job: what runs is adopted by a later version, and what changed is started again."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from fractions import Fraction

import pytest

from streamer.core.base.ids import JobId, RoomId, SessionId
from streamer.core.jobs import live_format, specs
from streamer.core.jobs.coding import COPIED, Coding, Means
from streamer.core.jobs.identity import IDENTITY, identity
from streamer.core.jobs.live_format import LiveFormat, Rendition
from streamer.core.jobs.specs import CaptureSettings, ExportSettings, JobKind, JobSpec, LivestreamSettings, Piece

MAIN = RoomId("main")
CAPTURE = JobSpec(
    id=JobId("capture:main"),
    kind=JobKind.CAPTURE,
    room=MAIN,
    settings=CaptureSettings(
        source="rtsp://camera/main",
        input_options=(("rtsp_transport", "tcp"),),
        room_name="Main Hall",
        tap=10_000,
        bursts=True,
    ),
)
LIVESTREAM = JobSpec(
    id=JobId("livestream:main"),
    kind=JobKind.LIVESTREAM,
    room=MAIN,
    settings=LivestreamSettings(
        tap=10_000,
        format=LiveFormat(
            rate=Fraction(25), renditions=(Rendition(name="720p", width=1280, height=720, bitrate=2_500_000),)
        ),
        has_audio=True,
    ),
)
EXPORT = JobSpec(
    id=JobId("export:a"),
    kind=JobKind.EXPORT,
    room=MAIN,
    session=SessionId("a"),
    settings=ExportSettings(
        pieces=(Piece(path="takes/x/000001.ts", start=188), Piece(path="takes/x/000002.ts", end=376)),
        target="recordings/a/f/1.partial.mp4",
        metadata=(("title", 'It\'s "A"'),),
        duration=600.5,
        index=4096,
    ),
)
NOT_COUNTED = {"CaptureSettings": {"bursts"}, "JobSpec": {"digest"}}
"""Fields that change nothing about the process."""


@pytest.mark.parametrize(
    ("spec", "digest"),
    [(CAPTURE, "998a9672b28d924d"), (LIVESTREAM, "614ac40911b500f0"), (EXPORT, "ccf0a9edcabc2c8c")],
    ids=lambda value: value.kind if isinstance(value, JobSpec) else value,
)
def test_what_an_earlier_version_started_is_adopted(spec: JobSpec, digest: str) -> None:
    """The digests that the version before this module gave."""
    assert spec.digest == digest


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterSettings(CaptureSettings):
    """The settings of a later version, with one more field."""

    deinterlace: bool = True


def test_a_field_that_is_added_restarts_nothing() -> None:
    assert isinstance(CAPTURE.settings, CaptureSettings)
    known = {f.name: getattr(CAPTURE.settings, f.name) for f in fields(CAPTURE.settings)}
    assert replace(CAPTURE, settings=LaterSettings(**known)).digest == CAPTURE.digest


def test_what_is_encoded_counts_and_plain_copies_are_those_of_an_earlier_version() -> None:
    assert isinstance(CAPTURE.settings, CaptureSettings)
    encoding = replace(CAPTURE.settings, coding=Coding(sounds=(Means.ENCODE,)))
    assert replace(CAPTURE, settings=encoding).digest != CAPTURE.digest
    assert replace(CAPTURE, settings=replace(encoding, coding=COPIED)).digest == CAPTURE.digest


def test_each_field_that_is_listed_counts() -> None:
    for spec in (CAPTURE, LIVESTREAM, EXPORT):
        for name in IDENTITY[type(spec.settings).__name__]:
            other = replace(spec.settings, **{name: "another"})  # type: ignore[arg-type] # by name
            assert replace(spec, settings=other).digest != spec.digest, name


def test_each_field_is_listed_or_known_not_to_count() -> None:
    types = [t for m in (specs, live_format) for t in vars(m).values() if isinstance(t, type) and is_dataclass(t)]
    for one in types:
        undecided = {f.name for f in fields(one)} - set(IDENTITY[one.__name__]) - NOT_COUNTED.get(one.__name__, set())
        assert not undecided, f"{one.__name__}: decide whether a change of these starts the job again"


def test_the_text_is_what_python_wrote_before() -> None:
    for spec in (CAPTURE, LIVESTREAM, EXPORT):
        written = repr(spec).replace(", bursts=True", "").replace(f", coding={COPIED}", "")
        assert identity(spec) == written
