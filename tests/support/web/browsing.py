"""A real browser, and pages in it that note all that must not happen: errors, violations, requests to somebody else."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from streamer.media.capture.frame_code import decode_code

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
GREY = """video => {
    if (!video.videoWidth) return {width: 0};
    const canvas = document.createElement('canvas');
    canvas.width = video.videoWidth; canvas.height = video.videoHeight;
    const pen = canvas.getContext('2d');
    pen.drawImage(video, 0, 0);
    const rgba = pen.getImageData(0, 0, canvas.width, canvas.height).data;
    return {width: canvas.width, height: canvas.height, grey: Array.from(rgba.filter((_, i) => i % 4 === 1))};
}"""


@dataclass(slots=True)
class Watched:
    """A page, and all that must not happen on it."""

    page: Page
    origin: str
    wrong: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("console", lambda said: self._said(said) if said.type == "error" else None)
        self.page.on("request", lambda asked: self._foreign(asked.url))

    def _said(self, said: ConsoleMessage) -> None:
        url = said.location["url"]
        if not url.endswith("/thumbnail.jpg"):  # a 404 says that no picture is new enough
            self.wrong.append(f"{said.text} {url}")

    def _foreign(self, url: str) -> None:
        own = (self.origin, self.origin.replace("http", "ws"), "blob:", "data:")
        if not url.startswith(own):
            self.wrong.append(f"a request to {url}")

    async def frame(self) -> int:
        """The number in the picture that is shown; -1 while there is none, or slate."""
        shown = await self.page.locator("video").first.evaluate(GREY)
        if not shown["width"]:
            return -1
        return decode_code(bytes(shown["grey"]), shown["width"], shown["width"], shown["height"])


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        try:
            yield chromium
        finally:
            await chromium.close()


async def open_page(chromium: Browser, origin: str, path: str = "/", cookie: tuple[str, str] | None = None) -> Watched:
    """``path`` may be a whole address; ``cookie`` is a name and its value."""
    context = await chromium.new_context(viewport={"width": 1280, "height": 900})
    if cookie is not None:
        await context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": origin}])
    watched = Watched(page=await context.new_page(), origin=origin)
    watched.listen()
    await watched.page.goto(path if path.startswith("http") else origin + path)
    return watched
