"""What the check says of sources that send something else than H.264 and AAC."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

from support.service.commanding import room
from support.service.running import Conference

from streamer.commands.checks import machine, sources
from streamer.commands.checks.finding import Status
from streamer.config import load

SENT = {
    "camera.mkv": "-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p -c:a pcm_alaw -ar 8000",
    "broadcast.ts": "-c:v mpeg2video -g 12 -c:a ac3",
    "opus.mkv": "-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p -c:a libopus",
}


def make_all(ffmpeg: str, folder: Path) -> None:
    inputs = ("-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=2", "-f", "lavfi", "-i", "sine=r=48000:d=2")
    for name, options in SENT.items():
        argv = [ffmpeg, "-nostdin", "-loglevel", "error", *inputs, *options.split(), str(folder / name)]
        subprocess.run(argv, check=True, timeout=30)


async def test_a_source_is_judged_on_what_it_sends(tmp_path: Path, ffmpeg: str, free_port: int) -> None:
    await asyncio.to_thread(make_all, ffmpeg, tmp_path)
    rooms = "".join(room(Path(name).stem, str(tmp_path / name)) for name in SENT)
    conference = Conference(folder=tmp_path, port=free_port, rooms=rooms, talks=[])
    conference.write()
    _, program = await machine.ffmpeg(load(conference.config))
    found = {
        one.room: one.findings async for one in sources.examine(load(conference.config), program, [], 1.0, patience=4.0)
    }
    assert not [f for findings in found.values() for f in findings if f.status is Status.ERROR]
    received, encoded = found["camera"]
    assert "h264 160×96, 25 frames/s, pcm_alaw, " in received.message
    assert encoded.status is Status.WARNING
    assert encoded.message.startswith("the sound is G.711 A-law, which can't be recorded as it is")
    received, unplayed = found["broadcast"]
    assert "mpeg2video 160×96, 25 frames/s, ac3, " in received.message
    assert unplayed.status is Status.OK
    assert unplayed.message.startswith("browsers don't play MPEG-2 and AC-3 in a recording: a file in H.264 and AAC")
    [received] = found["opus"]
    assert ", opus, " in received.message
