from __future__ import annotations

from pathlib import Path

import pytest
from support.web.running_server import RunningServer

from streamer.core.channel.channel import FilePrefix


@pytest.fixture
def published(running: RunningServer, tmp_path: Path) -> RunningServer:
    (tmp_path / "init").write_bytes(b"ftypmoov")
    (tmp_path / "live").write_bytes(b"moofmdat")
    running.service.delivery.inits["main", "720p", 5] = tmp_path / "init"
    running.service.delivery.inits["main", "audio", 5] = tmp_path / "init"
    running.service.delivery.media["main", "720p", 1] = FilePrefix(path=str(tmp_path / "live"), start=0, duration=2)
    running.service.delivery.media["main", "720p", 2] = FilePrefix(
        path=str(tmp_path / "live"), start=0, duration=2, shift=90
    )
    return running


@pytest.mark.parametrize(
    ("path", "kind", "cached", "body"),
    [
        ("index.m3u8", "application/vnd.apple.mpegurl", "no-cache", b"#EXTM3U"),
        ("720p.m3u8", "application/vnd.apple.mpegurl", "max-age=1", b"#EXTM3U"),
        ("audio.m3u8", "application/vnd.apple.mpegurl", "max-age=1", b"#EXTM3U"),
        ("720p/init-5.mp4", "video/mp4", "public, max-age=60, immutable", b"ftypmoov"),
        ("audio/init-5.mp4", "audio/mp4", "public, max-age=60, immutable", b"ftypmoov"),
        ("720p/1.m4s", "video/mp4", "public, max-age=60, immutable", b"moofmdat"),
        ("720p/2.m4s", "video/mp4", "public, max-age=60, immutable", b"tadmfoom"),
    ],
)
async def test_what_a_player_fetches(published: RunningServer, path: str, kind: str, cached: str, body: bytes) -> None:
    url = f"{published.url}/live/main/{path}"
    async with published.client.get(url, headers={"Origin": "https://players.example"}) as answer:
        assert answer.status == 200
        assert answer.content_type == kind
        assert answer.headers["Cache-Control"] == cached
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "Set-Cookie" not in answer.headers
        content = await answer.read()
        assert content.startswith(body)
    async with published.client.head(url) as head:
        assert (head.status, head.headers["Content-Length"], await head.read()) == (200, str(len(content)), b"")


async def test_a_part_of_a_slate_segment(published: RunningServer) -> None:
    async with published.client.get(f"{published.url}/live/main/720p/2.m4s", headers={"Range": "bytes=2-3"}) as answer:
        assert (answer.status, await answer.read()) == (206, b"dm")
        assert answer.headers["Content-Range"] == "bytes 2-3/8"


@pytest.mark.parametrize(
    "path",
    [
        "nowhere/index.m3u8",
        "main/4k.m3u8",
        "main/720p/3.m4s",
        "main/720p/init-6.mp4",
        "side/720p/1.m4s",
        "main/720p/-1.m4s",
        "main/720p/1.m4s.tmp",
        "main/720p/99999999999999999999.m4s",
        "main/720p/..%2F..%2Finit",
        "main/..%2F720p/1.m4s",
        "main/720p/%2e%2e/1.m4s",
        "..%2f..%2fetc%2fpasswd",
        "main/720p/1.m4s%00",
        "main/720p/1.m4s/",
    ],
)
async def test_what_is_not_published_has_no_address(published: RunningServer, path: str) -> None:
    async with published.client.get(f"{published.url}/live/{path}") as answer:
        assert answer.status == 404
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_a_withdrawn_segment_is_gone_at_once(published: RunningServer) -> None:
    url = f"{published.url}/live/main/720p/1.m4s"
    async with published.client.get(url) as answer:
        assert answer.status == 200
    del published.service.delivery.media["main", "720p", 1]
    async with published.client.get(url) as answer:
        assert answer.status == 404


async def test_players_elsewhere_may_ask_for_parts(running: RunningServer) -> None:
    asked = {
        "Origin": "https://players.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "range",
    }
    async with running.client.options(f"{running.url}/live/main/720p/1.m4s", headers=asked) as answer:
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Range" in answer.headers["Access-Control-Allow-Headers"]


async def test_nobody_may_change_the_channel(running: RunningServer) -> None:
    async with running.client.post(f"{running.url}/live/main/index.m3u8") as answer:
        assert answer.status == 405
