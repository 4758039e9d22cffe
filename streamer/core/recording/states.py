"""The states of a recording, and the table of their transitions.

``advance(recording, event)`` makes one step. Nothing else changes a recording's state. A recording is made from kept
segments, so it can leave every state: a session that is moved, extended or given back its consent continues from the
recording's present state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from streamer.core.base.errors import InvalidTransition
from streamer.core.export.files import RecordingFile

if TYPE_CHECKING:
    from streamer.core.recording.recording import Gap, Recording


class RecordingState(StrEnum):
    OFF = "off"
    PENDING = "pending"
    CAPTURING = "capturing"
    FINALISING = "finalising"
    READY = "ready"
    PARTIAL = "partial"
    FAILED = "failed"
    ERASED = "erased"


MEANINGS = {
    RecordingState.OFF: "consent was withdrawn before anything was kept",
    RecordingState.PENDING: "the session lies ahead, or it runs without a kept segment",
    RecordingState.CAPTURING: "the session runs, and its segments are kept",
    RecordingState.FINALISING: "the session has ended; its files are being made, or wait for room on the disk",
    RecordingState.READY: "its files are verified and complete",
    RecordingState.PARTIAL: "its files are verified; the report lists what is missing, and why",
    RecordingState.FAILED: "no file could be made of the present window; captured media is kept",
    RecordingState.ERASED: "consent was withdrawn, and its media is deleted",
}

DELIVERABLE = frozenset({RecordingState.READY, RecordingState.PARTIAL})
"""States in which the files are those of the present window."""
LAST = frozenset({*DELIVERABLE, RecordingState.FAILED})
"""States that a recording keeps until its window, its segments or its consent change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """The session lies ahead (again), or it runs without a kept segment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """The session runs, and its segments are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The session has ended, and its files can be made from the kept segments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchable:
    """A playlist is available before its files are made."""

    playlist: RecordingFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """Its files can't be made yet; ``reason`` says why, and is empty while they are being made."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """Its files are made and verified. ``fingerprint`` identifies their input; ``gaps`` are missing in them, and so are
    the tracks in ``lacks``."""

    fingerprint: str
    files: tuple[RecordingFile, ...]
    gaps: tuple[Gap, ...]
    coverage: float
    reason: str
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """No files can be made from the input of ``fingerprint``. The former files stay if ``empty`` is False."""

    fingerprint: str
    reason: str
    empty: bool = False
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysed:
    """Its files were analysed; ``report`` replaces the former one."""

    report: RecordingFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """Versions of its files that browsers play were made."""

    files: tuple[RecordingFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Damaged:
    """Some of its files are missing or damaged on the disk."""

    files: tuple[RecordingFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn:
    """The session may not be recorded, or no longer."""


Event = (
    Awaited
    | Captured
    | Ended
    | Watchable
    | Waited
    | Finished
    | Failed
    | Analysed
    | Converted
    | Damaged
    | ConsentWithdrawn
)


def advance(recording: Recording, event: Event) -> Recording:
    """One transition. Raises :class:`InvalidTransition`, with the recording's story, for a pair that is
    not in the table."""
    row = TABLE.get((recording.state, type(event)))
    if row is None:
        raise InvalidTransition(
            f"a recording that is {recording.state} can't take {type(event).__name__}",
            where=f"session {recording.session}",
            hint="it came here by: " + " → ".join((*recording.story, recording.state)),
        )
    changed = row[1](recording, event)
    if changed.state is not recording.state:
        changed = replace(changed, story=(*recording.story[-9:], str(recording.state)))
    return changed


_Step = Callable[["Recording", Event], "Recording"]


def _awaited(recording: Recording, event: Event) -> Recording:
    return replace(recording, state=RecordingState.PENDING)


def _captured(recording: Recording, event: Event) -> Recording:
    return replace(recording, state=RecordingState.CAPTURING, reason="")


def _ended(recording: Recording, event: Event) -> Recording:
    return replace(recording, state=RecordingState.FINALISING)


def _watchable(recording: Recording, event: Event) -> Recording:
    assert isinstance(event, Watchable)
    return replace(recording, files=(event.playlist,))


def _waited(recording: Recording, event: Event) -> Recording:
    assert isinstance(event, Waited)
    return replace(recording, reason=event.reason)


def _finished(recording: Recording, event: Event) -> Recording:
    assert isinstance(event, Finished)
    return replace(
        recording,
        state=RecordingState.PARTIAL if event.gaps or event.lacks else RecordingState.READY,
        version=recording.version + 1,
        exported=event.fingerprint,
        coverage=event.coverage,
        gaps=event.gaps,
        files=event.files,
        reason=event.reason,
        analysed=False,
    )


def _failed(recording: Recording, event: Event) -> Recording:
    assert isinstance(event, Failed)
    failed = replace(recording, state=RecordingState.FAILED, exported=event.fingerprint, reason=event.reason)
    return replace(failed, files=(), gaps=event.gaps) if event.empty else failed


def _analysed(recording: Recording, event: Event) -> Recording:
    assert isinstance(event, Analysed)
    report = event.report
    files = tuple(report if file.kind == report.kind else file for file in recording.files)
    return replace(recording, files=files, analysed=True)


def _converted(recording: Recording, event: Event) -> Recording:
    assert isinstance(event, Converted)
    return replace(recording, files=(*recording.files, *event.files))


def _damaged(recording: Recording, event: Event) -> Recording:
    assert isinstance(event, Damaged)
    left = tuple(file for file in recording.files if file not in event.files)
    return replace(recording, state=RecordingState.FINALISING, exported="", files=left)


def _withdrawn(recording: Recording, event: Event) -> Recording:
    is_untouched = recording.state is RecordingState.PENDING and not recording.files
    return replace(
        recording,
        state=RecordingState.OFF if is_untouched else RecordingState.ERASED,
        files=(),
        gaps=(),
        coverage=0.0,
        exported="",
        reason="" if is_untouched else "consent was withdrawn",
    )


def _nothing(recording: Recording, event: Event) -> Recording:
    return recording


_S = RecordingState
TABLE: dict[tuple[RecordingState, type[Event]], tuple[str, _Step]] = {
    **{(state, Awaited): ("pending", _awaited) for state in _S},
    **{(state, Captured): ("capturing", _captured) for state in _S},
    **{(state, Ended): ("finalising", _ended) for state in _S},
    (_S.FINALISING, Watchable): ("finalising", _watchable),
    (_S.FINALISING, Waited): ("finalising", _waited),
    (_S.FINALISING, Finished): ("ready or partial", _finished),
    (_S.FINALISING, Failed): ("failed", _failed),
    (_S.READY, Analysed): ("ready", _analysed),
    (_S.PARTIAL, Analysed): ("partial", _analysed),
    (_S.READY, Converted): ("ready", _converted),
    (_S.PARTIAL, Converted): ("partial", _converted),
    **{(state, Damaged): ("finalising", _damaged) for state in _S if state not in (_S.OFF, _S.ERASED)},
    (_S.OFF, ConsentWithdrawn): ("off", _nothing),
    (_S.PENDING, ConsentWithdrawn): ("off or erased", _withdrawn),
    **{(state, ConsentWithdrawn): ("erased", _withdrawn) for state in (_S.CAPTURING, _S.FINALISING, *sorted(LAST))},
    (_S.ERASED, ConsentWithdrawn): ("erased", _nothing),
}
"""(state, event) → (next state in words, step). The diagram in docs/ is generated from this."""


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> pending"]
    for (state, event), (target, _) in TABLE.items():
        lines += [f"    {state} --> {one}: {event.__name__}" for one in target.split(" or ") if one != state]
    return "\n".join(lines) + "\n"
