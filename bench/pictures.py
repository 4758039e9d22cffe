"""``make pictures``: takes the README's pictures of the pages from a real rehearsal.

Starts ``streamer run --rehearse`` on a small programme in a temporary folder, waits until a session's picture plays,
and takes the attendees' page and the crew's page in Chromium. Ends everything that it started.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import sysconfig
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, ViewportSize, async_playwright
from rich.console import Console

from bench.figures import BenchError
from bench.interrupts import until_interrupted
from bench.processes import last_words, launched
from bench.running_service import temporary_folder, until

_ROOT = Path(__file__).parent.parent
_PICTURES = _ROOT / "docs" / "pictures"
_STARTS_WITHIN = 60.0
_LIVE_WITHIN_MS = 120_000
_SIZE = ViewportSize(width=1280, height=800)
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
_CREW_LINK = re.compile(r"crew +(http://\S+)")
_SHOWS_THE_ROOM = """() => {
    const video = document.querySelector('video');
    if (!video || !video.videoWidth) return false;
    const canvas = document.createElement('canvas');
    canvas.width = 32; canvas.height = 18;
    const pen = canvas.getContext('2d');
    pen.drawImage(video, 0, 0, 32, 18);
    const rgba = pen.getImageData(0, 0, 32, 18).data;
    for (let i = 0; i < rgba.length; i += 4) {
        const pixel = rgba.slice(i, i + 3);
        if (Math.max(...pixel) - Math.min(...pixel) > 150) return true;
    }
    return false;
}"""
"""The test picture has saturated colours, the slate before it has none."""
_SHORTEN_PATHS = """() => {
    const source = document.getElementById("timetable-source");
    if (source) source.textContent = source.textContent.split("/").at(-1);
}"""
"""The pictures show no path of a temporary folder. (A style sheet for this is refused by the pages' own CSP.)"""
_CONFIG = """\
[conference]
timetable = "programme.toml"
[livestream]
renditions = ["360p"]
[[rooms]]
id = "hall"
name = "Main hall"
source = "test:?size=960x540"
[[rooms]]
id = "studio"
name = "Studio"
[[rooms]]
id = "workshop"
name = "Workshop room"
"""
_PROGRAMME = """\
[conference]
title = "Open Video Days"
timezone = "Europe/Copenhagen"
[[sessions]]
id = "opening"
room = "Main hall"
title = "A day of video in one machine"
start = 2026-05-07T09:00:00
end = 2026-05-07T10:30:00
speakers = [{ name = "Mona Lind" }, { name = "Per Aaby" }]
record = true
stream = true
[[sessions]]
id = "sound"
room = "Main hall"
title = "How loud is loud enough?"
start = 2026-05-07T10:45:00
end = 2026-05-07T12:15:00
record = true
stream = true
[[sessions]]
id = "colour"
room = "Studio"
title = "Colour correction in ten minutes"
start = 2026-05-07T09:00:00
end = 2026-05-07T10:15:00
record = true
stream = true
[[sessions]]
id = "hands-on"
room = "Workshop room"
title = "Cables: a workshop"
start = 2026-05-07T09:00:00
end = 2026-05-07T11:00:00
record = true
stream = false
"""


async def pictures() -> int:
    """Writes ``docs/pictures/*.png``. Raises BenchError where the rehearsal does not start."""
    async with temporary_folder() as folder, _rehearsal(folder) as link, _browser() as chromium:
        attendees = await _opened(chromium, link.partition("/login")[0] + "/")
        crew = await _opened(chromium, link)
        await crew.get_by_role("button", name="Sign in").click()
        await attendees.get_by_text("Live", exact=True).first.wait_for(timeout=_LIVE_WITHIN_MS)
        await attendees.wait_for_function(_SHOWS_THE_ROOM, timeout=_LIVE_WITHIN_MS)
        for close in await attendees.locator("#toasts button").all():
            await close.click()
        _PICTURES.mkdir(exist_ok=True)
        for name, page in (("attendees", attendees), ("crew", crew)):
            path = _PICTURES / f"{name}.png"
            await page.evaluate(_SHORTEN_PATHS)
            await page.screenshot(path=path)
            Console(highlight=False).print(f"{path.relative_to(_ROOT)}: {path.stat().st_size / 1000:.0f} kB")
    return 0


@asynccontextmanager
async def _rehearsal(folder: Path) -> AsyncIterator[str]:
    """A compressed day, until the end of the block; gives the crew's one-time link."""
    (folder / "config.toml").write_text(_CONFIG)
    (folder / "programme.toml").write_text(_PROGRAMME)
    log = folder / "service.log"
    program = Path(sysconfig.get_path("scripts"), "streamer")
    arguments = ("--rehearse", "--compress", "90", "--listen", "127.0.0.1:0", "--config", "config.toml")
    async with launched(log, str(program), "run", *arguments) as process:
        link = ""

        def greeted() -> bool:
            nonlocal link
            if process.returncode is not None:
                raise BenchError(f"the rehearsal did not start:\n{last_words(log)}")
            found = _CREW_LINK.search(log.read_text())
            link = found[1] if found else ""
            return bool(found)

        await until(greeted, "the rehearsal's start", _STARTS_WITHIN)
        yield link


@asynccontextmanager
async def _browser() -> AsyncIterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        raise BenchError("Chromium is not installed; it takes the pictures (Debian: apt-get install chromium)")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=program, args=_FLAGS)
        try:
            yield chromium
        finally:
            await chromium.close()


async def _opened(chromium: Browser, address: str) -> Page:
    context = await chromium.new_context(viewport=_SIZE, color_scheme="light")
    page = await context.new_page()
    await page.goto(address)
    return page


async def _main(work: Awaitable[int]) -> int:
    try:
        return await work
    except BenchError as error:
        Console(stderr=True, highlight=False).print(f"[red]{error}[/red]")
        return 1


if __name__ == "__main__":
    sys.exit(asyncio.run(until_interrupted(_main(pictures()))))
