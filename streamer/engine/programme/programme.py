"""The current programme: timetable and overrides, and the plan that follows from them at any instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from streamer.core.base.ids import OverrideId
from streamer.core.decisions.override import Override
from streamer.core.plan.plan import Plan, plan
from streamer.core.plan.policy import Policy
from streamer.core.timetable.sessions import Remark, Room, Timetable


class Programme:
    """Holds the timetable and the decisions; plans are cached until one of them changes."""

    def __init__(self, timetable: Timetable, policy: Policy, overrides: Sequence[Override] = ()) -> None:
        self.timetable = timetable
        self.policy = policy
        self.remarks: tuple[Remark, ...] = ()
        self.version = 0
        self._overrides = list(overrides)
        self._plan: Plan | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timetable.timezone)

    @property
    def overrides(self) -> tuple[Override, ...]:
        return tuple(self._overrides)

    @property
    def rooms(self) -> tuple[Room, ...]:
        """The configured rooms in their order, then those that only the timetable names."""
        configured = tuple(Room(id=r.id, name=r.name) for r in self.policy.rooms.values())
        known = {r.id for r in configured}
        return configured + tuple(r for r in self.timetable.rooms if r.id not in known)

    def plan(self, now: datetime) -> Plan:
        if self._plan is None:
            self._plan = plan(self.timetable, self._overrides, self.policy, now)
        self._plan = replace(self._plan, at=now)
        return self._plan

    def imagine(self, override: Override, now: datetime) -> Plan:
        """The plan with one more decision, or with one dropped."""
        others = [o for o in self._overrides if o.id != override.id]
        decisions = sorted([*others, override], key=lambda o: o.at)
        return plan(self.timetable, decisions, self.policy, now)

    def take(self, override: Override) -> None:
        """Add a decision, or replace it by its dropped form."""
        for index, known in enumerate(self._overrides):
            if known.id == override.id:
                self._overrides[index] = override
                break
        else:
            self._overrides.append(override)
        self._changed()

    def override(self, id: OverrideId) -> Override | None:
        return next((o for o in self._overrides if o.id == id), None)

    def follow(self, timetable: Timetable) -> None:
        """Replace the timetable. The caller has checked that it can be trusted."""
        self.timetable = timetable
        self._changed()

    def _changed(self) -> None:
        self._plan = None
        self.version += 1
