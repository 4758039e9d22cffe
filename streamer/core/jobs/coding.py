"""What is done with each track of a source: one rule for captures, checks, alarms and reports.

Segments are MPEG-TS and recordings are MP4, so a track is copied if both can carry it. Other tracks are encoded by the
capture. What is copied may still be unknown to browsers: then a recording gets another version that plays there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from streamer.core.jobs.source_tracks import SourceTracks

_CARRIED_PICTURES = frozenset({"h264", "hevc", "mpeg1video", "mpeg2video"})
_CARRIED_SOUNDS = frozenset({"aac", "mp2", "mp3", "ac3", "eac3", "opus"})
_PLAYED_PICTURES = frozenset({"h264"})
_PLAYED_SOUNDS = frozenset({"aac", "mp3", "opus"})
_SPOKEN = {
    "aac_latm": "AAC in LATM",
    "ac3": "AC-3",
    "adpcm_g722": "G.722",
    "adpcm_g726": "G.726",
    "eac3": "E-AC-3",
    "flac": "FLAC",
    "hevc": "HEVC",
    "mjpeg": "Motion JPEG",
    "mp2": "MPEG audio layer II",
    "mpeg1video": "MPEG-1",
    "mpeg2video": "MPEG-2",
    "pcm_alaw": "G.711 A-law",
    "pcm_mulaw": "G.711 µ-law",
    "vp8": "VP8",
    "vp9": "VP9",
    "av1": "AV1",
}
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


class Means(StrEnum):
    """What a capture does with a track."""

    COPY = "copy"
    ENCODE = "encode"
    DRAW = "draw"  # a card in the place of a picture that the source does not have
    LEAVE = "leave"  # it can't be captured


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """What a capture does with the picture, and with each sound of its source in order.

    Without ``sounds`` it copies all of them, however many there are. ``unpacks``: the picture is H.264, stored as in
    MP4, and is converted before it goes to the tap.
    """

    picture: Means = Means.COPY
    sounds: tuple[Means, ...] = ()
    unpacks: bool = False


COPIED = Coding()


def coding_of(tracks: SourceTracks) -> Coding:
    """What a capture has to do with the tracks of a source. A source that is raw is encoded anyway."""
    if tracks.is_raw:
        return COPIED
    picture, sounds = _picture(tracks), tuple(_sounds(tracks))
    if {picture, *sounds} == {Means.COPY} and not _is_odd(tracks):
        return COPIED
    unpacks = picture is Means.COPY and tracks.is_packed and not _is_odd(tracks)
    return Coding(picture=picture, sounds=sounds, unpacks=unpacks)


def _is_odd(tracks: SourceTracks) -> bool:
    """Whether a picture is stored as in MP4 and is not H.264, which a capture expects in that form."""
    return tracks.is_packed and tracks.picture is not None and tracks.picture.codec != "h264"


def _picture(tracks: SourceTracks) -> Means:
    if tracks.picture is None:
        return Means.DRAW if any(s.is_usable for s in tracks.sounds) else Means.COPY
    return Means.COPY if tracks.picture.codec in _CARRIED_PICTURES else Means.ENCODE


def _sounds(tracks: SourceTracks) -> Iterator[Means]:
    """The first sound is waited for if it was announced and did not come; the others must not hold it up."""
    for number, sound in enumerate(tracks.sounds):
        if sound.elsewhere or (number > 0 and not sound.is_usable):
            yield Means.LEAVE
        else:
            yield Means.COPY if sound.codec in _CARRIED_SOUNDS else Means.ENCODE


def serves(coding: Coding, tracks: SourceTracks) -> bool:
    """Whether a capture with this coding takes all that these tracks have, so that it need not be restarted.

    A track that is encoded without need is no reason, nor is one that was left and comes now.
    """
    needed = coding_of(tracks)
    if coding == COPIED and _is_odd(tracks):
        return False
    if coding == COPIED or needed == COPIED:
        known = (Means.COPY,) * len(tracks.sounds)
        coding = coding if coding.sounds else Coding(picture=coding.picture, sounds=known)
        needed = needed if needed.sounds else Coding(picture=needed.picture, sounds=known)
    if (coding.picture is Means.DRAW) is not (needed.picture is Means.DRAW):
        return False
    if len(needed.sounds) > len(coding.sounds):
        return False
    means = [(coding.picture, needed.picture), *zip(coding.sounds, needed.sounds, strict=False)]
    return all(ours is theirs or ours is not Means.COPY for ours, theirs in means)


def is_carried(codec: str) -> bool:
    """Whether a sound can be copied."""
    return codec in _CARRIED_SOUNDS


def plays_in_browsers(picture: str | None, sound: str | None) -> bool:
    """Whether every browser plays a file with these codecs."""
    return picture in {None, *_PLAYED_PICTURES} and sound in {None, *_PLAYED_SOUNDS}


def unplayed(picture: str | None, sound: str | None, *, playable: bool) -> str:
    """What browsers don't play of a recording, and what is done about it; empty if they play it."""
    if plays_in_browsers(picture, sound):
        return ""
    codecs = [codec for codec in (picture,) if not plays_in_browsers(codec, None)]
    codecs += [codec for codec in (sound,) if not plays_in_browsers(None, codec)]
    names = " and ".join(spoken(codec) for codec in codecs if codec)
    remedy = "a file in H.264 and AAC is made beside it" if playable else "[recording] playable = true adds a file"
    return f"browsers don't play {names} in a recording: {remedy}"


def spoken(codec: str) -> str:
    """A codec's name for people: FFmpeg's, if it says enough."""
    if codec.startswith("pcm_") and codec not in _SPOKEN:
        return "PCM"
    return _SPOKEN.get(codec, codec)


def sound_name(number: int, count: int) -> str:
    """How a sound of a source is called: ``the sound`` if it is the only one, else by its number from 0."""
    if count <= 1:
        return "the sound"
    return f"the {_ORDINALS[number]} sound" if number < len(_ORDINALS) else f"sound {number + 1}"


def remarks(tracks: SourceTracks) -> list[str]:
    """What is not simply copied, and why: a sentence for each track."""
    if tracks.is_raw:
        return []
    needed = coding_of(tracks)
    found = []
    if needed.picture is Means.DRAW:
        found.append("the source sends no picture: a card is recorded and shown with its sound")
    elif needed.picture is Means.ENCODE and tracks.picture is not None:
        codec = spoken(tracks.picture.codec)
        found.append(f"the picture is {codec}, which can't be recorded as it is: the capture encodes it to H.264")
    count = len(tracks.sounds)
    for number, (means, sound) in enumerate(zip(needed.sounds, tracks.sounds, strict=False)):
        name = sound_name(number, count)
        if means is Means.ENCODE:
            found.append(
                f"{name} is {spoken(sound.codec)}, which can't be recorded as it is: the capture encodes it to AAC"
            )
        elif means is Means.LEAVE and not sound.elsewhere:
            found.append(f"{name} ({spoken(sound.codec)}) is announced and does not come: it is not captured")
    return found
