"""The layout of the data folder: relative POSIX paths, computed, never searched.

::

    streamer.db            the store                 control.sock   commands to the running service
    ballast                space that is released when the disk is full
    service.lock           one service a folder      run/keeper.*   the process keeper's socket, lock, log
    run/RUN/               log, progress, process.json of one process
    takes/RUN/             000000.ts … and list.csv of one capture
    live/RUN/              CMAF chunks of one livestream run
    slates/KEY/            rendered holding pictures
    recordings/SESSION/    exports and reports
    channels/ROOM.jsonl    what each room's channel published
    thumbnails/ROOM.jpg    the newest picture of each monitored room
    meters/SESSION.jsonl   what was heard and seen in each session, in steps of ten seconds
    feeds/                 the last good timetable of each source
    rehearsal/             a data folder of its own
"""

from __future__ import annotations

from streamer.core.base.ids import RoomId, RunId, SessionId

DATABASE = "streamer.db"
BALLAST = "ballast"
SERVICE_LOCK = "service.lock"
CONTROL_SOCKET = "control.sock"
KEEPER_SOCKET = "run/keeper.sock"
KEEPER_LOCK = "run/keeper.lock"
KEEPER_LOG = "run/keeper.log"
REHEARSAL = "rehearsal"
FEEDS = "feeds"
SEGMENT_LIST = "list.csv"
METERS = "meters"
THUMBNAILS = "thumbnails"


def run_folder(run: RunId) -> str:
    return f"run/{run}"


def log_file(run: RunId) -> str:
    return f"run/{run}/log"


def progress_file(run: RunId) -> str:
    return f"run/{run}/progress"


def process_file(run: RunId) -> str:
    return f"run/{run}/process.json"


def take_folder(run: RunId) -> str:
    return f"takes/{run}"


def live_folder(run: RunId) -> str:
    return f"live/{run}"


def slate_folder(key: str) -> str:
    return f"slates/{key}"


def recording_folder(session: SessionId) -> str:
    return f"recordings/{session}"


def channel_file(room: RoomId) -> str:
    return f"channels/{room}.jsonl"


def thumbnail_file(room: RoomId) -> str:
    return f"{THUMBNAILS}/{room}.jpg"


def meters_file(session: SessionId) -> str:
    return f"{METERS}/{session}.jsonl"
