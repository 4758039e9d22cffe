"""Checks of this machine: FFmpeg, clock synchronisation, network receive buffers, limit of open files."""

from __future__ import annotations

import ctypes
import os
import resource
from pathlib import Path

from streamer.commands.checks.finding import Finding, of_error, warning, wrong
from streamer.commands.checks.programme import Day
from streamer.config import Config
from streamer.core.base.durations import format_size
from streamer.core.base.errors import StreamerError
from streamer.core.jobs.specs import SEGMENT_SECONDS
from streamer.media.ffmpeg.program import FFmpeg, bundled, find, missing

_UDP_BUFFER = 4 << 20
"""Bytes that a capture asks the kernel for; a keyframe comes as one burst."""
_OF_THE_SERVICE = 128
_OF_A_ROOM = 16
_OF_A_VIEWER = 3
_FEW_VIEWERS = 300
_OF_AN_EXPORT = 64

_TIME_ERROR = 5
_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")


async def ffmpeg(config: Config) -> tuple[list[Finding], FFmpeg | None]:
    """None where it can't be used."""
    configured = config.ffmpeg.path
    try:
        found = await find(str(configured) if configured else None)
    except StreamerError as error:
        return [of_error("ffmpeg", error)], None
    origin = "configured" if configured else "bundled" if found.path == bundled() else "from PATH"
    lacking = missing(found)
    if lacking:
        hint = "leave [ffmpeg] path out to use the bundled one" if configured else "run make setup again"
        return [wrong("ffmpeg", f"{found.path} ({found.version}) has no {', '.join(lacking)}", hint)], None
    return [Finding(name="ffmpeg", message=f"{found.version}, {origin}, with all that is needed")], found


# -- clock ---------------------------------------------------------------------------------------------------


class _Timex(ctypes.Structure):
    """The beginning of struct timex (adjtimex(2)); the rest is not read."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("rest", ctypes.c_byte * 512),
    )


def clock() -> Finding:
    """Sessions start by this clock; viewers see their start to a fifth of a second."""
    timex = _Timex()
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        state = -1
    if state in (-1, _TIME_ERROR) and _SYNCHRONISED.exists():
        return Finding(name="clock", message="synchronised by systemd-timesyncd")
    if state == -1:
        hint = "make sure that the host synchronises its clock by NTP"
        return warning("clock", f"its synchronisation can't be read: {os.strerror(ctypes.get_errno())}", hint)
    if state == _TIME_ERROR:
        hint = "start a time service, such as chrony or systemd-timesyncd: sessions begin by this clock"
        return warning("clock", "it is not synchronised", hint)
    return Finding(name="clock", message=f"synchronised, at most {timex.maxerror / 1000:.0f} ms off")


# -- network buffers -----------------------------------------------------------------------------------------


def udp_buffers(config: Config) -> Finding | None:
    """None where no room receives by UDP."""
    if not any((room.source or "").startswith(("udp://", "rtp://")) for room in config.rooms):
        return None
    try:
        largest = int(Path("/proc/sys/net/core/rmem_max").read_text())
    except (OSError, ValueError):
        return warning("udp buffers", "the kernel's limit can't be read", f"it should be {_UDP_BUFFER} or more")
    if largest < _UDP_BUFFER:
        what = f"the kernel gives a receiver {format_size(largest)} at most: bursts at keyframes may get lost"
        return warning("udp buffers", what, f"sysctl -w net.core.rmem_max={_UDP_BUFFER}, and the same in /etc/sysctl.d")
    return Finding(name="udp buffers", message=f"a receiver may have {format_size(largest)}")


# -- open files ----------------------------------------------------------------------------------------------


def open_files(config: Config, day: Day | None) -> Finding:
    """Viewers cost connections; an export opens every segment of its session, up to the hard limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    sessions = day.plan.sessions if day is not None else ()
    longest = max(((s.end - s.start).total_seconds() for s in sessions if s.record), default=0.0)
    needed = round(longest / SEGMENT_SECONDS) + _OF_AN_EXPORT
    if hard != resource.RLIM_INFINITY and hard < needed:
        hint = f"raise it: ulimit -Hn {2 * needed}, or LimitNOFILE= in the service's unit"
        return wrong("open files", f"a process may open {hard}, and the longest recording consists of {needed}", hint)
    if soft == resource.RLIM_INFINITY:
        return Finding(name="open files", message="unlimited")
    viewers = max(0, soft - _OF_THE_SERVICE - _OF_A_ROOM * len(config.rooms)) // _OF_A_VIEWER
    message = f"{soft}, enough for about {viewers} viewers at a time"
    if viewers < _FEW_VIEWERS:
        hint = "where more are expected: ulimit -n 65536, or LimitNOFILE=65536 in the service's unit"
        return warning("open files", message, hint)
    return Finding(name="open files", message=message)
