"""Computes from the plan the jobs that should run at an instant, and until when they may run alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from streamer.core.base.ids import JobId, RoomId, SessionId
from streamer.core.jobs.coding import COPIED, Coding
from streamer.core.jobs.renditions import live_format
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.jobs.specs import ANALYZE_SECONDS, CaptureSettings, JobKind, JobSpec, LivestreamSettings
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import PlannedSession
from streamer.core.plan.policy import Policy, RoomSetup

AFTERLIFE = timedelta(minutes=15)
"""How long a process may run without a service after the last session that it serves."""


def capture_id(room: RoomId, slot: int = 1) -> JobId:
    """The first capture of a room is the leading one: it also feeds the tap."""
    return JobId(f"capture:{room}" if slot == 1 else f"capture:{room}:{slot}")


def capture_slot(id: JobId) -> int:
    """The slot of a capture job within its room; ids of rooms have no colon."""
    _, _, slot = id.partition(":")[2].partition(":")
    return int(slot or 1)


def livestream_id(room: RoomId) -> JobId:
    return JobId(f"livestream:{room}")


def export_id(session: SessionId) -> JobId:
    return JobId(f"export:{session}")


def desired(
    plan: Plan,
    policy: Policy,
    facts: Mapping[RoomId, SourceFacts],
    now: datetime,
    patience: Mapping[JobId, float] | None = None,
    codings: Mapping[RoomId, Coding] | None = None,
    soundless: Collection[RoomId] = (),
    *,
    to_disk: bool = True,
) -> dict[JobId, JobSpec]:
    """The captures and livestreams that should run at ``now``.

    A livestream needs to know its source (``facts``), so it follows its capture. Specs do not contain any
    session, so adjacent sessions share their processes. ``patience`` is the analysis time (s) of captures that
    could not decode their source within the usual time, ``codings`` what captures do with sources that they can't
    simply copy. The livestreams of ``soundless`` rooms, whose sound has stopped, go on with silence. Without
    ``to_disk`` captures only feed livestreams.
    """
    jobs: dict[JobId, JobSpec] = {}
    for room, setup in policy.rooms.items():
        if setup.source is None:
            continue
        sessions = plan.of_room(room)
        if any(_captures(s, policy, now) for s in sessions):
            for slot in range(1, setup.redundancy + 1 if to_disk else 2):
                id = capture_id(room, slot)
                analyze_seconds = (patience or {}).get(id, ANALYZE_SECONDS)
                coding = (codings or {}).get(room, COPIED)
                jobs[id] = _capture(setup, id, analyze_seconds, coding, to_disk=to_disk)
            if room in facts and any(_streams(s, policy, now) for s in sessions):
                has_audio = facts[room].audio is not None and room not in soundless
                live = _livestream(setup, policy, facts[room], has_audio=has_audio)
                jobs[live.id] = live
    return jobs


def _captures(session: PlannedSession, policy: Policy, now: datetime) -> bool:
    return session.captured and session.start - policy.lead <= now < session.end + policy.linger


def _streams(session: PlannedSession, policy: Policy, now: datetime) -> bool:
    return session.stream and session.start - policy.warm_up <= now < session.end


def _capture(setup: RoomSetup, id: JobId, analyze_seconds: float, coding: Coding, *, to_disk: bool) -> JobSpec:
    assert setup.source is not None
    return JobSpec(
        id=id,
        kind=JobKind.CAPTURE,
        room=setup.id,
        settings=CaptureSettings(
            source=setup.source,
            listen=setup.listen,
            input_options=setup.input_options,
            room_name=setup.name,
            tap=setup.tap if capture_slot(id) == 1 else None,
            analyze_seconds=analyze_seconds,
            to_disk=to_disk,
            bursts=setup.bursts,
            coding=coding,
        ),
    )


def _livestream(setup: RoomSetup, policy: Policy, facts: SourceFacts, *, has_audio: bool) -> JobSpec:
    return JobSpec(
        id=livestream_id(setup.id),
        kind=JobKind.LIVESTREAM,
        room=setup.id,
        settings=LivestreamSettings(tap=setup.tap, format=live_format(facts, policy.renditions), has_audio=has_audio),
    )


def ends_by(plan: Plan, policy: Policy, room: RoomId, now: datetime) -> datetime:
    """When a room's processes end by themselves without a service: 15 min after the last session of the unbroken
    run of captures at ``now``; without such a run, 15 min from now."""
    reach, last = now, None
    for session in plan.of_room(room):
        start, end = session.start - policy.lead, session.end + policy.linger
        if session.captured and start <= reach and now <= end:
            reach = max(reach, end)
            last = session.end if last is None else max(last, session.end)
    return (last or now) + AFTERLIFE
