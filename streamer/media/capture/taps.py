"""The loopback ports between each room's capture and its livestream.

A port is an argument of a running process, so it must stay the same after a restart of the service. It is stored, and
released only when no process of a former run can be using it.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from pathlib import Path

from streamer.core.base.errors import StoreError
from streamer.core.base.ids import RoomId

_FILE = "run/taps.json"


def allocate(data: Path, rooms: Iterable[RoomId], *, in_use: bool) -> dict[RoomId, int]:
    """A free port for each room, if possible the former one.

    ``in_use`` says that processes of a former run may be alive: then they own the former ports, free or not.
    """
    path = data / _FILE
    known = _read(path)
    ports: dict[RoomId, int] = {}
    for room in rooms:
        former = known.get(room)
        if former is not None and former not in ports.values() and (in_use or _is_free(former)):
            ports[room] = former
    held = [_hold() for room in list(rooms) if room not in ports]
    try:
        fresh = iter([s.getsockname()[1] for s in held])
        ports |= {room: next(fresh) for room in rooms if room not in ports}
    finally:
        for one in held:
            one.close()
    if not ports.items() <= known.items():  # a service must start on a full disk, too
        _write(path, ports)
    return ports


def _read(path: Path) -> dict[str, int]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return {k: v for k, v in content.items() if isinstance(v, int)} if isinstance(content, dict) else {}


def _write(path: Path, ports: dict[RoomId, int]) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        scratch = path.with_suffix(".new")
        scratch.write_text(json.dumps(ports))
        scratch.replace(path)
    except OSError as error:
        raise StoreError(f"can't be written: {error.strerror}", where=str(path)) from error


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _hold() -> socket.socket:
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    return holder
