"""What people are told when FFmpeg ends: tried on what the real FFmpeg says."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from streamer.core.jobs.processes import ExitCause
from streamer.core.jobs.specs import JobKind
from streamer.media.ffmpeg.explain import Verdict, explain
from streamer.media.ffmpeg.logs import Line, parse, telling

_CAPTURE = JobKind.CAPTURE


@dataclass(frozen=True)
class Runner:
    """Runs FFmpeg as a job would, with its log in a file, and explains its end."""

    ffmpeg: str
    folder: Path

    async def __call__(self, *arguments: str, kind: JobKind = _CAPTURE) -> Verdict:
        argv = (self.ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+warning", *arguments)
        with (self.folder / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(*argv, stdout=log, stderr=log, cwd=self.folder)
            try:
                status = await asyncio.wait_for(process.wait(), 20)
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        return explain(telling(self.folder / "log"), status, kind=kind, argv=argv)


@pytest.fixture
def run(ffmpeg: str, tmp_path: Path) -> Runner:
    return Runner(ffmpeg=ffmpeg, folder=tmp_path)


@contextmanager
def silent_server() -> Iterator[int]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


@pytest.fixture
async def http(request: pytest.FixtureRequest) -> AsyncIterator[int]:
    """A web server that answers everything with one status."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {request.param} Whatever\r\nContent-Length: 0\r\n\r\n".encode())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_server_that_is_not_there(run: Runner, free_port: int) -> None:
    verdict = await run("-i", f"tcp://127.0.0.1:{free_port}?token=hidden", "-f", "null", "-")

    assert verdict.cause is ExitCause.REFUSED
    assert verdict.sentence.startswith(f"tcp://127.0.0.1:{free_port} refused the connection")
    assert "hidden" not in verdict.sentence
    assert not verdict.permanent


async def test_an_srt_peer_that_is_not_there(run: Runner, free_port: int) -> None:
    url = f"srt://127.0.0.1:{free_port}?passphrase=hunter2hunter2&connect_timeout=300"
    verdict = await run("-i", url, "-f", "null", "-")

    assert verdict.cause is ExitCause.SILENT
    assert f"srt://127.0.0.1:{free_port}:" in verdict.sentence
    assert "hunter2" not in verdict.sentence


async def test_a_multicast_group_or_port_on_which_nothing_comes(run: Runner, free_port: int) -> None:
    verdict = await run("-i", f"udp://127.0.0.1:{free_port}?timeout=200000", "-f", "null", "-")

    assert verdict.cause is ExitCause.SILENT
    assert (
        verdict.sentence
        == f"Nothing came from udp://127.0.0.1:{free_port}: does the encoder send, and to this address?"
    )


async def test_a_peer_that_accepts_and_says_nothing(run: Runner) -> None:
    with silent_server() as port:
        verdict = await run("-rw_timeout", "200000", "-i", f"tcp://127.0.0.1:{port}", "-f", "null", "-")

    assert verdict.cause is ExitCause.SILENT
    assert "did not answer in time" in verdict.sentence


async def test_a_publisher_that_does_not_come(run: Runner, free_port: int) -> None:
    url = f"tcp://127.0.0.1:{free_port}?listen=1&listen_timeout=200"
    verdict = await run("-i", url, "-f", "null", "-")

    assert verdict.cause is ExitCause.SILENT
    assert "publisher" in verdict.sentence


async def test_a_source_that_sends_and_then_falls_silent_is_reported_though_the_status_is_0(
    run: Runner, free_port: int
) -> None:
    made = ("-f", "lavfi", "-i", "testsrc=s=64x36:r=10:d=1", "-c:v", "mpeg2video", "-f", "mpegts", "-y", "sent.ts")
    await run(*made)

    async def send() -> None:
        """Over and over, until the receiver has begun to write."""
        packets = (run.folder / "sent.ts").read_bytes()
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sender:
            while not (run.folder / "received.ts").exists():
                for start in range(0, len(packets), 1316):
                    sender.sendto(packets[start : start + 1316], ("127.0.0.1", free_port))
                    await asyncio.sleep(0.005)

    url = f"udp://127.0.0.1:{free_port}?timeout=500000"
    received = ("-analyzeduration", "100000", "-i", url, "-c", "copy", "-f", "mpegts", "received.ts")
    verdict, _ = await asyncio.gather(run(*received), send())

    assert verdict.cause is ExitCause.SILENT
    assert verdict.sentence.startswith(f"udp://127.0.0.1:{free_port} stopped sending")


async def test_the_livestream_is_told_that_its_capture_left(run: Runner, free_port: int) -> None:
    url = f"tcp://127.0.0.1:{free_port}?listen=1&listen_timeout=100"
    verdict = await run("-i", url, "-f", "null", "-", kind=JobKind.LIVESTREAM)

    assert verdict.sentence == "The room's capture stopped sending to it"


@pytest.mark.parametrize(
    "url", ["tcp://127.0.0.1:{}?listen=1", "srt://127.0.0.1:{}?mode=listener", "udp://127.0.0.1:{}?reuse=0"]
)
async def test_a_port_that_another_program_has(run: Runner, url: str, free_port: int) -> None:
    kind = socket.SOCK_STREAM if url.startswith("tcp") else socket.SOCK_DGRAM
    with closing(socket.socket(socket.AF_INET, kind)) as other:
        other.bind(("127.0.0.1", free_port))
        if kind is socket.SOCK_STREAM:
            other.listen()
        verdict = await run("-i", url.format(free_port), "-f", "null", "-")

    assert verdict.cause is ExitCause.PORT
    assert str(free_port) in verdict.sentence


async def test_a_name_that_nobody_knows(run: Runner) -> None:
    verdict = await run("-i", "tcp://no-such-host.invalid:9", "-f", "null", "-")

    assert verdict.cause is ExitCause.NETWORK
    assert "no-such-host.invalid is unknown" in verdict.sentence


@pytest.mark.parametrize(
    ("http", "cause"),
    [(401, ExitCause.CREDENTIALS), (403, ExitCause.CREDENTIALS), (404, ExitCause.MISSING), (503, ExitCause.NETWORK)],
    indirect=["http"],
)
async def test_a_web_server_that_refuses(run: Runner, http: int, cause: ExitCause) -> None:
    verdict = await run("-i", f"http://me:word@127.0.0.1:{http}/secret/x.m3u8", "-f", "null", "-")

    assert verdict.cause is cause
    assert verdict.sentence.startswith(f"http://127.0.0.1:{http} ")


SDP = (
    b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n"
    b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:t\r\n"
)


async def test_a_camera_that_does_not_send_over_the_transport(run: Runner) -> None:
    async def camera(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """An RTSP server (RFC 2326) without any transport."""
        while request := await reader.readuntil(b"\r\n\r\n"):
            method = request.split()[0]
            number = next(line for line in request.split(b"\r\n") if line.lower().startswith(b"cseq"))
            body = SDP if method == b"DESCRIBE" else b""
            status = b"461 Unsupported transport" if method == b"SETUP" else b"200 OK"
            kind = b"Content-Type: application/sdp\r\n" if body else b""
            head = b"RTSP/1.0 %s\r\n%s\r\n%sContent-Length: %d\r\n\r\n" % (status, number, kind, len(body))
            writer.write(head + body)
            if method == b"SETUP":
                break
        writer.close()

    async with await asyncio.start_server(camera, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        verdict = await run("-rtsp_transport", "tcp", "-i", f"rtsp://127.0.0.1:{port}/x", "-f", "null", "-")
    assert verdict.cause is ExitCause.REFUSED
    assert f"rtsp://127.0.0.1:{port} does not send over this transport (461): set rtsp_transport" in verdict.sentence


@pytest.mark.parametrize(("asked", "missing"), [("0:a:0", "no sound"), ("0:v:7", "no picture")])
async def test_a_source_without_what_is_asked_for(run: Runner, asked: str, missing: str) -> None:
    verdict = await run("-f", "lavfi", "-i", "testsrc=d=1", "-map", asked, "-f", "null", "-")
    assert f"The source sends {missing}" in verdict.sentence


def test_what_the_system_forbids_was_not_ended_from_outside() -> None:
    lines = parse(["[in#0 @ 0x1] [error] Error opening input: Operation not permitted"])
    refused = explain(lines, 255, kind=_CAPTURE, argv=("ffmpeg", "-i", "udp://239.0.0.1:5004"))
    assert refused.cause is ExitCause.PERMISSION
    assert refused.sentence.startswith("udp://239.0.0.1:5004 may not be opened")
    assert explain(parse(["[warning] something"]), 255, kind=_CAPTURE).cause is ExitCause.KILLED


def test_a_refused_publisher_is_not_why_a_listener_ends() -> None:
    lines = parse(["11:06:55.5/SRT:RcvQ:w1!W:SRT.cn: processConnectRequest: rsp(REJECT): 1010 - Incorrect passphrase"])
    listener, caller = ("ffmpeg", "-mode", "listener", "-i", "srt://:9000"), ("ffmpeg", "-i", "srt://127.0.0.1:9000")
    assert explain(lines, 0, kind=_CAPTURE, argv=listener).sentence == "The publisher of srt://:9000 left"
    assert explain(lines, 251, kind=_CAPTURE, argv=caller).cause is ExitCause.CREDENTIALS


async def test_garbage_a_missing_file_and_an_unfinished_one(run: Runner, ffmpeg: str) -> None:
    (run.folder / "garbage.ts").write_bytes(bytes(range(7, 251, 3)) * 500)
    garbage = await run("-i", "garbage.ts", "-f", "null", "-")
    absent = await run("-i", "absent.ts", "-f", "null", "-")
    export = await run("-i", "absent.ts", "-f", "null", "-", kind=JobKind.EXPORT)

    assert (garbage.cause, garbage.permanent) == (ExitCause.GARBAGE, False)
    assert garbage.sentence.startswith("garbage.ts is not a media")
    assert (absent.cause, absent.permanent) == (ExitCause.MISSING, False)
    assert absent.sentence.startswith("absent.ts does not exist")
    assert export.permanent  # what was recorded does not come back


async def test_keyframes_further_apart_than_the_source_is_analysed(run: Runner) -> None:
    made = ("-f", "lavfi", "-i", "testsrc=s=64x36:r=25:d=8", "-c:v", "libx264", "-preset", "ultrafast", "-g", "250")
    await run(*made, "-sc_threshold", "0", "-f", "mpegts", "-y", "long.ts")
    whole = (run.folder / "long.ts").read_bytes()
    (run.folder / "joined.ts").write_bytes(whole[188 * 40 : 188 * 120])

    copy = ("-map", "0:v", "-c", "copy", "-f", "segment", "o%d.ts")
    verdict = await run("-analyzeduration", "300000", "-i", "joined.ts", *copy)

    assert verdict.cause is ExitCause.UNDECODED
    assert not verdict.permanent
    assert "keyframes" in verdict.sentence


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("-f", "lavfi", "-i", "testsrc", "-c:v", "nosuch", "-f", "null", "-"), "encoder nosuch"),
        (("-f", "nosuch", "-i", "x", "-f", "null", "-"), "format nosuch"),
        (("-f", "lavfi", "-i", "testsrc", "-f", "nosuch", "-"), "format nosuch"),
        (("-f", "lavfi", "-i", "testsrc", "-vf", "nosuch", "-f", "null", "-"), "filter nosuch"),
        (("-nosuch", "1", "-i", "x", "-f", "null", "-"), "option nosuch"),
        (("-i", "srt://127.0.0.1:9?nosuch=1", "-f", "null", "-"), "option nosuch"),
        (("-i", "nosuch://x", "-f", "null", "-"), "protocol of nosuch://x"),
        (("-i", "srt://127.0.0.1:9?passphrase=short", "-f", "null", "-"), "10 to 79 characters"),
    ],
)
async def test_a_command_that_can_never_work_is_permanent(run: Runner, arguments: Sequence[str], word: str) -> None:
    verdict = await run(*arguments)

    assert verdict.permanent
    assert word in verdict.sentence


async def test_a_full_disk_is_temporary(run: Runner) -> None:
    verdict = await run(
        "-f", "lavfi", "-i", "testsrc=s=64x36:d=1", "-c:v", "mpeg2video", "-f", "mpegts", "-y", "/dev/full"
    )

    assert verdict.cause is ExitCause.DISK
    assert not verdict.permanent


async def test_a_source_that_just_ends(run: Runner) -> None:
    source = ("-f", "lavfi", "-i", "testsrc=s=64x36:d=0.2", "-f", "null", "-")

    assert (await run(*source)).cause is ExitCause.ENDED
    assert await run(*source, kind=JobKind.EXPORT) == Verdict()


def test_what_was_asked_to_end_needs_no_reason_unless_it_had_to_be_killed() -> None:
    lines = parse(["[error] Error opening input files: Connection refused"])

    assert explain(lines, 255, kind=_CAPTURE, stopped=True) == Verdict()
    assert explain([], None, kind=_CAPTURE, stopped=True) == Verdict()
    assert explain([], -9, kind=_CAPTURE, stopped=True).cause is ExitCause.KILLED


def test_who_killed_it() -> None:
    assert "SIGKILL" in explain([], -9, kind=_CAPTURE).sentence
    assert "crashed (SIGSEGV)" in explain([], -11, kind=_CAPTURE).sentence
    assert "from outside" in explain([], 255, kind=_CAPTURE).sentence


def test_where_the_log_says_nothing_the_status_may() -> None:
    refused = explain([], 145, kind=_CAPTURE, argv=["ffmpeg", "-i", "tcp://h:9?x=1"])

    assert refused.cause is ExitCause.REFUSED
    assert refused.sentence.startswith("tcp://h:9 refused")
    assert explain([], 1, kind=_CAPTURE).sentence == "FFmpeg ended with status 1 and said nothing"
    assert explain([], None, kind=_CAPTURE).sentence == "It ended while the service was not running"


def test_what_no_rule_knows_is_passed_on_redacted() -> None:
    lines = [Line(speaker="x", text="odd thing with rtmp://h/app/KEY")]

    assert explain(lines, 1, kind=_CAPTURE).sentence == "FFmpeg ended: odd thing with rtmp://h/app/***"


def test_two_srt_sides_with_different_passphrases() -> None:
    lines = parse(
        [
            "10:43:43.5/SRT:RcvQ:w1!W:SRT.cn: @89: processConnectResponse: rejecting per reception of ERROR:BADSECRET",
            "[srt @ 0x55] [error] Connection to srt://10.0.0.9:90?passphrase=bbbb failed: Input/output error",
            "[error] Error opening input file srt://10.0.0.9:90?passphrase=bbbb.",
        ]
    )
    verdict = explain(lines, 251, kind=_CAPTURE)

    assert verdict.cause is ExitCause.CREDENTIALS
    assert verdict.sentence == "srt://10.0.0.9:90 uses another SRT passphrase: set the same on both sides"


def test_a_lost_output_of_a_tee_is_named() -> None:
    lines = parse(["[tee @ 0x55] [error] Slave muxer #1 failed: Broken gizmo, continuing with 1/2 slaves."])

    assert "continuing with 1/2" in explain(lines, 1, kind=_CAPTURE).sentence
