"""The timetable on the crew's page, in a real browser over a small service with a real desk: seen, answered, pinned."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.async_api import expect
from support.day.conference_day import at, policy_for, session, timetable
from support.web.browsing import Watched, browser, open_page
from support.web.running_server import RunningServer
from support.web.small_versions import SmallVersions

from streamer.core.base.errors import Conflict
from streamer.core.base.ids import RoomId
from streamer.core.timetable.sessions import Room
from streamer.web.access.tokens import COOKIE

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow, pytest.mark.timeout(60)]

HOSTILE = "<b>Bold</b> & <script>document.title='owned'</script>"
MAIN = [session(f"m{n}", "main", at(f"{8 + n:02}:00")) for n in range(6)]
SIDE = [session(f"s{n}", "side", at(f"{9 + n:02}:00")) for n in range(6)]
RUNNING = replace(session("run", "main", at("07:00"), 45), title=HOSTILE)
WHOLE = replace(
    timetable(RUNNING, *MAIN, *SIDE),
    rooms=(Room(id=RoomId("main"), name="Hall A"), Room(id=RoomId("side"), name="Hall B")),
)
UNKNOWN = {
    "id": "yard",
    "name": "Yard <i>",
    "count": 2,
    "sessions": [
        {"id": "y", "title": "Grill", "start": "2025-09-08T18:00:00+02:00", "end": "2025-09-08T19:00:00+02:00"}
    ],
    "was": None,
    "hint": 'if it is one of yours, add aliases = ["Yard <i>"] to its [[rooms]]',
}
SOURCE = "https://conference.example/schedule/export/schedule.json"


@pytest.fixture
def versions(running: RunningServer) -> SmallVersions:
    """Seen at 08:41, and it is half past nine."""
    kept = SmallVersions(WHOLE, policy_for("main", "side"), SOURCE, at("06:41"))
    kept.now = at("07:30")
    talk = {"title": HOSTILE, "start": "2025-09-08T09:00:00+02:00", "end": "2025-09-08T09:45:00+02:00"}
    running.service.sessions["run"] = {**running.service.sessions["s1"], **talk, "id": "run", "state": "live"}
    kept.unknown_rooms = [UNKNOWN]
    running.service.follow(kept)
    return kept


@pytest.fixture
async def seen(running: RunningServer, versions: SmallVersions) -> AsyncIterator[Watched]:
    async with browser() as chromium:
        watched = await open_page(chromium, running.url, "/crew", cookie=(COOKIE, running.crew))
        await expect(watched.page.locator("#timetable-line")).to_contain_text("Version 1, 13 sessions")
        yield watched
        assert "owned" not in await watched.page.title()
    assert watched.wrong == []


async def test_what_is_held_back_is_said_and_answered(seen: Watched, versions: SmallVersions) -> None:
    page = seen.page
    panel = page.get_by_role("region", name="Timetable")
    await expect(panel).to_contain_text("Version 1, 13 sessions, seen 08:41 (49 min ago)")
    await expect(panel).to_contain_text(SOURCE)
    await expect(panel.get_by_role("button")).to_have_text(["Versions"])
    rooms = panel.locator("#unknown-rooms")
    await rooms.get_by_text("2 sessions in “Yard <i>”, which is not configured").click()
    await expect(rooms).to_contain_text("Mon 8 Sept 18:00–19:00 Grill")
    await expect(rooms).to_contain_text("and 1 more")

    # A room's sheet is empty: held back whole, and said with its reason, its sessions, and until when.
    missing = replace(WHOLE, sessions=tuple(s for s in WHOLE.sessions if s.room != "side"))
    versions.publish(missing)
    held = panel.locator(".held-change")
    await expect(held.locator(".reason")).to_have_text("6 sessions vanished at once, all or most of room Hall B.")
    await expect(held).to_contain_text("It applies from 09:40 on, if the feed still says so.")
    await expect(held).to_contain_text("Approve: they are removed from the programme now and not captured.")
    await expect(panel.get_by_role("status")).to_have_text("1 held back")
    await held.get_by_text("Show the 6 sessions").click()
    await expect(held.locator(".changes li")).to_have_count(6)
    await expect(held).to_contain_text("“Title of s0” is gone; it was 2025-09-08 11:00–11:30 in Hall B.")

    # What it can't do it says where it was asked.
    versions.fault = Conflict("the disk is full", hint="make room")
    await held.get_by_role("button", name="Refuse").click()
    await expect(held.get_by_role("alert")).to_have_text("The disk is full. Make room.")
    versions.fault = None
    seen.wrong = [one for one in seen.wrong if "409 (Conflict)" not in one]
    await held.get_by_role("button", name="Refuse").click()
    await expect(held).to_have_count(0)
    await panel.get_by_text("1 refused").click()
    await panel.get_by_role("button", name="Approve after all").click()
    confirm = page.get_by_role("alertdialog")
    await expect(confirm).to_contain_text("Each running session is asked about separately.")
    await confirm.get_by_role("button", name="Cancel").click()
    assert versions.status()["refused"]
    await panel.get_by_role("button", name="Approve after all").click()
    await confirm.get_by_role("button", name="Apply").click()
    await expect(panel.locator("#timetable-refused")).to_be_hidden()
    await expect(panel).to_contain_text("Version 2, 7 sessions")

    # What runs is gone: until somebody says so it stays, and ending it has to be meant.
    versions.publish(replace(missing, sessions=tuple(s for s in missing.sessions if s.id != "run")))
    await expect(held).to_contain_text("it is running, and is gone from the timetable")
    await expect(held).to_contain_text("The session stays as it is until the crew answers.")
    await expect(held.locator("b")).to_have_count(0)
    await held.get_by_role("button", name="Approve").click()
    await expect(confirm).to_contain_text("ends at once, its stream and its recording with it")
    await confirm.get_by_role("button", name="End it").click()
    await expect(held).to_have_count(0)
    assert [d["action"] for d in versions.status()["decisions"]] == ["refuse", "approve", "approve"]
    assert {d["by"] for d in versions.status()["decisions"]} == {"Kim"}


async def test_the_versions_are_looked_at_pinned_and_gone_back_to(seen: Watched, versions: SmallVersions) -> None:
    page = seen.page
    panel = page.get_by_role("region", name="Timetable")
    moved = [replace(s, start=s.start + timedelta(minutes=5)) if s.id == "m3" else s for s in WHOLE.sessions]
    versions.publish(replace(WHOLE, sessions=tuple(moved)), remarks=2)
    versions.fail("HTTP 503 from conference.example")
    await expect(panel).to_contain_text("Not renewed since 09:30. HTTP 503 from conference.example.")
    await panel.get_by_role("button", name="Versions").click()
    dialog = page.get_by_role("dialog", name="Versions of the timetable")
    rows = dialog.locator("#versions-list > li")
    await expect(rows).to_have_count(3)
    await expect(rows.nth(0)).to_contain_text("unreadable")
    await expect(rows.nth(1).locator("summary > *")).to_have_text(["2", "09:30", "applies", "1 retimed"])
    await expect(rows.nth(2)).to_contain_text("past")
    await rows.nth(1).locator("summary").click()
    await expect(rows.nth(1)).to_contain_text("13 sessions, 2 remarks")
    await expect(rows.nth(1).locator(".changes li")).to_have_text(
        ["~“Title of m3” is now 2025-09-08 13:05–13:30 instead of 13:00–13:30, in Hall A."]
    )

    # Go back: what follows is said first, a refusal where it was asked for.
    await rows.nth(2).locator("summary").click()
    await rows.nth(2).get_by_role("button", name="Roll back to it: version 1").click()
    confirm = page.get_by_role("alertdialog", name="Roll back to version 1?")
    await expect(confirm).to_contain_text("seen 08:41 with 13 sessions, applies at once instead of version 2")
    await expect(confirm).to_contain_text("It changes: 1 retimed.")
    versions.fault = Conflict("this version can't be followed", hint="it is too old")
    await confirm.get_by_role("button", name="Roll back").click()
    await expect(confirm.get_by_role("alert")).to_have_text("This version can't be followed. It is too old.")
    versions.fault = None
    seen.wrong = [one for one in seen.wrong if "409 (Conflict)" not in one]
    await confirm.get_by_role("button", name="Roll back").click()
    await expect(confirm).to_be_hidden()
    await expect(rows.nth(2).locator("summary")).to_contain_text("pinned")
    await expect(rows.nth(2).locator("summary")).to_contain_text("applies")
    await expect(dialog).to_contain_text("Version 1 is pinned: the feed is not followed. Version 2 is the newest.")
    await expect(dialog).to_contain_text("Kim pinned version 1")

    # And on again.
    await dialog.get_by_role("button", name="Unpin").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Unpin").click()
    await expect(rows.nth(1).locator("summary")).to_contain_text("applies")
    assert versions.status()["pinned"] is None

    # Pinning what counts pins the programme as it is.
    await rows.nth(1).get_by_role("button", name="Pin: version 2").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Pin").click()
    await expect(dialog).to_contain_text("Version 2 is pinned")
    assert versions.pins == [1, None]
    await page.keyboard.press("Escape")
    await expect(panel).to_contain_text("Version 2 is pinned: the feed is not followed.")
