"""When the disk will be full: the need of the rest of a timetable, compared with the free space.

Growth is a set of ramps over time. Kept segments with their padding stay, and so does the file of each session from its
end on. Media that comes and goes, such as the ring, grows once to its size. Padding that is deleted after days is not
counted as free: a plan with it would be too tight.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import PlannedSession
from streamer.core.plan.policy import Policy
from streamer.core.recording.keeps import kept_range

ASSUMED_RATE = 6_000_000 / 8
"""Bytes a second of a room without a measured rate."""
SMALL_CHANGE = timedelta(minutes=5)

Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """``bytes`` that are written evenly between two instants; at once if these are equal."""

    start: datetime
    end: datetime
    bytes: float

    def since(self, instant: datetime) -> Ramp | None:
        """The part that is still to come at ``instant``."""
        if self.start >= instant:
            return self
        if self.end <= instant:
            return None
        left = (self.end - instant) / (self.end - self.start)
        return Ramp(start=instant, end=self.end, bytes=self.bytes * left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The bytes ``needed`` until the timetable's end, and when free space falls to the reserve and to nothing.

    ``missed`` are the sessions, in order, that should be recorded and end after the disk is full; ``assumed`` the rooms
    whose rate is a guess.
    """

    needed: int
    lacking: int = 0
    reserve_at: datetime | None = None
    full_at: datetime | None = None
    missed: tuple[SessionId, ...] = ()
    assumed: tuple[RoomId, ...] = ()


def forecast(
    plan: Plan,
    policy: Policy,
    rates: Mapping[RoomId, float],
    free: int,
    now: datetime,
    unfinished: Collection[SessionId] = (),
) -> Forecast:
    """From ``now`` on, at ``rates`` (bytes/s by room). ``unfinished`` are sessions whose file does not exist yet."""
    ramps = list(growth(plan, policy, rates, now, unfinished))
    needed = total_bytes(ramps)
    full_at = falls_to(ramps, free, now)
    return Forecast(
        needed=needed,
        lacking=max(0, needed + policy.reserve - free),
        reserve_at=falls_to(ramps, free - policy.reserve, now),
        full_at=full_at,
        missed=tuple(s.id for s in plan.sessions if s.record and full_at is not None and s.end > full_at),
        assumed=unmeasured(plan, rates, now),
    )


def unmeasured(plan: Plan, rates: Mapping[RoomId, float], since: datetime) -> tuple[RoomId, ...]:
    """The rooms that will be captured and whose rate is not known."""
    busy = dict.fromkeys(s.room for s in plan.sessions if s.captured and s.end > since)
    return tuple(room for room in busy if room not in rates)


def growth(
    plan: Plan,
    policy: Policy,
    rates: Mapping[RoomId, float],
    since: datetime,
    unfinished: Collection[SessionId] = (),
) -> Iterator[Ramp]:
    """Everything that will be written from ``since`` on. Segments of two captures count twice, the file once."""
    for room, setup in policy.rooms.items():
        rate = rates.get(room, ASSUMED_RATE)
        captured = [s for s in plan.of_room(room) if s.captured]
        for ramp in _of_room(captured, policy, rate, since, setup.redundancy):
            if (left := ramp.since(since)) is not None:
                yield left
        for session in captured:
            if session.id in unfinished and session.end <= since:
                yield Ramp(start=since, end=since, bytes=rate * _window(session))


def _window(session: PlannedSession) -> float:
    """Seconds of a session's file."""
    return (session.out_point - session.in_point).total_seconds()


def _of_room(
    captured: list[PlannedSession], policy: Policy, rate: float, since: datetime, copies: int
) -> Iterator[Ramp]:
    recorded = [s for s in captured if s.record]
    for start, end in merged(r for s in recorded if (r := kept_range(s, policy, since)) is not None):
        yield Ramp(start=start, end=end, bytes=copies * rate * (end - start).total_seconds())
    for session in recorded:
        if session.end > since:
            yield Ramp(start=session.end, end=session.end, bytes=rate * _window(session))
    running = [r for r in merged((s.start - policy.lead, s.end + policy.linger) for s in captured) if r[1] > since]
    if running:
        start, reach = running[0][0], min(policy.ring, total(running))
        yield Ramp(start=start, end=start + reach, bytes=copies * rate * reach.total_seconds())


def total_bytes(ramps: Iterable[Ramp]) -> int:
    return round(sum(ramp.bytes for ramp in ramps))


def falls_to(ramps: Iterable[Ramp], room: float, now: datetime) -> datetime | None:
    """The first instant at which ``room`` bytes are written; None if never."""
    if room <= 0:
        return now
    steps: list[tuple[datetime, float, float]] = []
    for ramp in ramps:
        if ramp.end > ramp.start:
            rate = ramp.bytes / (ramp.end - ramp.start).total_seconds()
            steps += [(ramp.start, rate, 0.0), (ramp.end, -rate, 0.0)]
        else:
            steps.append((ramp.start, 0.0, ramp.bytes))
    written, rate, at = 0.0, 0.0, now
    for instant, faster, more in sorted(steps):
        grown = written + rate * (instant - at).total_seconds()
        if grown >= room and rate > 0:
            return at + timedelta(seconds=(room - written) / rate)
        written, at = grown + more, instant
        if written >= room:
            return at
        rate += faster
    return None


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same instants, without overlaps, in order."""
    whole: list[Stretch] = []
    for start, end in sorted(stretches):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(whole[-1][1], end))
        else:
            whole.append((start, end))
    return whole


def total(stretches: Iterable[Stretch]) -> timedelta:
    return sum((end - start for start, end in stretches), timedelta())


def tells_more(former: Forecast | None, present: Forecast) -> bool:
    """Whether a new forecast differs enough to announce it; measured rates always vary a little."""
    if former is None or (former.missed, former.assumed) != (present.missed, present.assumed):
        return True
    pairs = ((former.reserve_at, present.reserve_at), (former.full_at, present.full_at))
    moved = any((a is None) != (b is None) or (a and b and abs(a - b) > SMALL_CHANGE) for a, b in pairs)
    return moved or abs(former.lacking - present.lacking) > former.lacking / 10
