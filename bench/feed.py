"""Made-up sources that number their frames, and what a receiver of them lost."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bench.ffmpegs import QUIET
from bench.figures import BenchError
from streamer.media.capture.frame_code import read_codes
from streamer.media.capture.sources import open_source

RATE = 30
CARD = f"test:?size=320x180&rate={RATE}&gop=1&code=1"
GROUP = "239.255.77.8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Frames that no file has: between one and the next, and inside of them."""

    seams: int
    inside: int


def multicast() -> str:
    """A feed on loopback that several can listen to."""
    return f"udp://{GROUP}:{free_port()}?localaddr=127.0.0.1"


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def sender(ffmpeg: str, target: str) -> tuple[str, ...]:
    """The command of a camera's encoder: a keyframe a second, sent as MPEG-TS to a UDP ``target`` with a query."""
    encoded = ("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", str(RATE), "-c:a", "aac")
    source = open_source(CARD, room="sender").arguments
    return (ffmpeg, *QUIET, *source, *encoded, "-f", "mpegts", f"{target}&ttl=0&pkt_size=1316")


def counted(files: Iterable[Path]) -> Loss:
    return lost([read_codes(file) for file in files])


def lost(files: Sequence[Sequence[int]]) -> Loss:
    """From the frames' numbers in files that follow each other. Raises BenchError where a number can't be read."""
    if any(not codes or -1 in codes for codes in files):
        raise BenchError("a frame's number can't be read")
    return Loss(
        seams=sum(max(0, min(after) - max(before) - 1) for before, after in pairwise(files)),
        inside=sum(max(codes) - min(codes) + 1 - len(set(codes)) for codes in files),
    )
