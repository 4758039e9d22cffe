"""The tracks that a source sent and that a recording's files do not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from streamer.core.base.ids import RunId
from streamer.core.export.made import Made
from streamer.core.footage.takes import Take
from streamer.core.jobs.coding import is_carried, remarks, sound_name, spoken, unplayed
from streamer.core.jobs.source_facts import SourceFacts


def lacking(made: Sequence[Made], takes: Mapping[RunId, Take]) -> tuple[str, ...]:
    """The missing tracks, in words, each once.

    A sound counts if it arrived, or if the capture could not take it. One that was only announced does not.
    """
    found = [name for one in made for facts in _facts(one, takes) for name in _sent(facts)[one.facts.sounds :]]
    return tuple(dict.fromkeys(found))


def _sent(facts: SourceFacts) -> list[str]:
    """The names of the sounds that a source sent."""
    arrived = facts.sounds or 0
    if facts.tracks is None or facts.tracks.is_raw:
        return [sound_name(number, arrived) for number in range(arrived)]
    sounds = [sound for sound in facts.tracks.sounds if not sound.elsewhere]
    return [
        f"{sound_name(number, len(sounds))} ({spoken(sound.codec)})"
        for number, sound in enumerate(sounds)
        if number < arrived or (sound.is_usable and not is_carried(sound.codec))
    ]


def notes(made: Sequence[Made], takes: Mapping[RunId, Take], *, playable: bool) -> list[str]:
    """What a report says about the tracks of the sources: what was encoded, and what browsers can't play."""
    found = [note for one in made for facts in _facts(one, takes) for note in _said(facts, playable=playable)]
    return list(dict.fromkeys(found))


def _said(facts: SourceFacts, *, playable: bool) -> Iterator[str]:
    if facts.tracks is not None:
        yield from remarks(facts.tracks)
    if sentence := unplayed(facts.video, facts.audio, playable=playable):
        yield sentence


def _facts(one: Made, takes: Mapping[RunId, Take]) -> list[SourceFacts]:
    used = dict.fromkeys(placed.clip.take for placed in one.part.clips)
    found = (takes.get(id) for id in used)
    return [take.facts for take in found if take is not None and take.facts is not None]
