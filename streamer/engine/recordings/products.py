"""The products of the steps to a finished recording. Each product lists its files."""

from __future__ import annotations

from dataclasses import dataclass

from streamer.core.export.files import RecordingFile
from streamer.core.export.made import Made
from streamer.core.footage.sequence import Part
from streamer.core.jobs.specs import JobSpec
from streamer.core.recording.quality import Quality
from streamer.core.recording.recording import Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Early:
    """A playlist of the available segments, used until the last segment arrives."""

    playlist: RecordingFile

    @property
    def paths(self) -> frozenset[str]:
        return frozenset({self.playlist.path})


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An export that can run: a job for each part, and the folder and stem of the resulting files."""

    fingerprint: str
    parts: tuple[Part, ...]
    faults: tuple[Gap, ...]
    specs: tuple[JobSpec, ...]
    folder: str
    stem: str
    playlist: RecordingFile

    @property
    def targets(self) -> tuple[str, ...]:
        """The paths of the future video files: one, or numbered ones."""
        if len(self.parts) == 1:
            return (f"{self.folder}/{self.stem}.mp4",)
        return tuple(f"{self.folder}/{self.stem}_part{number}.mp4" for number in range(1, len(self.parts) + 1))

    @property
    def paths(self) -> frozenset[str]:
        return frozenset({self.playlist.path})


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of an export: its verified video files, and the other files beside them.

    ``faults`` are the gaps that could not be read.
    """

    fingerprint: str
    made: tuple[Made, ...]
    faults: tuple[Gap, ...]
    beside: tuple[RecordingFile, ...]
    folder: str
    stem: str

    @property
    def files(self) -> tuple[RecordingFile, ...]:
        return (*(m.file for m in self.made), *self.beside)

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(f.path for f in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The written report of a result; ``analysed`` if it includes the analysis."""

    fingerprint: str
    file: RecordingFile
    analysed: bool = False

    @property
    def paths(self) -> frozenset[str]:
        return frozenset({self.file.path})


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The results of the analysis of a recording's files."""

    fingerprint: str
    quality: tuple[Quality, ...]

    @property
    def paths(self) -> frozenset[str]:
        return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Playable:
    """The versions of a recording's files that browsers play; none if they play the files themselves."""

    fingerprint: str
    files: tuple[RecordingFile, ...]

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(file.path for file in self.files)


Product = Early | Prepared | Result | Report | Findings | Playable
