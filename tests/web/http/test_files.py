from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.web.running_server import RunningServer

from streamer.core.channel.channel import FilePrefix
from streamer.web.http.files import Slice, Unsatisfiable, has_tag, parse_range


@pytest.mark.parametrize(
    ("header", "start", "count"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, 100),
        ("bytes=10-19", 10, 10),
        ("bytes=90-500", 90, 10),
        ("bytes=-5", 95, 5),
        ("bytes=-500", 0, 100),
        ("BYTES= 1 - 2", 1, 2),
    ],
)
def test_a_range_is_read(header: str, start: int, count: int) -> None:
    assert parse_range(header, 100) == Slice(start=start, count=count)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=0-1,5-6",
        "lines=0-1",
        "bytes=a-b",
        "bytes=1-" + "9" * 40,
    ],
)
def test_what_is_no_single_range_is_ignored(header: str | None) -> None:
    assert parse_range(header, 100) is None


@pytest.mark.parametrize(
    ("header", "length"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=0-", 0), ("bytes=-1", 0)]
)
def test_a_range_outside_is_refused(header: str, length: int) -> None:
    with pytest.raises(Unsatisfiable):
        parse_range(header, length)


@given(st.from_regex(r"bytes=\d{0,4}-\d{0,4}", fullmatch=True), st.integers(0, 3000))
def test_a_range_never_reaches_beyond_the_end(header: str, length: int) -> None:
    try:
        part = parse_range(header, length)
    except Unsatisfiable:
        return
    if part is not None:
        assert part.start >= 0
        assert part.count >= 1
        assert part.start + part.count <= length


def test_tags_are_compared_weakly() -> None:
    assert has_tag('"a", W/"b"', '"b"')
    assert has_tag("*", '"b"')
    assert not has_tag('"a"', '"b"')
    assert not has_tag(None, '"b"')


LIVE = "/live/main/720p/7.m4s"


async def test_of_a_growing_file_only_the_published_beginning_is_sent(running: RunningServer, tmp_path: Path) -> None:
    path = tmp_path / "7.m4s"
    path.write_bytes(b"published" + b"secret" * 100_000)
    running.service.delivery.media["main", "720p", 7] = FilePrefix(path=str(path), start=0, duration=2, bytes=9)
    for headers, status, body in (
        ({}, 200, b"published"),
        ({"Range": "bytes=0-"}, 206, b"published"),
        ({"Range": "bytes=4-400000"}, 206, b"ished"),
        ({"Range": "bytes=-400000"}, 206, b"published"),
        ({"Range": "bytes=2-3"}, 206, b"bl"),
        ({"Range": "bytes=0-1,9-20"}, 200, b"published"),
    ):
        async with running.client.get(running.url + LIVE, headers=headers) as answer:
            assert (answer.status, await answer.read()) == (status, body), headers
            assert answer.headers["Content-Length"] == str(len(body))
    async with running.client.get(running.url + LIVE, headers={"Range": "bytes=9-"}) as answer:
        assert answer.status == 416
        assert answer.headers["Content-Range"] == "bytes */9"
        assert b"secret" not in await answer.read()
    async with running.client.head(running.url + LIVE) as answer:
        assert (answer.status, answer.headers["Content-Length"], await answer.read()) == (200, "9", b"")


async def test_a_segment_that_still_grows_is_found_under_its_growing_name(
    running: RunningServer, tmp_path: Path
) -> None:
    (tmp_path / "7.m4s.tmp").write_bytes(b"gro")
    running.service.delivery.media["main", "720p", 7] = FilePrefix(
        path=str(tmp_path / "7.m4s"), start=0, duration=2, bytes=3
    )
    async with running.client.get(running.url + LIVE) as answer:
        assert (answer.status, await answer.read()) == (200, b"gro")
    (tmp_path / "7.m4s.tmp").rename(tmp_path / "7.m4s")
    async with running.client.get(running.url + LIVE) as answer:
        assert (answer.status, await answer.read()) == (200, b"gro")


async def test_what_is_gone_or_too_short_or_no_file_is_not_found(running: RunningServer, tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(b"12")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("gone", "short", "folder", "pipe"):
        running.service.delivery.media["main", "720p", 7] = FilePrefix(
            path=str(tmp_path / name), start=0, duration=2, bytes=3
        )
        async with running.client.get(running.url + LIVE) as answer:
            assert answer.status == 404, name
            assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_a_large_file_arrives_whole(running: RunningServer) -> None:
    content = os.urandom(3_000_000)
    running.service.library.record("s1", "s1.mp4", content)
    url = f"{running.url}/api/v1/recordings/s1/s1.mp4"
    async with running.client.get(url, headers=running.bearer()) as answer:
        assert await answer.read() == content
    async with running.client.get(url, headers={**running.bearer(), "Range": "bytes=1000000-2000000"}) as answer:
        assert await answer.read() == content[1_000_000:2_000_001]
        assert answer.headers["Content-Range"] == "bytes 1000000-2000000/3000000"
