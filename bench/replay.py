"""``python bench/replay.py FOLDER``: a folder of a timetable's versions through the real engine, on fake time.

Files are named by the Unix time at which they were published; each is what the feed says from then on, and one that
can't be read is a broken version. What was started, stopped, held back and asked is printed, and where an invariant
did not hold. The world around the engine is that of the tests: processes and files that follow from the clock.
Nobody answers what is asked. After the last version it goes on until the conference day is over.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

_ROOT = Path(__file__).resolve().parents[1]
for _folder in (_ROOT, _ROOT / "tests"):  # as a file it is found alone; the fake world lies with the tests
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from support.day.conference_day import Day, conference_day  # noqa: E402
from support.day.fake_world import FakeClock, FakeProcess, World  # noqa: E402

from bench import judge  # noqa: E402
from bench.history import Version, read_folder  # noqa: E402
from streamer.commands.terminal.logs import log_to_stderr  # noqa: E402
from streamer.core.base.errors import TimetableError  # noqa: E402
from streamer.core.base.ids import RoomId, RunId  # noqa: E402
from streamer.core.base.json import Document  # noqa: E402
from streamer.core.footage.segments import Segment  # noqa: E402
from streamer.core.jobs.specs import JobKind  # noqa: E402
from streamer.core.plan.plan import Plan  # noqa: E402
from streamer.core.plan.policy import Policy, RoomSetup  # noqa: E402
from streamer.core.records.invariants import Situation, violations  # noqa: E402
from streamer.core.records.journal import Audience  # noqa: E402
from streamer.core.status.documents import SessionDocument  # noqa: E402
from streamer.core.timetable.sessions import Parsed, Session, Timetable  # noqa: E402
from streamer.core.trust.held import Held  # noqa: E402
from streamer.core.trust.settings import Distrust  # noqa: E402
from streamer.timetables import FORMATS  # noqa: E402

LONG_SEGMENT = 60.0
"""Seconds of a segment here: five days of thirty rooms are millions of the usual ones."""
_SETTLES = tuple(timedelta(seconds=after) for after in (2, 4, 8))
"""After what starts a session its media follows, how soon depends on when its process began."""


class Outdoors(World):
    """The tests' world with longer segments and longer parts."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.part_seconds = 2.0

    def _segments(self, take: RunId, after: int) -> list[Segment]:
        process = self.processes[take]
        count = int(process.media(self._unix()) // LONG_SEGMENT)
        return [self._segment(process, n, (n + 1) * LONG_SEGMENT) for n in range(after + 1, count)]

    def _segment(self, process: FakeProcess, number: int, end: float) -> Segment:
        return replace(super()._segment(process, number, end), start=number * LONG_SEGMENT)

    async def last_segment(self, take: RunId, after: int) -> list[Segment]:
        process = self.processes[take]
        segments, media = self._segments(take, after), process.media(self._unix())
        number = max(int(media // LONG_SEGMENT), after + 1)
        if media - number * LONG_SEGMENT > 0.05:
            segments.append(self._segment(process, number, media))
        return segments


@dataclass(slots=True)
class Story:
    """What happened. All lists are in the order in which it did."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    versions: list[Document] = field(default_factory=list)
    started: list[Document] = field(default_factory=list)
    stopped: list[Document] = field(default_factory=list)
    held_back: list[Document] = field(default_factory=list)
    asked: list[Document] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def document(self) -> Document:
        names = ("versions", "started", "stopped", "held_back", "asked", "violations")
        return {name: getattr(self, name) for name in names}

    def time(self, at: datetime) -> str:
        return at.astimezone(self.zone).isoformat(timespec="seconds")


class Replay:
    """One run through a history."""

    def __init__(self, day: Day, story: Story) -> None:
        self._day = day
        self._story = story
        self._live: dict[str, SessionDocument] = {}
        self._held: dict[str, tuple[Held, list[Document]]] = {}
        self._former: Plan | None = None
        self._followed = day.engine.programme.timetable
        self._files_judged = day.clock.now()
        self._version = ""
        self._told = day.clock.now()
        """When the feed last said something: what is to run already begins then."""

    async def version(self, version: Version) -> None:
        """The feed says something else."""
        self._version, self._told = version.name, version.at
        feed, running = self._day.engine.feed_review, self._day.engine.programme
        known, before = _number(feed.listing()), running.timetable
        self._day.service.receive(version.content)
        await self._turn()
        broken = version.content if isinstance(version.content, TimetableError) else None
        told: Mapping[str, Any] = feed.listing()[0] if feed.listing() else {}
        is_new = _number(feed.listing()) != known
        self._story.versions.append(
            {
                "at": self._story.time(version.at),
                "file": version.name,
                "state": "broken" if broken else told.get("state"),
                "sessions": 0 if broken else told.get("sessions", 0),
                "changed": told.get("changed", {}) if is_new else {},
                "error": str(broken) if broken else None,
            }
        )
        found = [*judge.withdrawn(feed.latest, running.timetable)]
        if broken is None and any(h.is_mass for h in feed.held):
            found += judge.taken_in_part(before, running.timetable)
        self._violated(version.at, found)

    async def go(self, until: datetime) -> None:
        """To an instant, and exactly at each cue and at each look that the desk wants, and soon after it."""
        clock = self._day.clock
        while clock.now() < until:
            now, again = clock.now(), self._day.engine.feed_review.again
            bells = [cue for cue in self._day.bells.cues if cue.at + _SETTLES[-1] > now]
            instants = [cue.at for cue in bells if not cue.action.startswith("recording.")]
            starts = [self._told, *(c.at for c in bells if c.action == "session.start"), *self._first_media()]
            instants += [at + later for at in starts for later in _SETTLES]
            wanted = [*instants, *([again] if again else []), until]
            clock.advance((min(at for at in wanted if at > now) - now).total_seconds())
            self._day.world.finish_exports()
            await self._turn()

    def _first_media(self) -> list[datetime]:
        """When captures have their first segment: what should run already is livestreamed from then on."""
        captures = (job for job in self._day.engine.supervisor.jobs.values() if job.kind is JobKind.CAPTURE)
        return [datetime.fromtimestamp(job.since + LONG_SEGMENT, UTC) for job in captures]

    async def _turn(self) -> None:
        """What a second of the service does: bells ring, exits arrive, channels step, a turn."""
        self._day.bells.ring_due(self._day.clock.now())
        for _ in range(5):
            await asyncio.sleep(0)
        engine, now = self._day.engine, self._day.clock.now()
        engine.channels.step(engine.programme.plan(now), now)
        await self._day.service.turn()
        self._look()

    def _look(self) -> None:
        now = self._day.clock.now()
        self._sessions(now)
        self._waiting(now)
        self._judge(now)

    def _sessions(self, now: datetime) -> None:
        documents = {s["id"]: s for s in self._day.service.snapshot(Audience.VIEWER)["sessions"]}
        live = {id: s for id, s in documents.items() if _runs(s, now)}
        for id in live.keys() - self._live.keys():
            self._story.started.append(self._event(now, live[id]))
        for id in self._live.keys() - live.keys():
            before, after = self._live[id], documents.get(id)
            over = now >= datetime.fromisoformat(before["end"])
            why = "its time is over" if over else "it is gone" if after is None else f"it is {after['state']}"
            self._story.stopped.append({**self._event(now, before), "in_time": over, "reason": why})
            if not over:
                self._violated(now, judge.stopped_early(before, self._day.engine.feed_review.latest, now))
        self._live = live

    def _event(self, now: datetime, session: Mapping[str, Any]) -> Document:
        names = ("room", "title", "start", "end")
        return {"at": self._story.time(now), "session": session["id"], **{n: session[n] for n in names}}

    def _waiting(self, now: datetime) -> None:
        """What is held back, session by session, and at last what became of it."""
        held = {h.id: h for h in self._day.engine.feed_review.held}
        for id in self._held.keys() - held.keys():
            former, entries = self._held.pop(id)
            for entry in entries:
                entry["outcome"], entry["until"] = self._outcome(former), self._story.time(now)
        for id in held.keys() - self._held.keys():
            entries = list(self._entries(held[id], now))
            (self._story.held_back if held[id].is_mass else self._story.asked).extend(entries)
            self._held[id] = held[id], entries

    def _outcome(self, held: Held) -> str:
        """What became of what is held back no more."""
        before = [c.before for c in held.changes if c.before is not None]
        desk = self._day.engine.feed_review
        if not all(_stands(one, self._day.engine.programme.timetable) for one in before):
            return "applied"
        return "taken back" if all(_stands(one, desk.latest) for one in before) else "it took place"

    def _entries(self, held: Held, now: datetime) -> Iterator[Document]:
        changes = {c.session: c for c in held.changes}
        table: Timetable = self._day.engine.programme.timetable
        for id in held.sessions:
            session, change = table.session(id), changes.get(id)
            yield {
                "at": self._story.time(now),
                "file": self._version,
                "session": id,
                "room": session.room if session else None,
                "title": session.title if session else None,
                "change": str(change.kind) if change else None,
                "message": change.sentence(self._story.zone) if change else held.reason,
                "reason": held.reason,
                "held": held.id,
                "until": None,
                "outcome": "waits",
            }

    def _judge(self, now: datetime, *, files: bool = False) -> None:
        """Plan and processes at each step; what is stored twice a day, for there is much of it."""
        engine = self._day.engine
        plan = engine.programme.plan(now)
        if engine.programme.timetable is not self._followed:
            self._violated(now, judge.same_ids(self._followed, engine.programme.timetable))
            self._followed = engine.programme.timetable
        store, policy = self._day.store, engine.programme.policy
        present = Situation(plan=plan, policy=policy, jobs=engine.supervisor.jobs)
        former = Situation(plan=self._former, policy=policy) if self._former is not None else None
        found = violations(present, former)
        if files or now - self._files_judged >= timedelta(hours=12):
            self._files_judged = now
            found += engine.archive.footage.violations(plan)
            found += violations(Situation(plan=plan, policy=policy, journal=store.journal[Audience.VIEWER]))
        self._former = plan
        self._violated(now, found)

    def _violated(self, now: datetime, found: Iterable[str]) -> None:
        self._story.violations += [f"{self._story.time(now)}: {sentence}" for sentence in found]

    def finish(self) -> None:
        self._judge(self._day.clock.now(), files=True)


def _runs(session: Mapping[str, Any], now: datetime) -> bool:
    """Whether viewers see it, or it is recorded behind another one that they see."""
    start, end = (datetime.fromisoformat(session[name]) for name in ("start", "end"))
    return session["state"] in ("live", "held") or (session["recording"] == "capturing" and start <= now < end)


def _number(listing: Sequence[Document]) -> int:
    return int(listing[0]["id"]) if listing else 0


def _unreadable(version: Version, story: Story) -> Document:
    at, error = story.time(version.at), str(version.content)
    return {"at": at, "file": version.name, "state": "broken", "sessions": 0, "changed": {}, "error": error}


def _stands(before: Session, table: Timetable) -> bool:
    """Whether a session is where and when it was."""
    now = table.session(before.id)
    return now is not None and (now.room, now.start, now.end) == (before.room, before.start, before.end)


async def replay(versions: Sequence[Version], *, to_the_end: bool = False, minutes: float | None = None) -> Story:
    """Run the engine through a history: from the first version on that can be read. Where none can, nothing runs.

    It goes on for ``minutes`` after the last version, or else until the sessions of that day are over.
    """
    good = [v for v in versions if isinstance(v.content, Parsed)]
    if not good:
        story = Story()
        story.versions += [_unreadable(version, story) for version in versions]
        return story
    first = good[0].content
    assert isinstance(first, Parsed)
    story = Story(zone=ZoneInfo(first.timetable.timezone))
    story.versions += [_unreadable(v, story) for v in versions[: versions.index(good[0])]]
    world = Outdoors(FakeClock(good[0].at))
    async with conference_day(first.timetable, _house(good), good[0].at, world=world) as day:
        run = Replay(day, story)
        for version in versions[len(story.versions) :]:
            await run.go(version.at)
            await run.version(version)
        last = versions[-1].at
        ahead = [s for s in day.engine.programme.timetable.sessions if s.end > last]
        ends = [s.end for s in (ahead if to_the_end else _first_day(ahead, last, story.zone))]
        over = max([*ends, last]) + Distrust().patience + timedelta(minutes=1)
        await run.go(over if minutes is None else last + timedelta(minutes=minutes))
        run.finish()
    return story


def _first_day(ahead: Sequence[Session], now: datetime, zone: ZoneInfo) -> list[Session]:
    """The sessions that begin on the day on which the first of them does, or today where it has begun."""
    first = min((max(s.start, now) for s in ahead), default=now).astimezone(zone).date()
    return [s for s in ahead if s.start.astimezone(zone).date() <= first]


def _house(versions: Iterable[Version]) -> Policy:
    """Every room of every version has a source."""
    rooms: dict[RoomId, RoomSetup] = {}
    for version in versions:
        assert isinstance(version.content, Parsed)
        for room in version.content.timetable.rooms:
            setup = RoomSetup(id=room.id, name=room.name, source="test:", tap=10_000 + len(rooms))
            rooms.setdefault(room.id, setup)
    return Policy(rooms=rooms, renditions=("360p",))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--timezone", metavar="ZONE", help="The venue's zone, where the versions name none.")
@click.option("--format", type=click.Choice(list(FORMATS)), help="Read as this format instead of finding it out.")
@click.option(
    "--to-the-end",
    is_flag=True,
    help="Go on until all days of the last version are over, not only the first.",
)
@click.option("--minutes", type=float, metavar="N", help="Stop so many minutes after the last version.")
def main(
    folder: Path, as_json: bool, timezone: str | None, format: str | None, to_the_end: bool, minutes: float | None
) -> None:
    """Feed the versions of a timetable in FOLDER, files named by Unix time, through the engine on fake time."""
    versions, others = read_folder(folder, timezone, format)
    if others:
        some = f"{len(others)} files, {others[0]} for one, are" if len(others) > 1 else f"{others[0]} is"
        click.echo(f"{folder}: {some} not named by a Unix time, and left out", err=True)
    log_to_stderr(logging.WARNING)
    logging.disable(logging.ERROR)
    try:
        story = asyncio.run(replay(versions, to_the_end=to_the_end, minutes=minutes))
    finally:
        logging.disable(logging.NOTSET)
    if as_json:
        click.echo(json.dumps(story.document(), ensure_ascii=False, indent=2))
    else:
        _print(story)
    if all(version["error"] for version in story.versions):
        why = f": {story.versions[0]['error']}" if versions else "; files have to be named by Unix time"
        raise click.ClickException(f"{folder}: no version in it can be read{why}")
    sys.exit(1 if story.violations else 0)


def _print(story: Story) -> None:
    for version in story.versions:
        changes = ", ".join(f"{n} {kind}" for kind, n in version["changed"].items())
        click.echo(
            f"{version['at']}  {version['file']}: {version['error'] or version['state']} ({changes or 'as before'})"
        )
    for title, events in (("started", story.started), ("stopped", story.stopped)):
        click.echo(f"\n{len(events)} {title}")
        for one in events:
            reason = f" ({one['reason']})" if "reason" in one else ""
            click.echo(f"  {one['at']}  {one['room']}: “{one['title']}”{reason}")
    for title, events in (("held back", story.held_back), ("asked", story.asked)):
        click.echo(f"\n{len(events)} {title}")
        for one in events:
            until = f" at {one['until']}" if one["until"] else ""
            click.echo(f"  {one['at']}  {one['message']} [{one['outcome']}{until}]")
    click.echo(f"\n{len(story.violations)} violations of invariants")
    for sentence in story.violations:
        click.echo(f"  {sentence}")


if __name__ == "__main__":
    main()
