"""How a process ended, with the reason from its log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from streamer.core.base.ids import RunId
from streamer.core.base.layout import log_file
from streamer.core.jobs.processes import ProcessExit
from streamer.core.jobs.specs import JobKind
from streamer.media.ffmpeg import logs
from streamer.media.ffmpeg.explain import explain


def exit_of(
    data: Path, run: RunId, status: int | None, at: float, *, kind: JobKind, argv: Sequence[str], stopped: bool = False
) -> ProcessExit:
    """``status`` is the exit status, None if it is unknown; ``stopped`` says that the end was asked for."""
    verdict = explain(logs.telling(data / log_file(run)), status, kind=kind, argv=argv, stopped=stopped)
    return ProcessExit(
        run=run,
        status=status,
        at=at,
        error=verdict.sentence,
        permanent=verdict.permanent,
        cause=verdict.cause,
    )
