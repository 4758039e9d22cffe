"""The conditions of a room's sound and picture, with hysteresis: silent, noise without speech, black, frozen.

A condition says what is so, not whether that is wrong: :mod:`streamer.core.monitor.alarms` knows the timetable.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from streamer.core.monitor.meter import Meter

SILENT = -50.0
"""Momentary loudness (LUFS) below which a room is silent."""
SOUNDS = -48.0
"""Momentary loudness above which it is not; between the two nothing changes."""
NOISY = -45.0
"""Short-term loudness (LUFS) above which there is enough sound to look for speech."""
WORDLESS, SPOKEN = 0.10, 0.15
"""The share of speech below which sound is noise, and the one above which it is not."""
SILENT_AFTER, SOUNDS_AFTER = 3.0, 0.5
NOISE_AFTER, SPEECH_AFTER = 4.0, 1.0
BLACK_AFTER = 2.5
"""Seconds; keyframes are often two seconds apart, and a single black one may be a cut."""
PAUSE = 5.0
"""Seconds without a meter after which nothing is known about the sound: the conditions begin again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """``since`` (Unix s) is when it began, None if it does not hold; ``turning`` when the opposite was first seen."""

    since: float | None = None
    turning: float | None = None

    @property
    def holds(self) -> bool:
        return self.since is not None

    def after(self, seen: bool | None, at: float, begins_after: float = 0.0, ends_after: float = 0.0) -> Condition:
        """The condition after a look at ``at``; ``seen`` None: the look can't tell, so nothing changes.

        A change counts when it has been seen for ``begins_after`` or ``ends_after`` seconds. It then began when it was
        first seen.
        """
        if seen is None or seen is self.holds:
            return replace(self, turning=None)
        turning = at if self.turning is None else self.turning
        if at - turning < (begins_after if seen else ends_after):
            return replace(self, turning=turning)
        return Condition(since=turning if seen else None)


NEVER = Condition()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """A room's conditions. ``at`` is the time of the last meter, ``heard`` when sound was last heard, None if never."""

    at: float
    silent: Condition = NEVER
    noise: Condition = NEVER
    black: Condition = NEVER
    frozen: Condition = NEVER
    heard: float | None = None


def observe(known: Conditions | None, meter: Meter) -> Conditions:
    """The conditions after ``meter``. Those that were known before a long pause are forgotten, except for ``heard``."""
    if known is None or not 0 <= meter.at - known.at <= PAUSE:
        known = Conditions(at=meter.at, heard=None if known is None else known.heard)
    return Conditions(
        at=meter.at,
        silent=known.silent.after(_is_silent(meter), meter.at, SILENT_AFTER, SOUNDS_AFTER),
        noise=known.noise.after(_is_noise(meter), meter.at, NOISE_AFTER, SPEECH_AFTER),
        black=known.black.after(meter.black, meter.at, BLACK_AFTER),
        frozen=known.frozen.after(meter.frozen and not meter.black, meter.at),
        heard=meter.at if meter.momentary > SOUNDS else known.heard,
    )


def _is_silent(meter: Meter) -> bool | None:
    if meter.momentary < SILENT:
        return True
    return False if meter.momentary > SOUNDS else None


def _is_noise(meter: Meter) -> bool | None:
    if meter.short_term <= NOISY or meter.speech >= SPOKEN:
        return False
    return True if meter.speech < WORDLESS else None
