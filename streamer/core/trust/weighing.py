"""Decides which changes of a new timetable version apply now, which are held back or asked, and why.

Text counts at once, and so do changes in the future. Changes of a session that runs or starts soon follow the settings;
a mass change is held back whole until it repeats for a while or the crew approves it. Three things no setting can
change: a running session does not stop because a feed lost it, a withdrawal of consent is never held back, and a new
consent counts from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from streamer.core.base.ids import SessionId
from streamer.core.plan.plan import Plan
from streamer.core.plan.policy import Policy
from streamer.core.timetable.diff import Change, ChangeKind, diff
from streamer.core.timetable.sessions import Session, Timetable
from streamer.core.trust.consent import from_now_on, with_withdrawals
from streamer.core.trust.held import Held, Standing, digest_of
from streamer.core.trust.lengths import Lengths, long_sessions
from streamer.core.trust.protection import AGAIN, leaves, protects, stays_until
from streamer.core.trust.settings import Distrust
from streamer.core.trust.suspicion import FEW, Suspect, suspects

_LEAVES = frozenset({ChangeKind.REMOVED, ChangeKind.KIND, ChangeKind.CANCELLED})
_MOVES = frozenset({ChangeKind.MOVED, ChangeKind.RETIMED, ChangeKind.REROOMED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``timetable`` is the one to run now, ``applied`` the changes from the one before. ``again`` is when to look
    again even if nothing changes; None for never."""

    timetable: Timetable
    applied: tuple[Change, ...] = ()
    held: tuple[Held, ...] = ()
    refused: tuple[Held, ...] = ()
    standing: Standing = field(default_factory=Standing)
    again: datetime | None = None


def weigh(
    current: Timetable,
    new: Timetable,
    plan: Plan,
    policy: Policy,
    rules: Distrust,
    now: datetime,
    standing: Standing,
    *,
    meant: bool = False,
    confirmed: bool = True,
) -> Verdict:
    """Judge ``new`` (with local ids) as the successor of ``current``, whose plan is ``plan``.

    ``meant``: the crew chose this whole version, so it is not suspicious. Not ``confirmed``: it is unknown whether the
    feed still says so, and a mass change does not count by time.
    """
    lengths = long_sessions(new, standing, now)
    new = lengths.timetable
    captured = {room for room in policy.rooms if policy.is_captured(room)}
    odd = () if meant else suspects(current, new, now, rules.share, captured)
    found = [_stood(s, standing, now) for s in odd]
    all_changes = diff(current, new) if found else ()
    waiting = [_mass(s, since, all_changes, rules) for s, since in found]
    answered = standing.approved | standing.refused
    open_masses = [h for h in waiting if h.id not in answered and not (confirmed and h.until and h.until <= now)]
    refused = [h for h in waiting if h.id in standing.refused]
    named = frozenset(h.id for h in waiting) | lengths.named
    kept = replace(standing, masses=tuple(found))
    if open_masses or any(h.is_whole for h in refused):
        table = with_withdrawals(current, new, policy, sure=True)
        return _verdict(
            current,
            table,
            (*open_masses, *lengths.asked),
            (*refused, *lengths.refused),
            kept,
            named,
            min((h.until for h in open_masses if h.until), default=None),
        )
    return _weigh_each(current, new, plan, policy, rules, now, kept, refused, lengths, named)


# -- mass changes --------------------------------------------------------------------------------------------


def _stood(one: Suspect, standing: Standing, now: datetime) -> tuple[Suspect, datetime]:
    """The suspicion and since when it lasts; one that has shrunk as time passed keeps its first form, and its id."""
    return next(((former, since) for former, since in standing.masses if one.repeats(former)), (one, now))


def _mass(one: Suspect, since: datetime, changes: Iterable[Change], rules: Distrust) -> Held:
    sessions = set(one.sessions)
    return Held(
        id=digest_of([one.kind, *sorted(one.marks)]),
        reason=one.sentence,
        sessions=one.sessions,
        since=since,
        until=since + rules.patience,
        suspicion=one.kind,
        changes=tuple(c for c in changes if c.session in sessions),
    )


# -- each session --------------------------------------------------------------------------------------------


def _weigh_each(
    current: Timetable,
    new: Timetable,
    plan: Plan,
    policy: Policy,
    rules: Distrust,
    now: datetime,
    standing: Standing,
    refused: Sequence[Held],
    lengths: Lengths,
    named: frozenset[str],
) -> Verdict:
    """``new`` without the changes of single sessions that are held back or refused."""
    sessions = {s.id: s for s in new.sessions}
    unwanted = {id for h in refused for id in h.sessions}
    held = list(lengths.asked)
    denied = [*refused, *lengths.refused]
    instants: list[datetime] = []
    lapses: list[datetime] = []
    ends_now = False
    waiting = dict(standing.since)
    open_changes: list[tuple[SessionId, tuple[Change, ...], str]] = []
    for id, grouped in groupby(sorted(diff(current, new), key=lambda c: c.session), key=lambda c: c.session):
        changes = tuple(grouped)
        before, after = changes[0].before, changes[0].after
        if before is None:
            continue
        planned = plan.session(id)
        stays = stays_until(before, after, planned, policy, now)
        if stays is not None and now < stays:
            sessions[id] = _only_text(before, after)
            lapses.append(stays)
        else:
            open_changes.append((id, changes, protects(changes, planned, rules, now)))
    together = _again([o for o in open_changes if o[2] == AGAIN and o[0] not in unwanted], waiting, now)
    for id, changes, reason in open_changes:
        before, after = changes[0].before, changes[0].after
        assert before is not None
        planned = plan.session(id)
        one = together if together and id in together.sessions else _asked(id, changes, reason, waiting, now)
        if id in unwanted:
            sessions[id] = _only_text(before, after)
        elif reason and one.id in standing.refused:
            _append(denied, one)
            sessions[id] = _only_text(before, after)
        elif reason and one.id not in standing.approved:
            _append(held, one)
            sessions[id] = _only_text(before, after)
        elif leaves(after) and planned is not None and planned.covers(now):
            # approved: it ends now, and leaves with the next look
            sessions[id] = replace(before, end=max(before.start, before.end - (planned.end - now)))
            ends_now = True
        if planned is not None:
            instants += [planned.start - rules.soon, planned.start, planned.end]
    kept = replace(new, sessions=tuple(sessions.values()))
    table = from_now_on(current, _with_rooms(kept, current), plan, policy, now)
    table = with_withdrawals(table, new, policy)
    lapses += instants if held or denied else []
    later = min((at for at in lapses if at > now), default=None)
    return _verdict(current, table, held, denied, standing, named, now if ends_now else later)


def _again(
    changed: Sequence[tuple[SessionId, tuple[Change, ...], str]], waiting: dict[str, datetime], now: datetime
) -> Held | None:
    """One question for many past sessions: a feed that is off by a day moves all of them."""
    if len(changed) < FEW:
        return None
    name = digest_of(["again", *(f"{id} {c[0].after.start if c[0].after else ''}" for id, c, _ in changed)])
    return Held(
        id=name,
        reason=f"{len(changed)} sessions are over and were captured, and would be ahead again",
        sessions=tuple(id for id, _, _ in changed),
        since=waiting.get(name, now),
        changes=tuple(c for _, changes, _ in changed for c in changes if c.kind in _MOVES),
    )


def _append(found: list[Held], one: Held) -> None:
    if all(known.id != one.id for known in found):
        found.append(one)


def _asked(
    id: SessionId, changes: tuple[Change, ...], reason: str, waiting: dict[str, datetime], now: datetime
) -> Held:
    after = changes[0].after
    place = "gone"
    if after is not None:
        kind = "cancelled" if after.cancelled else after.kind
        place = f"{after.room} {after.start.isoformat()} {after.end.isoformat()} {kind}"
    name = digest_of([id, place])
    return Held(
        id=name,
        reason=f"{_title(changes)}: {reason}",
        sessions=(id,),
        since=waiting.get(name, now),
        changes=tuple(c for c in changes if c.kind in _MOVES | _LEAVES),
    )


def _title(changes: Sequence[Change]) -> str:
    before = changes[0].before
    return f"“{before.title}”" if before else ""


def _only_text(before: Session, after: Session | None) -> Session:
    """The part of a held change that is applied at once: texts, and withdrawals of consent."""
    if after is None or (after.kind, after.cancelled) != (before.kind, before.cancelled):
        return before
    return replace(after, room=before.room, start=before.start, end=before.end)


def _with_rooms(table: Timetable, current: Timetable) -> Timetable:
    """The rooms of sessions that stay although the new version lacks these rooms."""
    known, used = {room.id for room in table.rooms}, {s.room for s in table.sessions}
    return replace(table, rooms=table.rooms + tuple(r for r in current.rooms if r.id in used - known))


def _verdict(
    current: Timetable,
    table: Timetable,
    held: Sequence[Held],
    refused: Sequence[Held],
    standing: Standing,
    named: frozenset[str],
    again: datetime | None,
) -> Verdict:
    """Answers are remembered while their subject exists: ``named``, or held back."""
    names = named | {h.id for h in (*held, *refused)}
    return Verdict(
        timetable=table,
        applied=diff(current, table),
        held=tuple(held),
        refused=tuple(refused),
        standing=replace(
            standing,
            since=tuple((h.id, h.since) for h in (*held, *refused)),
            approved=standing.approved & names,
            refused=standing.refused & names,
        ),
        again=again,
    )
