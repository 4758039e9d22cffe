"""Recordings over HTTP: lists, files and parts of them, segments that a playlist names, bounds and pictures."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import quote

import pytest
from support.web.running_server import RunningServer

from streamer.web.api.recordings import FRAMES_AT_ONCE, FRAMES_WAITING, disposition


async def test_recordings_are_listed_and_shown(running: RunningServer) -> None:
    running.service.library.record("s1", "Opening.mp4", b"talk")
    async with running.client.get(f"{running.url}/api/v1/recordings", headers=running.bearer()) as answer:
        listed = await answer.json()
    async with running.client.get(f"{running.url}/api/v1/recordings/s1", headers=running.bearer()) as answer:
        assert listed == {"recordings": [await answer.json()]}
    async with running.client.get(
        running.url + listed["recordings"][0]["files"][0]["url"], headers=running.bearer()
    ) as answer:
        assert await answer.read() == b"talk"


async def test_a_file_is_fetched_in_parts_of_one_version_only(running: RunningServer) -> None:
    file = running.service.library.record("s1", "Opening.mp4", b"0123456789")
    url, etag = f"{running.url}/api/v1/recordings/s1/Opening.mp4", f'"{file.sha256}"'
    async with running.client.get(url, headers=running.bearer()) as answer:
        assert answer.headers["ETag"] == etag
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="Opening.mp4"')
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.content_type == "video/mp4"
    for headers, status, body in (
        ({"Range": "bytes=2-4"}, 206, b"234"),
        ({"Range": "bytes=2-4", "If-Range": etag}, 206, b"234"),
        ({"Range": "bytes=2-4", "If-Range": '"older"'}, 200, b"0123456789"),
        ({"Range": "bytes=2-4", "If-Range": f"W/{etag}"}, 200, b"0123456789"),
        ({"Range": "bytes=2-4", "If-Range": "Mon, 08 Sep 2025 10:00:00 GMT"}, 200, b"0123456789"),
        ({"If-None-Match": etag}, 304, b""),
        ({"If-None-Match": '"older"'}, 200, b"0123456789"),
    ):
        async with running.client.get(url, headers={**running.bearer(), **headers}) as answer:
            assert (answer.status, await answer.read()) == (status, body), headers
    async with running.client.get(url, headers={**running.bearer(), "Range": "bytes=10-"}) as answer:
        assert answer.status == 416
        assert answer.headers["Content-Range"] == "bytes */10"
        assert answer.content_type == "application/problem+json"
    async with running.client.head(url, headers=running.bearer()) as answer:
        assert answer.headers["Content-Length"] == "10"


@pytest.mark.parametrize(
    "file",
    ["other.mp4", "../s1-0", "..%2Fs1-0", "..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "s1.mp4%00", ".", "..", "s1-0"],
)
async def test_no_path_leads_out_of_a_recording(running: RunningServer, file: str) -> None:
    running.service.library.record("s1", "s1.mp4", b"talk")
    async with running.client.get(f"{running.url}/api/v1/recordings/s1/{file}", headers=running.bearer()) as answer:
        assert answer.status == 404
        assert b"talk" not in await answer.read()


async def test_an_erased_file_is_not_found(running: RunningServer) -> None:
    running.service.library.record("s1", "s1.mp4", b"talk")
    running.service.library.file("s1", "s1.mp4")[0].unlink()
    async with running.client.get(f"{running.url}/api/v1/recordings/s1/s1.mp4", headers=running.bearer()) as answer:
        assert answer.status == 404


async def test_a_hostile_name_stays_within_its_header(running: RunningServer) -> None:
    name = 'Åse "x"\r\nSet-Cookie: a=b; \\.mp4'
    running.service.library.record("s1", name, b"talk")
    url = f"{running.url}/api/v1/recordings/s1/{quote(name, safe='')}"
    async with running.client.get(url, headers=running.bearer()) as answer:
        assert answer.status == 200
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Content-Disposition"] == disposition(name)


def test_a_download_keeps_its_name() -> None:
    assert disposition("Åse.mp4") == "attachment; filename=\"_se.mp4\"; filename*=UTF-8''%C3%85se.mp4"
    assert disposition("...").startswith('attachment; filename="recording"')


# -- segments, bounds, pictures -------------------------------------------------------------------------

TAKE = "20250908T070000Z-capture-main-0123abcd"
SEGMENT = f"/api/v1/recordings/s1/{TAKE}~000007.ts"


@pytest.fixture
def segment(running: RunningServer, tmp_path: Path) -> bytes:
    content = bytes(range(256)) * 8
    path = tmp_path / "000007.ts"
    path.write_bytes(content)
    running.service.library.record("s1", "s1.mp4", b"talk")
    running.service.library.segments["s1", TAKE, 7] = path
    return content


async def test_a_segment_is_what_its_playlist_names_of_it(running: RunningServer, segment: bytes) -> None:
    for query, wanted in (
        ("", segment),
        ("?tables=10&from=100", segment[:10] + segment[100:]),
        ("?to=300", segment[:300]),
        ("?tables=10&from=100&to=300", segment[:10] + segment[100:300]),
    ):
        async with running.client.get(
            running.url + SEGMENT + query, headers=running.bearer(running.organiser)
        ) as answer:
            assert (answer.status, answer.content_type) == (200, "video/mp2t")
            assert await answer.read() == wanted
            assert answer.headers["Cache-Control"] == "private, no-cache"
    ranged = {**running.bearer(), "Range": "bytes=5-14"}
    async with running.client.get(f"{running.url}{SEGMENT}?tables=10&from=100", headers=ranged) as answer:
        assert (answer.status, await answer.read()) == (206, segment[5:10] + segment[100:105])


@pytest.mark.parametrize(
    "query", ["?from=x", "?tables=50&from=10", "?from=300&to=300", "?path=/etc/passwd", "?to=99999999999"]
)
async def test_other_bytes_have_no_address(running: RunningServer, segment: bytes, query: str) -> None:
    async with running.client.get(running.url + SEGMENT + query, headers=running.bearer()) as answer:
        assert answer.status == 404


@pytest.mark.parametrize("path", [SEGMENT, "/api/v1/recordings/s1/bounds", "/api/v1/recordings/s1/frame?at=x"])
async def test_strangers_get_nothing(running: RunningServer, segment: bytes, path: str) -> None:
    async with running.client.get(running.url + path) as answer:
        assert answer.status == 401


async def test_of_another_session_a_segment_is_not_found(running: RunningServer, segment: bytes) -> None:
    url = running.url + SEGMENT.replace("/s1/", "/s2/")
    async with running.client.get(url, headers=running.bearer()) as answer:
        assert answer.status == 404


async def test_bounds_are_told_to_organisers(running: RunningServer) -> None:
    url = f"{running.url}/api/v1/recordings/s1/bounds"
    async with running.client.get(url, headers=running.bearer(running.organiser)) as answer:
        assert (await answer.json())["latest"] == "2025-09-08T10:32:00+02:00"


@pytest.mark.parametrize(
    ("query", "status", "where"),
    [
        ("at=2025-09-08T09:30:00%2B02:00", 200, ""),
        ("at=2025-09-08T09:30:00Z", 200, ""),
        ("at=2025-09-08T09:30:00", 400, "at"),
        ("at=2025-09-08T09:30:00+02:00", 400, "at"),  # a + that is not escaped is a space
        ("at=now", 400, "at"),
        ("", 400, "at"),
        ("at=2025-09-08T09:30:00Z&width=9", 400, "width"),
        ("at=2025-09-08T23:30:00Z", 409, "at"),
    ],
)
async def test_a_picture_of_an_instant(running: RunningServer, query: str, status: int, where: str) -> None:
    url = f"{running.url}/api/v1/recordings/s1/frame?{query}"
    async with running.client.get(url, headers=running.bearer(running.organiser)) as answer:
        assert answer.status == status
        if status == 200:
            assert (answer.content_type, answer.headers["Cache-Control"]) == ("image/jpeg", "no-store")
            assert (await answer.read()).startswith(b"\xff\xd8")
        else:
            assert (await answer.json())["where"] == where


async def test_pictures_are_decoded_two_at_once_and_no_more_wait_than_can_be_served(running: RunningServer) -> None:
    library, url = running.service.library, f"{running.url}/api/v1/recordings/s1/frame?at=2025-09-08T09:30:00Z"

    async def asked() -> tuple[int, str | None]:
        async with running.client.get(url, headers=running.bearer(running.organiser)) as answer:
            return answer.status, answer.headers.get("Retry-After")

    library.decodes.clear()
    requests = [asyncio.create_task(asked()) for _ in range(FRAMES_AT_ONCE + FRAMES_WAITING + 1)]
    [refused], _ = await asyncio.wait(requests, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    assert refused.result() == (503, "1")
    library.decodes.set()
    answers = await asyncio.gather(*requests)
    assert sorted(status for status, _ in answers) == [200] * (FRAMES_AT_ONCE + FRAMES_WAITING) + [503]
    assert max(library.decoding) == FRAMES_AT_ONCE
