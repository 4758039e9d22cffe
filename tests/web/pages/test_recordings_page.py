"""The organisers' page in a real browser over a small service: what it shows, plays, reports and asks for."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from playwright.async_api import Locator, Page, expect
from support.service.running import asked
from support.web.browsing import Watched, browser, open_page
from support.web.running_server import RunningServer
from support.web.shown_recordings import HOSTILE, Media, after, make_media, put_on_show

from streamer.core.base.errors import Conflict
from streamer.core.base.ids import SessionId
from streamer.core.decisions.recordings.bounds import Bounds
from streamer.web.access.tokens import COOKIE

BOX = "node => node.getBoundingClientRect().toJSON()"

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow, pytest.mark.timeout(60)]


@pytest.fixture(scope="module")
def media(ffmpeg: str, tmp_path_factory: pytest.TempPathFactory) -> Media:
    return make_media(ffmpeg, tmp_path_factory.mktemp("media"))


@pytest.fixture
async def seen(running: RunningServer, media: Media) -> AsyncIterator[Watched]:
    """The page as an organiser has it open; whatever must not happen on it fails the test."""
    put_on_show(running.service.library, media)
    async with browser() as chromium:
        watched = await open_page(chromium, running.url, "/recordings", cookie=(COOKIE, running.organiser))
        await expect(watched.page.locator(".recording")).to_have_count(7)
        yield watched
        assert "owned" not in await watched.page.title()
    assert watched.wrong == []


def card(page: Page, title: str) -> Locator:
    return page.locator(".recording", has=page.get_by_role("heading", name=title, exact=True))


async def plays(video: Locator) -> None:
    async def beyond() -> bool:
        return bool(await video.evaluate("video => video.currentTime > 0.2"))

    await asked(beyond, "the picture moves")


async def test_the_list(seen: Watched, running: RunningServer) -> None:
    page = seen.page
    titles = await page.locator(".recording h4").all_text_contents()
    assert titles == [
        "Opening of the conference",
        "The camera was off",
        "On stage",
        "Erased by consent",
        HOSTILE,
        "Being written just now",
        "Tomorrow's first talk",
    ], "by day, room and time"
    opening = card(page, "Opening of the conference")
    await expect(opening).to_contain_text("0:00:16")
    await expect(opening).to_contain_text("4 s are missing: the source delivered nothing")
    assert await opening.locator("img").evaluate("img => img.naturalWidth") > 0
    assert await opening.get_by_role("link", name="Download").get_attribute("download") == "talk.mp4"
    parts = card(page, HOSTILE).get_by_role("link")
    await expect(parts).to_have_text([f"Download part 1 1.1 MB {HOSTILE}", f"Download part 2 1.1 MB {HOSTILE}"])
    await expect(card(page, "On stage").get_by_role("button")).to_have_text(["Set ends On stage"])
    await expect(card(page, "Erased by consent").get_by_role("button")).to_have_count(0)

    # What is being written says how far it is, and whoever is at a button of it stays there.
    written = card(page, "Being written just now")
    await expect(written.get_by_role("progressbar")).to_have_js_property("value", 0.42)
    await written.get_by_role("button", name="Watch").focus()
    running.service.library.recorded["s3"][0]["progress"] = 0.61
    await expect(written).to_contain_text("61 %")
    await expect(written.get_by_role("button", name="Watch")).to_be_focused()
    document, files = running.service.library.recorded["s3"]
    running.service.library.recorded["s3"] = ({**document, "state": "ready", "coverage": 1.0, "progress": None}, files)
    await expect(written.get_by_role("button", name="Report")).to_be_visible()
    await expect(written.get_by_role("button", name="Watch")).to_be_focused()

    # By room and by what has to be done, and the address remembers.
    await page.get_by_role("combobox", name="State").select_option("look")
    await expect(page.locator(".recording h4")).to_have_text(["Opening of the conference", "The camera was off"])
    await page.get_by_role("combobox", name="Room").select_option("side")
    await expect(page.locator("#empty")).to_have_text("No recording matches this selection.")
    await page.get_by_role("combobox", name="State").select_option("")
    await expect(page.locator(".recording")).to_have_count(3)
    await page.reload()
    await expect(page.locator(".recording")).to_have_count(3)
    assert "room=side" in page.url


async def test_the_player(seen: Watched) -> None:
    page = seen.page
    video, timeline = page.locator("#player-video"), page.get_by_role("slider", name="Timeline")
    await card(page, "Opening of the conference").get_by_role("button", name="Watch").click()
    await plays(video)
    assert await video.evaluate("video => video.videoWidth") == 320
    assert (await video.get_attribute("src") or "").startswith("blob:"), "the stream, not the file"
    await expect(page.locator("#player-position")).to_contain_text("of 0:00:12")
    await expect(page.locator("#player-clock")).to_contain_text("08:00:0")
    await expect(timeline).to_have_attribute("aria-valuemax", "16")

    # Gaps and what else the report found: on the bar, and as a list that leads there.
    bar = await timeline.evaluate(BOX)
    for kind, left, width in (("gap", 0.375, 0.25), ("silent", 0.125, 1.5 / 16), ("black", 11 / 16, 0.05)):
        mark = await page.locator(f".timeline-mark.{kind}").evaluate(BOX)
        assert (mark["left"] - bar["left"]) / bar["width"] == pytest.approx(left, abs=0.01)
        assert mark["width"] / bar["width"] == pytest.approx(width, abs=0.01)
    await page.locator("#player-tally").click()
    await expect(page.locator("#player-mark-list button")).to_have_text(
        [
            "Silent: 08:00:02, 1.5 s",
            "Missing: 08:00:06, 4 s: the source delivered nothing",
            "Black picture: 08:00:11, 0.8 s",
            "Frozen picture: 08:00:13, 2.2 s",
        ]
    )
    await video.evaluate("video => video.pause()")
    await page.get_by_role("button", name="Black picture").click()
    await expect(page.locator("#player-clock")).to_have_text("08:00:11")
    assert await video.evaluate("video => video.currentTime") == pytest.approx(7, abs=0.05)
    await expect(timeline).to_have_attribute("aria-valuetext", "08:00:11, 0:00:11 in, black stretch")

    # A click into the gap goes on behind it; pointing at it says what it is.
    await timeline.hover(position={"x": bar["width"] / 2, "y": 5})
    await expect(page.locator("#player-pointed")).to_have_text("Missing: 08:00:06, 4 s: the source delivered nothing")
    await timeline.click(position={"x": bar["width"] / 2, "y": 5})
    await expect(page.locator("#player-clock")).to_have_text("08:00:10")

    # By keyboard, wherever the focus is.
    for focused in (video, timeline):
        await focused.focus()
        await page.keyboard.press("ArrowLeft")
        await expect(page.locator("#player-clock")).to_have_text("08:00:01")
        await page.keyboard.press("ArrowRight")
        await expect(page.locator("#player-clock")).to_have_text("08:00:10")
        await page.keyboard.press("Space")
        await expect(video).to_have_js_property("paused", False)
        await page.keyboard.press("Space")
        await expect(video).to_have_js_property("paused", True)
        await timeline.focus()
        await page.keyboard.press("Home")
        await expect(page.locator("#player-clock")).to_have_text("08:00:00")
        await page.keyboard.press("PageUp")
        await expect(page.locator("#player-clock")).to_have_text("08:00:15")
        await page.get_by_role("button", name="Missing").click()
    await page.keyboard.press("Escape")
    await expect(page.locator("#player")).to_be_hidden()
    await expect(video).not_to_have_attribute("src", re.compile(""))

    # Where the stream can't be played its files are, one after the other.
    await card(page, HOSTILE).get_by_role("button", name="Watch").click()
    await plays(video)
    assert (await video.get_attribute("src") or "").endswith("/b_part1.mp4")
    await video.evaluate("video => { video.currentTime = video.duration - 0.2; }")
    await expect(video).to_have_attribute("src", f"{seen.origin}/api/v1/recordings/s2/b_part2.mp4")
    await expect(page.get_by_role("combobox", name="Part")).to_have_value("1")


async def test_the_report(seen: Watched) -> None:
    page = seen.page
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await card(page, "Opening of the conference").get_by_role("button", name="Report").click()
    said = page.locator("#report-body")
    for words in (
        "4 s are missing: the source delivered nothing from 08:00:06 to 08:00:10.",
        "Mon 8 Sept, 08:00:00 to 08:00:16 (0:00:16)",
        "Mon 8 Sept, 08:00:00 to 08:00:16 (0:00:12), 75 %",
        "53,998 of 54,000 frames, 2 missing",
        "sound begins 12 ms after the picture",
        "−23.1 LUFS, range 5.2 LU, true peak −0.4 dBTP. Above −1.0 dBTP it may distort.",
        "320 × 180, 25 fps, h264, aac",
        "Black and frozen pictures are timed to within 0.1 s.",
    ):
        await expect(said).to_contain_text(words)
    rows = said.get_by_role("region", name="Silent, black and frozen stretches").locator("tbody tr")
    await expect(rows).to_have_text(
        ["08:00:021.5 sSilent", "08:00:110.8 sBlack picture", "08:00:132.2 sFrozen picture"]
    )
    files = said.get_by_role("region", name="Files").locator("tbody tr")
    await expect(files).to_have_count(4)
    await files.first.get_by_role("button", name="Copy").click()
    await expect(files.first).to_contain_text("Copied")
    assert await page.evaluate("navigator.clipboard.readText()") == await files.first.locator("code").inner_text()
    await page.get_by_role("button", name="Close").click()

    # Where no report was written, what is known is said all the same.
    await card(page, "The camera was off").get_by_role("button", name="Report").click()
    await expect(said).to_contain_text("Nothing was captured while the session ran: look at the room's source.")


async def test_the_ends(seen: Watched, running: RunningServer) -> None:
    page, service = seen.page, running.service
    start, end = (page.get_by_role("group", name=name, exact=True) for name in ("Start", "End"))
    trouble, length, save = (
        page.locator("#bounds-trouble"),
        page.locator("#bounds-length"),
        page.get_by_role("button", name="Save"),
    )
    await card(page, "Opening of the conference").get_by_role("button", name="Set ends").click()
    for side in (start, end):
        await expect(side.get_by_role("img")).to_be_visible()
        assert await side.get_by_role("img").evaluate("img => img.naturalWidth") == 320
    await expect(start.get_by_role("textbox")).to_have_value("08:00:00")
    await expect(end.get_by_role("textbox")).to_have_value("08:00:16")
    await expect(length).to_have_text("The recording becomes 0:00:16 long.")
    await expect(save).to_be_disabled()

    # By steps, by typing, by jumping, by the handle, and never further than what is kept.
    await end.get_by_role("button", name="End 10 s later").click()
    await expect(end.get_by_role("textbox")).to_have_value("08:00:26")
    await expect(length).to_have_text("The recording becomes 0:00:26 long, 10 s longer than now.")
    await end.get_by_role("textbox").fill("8:01")
    await end.get_by_role("textbox").press("Enter")
    await expect(end).to_contain_text("44 s after the session's end")
    await end.get_by_role("textbox").fill("soon")
    await end.get_by_role("textbox").blur()
    await expect(trouble).to_have_text("“soon” is not a time. Write it as 09:30:05.")
    await expect(end.get_by_role("textbox")).to_have_value("08:01:00")
    await start.get_by_role("textbox").fill("07:30")
    await start.get_by_role("textbox").blur()
    await expect(trouble).to_have_text("The start cannot be at 07:30:00: the limit is 07:59:00.")
    await end.get_by_role("button", name="As late as possible").click()
    await expect(end.get_by_role("textbox")).to_have_value("08:02:16")
    await page.get_by_role("slider", name="End of the recording").press("ArrowLeft")
    await expect(end.get_by_role("textbox")).to_have_value("08:02:15")
    await start.get_by_role("button", name="Session start").click()
    await expect(start).to_contain_text("The session's start, as it is now")

    # A refusal is said before anybody saves, and when somebody does.
    service.fault = Conflict("“Opening” may not be recorded", hint="stay outside of it")
    await end.get_by_role("button", name="End 1 s earlier").click()
    await expect(trouble).to_have_text("“Opening” may not be recorded. Stay outside of it.")
    await save.click()
    await expect(save).to_be_enabled()
    await expect(page.locator("#bounds")).to_be_visible()
    seen.wrong = [one for one in seen.wrong if "409 (Conflict)" not in one]
    service.fault = None

    # Somebody else was faster: look again, and decide then.
    service.sessions["s1"]["revision"] = 2
    service.decided.clear()
    await page.get_by_role("button", name="Close").click()
    await card(page, "Opening of the conference").get_by_role("button", name="Set ends").click()
    await end.get_by_role("button", name="End 1 s later").click()
    await save.click()
    await expect(trouble).to_contain_text("Another user has changed this session.")
    seen.wrong = [one for one in seen.wrong if "409 (Conflict)" not in one]
    await end.get_by_role("button", name="End 10 s later").click()
    await save.click()
    await expect(page.locator("#bounds")).to_be_hidden()
    await expect(page.locator("#said")).to_contain_text("The ends are set.")
    saved = [one for one in service.decided if not one.preview]
    assert [(one.action, one.target, one.by) for one in saved] == [("bounds", "s1", "Ola")]
    assert saved[0].wanted == Bounds(session=SessionId("s1"), end=datetime.fromisoformat(after(26)))

    # It can be taken back while it stands.
    service.library.bounds_of["s1"]["override"] = "b1"
    service.decided.clear()
    await card(page, "Opening of the conference").get_by_role("button", name="Set ends").click()
    await page.get_by_role("button", name="Undo the last setting").click()
    await expect(page.locator("#said")).to_contain_text("The last setting is undone.")
    assert [(one.action, one.target) for one in service.decided] == [("undo", "b1")]

    # Where there is nothing to be cut, the page says so.
    await card(page, "The camera was off").get_by_role("button", name="Set ends").click()
    await expect(trouble).to_have_text("There is no such session.")
    await expect(save).to_be_disabled()
    seen.wrong = [one for one in seen.wrong if "404 (Not Found)" not in one]
