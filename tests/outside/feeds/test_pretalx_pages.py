"""A pretalx on loopback, with as many pages, moods and quotas as a real one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web
from support.feeds.servers import serving

from streamer.core.base.errors import TimetableError, TimetableUnavailable
from streamer.outside.feeds.feed import read_once
from streamer.outside.feeds.pretalx_pages import PretalxPages, is_pretalx
from streamer.outside.fetching.url_origin import AskedToWait
from streamer.timetables.detect import parse

EVENT = {"slug": "day", "name": {"en": "Day"}, "timezone": "Europe/Berlin"}


class Pretalx:
    """Five slots, two on a page; a test changes what it likes."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.headers: list[tuple[str | None, str | None]] = []
        self.items = list(range(5))
        self.moods: Iterator[web.Response | None] = iter(())
        self.next: str | None = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        self.headers.append((request.headers.get("Authorization"), request.headers.get("Pretalx-Version")))
        mood = next(self.moods, None)
        if mood is not None:
            return mood
        if request.path == "/api/events/day/":
            return web.json_response(EVENT)
        page = int(request.query.get("page", "1"))
        last = page * 2 >= len(self.items)
        following = self.next if self.next != "" else str(request.url.update_query(page=page + 1))
        body = {
            "count": len(self.items),
            "next": None if last and self.next == "" else following,
            "results": [{"id": item} for item in self.items[(page - 1) * 2 : page * 2]],
        }
        return web.json_response(body)


async def read(pretalx: Pretalx, path: str = "api/events/day/", token: str = "") -> list[Any]:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async with serving(pretalx.answer) as url:
        content = await PretalxPages(url + path, timeout=10, token=token, sleep=sleep).read()
    assert content is not None
    pretalx.asked.append(f"slept {slept}" if slept else "")
    document = json.loads(content)
    assert isinstance(document, list)
    return document


async def test_an_events_slots_are_read_to_the_last_page_with_all_they_refer_to() -> None:
    pretalx = Pretalx()
    event, *pages = await read(pretalx, token="sesame")
    assert event == EVENT
    assert [item["id"] for page in pages for item in page["results"]] == [0, 1, 2, 3, 4]
    assert pretalx.asked[0] == "/api/events/day/"
    expanded = "expand=room,submission,submission.speakers,submission.track,submission.submission_type"
    assert pretalx.asked[1:4] == [
        f"/api/events/day/slots/?{expanded}",
        f"/api/events/day/slots/?{expanded}&page=2",
        f"/api/events/day/slots/?{expanded}&page=3",
    ]
    assert set(pretalx.headers) == {("Token sesame", "v1")}


async def test_what_the_address_says_itself_is_left_as_it_is() -> None:
    pretalx = Pretalx()
    await read(pretalx, "api/events/day/slots/?expand=room&page_size=2")
    assert pretalx.asked[1] == "/api/events/day/slots/?expand=room&page_size=2"
    assert pretalx.headers[0] == (None, "v1")


async def test_short_pauses_that_are_asked_for_are_made_and_long_ones_told() -> None:
    pretalx = Pretalx()
    busy = [web.Response(status=429, headers={"Retry-After": "7"}) for _ in range(2)]
    pretalx.moods = iter([None, None, *busy])
    _, *pages = await read(pretalx)
    assert len(pages) == 3
    assert pretalx.asked[-1] == "slept [7.0, 7.0]"
    pretalx.moods = iter([None, web.Response(status=429, headers={"Retry-After": "600"})])
    with pytest.raises(AskedToWait) as caught:
        await read(pretalx)
    assert caught.value.seconds == 600
    pretalx.moods = iter([None, *(web.Response(status=429, headers={"Retry-After": "1"}) for _ in range(6))])
    with pytest.raises(AskedToWait):
        await read(pretalx)


async def test_a_list_that_changes_between_its_pages_is_not_believed() -> None:
    pretalx = Pretalx()

    def shrinking() -> Iterator[None]:
        yield None
        yield None
        pretalx.items.pop(0)  # what was first on the second page is now last on the first one
        yield None

    pretalx.moods = shrinking()
    with pytest.raises(TimetableUnavailable, match="it changed while its 2 pages were read"):
        await read(pretalx)


async def test_pages_end_and_stay_on_their_server() -> None:
    pretalx = Pretalx()
    pretalx.next = "/api/events/day/slots/?page=2"
    with pytest.raises(TimetableUnavailable, match="its pages link in a circle"):
        await read(pretalx)
    pretalx.next = "http://example.org/api/events/day/slots/?page=2"
    with pytest.raises(TimetableUnavailable, match="its next page is on another server"):
        await read(pretalx)


async def test_an_event_that_is_not_shown_to_us_costs_only_its_title() -> None:
    pretalx = Pretalx()
    pretalx.moods = iter([web.Response(status=403)])
    assert len(await read(pretalx)) == 3
    pretalx.moods = iter([None, web.Response(status=401)])
    with pytest.raises(TimetableUnavailable, match="the server answers 401"):
        await read(pretalx)


async def test_a_login_page_between_the_pages() -> None:
    pretalx = Pretalx()
    pretalx.moods = iter([None, None, web.Response(text="<!doctype html><p>Log in", content_type="text/html")])
    with pytest.raises(TimetableError, match="a web page, not pretalx's API"):
        await read(pretalx)
    pretalx.moods = iter([None, web.Response(text='{"results": [')])
    with pytest.raises(TimetableError, match="a page of it is not JSON"):
        await read(pretalx)


async def test_pages_become_a_timetable() -> None:
    def slot(number: int) -> dict[str, Any]:
        return {
            "id": number,
            "start": f"2026-01-31T{9 + number:02}:00:00+01:00",
            "end": f"2026-01-31T{10 + number:02}:00:00+01:00",
            "room": {"id": 7, "name": {"en": "Main hall"}, "capacity": 100},
            "submission": {
                "code": f"CODE{number}",
                "title": f"Talk {number}",
                "state": "confirmed",
                "do_not_record": number == 1,
                "speakers": [{"code": "S", "name": "Ada"}],
            },
        }

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/api/events/day/":
            return web.json_response(EVENT)
        page = int(request.query.get("page", "1"))
        following = str(request.url.update_query(page=2)) if page == 1 else None
        slots = [slot(number) for number in ((0, 1) if page == 1 else (2,))]
        return web.json_response({"count": 3, "next": following, "results": slots})

    async with serving(answer) as url:
        parsed = await read_once(f"{url}api/events/day/")
    assert (parsed.format, parsed.timetable.title, parsed.timetable.timezone) == ("pretalx", "Day", "Europe/Berlin")
    assert [(s.id, s.title, s.record) for s in parsed.timetable.sessions] == [
        ("CODE0", "Talk 0", True),
        ("CODE1", "Talk 1", False),
        ("CODE2", "Talk 2", True),
    ]
    assert [room.name for room in parsed.timetable.rooms] == ["Main hall"]


def test_which_addresses_are_pretalx() -> None:
    yes = ("https://p.example.org/api/events/day", "https://p.example.org/sub/api/events/day/slots/?x=1")
    no = ("https://p.example.org/day/schedule/export/schedule.json", "https://p.example.org/api/events/", "http://[")
    assert [is_pretalx(url) for url in yes + no] == [True, False, False, False, False]
    assert is_pretalx("https://p.example.org/api/events/day/schedules/latest/")


async def test_servers_without_a_list_of_slots_are_asked_for_their_schedule() -> None:
    talk = {"code": "ABCDEF", "title": "Talk", "speakers": [{"name": "Ada"}], "do_not_record": True}
    talk["slot"] = {"room": {"en": "Hall"}, "start": "2024-05-04T10:00:00+02:00", "end": "2024-05-04T11:00:00+02:00"}
    released: dict[str, Any] = {"slots": [talk], "version": "1.2", "breaks": []}
    pretalx = Pretalx()
    pretalx.moods = iter([None, web.Response(status=404), web.json_response(released)])
    assert await read(pretalx) == [EVENT, released]
    assert pretalx.asked[2] == "/api/events/day/schedules/latest/"
    (session,) = parse(json.dumps([EVENT, released]).encode(), name="day", timezone=None).timetable.sessions
    assert (session.foreign, session.title, session.record) == ("ABCDEF", "Talk", False)


@pytest.mark.parametrize("then", [{"status": 404}, {"status": 401}, {"text": '{"slots": [1, 2]}'}, {"text": "[]"}])
async def test_a_server_that_has_neither_is_told_as_what_was_asked_first(then: dict[str, Any]) -> None:
    pretalx = Pretalx()
    pretalx.moods = iter([None, web.Response(status=404), web.Response(**then)])
    with pytest.raises(TimetableUnavailable, match="the server answers 404"):
        await read(pretalx)


async def test_a_list_that_was_asked_for_is_not_replaced_by_another() -> None:
    pretalx = Pretalx()
    pretalx.moods = iter([None, web.Response(status=404)])
    with pytest.raises(TimetableUnavailable, match="the server answers 404"):
        await read(pretalx, "api/events/day/slots/")
    assert len(pretalx.asked) == 2
