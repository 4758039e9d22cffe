"""What stands in the rooms: encoders that send numbered pictures and sound, and things that send nonsense."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from streamer.media.capture.frame_code import draw_code
from streamer.media.ffmpeg.filtergraph import filter_text

RATE = 30
NOISE_EVERY = 0.005
"""Seconds between two packets of noise."""
TRIES_AGAIN = 0.2


def camera(colour: str) -> str:
    """A lavfi graph: numbered frames of one colour, with a beep at every frame whose number is a multiple of 30."""
    picture = [filter_text("color", c=colour, size="320x180", rate=RATE), draw_code(), "format=yuv420p[out0]"]
    sound = filter_text("sine", frequency=330, beep_factor=4, sample_rate=48_000)
    return f"{','.join(picture)};{sound},{filter_text('aformat', channel_layouts='stereo')}[out1]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Multicast:
    """A group that nobody outside of this machine hears: where an encoder sends to, and what a room listens to."""

    address: str
    port: int

    @property
    def target(self) -> str:
        return f"udp://{self.address}:{self.port}?ttl=0&localaddr=127.0.0.1&pkt_size=1316"

    def stage(self, *more: str) -> str:
        """The room as TOML."""
        source = f"udp://{self.address}:{self.port}?localaddr=127.0.0.1"
        return "\n".join(["[[rooms]]", 'id = "stage"', 'name = "Stage"', f'source = "{source}"', *more, ""])


@dataclass(slots=True)
class Encoder:
    """An FFmpeg that sends to ``target`` in real time, from frame 0 each time it is started."""

    ffmpeg: str
    target: str
    colour: str = "0x2050b0"
    format: tuple[str, ...] = ("-f", "mpegts")
    log: Path | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        argv = [
            *(self.ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+warning"),
            *("-re", "-f", "lavfi", "-i", camera(self.colour)),
            *("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", str(RATE), "-b:v", "300k"),
            *("-c:a", "aac", "-b:a", "64k", *self.format, self.target),
        ]
        self._process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    @property
    def lives(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def persist(self) -> None:
        """Send, and where nobody takes it, try again, as encoders do. Ends when it is cancelled."""
        try:
            while True:
                if not self.lives:
                    self.start()
                await asyncio.sleep(TRIES_AGAIN)
        finally:
            self.stop()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@asynccontextmanager
async def sending(encoder: Encoder) -> AsyncIterator[Encoder]:
    """An encoder that keeps trying."""
    task = asyncio.create_task(encoder.persist())
    try:
        yield encoder
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def noise_by_udp(port: int) -> None:
    """Random bytes, until it is cancelled."""
    generator = random.Random(1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        while True:
            with contextlib.suppress(ConnectionRefusedError):  # nobody listens just now
                sender.sendto(generator.randbytes(1316), ("127.0.0.1", port))
            await asyncio.sleep(NOISE_EVERY)


async def noise_by_tcp(port: int) -> None:
    """Random bytes to everybody who connects, until it is cancelled."""
    generator = random.Random(2)

    async def pour(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while not writer.is_closing():
                writer.write(generator.randbytes(1316))
                await writer.drain()
                await asyncio.sleep(NOISE_EVERY)

    server = await asyncio.start_server(pour, "127.0.0.1", port)
    async with server:
        await server.serve_forever()
