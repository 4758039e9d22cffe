from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from streamer.core.base.errors import SourceError
from streamer.media.capture.sources import (
    describe,
    is_exclusive,
    is_listening,
    is_multicast,
    is_raw,
    is_segmented,
    open_source,
    validate,
    why_single,
)
from streamer.media.ffmpeg.oneshot import run_once


def test_only_raw_sources_are_encoded() -> None:
    assert is_raw("test:")
    assert is_raw("v4l2:/dev/video0")
    assert not is_raw("udp://239.1.1.1:5000")
    assert open_source("test:?gop=2&rate=25").gop == 50
    assert open_source("v4l2:/dev/video0").raw
    assert not open_source("srt://encoder:9000").raw


@pytest.mark.parametrize(
    ("source", "listen", "key"),
    [
        ("udp://127.0.0.1:5000", False, "UDP port 5000"),
        ("udp://@:5000", False, "UDP port 5000"),
        ("udp://0.0.0.0:5000?fifo_size=7", False, "UDP port 5000"),
        ("udp://10.0.0.1:7000?localport=5000", False, "UDP port 5000"),
        ("rtp://0.0.0.0:5004", False, "UDP port 5004"),
        ("udp://239.1.1.1:5000", False, None),
        ("udp://@[ff15::1]:5000", False, None),
        ("srt://0.0.0.0:5000", True, "UDP port 5000"),
        ("srt://:5000?mode=listener", False, "UDP port 5000"),
        ("srt://encoder:5000", False, None),
        ("rtmp://0.0.0.0/live/key", True, "TCP port 1935"),
        ("rtmp://server/live/key", False, None),
        ("rtsp://camera/1", False, None),
        ("test:", False, None),
        ("http://server/live.ts", False, None),
    ],
)
def test_what_only_one_room_can_have(source: str, listen: bool, key: str | None) -> None:
    assert is_exclusive(source, listen) == key


def test_a_device_is_the_same_by_any_name(tmp_path: Path) -> None:
    (tmp_path / "video0").touch()
    (tmp_path / "by-id").symlink_to(tmp_path / "video0")
    assert is_exclusive(f"v4l2:{tmp_path}/by-id") == is_exclusive(f"v4l2:{tmp_path}/video0")


def test_a_looped_file_can_be_shared(tmp_path: Path) -> None:
    talk = tmp_path / "talk.mp4"
    talk.touch()
    assert is_exclusive(str(talk)) is None
    assert describe(str(talk)) == "file talk.mp4, looped"
    arguments = ("-re", "-stream_loop", "-1", "-protocol_whitelist", "file,crypto,data", "-i", f"file:{talk}")
    assert open_source(str(talk)).arguments == arguments


def test_listening_is_asked_for_in_config_or_url() -> None:
    assert is_listening("srt://:9000?mode=listener")
    assert is_listening("rtmp://0.0.0.0/live/x", listen=True)
    assert not is_listening("srt://encoder:9000?mode=caller")


def test_multicast_is_told_from_unicast() -> None:
    assert is_multicast("udp://@239.0.0.1:1234")
    assert not is_multicast("udp://encoder.example:1234")
    assert not is_multicast("srt://239.0.0.1:1234")


@pytest.mark.parametrize(
    ("source", "listen", "option", "value"),
    [
        ("udp://239.1.1.1:5000", False, "-timeout", "10000000"),
        ("udp://239.1.1.1:5000", False, "-overrun_nonfatal", "1"),
        ("srt://encoder:9000", False, "-timeout", "10000000"),
        ("srt://:9000", True, "-mode", "listener"),
        ("rtmp://0.0.0.0/live/x", True, "-listen", "1"),
        ("rtmp://server/live/x", False, "-rw_timeout", "10000000"),
        ("rtsp://camera/1", False, "-rtsp_transport", "tcp"),
        ("https://server/live.m3u8", False, "-rw_timeout", "10000000"),
        ("tcp://encoder:7000", False, "-timeout", "10000000"),
        ("rist://0.0.0.0:7000", False, "-rw_timeout", "10000000"),
        ("srt://encoder:9000", False, "-analyzeduration", "2500000"),
    ],
)
def test_network_sources_never_wait_for_ever(source: str, listen: bool, option: str, value: str) -> None:
    arguments = open_source(source, listen=listen).arguments
    assert arguments[arguments.index(option) + 1] == value
    assert arguments[-2:] == ("-i", source)


def test_rtp_takes_its_timeout_in_its_address_alone() -> None:
    assert open_source("rtp://0.0.0.0:5004").arguments[-1] == "rtp://0.0.0.0:5004?timeout=10000000"
    assert open_source("rtp://0.0.0.0:5004?ttl=2").arguments[-1] == "rtp://0.0.0.0:5004?ttl=2&timeout=10000000"
    assert open_source("rtp://0.0.0.0:5004?timeout=7").arguments[-1] == "rtp://0.0.0.0:5004?timeout=7"
    assert "-timeout" not in open_source("rtp://0.0.0.0:5004").arguments


@pytest.mark.parametrize(
    ("source", "opens"),
    [
        ("srt://encoder:9000", {"srt"}),
        ("udp://239.1.1.1:5000", {"udp"}),
        ("rtmp://server/live/x", {"rtmp", "tcp"}),
        ("https://server/live.m3u8", {"http", "https", "httpproxy", "tls", "tcp", "crypto", "data"}),
        ("rist://0.0.0.0:7000", {"rist", "ffrtmpcrypt", "ffrtmphttp", "http", "https", "tls", "tcp", "udp"}),
    ],
)
def test_what_ffmpeg_may_open_for_a_source(source: str, opens: set[str]) -> None:
    arguments = open_source(source).arguments
    assert set(arguments[arguments.index("-protocol_whitelist") + 1].split(",")) == opens


async def test_a_playlist_from_a_sender_does_not_make_ffmpeg_read_a_file(ffmpeg: str, tmp_path: Path) -> None:
    """FFmpeg's own limits let a playlist that comes over TCP name files."""
    (tmp_path / "private.ts").write_bytes(bytes(1880))
    lines = ("#EXTM3U", "#EXT-X-TARGETDURATION:2", "#EXTINF:2,", f"file://{tmp_path}/private.ts", "#EXT-X-ENDLIST")

    async def send(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write("\n".join(lines).encode())
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(send, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        opened = open_source(f"tcp://127.0.0.1:{port}/live.m3u8").arguments
        done = await run_once((ffmpeg, "-nostdin", *opened, "-f", "null", "-"), timeout=20)
    assert "Protocol 'file' not on whitelist 'tcp'" in done.errors


def test_options_of_the_room_win() -> None:
    arguments = open_source("rtsp://camera/1", options=[("rtsp_transport", "udp"), ("re", "")]).arguments
    assert arguments.count("-rtsp_transport") == 1
    assert arguments[arguments.index("-rtsp_transport") + 1] == "udp"
    assert "-re" in arguments


def test_a_whole_file_on_a_server_is_played_in_real_time() -> None:
    assert "-re" in open_source("https://server/talk.mp4").arguments
    assert "-re" not in open_source("https://server/live.m3u8").arguments


@pytest.mark.parametrize(
    ("source", "listen", "message"),
    [
        ("", False, "empty"),
        ("/nowhere/talk.mp4", False, "does not exist"),
        ("/", False, "is not a file"),
        ("udp://239.1.1.1", False, "no port"),
        ("srt://encoder", False, "no port"),
        ("srt://:9000", False, "can only listen"),
        ("srt://:9000?mode=caller", True, "contradicts"),
        ("udp://:5000", True, "can't wait"),
        ("test:", True, "can't wait"),
        ("udp://encoder:99999", False, "not a URL"),
        ("v4l2:video0", False, "no device"),
        ("http:///live.ts", False, "no server"),
        ("test:?size=1", False, "not a size"),
    ],
)
def test_what_can_not_work_is_said_at_once(source: str, listen: bool, message: str) -> None:
    with pytest.raises(SourceError, match=message) as raised:
        validate(source, listen)
    assert raised.value.hint


@pytest.mark.parametrize(
    ("source", "segmented"),
    [
        ("https://server/live/index.m3u8?key=1", True),
        ("http://server/live/manifest.MPD", True),
        ("https://server/live.ts", False),
        ("srt://server:9000?streamid=a.m3u8", False),
        ("/a/index.m3u8", False),
        ("", False),
    ],
)
def test_what_comes_in_pieces(source: str, segmented: bool) -> None:
    assert is_segmented(source) is segmented


@pytest.mark.parametrize(
    ("source", "listen", "why"),
    [
        ("udp://239.1.1.1:5000?localaddr=127.0.0.1", False, ""),
        ("rtp://239.1.1.1:5000", False, ""),
        ("srt://encoder:9000?passphrase=0123456789", False, ""),
        ("rtsp://camera/stream", False, ""),
        ("rtmp://server/live/hall", False, ""),
        ("https://server/live/index.m3u8", False, ""),
        ("test:?size=320x180", False, "every test picture is different"),
        ("v4l2:/dev/video0", False, "a device has one reader"),
        ("/a/talk.mp4", False, "each reader plays a file from its beginning"),
        ("https://server/talk.mp4", False, "each reader plays a file from its beginning"),
        ("srt://0.0.0.0:9000", True, "a publisher sends to one listener"),
        ("srt://:9000?mode=listener", False, "a publisher sends to one listener"),
        ("rtmp://0.0.0.0:1935/live", True, "a publisher sends to one listener"),
        ("udp://0.0.0.0:5000", False, "a port has one receiver"),
        ("rtp://0.0.0.0:5000", False, "a port has one receiver"),
        ("gopher://server/1", False, "it is not known whether two can read gopher://"),
    ],
)
def test_two_captures_need_a_source_that_two_can_read(source: str, listen: bool, why: str) -> None:
    assert why_single(source, listen) == why


def test_a_second_reader_that_can_not_be_is_refused_with_what_to_do() -> None:
    validate("udp://239.1.1.1:5000", readers=2)
    validate("udp://0.0.0.0:5000", readers=1)
    with pytest.raises(SourceError, match="redundancy = 2 is not possible here") as raised:
        validate("udp://0.0.0.0:5000", readers=2)
    assert "leave redundancy out" in raised.value.hint


@pytest.mark.parametrize("key", ["i", "-f", "f\nx", "", "a b", "é"])
def test_an_option_can_not_smuggle_in_another_input(key: str) -> None:
    with pytest.raises(SourceError, match="not an FFmpeg input option"):
        validate("test:", options=[(key, "x")])


@pytest.mark.parametrize(
    ("source", "listen", "told"),
    [
        ("test:", False, "test picture"),
        ("v4l2:/dev/video0", False, "device /dev/video0"),
        ("srt://0.0.0.0:9000?passphrase=verysecretphrase", True, "SRT publisher on port 9000"),
        ("udp://@239.1.1.1:5000", False, "UDP multicast 239.1.1.1:5000"),
        ("udp://0.0.0.0:5000", False, "UDP to port 5000"),
        ("rtmp://0.0.0.0/live/secretkey", True, "RTMP publisher on port 1935"),
    ],
)
def test_people_read_what_it_is(source: str, listen: bool, told: str) -> None:
    assert describe(source, listen) == told


@pytest.mark.parametrize(
    "source",
    [
        "srt://encoder:9000?passphrase=hunter2hunter2",
        "rtsp://admin:hunter2hunter2@camera/1",
        "rtmp://server/live/hunter2hunter2",
        "srt://encoder?passphrase=hunter2hunter2",
    ],
)
def test_no_secret_is_ever_told(source: str) -> None:
    assert "hunter2" not in describe(source)


def test_no_secret_is_told_in_an_error() -> None:
    with pytest.raises(SourceError) as raised:
        validate("srt://encoder?passphrase=hunter2hunter2")
    assert "hunter2" not in str(raised.value)
