"""Alarms: what the crew must look at, derived from the present state and never stored.

An alarm knows the timetable: a room without media matters while a session runs, not at lunch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from streamer.core.base.alarm import SOON, Alarm
from streamer.core.base.ids import JobId, RoomId, SessionId
from streamer.core.channel.lateness import MOST
from streamer.core.jobs.lifecycle import Job, JobState
from streamer.core.jobs.specs import JobKind
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import Phase, PlannedSession
from streamer.core.plan.policy import Policy
from streamer.core.recording.recording import Recording
from streamer.core.recording.states import RecordingState
from streamer.core.status.states import GRACE, ChannelView


def alarms(
    plan: Plan,
    policy: Policy,
    jobs: Mapping[JobId, Job],
    channels: Mapping[RoomId, ChannelView],
    recordings: Mapping[SessionId, Recording],
    kept_until: Mapping[RoomId, float],
    now: datetime,
) -> dict[str, Alarm]:
    """All alarms at ``now``, by id."""
    found = [
        *_jobs(list(jobs.values())),
        *_sessions(plan, channels, kept_until, now),
        *_unsourced(plan, policy, now),
        *_conflicts(plan, now),
        *_recordings(recordings.values()),
    ]
    return {a.id: a for a in found}


def _jobs(jobs: Sequence[Job]) -> Iterable[Alarm]:
    for job in jobs:
        replaced = _is_replaced(job, jobs)
        if job.state is JobState.FAILED or (job.error and job.failures):
            yield Alarm(
                id=f"job {job.id}",
                severity="error" if job.kind is JobKind.CAPTURE and not replaced else "warning",
                message=f"{job.kind} of room {job.room}: {job.error}",
                hint=("the recording continues with the room's other capture; " if replaced else "") + _outlook(job),
                room=job.room,
                session=job.session,
            )


def _is_replaced(job: Job, jobs: Iterable[Job]) -> bool:
    """Whether another capture of the room has media, so that nothing is lost."""
    captures = [j for j in jobs if j.kind is JobKind.CAPTURE and j.room == job.room]
    return job.kind is JobKind.CAPTURE and len(captures) > 1 and any(j.state is JobState.RUNNING for j in captures)


def _outlook(job: Job) -> str:
    if job.state is JobState.FAILED:
        return "it is not tried again until its cause has changed"
    return f"it is started again ({job.failures} in a row)"


def _sessions(
    plan: Plan, channels: Mapping[RoomId, ChannelView], kept_until: Mapping[RoomId, float], now: datetime
) -> Iterable[Alarm]:
    for session in plan.sessions:
        if session.phase(now) is not Phase.DURING or now - session.start <= GRACE:
            continue
        view = channels.get(session.room, ChannelView())
        if session.stream and view.fault:
            yield Alarm(
                id=f"no picture {session.id}",
                severity="error",
                message=f"“{session.session.title}” runs in room {session.room} and viewers have no picture",
                hint=_late(view) or "look at the room's source and its livestream job",
                room=session.room,
                session=session.id,
            )
        edge = kept_until.get(session.room)
        if session.record and (edge is None or now.timestamp() - edge > GRACE.total_seconds()):
            yield Alarm(
                id=f"not recorded {session.id}",
                severity="error",
                message=f"“{session.session.title}” runs in room {session.room} and nothing is being captured",
                hint="look at the room's source and its capture job",
                room=session.room,
                session=session.id,
            )


def _late(view: ChannelView) -> str:
    """The cause if the source delivers too late for a channel."""
    if view.lateness <= MOST:
        return ""
    return (
        f"the source delivers up to {view.lateness:.0f} s late, and viewers can wait for {MOST:.0f} s at most:"
        " let it send shorter pieces, or by SRT or RTMP"
    )


def _unsourced(plan: Plan, policy: Policy, now: datetime) -> Iterable[Alarm]:
    """Configured rooms only; :mod:`streamer.core.trust.unknown_rooms` reports the others."""
    for room in policy.rooms:
        due = [s for s in plan.of_room(room) if s.start - SOON <= now < s.end]
        if due and not policy.is_captured(room):
            yield Alarm(
                id=f"no source {room}",
                severity="warning",
                message=f"room {room} has sessions and no source: it is not captured",
                hint="give the room a source in config.toml, or ignore this if it should not be captured",
                room=room,
                session=due[0].id,
            )


def _conflicts(plan: Plan, now: datetime) -> Iterable[Alarm]:
    for conflict in plan.conflicts():
        other = plan.session(conflict.other)
        one = plan.session(conflict.session)
        if one is None or other is None or now >= min(one.end, other.end) or not (one.captured or other.captured):
            continue
        yield Alarm(
            id=f"overlap {conflict.session} {conflict.other}",
            severity="warning",
            message=conflict.message,
            hint=_what_follows(one, other),
            room=one.room,
            session=conflict.session,
        )


def _what_follows(one: PlannedSession, other: PlannedSession) -> str:
    """The effect of an overlap on the recordings and on the channel."""
    recorded, shown = "both are recorded", "the channel follows the one that starts later"
    if not (one.record and other.record):
        forbidden = not (one.consent_record and other.consent_record)
        recorded = "nothing of the overlap is recorded" if forbidden else "only one of them is recorded"
    if not (one.stream and other.stream):
        shown = "viewers see slate while they overlap"
    return f"{recorded}; {shown}"


def _recordings(recordings: Iterable[Recording]) -> Iterable[Alarm]:
    for recording in recordings:
        if recording.state in (RecordingState.PARTIAL, RecordingState.FAILED):
            yield Alarm(
                id=f"recording {recording.session}",
                severity="error" if recording.state is RecordingState.FAILED else "warning",
                message=f"the recording of “{recording.title}” is {recording.state}: {recording.reason}",
                hint="see its gaps on the recordings page",
                room=recording.room,
                session=recording.session,
            )
