"""Signing in and out in a real browser, which decides what a form of ours sends and what is kept of a cookie."""

from __future__ import annotations

import pytest
from playwright.async_api import expect
from support.web.browsing import browser, open_page
from support.web.running_server import RunningServer

from streamer.core.records.tokens import Role

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow, pytest.mark.timeout(60)]


async def test_a_link_is_pressed_and_the_browser_signed_out_everywhere(running: RunningServer) -> None:
    secret = await running.service.tokens.one_time(Role.CREW)
    async with browser() as chromium:
        seen = await open_page(chromium, running.url, f"/login?token={secret}&next=/crew")
        page = seen.page
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url(f"{running.url}/crew")
        await expect(page.locator("#connection")).to_contain_text("Connected")
        [browser_row] = running.service.tokens.browsers()
        await page.goto(f"{running.url}/login?token=another")
        await expect(page.get_by_role("link", name=f"Stay signed in as {browser_row.name}")).to_be_visible()
        await page.get_by_role("link", name="Stay").click()
        await page.wait_for_url(f"{running.url}/crew")
        await page.get_by_role("button", name="Sign out everywhere").click()
        await page.wait_for_url(f"{running.url}/")
        assert running.service.tokens.browsers() == []
        assert await page.context.cookies() == []
    assert seen.wrong == []
