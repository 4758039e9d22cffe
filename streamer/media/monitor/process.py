"""The monitor's process: ``python -m streamer.media.monitor.process FFMPEG DATA``, one for all rooms.

A process of its own, so that listening for voices takes no time of the service. It ends when its standard input closes,
so it can't outlive the service; its FFmpegs end when theirs closes.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from streamer.core.base.ids import RoomId
from streamer.core.monitor.meter import Meter
from streamer.core.monitor.watching import Report, Watched
from streamer.media.monitor.room import RoomWatch
from streamer.media.monitor.wire import read_rooms, written

NICE = 5
"""How much captures and encoders come first; its FFmpegs inherit it."""


class Watch:
    """The watched rooms."""

    def __init__(self, ffmpeg: str, data: Path) -> None:
        self._ffmpeg = ffmpeg
        self._data = data
        self._rooms: dict[RoomId, tuple[Watched, asyncio.Task[None]]] = {}

    async def change(self, wanted: dict[RoomId, Watched]) -> None:
        """Watch these rooms, and no others. One that is watched already goes on."""
        left = {room for room, (watched, _) in self._rooms.items() if wanted.get(room) != watched}
        ending = [self._rooms.pop(room)[1] for room in left]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        for room, watched in wanted.items():
            if room not in self._rooms:
                work = RoomWatch(self._ffmpeg, self._data, room, watched, _tell).run()
                self._rooms[room] = watched, asyncio.create_task(work, name=f"room {room}")


def _tell(said: Meter | Report) -> None:
    sys.stdout.buffer.write(written(said))
    sys.stdout.buffer.flush()


async def _main(ffmpeg: str, data: Path) -> None:
    asked = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(asked), sys.stdin)
    watch = Watch(ffmpeg, data)
    try:
        while line := await asked.readline():
            await watch.change(read_rooms(line))
    finally:
        await watch.change({})


if __name__ == "__main__":
    os.nice(NICE)
    asyncio.run(_main(sys.argv[1], Path(sys.argv[2])))
