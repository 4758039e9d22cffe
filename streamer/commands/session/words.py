"""A decision in words: its changes, its conflicts, and how to undo it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from streamer.commands.terminal.printing import clock
from streamer.core.base.json import Document
from streamer.core.decisions.decision import Decision
from streamer.engine.programme.requests import Undo

_PERMISSIONS = (("record", "recorded"), ("stream", "streamed"))


def told(answer: Document, before: Document, wanted: Decision | Undo, *, offline_folder: bool) -> list[str]:
    """The lines to print. ``before`` is the snapshot from before the decision; ``offline_folder``: no service
    carries it out yet."""
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
    for session in answer["sessions"]:
        outcome = ""
        if isinstance(wanted, Decision) and session["id"] == wanted.of_session:
            outcome = wanted.outcome(session["title"], lambda at: clock(at.astimezone(zone), now))
        lines += [outcome] if outcome else _changes(known.get(session["id"], session), session, names, zone, now)
    if override is not None and not override["undone"] and not answer["sessions"]:
        lines.append(f"Decided: {override['description']}.")
    lines += [f"! {conflict['message']}" for conflict in answer["conflicts"]]
    if override is not None and offline_folder:
        lines.append("No service is running: the next start carries it out.")
    if override is not None and not override["undone"]:
        lines.append(f"To undo it: streamer session undo {override['id']}")
    return lines


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
            lines.append(f"{title} is {participle}." if new[key] else f"{title} is no longer {participle}.")
    return lines or [f"{title} does not change, from {at(new, 'start')} to {at(new, 'end')}."]
