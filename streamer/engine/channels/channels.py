"""The channels of all rooms: the livestream each follows, the slate each shows, the numbers each may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from streamer.core.base.errors import StreamerError
from streamer.core.base.ids import JobId, RoomId, RunId, SessionId
from streamer.core.channel.channel import ChannelNumbers, Entry
from streamer.core.channel.chunks import SlateText
from streamer.core.channel.slate_text import slate_text
from streamer.core.jobs.lifecycle import Job
from streamer.core.jobs.live_format import LiveFormat
from streamer.core.jobs.renditions import live_format
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.jobs.specs import JobSpec, LivestreamSettings
from streamer.core.plan.plan import Plan
from streamer.core.plan.policy import Policy
from streamer.core.records.batch import Batch
from streamer.core.status.states import ChannelView
from streamer.engine.channels.ports import Ledgers, LiveFolders, SlatePainter
from streamer.engine.channels.room_channel import RoomChannel
from streamer.engine.channels.room_slate import last_slate
from streamer.engine.machine.worker import Piece, Priority, Worker

log = structlog.stdlib.get_logger(__name__)


POSITIONS = "channel positions"
MARGIN = 100
"""The next reservation is made when fewer numbers than this are left."""


class Channels:
    """The channels of the captured rooms."""

    def __init__(
        self,
        policy: Policy,
        folders: LiveFolders,
        ledgers: Ledgers,
        painter: SlatePainter,
        positions: Mapping[str, Sequence[int]],
        worker: Worker,
    ) -> None:
        """``positions`` are what :meth:`reserve` stored in a former run."""
        self._policy = policy
        self._painter = painter
        self._reserved: dict[RoomId, ChannelNumbers] = {}
        self.rooms = {
            id: RoomChannel(id, policy.renditions, folders, ledgers, _position(positions.get(id)), bursts=setup.bursts)
            for id, setup in policy.rooms.items()
            if policy.is_captured(id)
        }
        self._wanted: dict[RoomId, tuple[SlateText, LiveFormat]] = {}
        self._shown: dict[RoomId, tuple[SlateText, LiveFormat]] = {}
        self._worker = worker
        self._painting: Piece[None] | None = None

    def reserve(self, batch: Batch) -> None:
        """Reserve numbers in the store before they are used, so that no later run uses them again."""
        changed = False
        for id, room in self.rooms.items():
            now, limit = room.channel.position, self._reserved.get(id)
            if (
                limit is None
                or now.sequence + MARGIN > limit.sequence
                or now.discontinuities + MARGIN > limit.discontinuities
            ):
                self._reserved[id] = now.reserved()
                changed = True
        if changed:
            batch.settings[POSITIONS] = {id: [p.sequence, p.discontinuities] for id, p in self._reserved.items()}

    # -- after a crash of the service -------------------------------------------------------------------

    def restore(self, plan: Plan, now: datetime, alive: Sequence[RunId]) -> set[RunId]:
        """Restore what a former run published in every room; returns the runs that have published segments."""
        return {run for room in self.rooms.values() for run in room.restore(plan, now, alive)}

    def delete_ledgers(self) -> None:
        """Call before all media is deleted."""
        for room in self.rooms.values():
            room.delete_ledger()

    # -- slates --------------------------------------------------------------------------------------

    async def prepare(self, conference: str) -> None:
        """Give every room the slate of the former run, or the same first slate."""
        if not self.rooms:
            return
        format = live_format(None, self._policy.renditions)
        text = SlateText(
            conference=conference, room="", headline=conference, detail="The programme will be here shortly."
        )
        loop = await self._painter.render(text, format)
        for id, room in self.rooms.items():
            room.show(loop, format, text)
            former = last_slate(room.channel)
            if former is not None:
                await self._show(id, *former)

    async def _show(self, id: RoomId, text: SlateText, format: LiveFormat) -> None:
        try:
            loop = await self._painter.render(text, format)
        except StreamerError as error:
            log.error("the slate can't be drawn, the former slate stays", room=id, error=error)
        else:
            self.rooms[id].show(loop, format, text)
        self._shown[id] = (text, format)

    def want_slates(
        self, plan: Plan, conference: str, zone: ZoneInfo, facts: Mapping[RoomId, SourceFacts], now: datetime
    ) -> None:
        """Draw slates with new text in the background, one after the other."""
        for id in self.rooms:
            text = slate_text(id, self._policy.rooms[id].name, conference, plan, zone, now)
            self._wanted[id] = (text, live_format(facts.get(id), self._policy.renditions))
        if self._wanted != self._shown and (self._painting is None or self._painting.ended):
            self._painting = self._worker.submit(
                self._paint, name="slates", priority=Priority.DRAWING, subject="slates"
            )

    async def _paint(self) -> None:
        for id, (text, format) in list(self._wanted.items()):
            if self._shown.get(id) != (text, format):
                await self._show(id, text, format)

    # -- steps -----------------------------------------------------------------------------------------

    def follow(self, jobs: Mapping[RoomId, Job], specs: Mapping[JobId, JobSpec]) -> None:
        """Attach each room to its running livestream, and detach it from one that ended."""
        for id, room in self.rooms.items():
            job = jobs.get(id)
            spec = specs.get(job.id) if job is not None else None
            if job is not None and job.run is not None and spec is not None and job.digest == spec.digest:
                assert isinstance(spec.settings, LivestreamSettings)
                room.attach(job.run, spec.settings.format)
            elif job is None:
                room.detach()

    def step(self, plan: Plan, now: datetime) -> dict[RoomId, list[Entry]]:
        """One step of every channel; returns what was published."""
        return {id: entries for id, room in self.rooms.items() if (entries := self._step(room, plan, now))}

    def withdraw(self, plan: Plan, now: datetime) -> None:
        """Withdraw at once, without waiting for the next step, what viewers may no longer see."""
        for room in self.rooms.values():
            if room.shows_withheld(plan):
                self._step(room, plan, now)

    def _step(self, room: RoomChannel, plan: Plan, now: datetime) -> list[Entry]:
        try:
            return room.step(plan, now)
        except (StreamerError, OSError) as error:
            log.error("this step of the channel failed", room=room.room, error=error)
            return []

    def serve(self, seconds: float) -> None:
        """Serve the last ``seconds`` of each channel; delete older entries and their files."""
        for room in self.rooms.values():
            room.served = seconds

    def views(self, plan: Plan, now: datetime) -> dict[RoomId, ChannelView]:
        return {id: room.view(plan, now) for id, room in self.rooms.items()}

    def is_settling(self, now: datetime) -> bool:
        """Whether a channel is still taking up a livestream of a former run."""
        return any(room.is_settling(now.timestamp()) for room in self.rooms.values())

    def unsee(self, session: SessionId) -> None:
        """Forget the first chunk of a session that lies in the future (again)."""
        for room in self.rooms.values():
            room.first_chunks.pop(session, None)

    def first_chunks(self) -> dict[SessionId, datetime]:
        """When the first fetchable chunk of each session begins."""
        found: dict[SessionId, datetime] = {}
        for room in self.rooms.values():
            found |= room.first_chunks
        return found


def _position(stored: Sequence[int] | None) -> ChannelNumbers | None:
    return ChannelNumbers(sequence=stored[0], discontinuities=stored[1]) if stored else None
