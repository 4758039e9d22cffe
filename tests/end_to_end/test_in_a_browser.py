"""The pages in a real browser, against the real service: what attendees, crew and organisers see of a short day.

Every error on a console, every violation of the content security policy and every request to somebody else fails.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect
from support.service.running import MONITORED, Conference, Talk, asked, now, running, seconds
from support.web.browsing import Watched, browser, open_page

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow, pytest.mark.timeout(240)]

ROOM = """\
[[rooms]]
id = "hall"
name = "The hall"
source = "test:?size=320x180&rate=25&gop=1&code=1"
"""
LASTS = 50.0
"""Seconds of the session: a busy machine needs some of them for the crew's page."""
HOSTILE = "<img src=x onerror=\"document.title='owned'\"> & <script>document.title='owned'</script>"


async def test_a_day_on_the_pages(tmp_path: Path, free_port: int) -> None:
    settings = MONITORED.replace('ring = "6s"', 'ring = "2m"')  # a mute that is undone leaves no gap
    conference = Conference(folder=tmp_path, port=free_port, rooms=ROOM, settings=settings)
    conference.write()
    async with running(conference) as service, browser() as chromium:
        seen = await open_page(chromium, conference.url)
        page = seen.page
        crew = await open_page(chromium, conference.url, service.link("crew"))
        organiser = await open_page(chromium, conference.url, service.link("organiser"))
        for one in (crew, organiser):
            await one.page.get_by_role("button", name="Sign in").click()
        await expect(page.locator("#connection")).to_contain_text("Connected", timeout=20_000)
        begins = now() + seconds(14)
        conference.publish(
            Talk(id="first", room="hall", start=begins, end=begins + seconds(LASTS), title=HOSTILE),
            Talk(id="later", room="hall", start=begins + seconds(1800), end=begins + seconds(3600), title="Much later"),
        )

        # Before it begins: the slate plays, with a countdown, and titles are text.
        await expect(page.locator("body")).to_contain_text("Starts in", timeout=10_000)
        await expect(page.locator("body")).to_contain_text(HOSTILE)
        assert await seen.frame() == -1

        # It begins: the picture is the room's, and moves.
        await asked(lambda: _is_live(seen), "the room's picture", 60)
        first = await seen.frame()
        at = await page.locator("video").first.evaluate("video => video.currentTime")
        await asked(lambda: _is_beyond(seen, first + 25), "a later picture", 30)
        assert await page.locator("video").first.evaluate("video => video.currentTime") > at
        await expect(page.locator("#notice-list")).to_contain_text("has started")
        clock = await open_page(chromium, conference.url, "/clock/hall")
        await expect(clock.page.locator("#words")).to_have_text("left")
        assert await clock.page.locator("#time").inner_text() < "0:56"
        await _steers(crew, seen)

        # A decision is told.
        extended = await conference.command("session", "extend", "first", "0.1")
        assert extended.status == 0, extended.err
        await expect(page.locator("#notice-list")).to_contain_text("now ends at")
        await expect(crew.page.locator("#room-log")).to_contain_text(f"extend “{HOSTILE}” by 0.1 min")

        # It ends: told, and can be watched, then fetched.
        await expect(page.locator("#notice-list")).to_contain_text("has ended", timeout=60_000)
        await expect(organiser.page.locator("body")).to_contain_text(HOSTILE, timeout=60_000)
        await _watches(organiser)
        await asked(lambda: _plays_mp4(organiser), "the recording plays", 60)
        await _moves_its_end(organiser)

        assert [w.wrong for w in (seen, crew, organiser, clock)] == [[], [], [], []]
        assert "owned" not in await page.title() + await crew.page.title() + await organiser.page.title()

        # The service goes, and the page says so.
        await conference.command("stop")
        await expect(page.locator("#connection-bar")).to_contain_text("Connection lost", timeout=30_000)
        await service.ended()

        # It comes back, and so does the picture, by itself.
        async with running(conference):
            await expect(page.locator("#connection")).to_contain_text("Connected", timeout=60_000)
            before = await page.locator("video").first.evaluate("video => video.currentTime")
            await asked(lambda: _plays_from(seen, before), "the picture's return", 60)


async def _steers(crew: Watched, viewer: Watched) -> None:
    """Open the room by its key, see it, mute it for the viewer, and undo that."""
    page = crew.page
    await expect(page.locator(".tile .tile-state")).to_contain_text("ON AIR")
    await page.keyboard.press("1")
    await expect(page.locator("#room-heading")).to_have_text("The hall")
    await expect(page.locator("#room-jobs")).to_contain_text("capture")
    await expect(page.locator("#room-jobs")).to_contain_text("livestream")
    playing = "() => document.querySelector('#room-video').currentTime > 0.5"
    await page.wait_for_function(playing, timeout=20_000)
    await page.keyboard.press("u")
    await expect(page.locator("#confirm")).to_contain_text("Mute The hall?")
    await page.locator("#confirm-do").click()
    await expect(page.locator("#room-state")).to_have_text("MUTED")
    await expect(viewer.page.locator("body")).to_contain_text("The crew has paused picture and sound")
    await asked(lambda: _is_slate(viewer), "slate while it is muted", 30)
    await page.keyboard.press("z")
    await expect(page.locator("#said")).to_contain_text("Undone: mute The hall")
    await expect(page.locator("#room-state")).to_have_text("ON AIR", timeout=20_000)
    await asked(lambda: _is_live(viewer), "the picture after the undo", 30)


async def _is_slate(seen: Watched) -> bool:
    return await seen.frame() == -1


async def _is_live(seen: Watched) -> bool:
    return await seen.frame() >= 0


async def _plays_from(seen: Watched, before: float) -> bool:
    """Whether it plays again, on the same line of time or on a new one."""
    shown = await seen.page.locator("#screen").get_attribute("data-picture")
    at = await seen.page.locator("video").first.evaluate("video => video.currentTime")
    return shown == "playing" and at > 0.5 and abs(at - before) > 0.5


async def _is_beyond(seen: Watched, number: int) -> bool:
    return await seen.frame() >= number


async def _watches(organiser: Watched) -> None:
    """The stream over its segments, as soon as the session is over."""
    page = organiser.page
    await page.get_by_role("button", name="Watch").click(timeout=20_000)
    video = page.locator("#player-video")

    async def plays() -> bool:
        return bool(await video.evaluate("video => video.currentTime > 0.5 && video.src.startsWith('blob:')"))

    await asked(plays, "the stream plays", 30)
    await page.locator("#player-close").click()


async def _moves_its_end(organiser: Watched) -> None:
    """Two seconds less, with the pictures in sight: a new version appears."""
    page = organiser.page
    card = page.locator(".recording.ready")
    await expect(card).to_contain_text("0:00:56", timeout=30_000)
    await card.get_by_role("button", name="Set ends").click()
    for side in ("Start", "End"):
        picture = page.get_by_role("group", name=side, exact=True).get_by_role("img")
        await expect(picture).to_be_visible(timeout=20_000)
        assert await picture.evaluate("img => img.naturalWidth") == 320
    for _ in range(2):
        await page.get_by_role("button", name="End 1 s earlier").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#said")).to_contain_text("The ends are set.")
    await expect(card).to_contain_text("0:00:54", timeout=30_000)
    await card.get_by_role("button", name="Report").click()
    await expect(page.locator("#report-body")).to_contain_text("Complete: no second is missing.")
    await expect(page.locator("#report-body")).to_contain_text("Version2")
    await page.locator("#report-close").click()


async def _plays_mp4(organiser: Watched) -> bool:
    """Play the file that the page offers, in the page's own origin."""
    found = await organiser.page.evaluate(
        "async () => (await (await fetch('/api/v1/recordings')).json()).recordings"
        ".flatMap(r => r.files).find(f => f.kind === 'mp4')?.url"
    )
    if not found:
        await asyncio.sleep(0.2)
        return False
    played = await organiser.page.evaluate(
        "url => new Promise(done => { const v = document.createElement('video'); v.muted = true; v.src = url;"
        " v.ontimeupdate = () => { if (v.currentTime > 0.5) done(true); }; v.onerror = () => done(false); v.play(); })",
        found,
    )
    return bool(played)
