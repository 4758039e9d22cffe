"""Speech is told from tones and noise; the speech here is synthetic: four vowels, spoken in turn."""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Iterable

from streamer.media.monitor.voices import RATE, Voices

SECONDS = 3
VOWELS = ((700, 1200, 2600), (300, 2200, 3000), (500, 900, 2400), (400, 1900, 2550))
"""The formants in Hz."""
SYLLABLES = 4
"""A second."""


def spoken() -> list[float]:
    """Pulses of a voice of about 120 Hz through three resonators a vowel."""
    kept, phase, samples = [[0.0, 0.0] for _ in range(3)], 0.0, []
    for number in range(SECONDS * RATE):
        at = number / RATE
        phase += 120 * (1 + 0.15 * math.sin(5.6 * at) + 0.05 * math.sin(31 * at)) / RATE
        value, phase = (1.0, phase - 1) if phase >= 1 else (0.0, phase)
        for formant, state in zip(VOWELS[int(at * SYLLABLES) % 4], kept, strict=True):
            radius = math.exp(-math.pi * 90 / RATE)
            made = value + 2 * radius * math.cos(2 * math.pi * formant / RATE) * state[0] - radius**2 * state[1]
            state[:] = made, state[0]
            value = made * (1 - radius)
        samples.append(value * max(0.0, math.sin(math.pi * (at * SYLLABLES % 1))))
    highest = max(map(abs, samples))
    return [sample / highest / 2 for sample in samples]


def share(samples: Iterable[float], loudness: float = -20.0) -> float:
    voices, content = Voices(), array("f", samples).tobytes()
    for start in range(0, len(content), 5000):
        voices.feed(content[start : start + 5000], loudness)
    return voices.speech


def test_a_voice_is_speech_and_a_tone_or_noise_is_not() -> None:
    voice, noise = spoken(), random.Random(1)
    assert share(voice) > 0.4
    assert share(0.3 * math.sin(2 * math.pi * 440 * n / RATE) for n in range(SECONDS * RATE)) == 0.0
    assert share(noise.uniform(-0.2, 0.2) for _ in range(SECONDS * RATE)) == 0.0
    assert share(voice, loudness=-51.0) == 0.0, "what is quieter than silence is not looked at"
    assert Voices().speech == 0.0
