"""Meters and reports as documents, and ten seconds of them as a row."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from support.day.days import MAIN, NINE

from streamer.core.jobs.lifecycle import JobState
from streamer.core.monitor.meter import Meter, meter_document
from streamer.core.monitor.timeline import Tally, tallied
from streamer.core.monitor.watching import Report, job_of

ZONE = ZoneInfo("Europe/Copenhagen")
AT = NINE.timestamp()


def test_a_meter_is_told_as_promised() -> None:
    meter = Meter(room=MAIN, at=AT, momentary=-20.04, short_term=-21.36, peaks=(-3.01, -120.0), speech=0.987, rate=25.2)
    assert meter_document(meter, ZONE) == {
        "room": MAIN,
        "at": "2025-09-08T11:00:00+02:00",
        "momentary": -20.0,
        "short_term": -21.4,
        "peak": [-3.0, -120.0],
        "speech": 0.99,
        "black": False,
        "frozen": False,
        "rate": 25.2,
    }


def test_the_monitor_of_a_room_is_a_job_of_the_crew() -> None:
    report = Report(room=MAIN, state=JobState.BACKOFF, at=AT, error="it ended", restarts=2)
    job = job_of(report)
    assert (job.id, job.kind, job.room, job.state, job.since) == ("monitor:main", "monitor", MAIN, "backoff", AT)
    assert (job.error, job.restarts, job.pid) == ("it ended", 2, None)


def test_a_row_is_complete_with_the_first_meter_after_it() -> None:
    tally: Tally | None = None
    rows = []
    for second, level in enumerate([-20.0, -60.0, -18.0, -70.0, -20.0]):
        meter = Meter(room=MAIN, at=AT + 4 * second, momentary=level, speech=level / -100, black=second == 0)
        tally, complete = tallied(tally, meter)
        rows += [complete.row(ZONE)] if complete is not None else []
    assert rows == [
        {
            "at": "2025-09-08T11:00:00+02:00",
            "loudest": -18.0,
            "quietest": -60.0,
            "speech": 0.33,
            "silent": 0.33,
            "black": 0.33,
            "frozen": 0.0,
        }
    ]
