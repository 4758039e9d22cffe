"""From a job's spec to FFmpeg's command line."""

from __future__ import annotations

from typing import assert_never

from streamer.core.base.ids import RunId
from streamer.core.jobs.specs import CaptureSettings, ExportSettings, JobSpec, LivestreamSettings
from streamer.media.capture.command import capture_command
from streamer.media.ffmpeg.command import Command
from streamer.media.files.export import export_command
from streamer.media.live.livestream import livestream_command


def command(ffmpeg: str, spec: JobSpec, run: RunId) -> Command:
    """How to start ``spec`` as ``run`` with the FFmpeg at this path. Raises SourceError or MediaError."""
    settings = spec.settings
    match settings:
        case CaptureSettings():
            return capture_command(ffmpeg, settings, run)
        case LivestreamSettings():
            return livestream_command(ffmpeg, settings, run)
        case ExportSettings():
            return export_command(ffmpeg, settings, run)
        case _:
            assert_never(settings)
