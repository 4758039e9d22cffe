"""A decision in words: what it changed, what it collides with, and how it is taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from streamer.commands.terminal.printing import clock
from streamer.core.base.json import Document

_PERMISSIONS = (("record", "recorded"), ("stream", "streamed"))


def told(
    answer: Document, before: Document, *, offline_folder: bool, wanted: Mapping[str, datetime] | None = None
) -> list[str]:
    """The lines to print. ``before`` is the snapshot from before the decision; ``offline_folder``: no service
    carries it out yet. ``wanted`` are the bounds that a recording is to have, where that was decided."""
    zone = ZoneInfo(before["conference"]["timezone"])
    now = datetime.fromisoformat(before["now"]).astimezone(zone)
    names = {room["id"]: room["name"] for room in before["rooms"]}
    known = {one["id"]: one for one in before["sessions"]}
    override = answer["override"]
    lines = []
    if override is None:
        lines.append("Preview; nothing has been changed.")
    elif override["undone"]:
        lines.append(f"Undone: {override['description']}.")
    if wanted:
        lines += _bounds(answer["sessions"], wanted, zone, now)
    for session in [] if wanted else answer["sessions"]:
        lines += _changes(known.get(session["id"], session), session, names, zone, now)
    lines += [f"! {conflict['message']}" for conflict in answer["conflicts"]]
    if override is not None and offline_folder:
        lines.append("No service is running: the next start carries it out.")
    if override is not None and not override["undone"]:
        lines.append(f"To take it back: streamer session undo {override['id']}")
    return lines


def _bounds(sessions: list[Document], wanted: Mapping[str, datetime], zone: ZoneInfo, now: datetime) -> Iterator[str]:
    ends = [
        (verb, wanted[key].astimezone(zone)) for key, verb in (("start", "begins"), ("end", "ends")) if key in wanted
    ]
    words = " and ".join(f"{verb} at {clock(at, now)}" for verb, at in ends)
    yield from (f"The recording of “{session['title']}” {words}." for session in sessions)


def _changes(old: Document, new: Document, names: dict[str, str], zone: ZoneInfo, now: datetime) -> list[str]:
    def at(one: Document, key: str) -> str:
        return clock(datetime.fromisoformat(one[key]).astimezone(zone), now)

    title, lines = f"“{new['title']}”", []
    if old["room"] != new["room"]:
        lines.append(f"{title} takes place in {names.get(new['room'], new['room'])}.")
    for key, verb in (("start", "starts"), ("end", "ends")):
        if old[key] != new[key]:
            lines.append(f"{title} {verb} at {at(new, key)} instead of {at(old, key)}.")
    for key, participle in _PERMISSIONS:
        if bool(old[key]) != bool(new[key]):
            lines.append(f"{title} is {participle}." if new[key] else f"{title} is not {participle} any more.")
    return lines or [f"{title} stays as it is, from {at(new, 'start')} to {at(new, 'end')}."]
