"""Reads a timeline from the changes that the crew was told: each that matters for a handover is a moment.

The journal has whole documents. A moment is a difference between two of them, in a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from streamer.core.base.json import Document
from streamer.core.records.journal import JournalEntry

_TOLD = frozenset({"ready", "partial", "failed", "erased"})
"""The states of a recording that a handover tells."""
_ROOM_WORDS = {"fault": "viewers have no picture", "live": "viewers see the room", "slate": "viewers see slate"}


class MomentKind(StrEnum):
    SESSION = "session"
    ROOM = "room"
    DECISION = "decision"
    ALARM = "alarm"
    RECORDING = "recording"
    CAPTURE = "capture"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that happened. ``by`` is the person who did it; empty if nobody did."""

    at: datetime
    kind: MomentKind
    text: str
    room: str | None = None
    session: str | None = None
    by: str = ""


class MomentReader:
    """Finds the moments in the crew's changes, which are added in the order of their revisions. Knows the last document
    of each subject."""

    def __init__(self) -> None:
        self._found: list[Moment] = []
        self._titles: dict[str, str] = {}
        self._rooms: dict[str, str] = {}
        self._alarms: dict[str, str] = {}
        self._recordings: dict[str, str] = {}
        self._captures: dict[str, str] = {}

    def add(self, entries: Iterable[JournalEntry]) -> None:
        self._found += [moment for entry in entries for moment in self._read(entry)]

    def moments(self) -> list[Moment]:
        """All moments so far, in order of time."""
        return sorted(self._found, key=lambda moment: moment.at)

    def _read(self, entry: JournalEntry) -> Iterator[Moment]:
        body, at = entry.body, datetime.fromisoformat(entry.body["at"])
        session = body.get("session")
        if isinstance(session, Mapping):
            yield from self._session(entry.kind, dict(session), at)
        room = body.get("room")
        if isinstance(room, Mapping):
            yield from self._room(dict(room), at)
        for subject, read in (
            ("override", self._decision),
            ("alarm", self._alarm),
            ("recording", self._recording),
            ("job", self._job),
            ("notice", self._notice),
        ):
            document = body.get(subject)
            if isinstance(document, Mapping):
                yield from read(dict(document), at)

    def _session(self, kind: str, session: Document, at: datetime) -> Iterator[Moment]:
        self._titles[session["id"]] = session["title"]
        words = {
            "session.live": "started",
            "session.held": "runs over its time",
            "session.ended": "ended",
            "session.cancelled": "was cancelled",
        }.get(kind)
        if words is not None:
            yield Moment(
                at=at,
                kind=MomentKind.SESSION,
                text=f"“{session['title']}” {words}",
                room=session["room"],
                session=session["id"],
            )

    def _room(self, room: Document, at: datetime) -> Iterator[Moment]:
        before = self._rooms.get(room["id"])
        self._rooms[room["id"]] = room["state"]
        words = _ROOM_WORDS.get(room["state"])
        if before not in (None, room["state"]) and words and "fault" in (before, room["state"]):
            yield Moment(at=at, kind=MomentKind.ROOM, text=words, room=room["id"])

    def _decision(self, override: Document, at: datetime) -> Iterator[Moment]:
        if override["action"] == "notice":
            return
        undone = "undone: " if override["undone"] else ""
        yield Moment(
            at=at,
            kind=MomentKind.DECISION,
            text=f"{undone}{override['description']}",
            room=override["room"],
            session=override["session"],
            by=override["by"],
        )

    def _alarm(self, alarm: Document, at: datetime) -> Iterator[Moment]:
        taken = alarm.get("acknowledged")
        state = "over" if alarm.get("cleared") else f"taken {taken['by']}" if taken else "raised"
        before = self._alarms.get(alarm["id"])
        self._alarms[alarm["id"]] = state
        if state == "over":
            del self._alarms[alarm["id"]]
        if state == before:
            return
        text, by = alarm["message"], ""
        if state == "over":
            text = f"over: {text}"
        elif taken:
            text, by = f"acknowledged: {text}", taken["by"]
        yield Moment(at=at, kind=MomentKind.ALARM, text=text, room=alarm["room"], session=alarm["session"], by=by)

    def _recording(self, recording: Document, at: datetime) -> Iterator[Moment]:
        state = f"{recording['state']} {recording['reason']}"
        before = self._recordings.get(recording["session"])
        self._recordings[recording["session"]] = state
        if state == before or recording["state"] not in _TOLD:
            return
        reason = f": {recording['reason']}" if recording["reason"] else ""
        yield Moment(
            at=at,
            kind=MomentKind.RECORDING,
            text=f"the recording of “{recording['title']}” is {recording['state']}{reason}",
            room=recording["room"],
            session=recording["session"],
        )

    def _job(self, job: Document, at: datetime) -> Iterator[Moment]:
        if job["kind"] != "capture":
            return
        before = self._captures.get(job["id"])
        self._captures[job["id"]] = job["state"]
        words = {"running": "captured", "exited": "no longer captured"}.get(job["state"])
        if job["error"] and job["state"] in ("backoff", "failed"):
            words = f"the capture ended: {job['error']}"
        if words is not None and job["state"] != before:
            yield Moment(at=at, kind=MomentKind.CAPTURE, text=words, room=job["room"])

    def _notice(self, notice: Document, at: datetime) -> Iterator[Moment]:
        words = "withdrawn" if notice.get("withdrawn") else "attendees were told"
        yield Moment(at=at, kind=MomentKind.NOTICE, text=f"{words}: {notice['text']}", room=notice["room"])


def of_session(found: Iterable[Moment], session: str, room: str, start: datetime, end: datetime) -> list[Moment]:
    """The moments of a session: those that name it, and those of its room from ``AROUND`` before its start until
    as long after its end, if they name no other session."""
    return [
        one
        for one in found
        if one.session == session
        or (one.session is None and one.room == room and start - AROUND <= one.at < end + AROUND)
    ]


AROUND = timedelta(minutes=10)
