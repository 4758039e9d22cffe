"""All documents of an instant: rooms and sessions for all clients, jobs and alarms for the crew.

It only reads, under any plan; the announcer finds what is new.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from streamer.core.base.alarm import Alarm
from streamer.core.base.ids import RoomId
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import Phase
from streamer.core.recording.documents import recording_document
from streamer.core.status.alarms import alarms
from streamer.core.status.documents import SessionDocuments, room_document
from streamer.core.status.source_alarms import SourceView, source_alarms
from streamer.core.status.states import ChannelView, session_state
from streamer.core.status.steering_alarms import steering_alarms
from streamer.core.trust.documents import TimetableStatusDocument
from streamer.engine.channels.channels import Channels
from streamer.engine.feed.review import FeedReview
from streamer.engine.feed.watch import FeedWatch
from streamer.engine.footage.archive import Archive
from streamer.engine.footage.recovery_report import Report
from streamer.engine.jobs.supervisor import Supervisor
from streamer.engine.machine.disk import DiskWatch
from streamer.engine.monitor.monitors import Monitors
from streamer.engine.programme.programme import Programme
from streamer.engine.recordings.recordings import Recordings
from streamer.engine.status.alarm_desk import AlarmDesk
from streamer.engine.status.announcer import Announcer, CrewScene, Scene
from streamer.engine.status.bell_watch import BellWatch
from streamer.engine.status.crew_documents import alarm_document, job_document
from streamer.engine.status.observations import Observations

GROWS_WITHIN = 5.0
"""Seconds within which a capture that works has written something, also between keyframes that are far apart."""
NEWS_FOR = timedelta(hours=12)
"""How long the alarm with the findings after a power cut is shown."""


class Overview:
    """Collects the documents from the parts of an engine."""

    def __init__(
        self,
        *,
        programme: Programme,
        supervisor: Supervisor,
        archive: Archive,
        channels: Channels,
        monitors: Monitors,
        recordings: Recordings,
        announcer: Announcer,
        disk: DiskWatch,
        feed_review: FeedReview,
        feed_watch: FeedWatch,
        bell_watch: BellWatch,
        alarm_desk: AlarmDesk,
    ) -> None:
        self.alarm_desk = alarm_desk
        self._programme = programme
        self._bell_watch = bell_watch
        self._supervisor = supervisor
        self._archive = archive
        self._channels = channels
        self._monitors = monitors
        self._recordings = recordings
        self._announcer = announcer
        self._disk = disk
        self._feed_review = feed_review
        self._feed_watch = feed_watch
        self._observations = Observations(archive, channels)
        self._documents = SessionDocuments()
        self._recovered: tuple[Report, datetime] | None = None

    def restore(self, recovered: Report, now: datetime) -> None:
        """Restore what a former run observed and announced, and note the findings of this start."""
        self._recovered = (recovered, now)
        self._observations.restore(self._announcer.documents("session"))

    def scene(self, plan: Plan, now: datetime, *, imagined: bool = False) -> Scene:
        """All documents at ``now`` under ``plan``, which may be hypothetical (``imagined``)."""
        views = self._channels.views(plan, now)
        observed = self._observations.of(plan, now)
        documents = SessionDocuments() if imagined else self._documents
        sessions = documents.of(plan, observed, views, self._recordings.all, now, self._programme.zone)
        policy = self._programme.policy
        rooms = {
            str(room.id): room_document(room.id, room.name, plan, policy, views.get(room.id, ChannelView()), now)
            for room in self._programme.rooms
        }
        since = {
            str(s.id): session_state(s, observed[s.id], now)[1]
            for s in plan.sessions
            if s.phase(now) is not Phase.BEFORE
        }
        return Scene(
            rooms=rooms,
            sessions={str(id): d for id, d in sessions.items()},
            since=since,
            crew=self._for_crew(plan, now, imagined=imagined),
        )

    def _for_crew(self, plan: Plan, now: datetime, *, imagined: bool) -> CrewScene:
        zone, recordings = self._programme.zone, self._recordings.all
        jobs = {**self._supervisor.jobs, **self._monitors.jobs()}
        written, told = self._recordings.progress(self._supervisor.progress), self._announcer.documents("alarm")
        found = self.present_alarms(plan, now) if imagined else self.alarms(plan, now)
        return CrewScene(
            recordings={str(id): recording_document(r, zone, written.get(id)) for id, r in recordings.items()},
            jobs={str(id): job_document(job, self._programme) for id, job in jobs.items()},
            alarms={
                id: alarm_document(alarm, told.get(id), self.alarm_desk.acknowledged(id), now, zone)
                for id, alarm in found.items()
            },
            feeds={"timetable": self.feed_document()},
        )

    def alarms(self, plan: Plan, now: datetime) -> dict[str, Alarm]:
        """All open alarms, by id: one that comes and goes is one."""
        return self.alarm_desk.shown(self.present_alarms(plan, now), now)

    def present_alarms(self, plan: Plan, now: datetime) -> dict[str, Alarm]:
        """The alarms of this moment, by id."""
        policy, views = self._programme.policy, self._channels.views(plan, now)
        edges = {room: edge for room in policy.rooms if (edge := self._archive.edge(room)) is not None}
        growing = self._supervisor.rooms_that_grow(GROWS_WITHIN)
        edges |= dict.fromkeys(growing, now.timestamp())
        found = alarms(plan, policy, self._supervisor.jobs, views, self._recordings.all, edges, now)
        found |= source_alarms(plan, self._sources(views), now)
        found |= steering_alarms(plan, now)
        found |= self._monitors.alarms(plan, policy, growing, now)
        found |= self._feed_review.alarms(now)
        failing = self._feed_watch.alarms(now)
        if failing:
            found.pop("timetable", None)  # each feed has its own alarm, with its age
        found |= failing | self._feed_watch.room_alarms(now)
        found |= self._bell_watch.alarms(self._programme.zone, now)
        found |= self._disk.alarms(self._programme.zone, now)
        if self._recovered is not None:
            report, since = self._recovered
            if report.is_alarming and now - since < NEWS_FOR:
                found["recovery"] = report.alarm()
        return found

    def _sources(self, views: Mapping[RoomId, ChannelView]) -> dict[RoomId, SourceView]:
        tracks, soundless = self._archive.tracks, self._archive.rooms_without_sound()
        refusals = self._supervisor.refusals()
        return {
            room: SourceView(
                tracks=tracks.get(room),
                is_soundless=room in soundless,
                delay=views[room].delay if room in views else 0.0,
                refusal=refusals.get(room, ""),
            )
            for room in self._programme.policy.rooms
        }

    def feed_document(self) -> TimetableStatusDocument:
        """The crew's document about the timetable's sources."""
        return {**self._feed_review.document(), "unknown_rooms": self._feed_watch.unknown_rooms()}
