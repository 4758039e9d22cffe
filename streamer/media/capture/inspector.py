"""The child process that reads media files: ``python -m streamer.media.capture.inspector QUESTION FILE``
prints JSON.

A process of its own, because a broken file may crash the library that reads it. Exits with 1 and a sentence on stderr
if the file can't be read. Reads packets, decodes nothing.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from statistics import fmean, median

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from streamer.core.footage.wall_clock import SMALLEST_GAP

Answer = dict[str, object]

_RATES = [Fraction(r * 1000, 1001) for r in (24, 30, 60)] + [
    Fraction(r) for r in (10, 12, 15, 20, 24, 25, 30, 48, 50, 60)
]
_NEAR = 0.004
_MISSING_STEPS = 2  # a track of few frames a second has long steps; as many must be missing
_INTERLEAVED = 2.0  # seconds; where a file is cut, sound may begin or end as much later than the picture
_LAYER_II = 2


def facts(container: InputContainer) -> Answer:
    """The file's contents, with the names of :class:`streamer.core.jobs.source_facts.SourceFacts`."""
    video = _video(container)
    packets = list(_packets(container, all_sounds=True))
    pictures = [p for p in packets if p.stream is video]
    if not pictures:
        raise ValueError("it has no picture")
    arrived = {p.stream_index for p in packets}
    sounds = [stream for stream in container.streams.audio if stream.index in arrived]
    times = sorted(_seconds(p) for p in pictures)
    rate = _rate(times, video)
    length = times[-1] - times[0] + float(1 / rate)
    keys = sorted(_seconds(p) for p in pictures if p.is_keyframe)
    shape = video.codec_context.sample_aspect_ratio or Fraction(1)
    return {
        "video": _codec(video),
        "width": round(video.codec_context.width * shape),
        "height": video.codec_context.height,
        "rate": str(rate),
        "audio": _codec(sounds[0]) if sounds else None,
        "sounds": len(sounds),
        "gop": _longest(keys),
        "keyless": _longest([min(map(_seconds, packets)), *keys, times[0] + length]),
        "bitrate": round(sum(p.size for p in packets) * 8 / length),
    }


def keyframes(container: InputContainer) -> Answer:
    """Time and byte offset of each keyframe, the bytes of tables before the first packet, and its time."""
    video = _video(container)
    found, header, start = [], None, None
    for packet in _packets(container):
        start = _seconds(packet) if start is None else min(start, _seconds(packet))
        if packet.pos is not None and packet.pos >= 0:
            header = packet.pos if header is None else min(header, packet.pos)
            if packet.stream is video and packet.is_keyframe:
                found.append([_seconds(packet), packet.pos])
    return {"keyframes": sorted(found), "header": header or 0, "start": start or 0.0}


def digests(container: InputContainer) -> Answer:
    """Time of each keyframe, and digests that identify it in a file with another clock: of its bytes, and of the sound
    stored behind it."""
    video = _video(container)
    found, sound = [], ""
    for packet in sorted(_packets(container), key=lambda p: p.pos or 0, reverse=True):
        if packet.stream is not video:
            sound = _digest(packet)
        elif packet.is_keyframe:
            found.append([_seconds(packet), _digest(packet), sound])
    return {"digests": sorted(found)}


def span(container: InputContainer) -> Answer:
    """The start and end of the file's picture on its own clock."""
    video = _video(container)
    packets = [p for p in _packets(container) if p.stream is video]
    if not any(p.is_keyframe for p in packets):
        raise ValueError("it has no keyframe")
    times = sorted(_seconds(p) for p in packets)
    return {"start": times[0], "end": times[-1] + float(1 / _rate(times, video))}


def recording(container: InputContainer) -> Answer:
    """Facts from reading the whole file: duration, frames, frame rate, the largest distance between keyframes, and how
    much later sound begins and ends than the picture.

    Raises ValueError if it has less than its index states.
    """
    video = container.streams.video[0] if container.streams.video else None
    found = {stream.index: _Track(stream) for stream in _media(container, all_sounds=True)}
    for packet in _packets(container, all_sounds=True):
        found[packet.stream_index].take(packet)
    filled = [track for track in found.values() if track.times]
    tracks = {track.stream.type: track for track in reversed(filled)}
    if not tracks:
        raise ValueError("it is empty")
    if any(len(track.times) < track.stream.frames for track in found.values()):
        raise ValueError("it is cut short")
    pictures, sound = tracks.get("video"), tracks.get("audio")
    shown = sorted(pictures.seconds(pictures.times)) if pictures is not None else []
    keys = sorted(pictures.seconds(pictures.keys)) if pictures is not None else []
    starts, ends = (0.0, 0.0) if pictures is None or sound is None else _apart(pictures, sound)
    begin = (pictures or filled[0]).start
    sounds = [track for track in filled if track.stream.type == "audio"]
    return {
        "duration": max(t.end for t in filled) - min(t.start for t in filled),
        "video_frames": len(shown),
        "rate": float(_rate(shown, video)) if shown and video is not None else 0.0,
        "gop": _longest([*keys, pictures.end]) if pictures is not None else None,
        "has_audio": sound is not None,
        "sounds": len(sounds),
        "av_offset": starts,
        "av_offset_end": ends,
        "holes": _holes(shown, begin),
        "sound_holes": [_sound_holes(track, begin, (pictures or track).end) for track in sounds],
    }


class _Track:
    """The packets of a stream. An hour has a quarter of a million, so times are ticks until all are read."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.times: list[int] = []
        self.keys: list[int] = []
        self._end = 0
        self._is_video = stream.type == "video"

    def take(self, packet: Packet[Stream]) -> None:
        time = packet.pts or 0
        self.times.append(time)
        self._end = max(self._end, time + (packet.duration or 0))
        if self._is_video and packet.is_keyframe:
            self.keys.append(time)

    @property
    def start(self) -> float:
        return float(min(self.times) * self.base)

    @property
    def end(self) -> float:
        return float(self._end * self.base)

    @property
    def base(self) -> Fraction:
        return self.stream.time_base or Fraction(1)

    def seconds(self, ticks: list[int]) -> list[float]:
        numerator, denominator = self.base.as_integer_ratio()
        return [tick * numerator / denominator for tick in ticks]


def _apart(pictures: _Track, sound: _Track) -> tuple[float, float]:
    """How much later sound begins than the picture, and how much later it ends."""
    return sound.start - pictures.start, sound.end - pictures.end


def _holes(times: list[float], begin: float) -> list[list[float]]:
    """The pauses of a track: (start in seconds after ``begin``, duration). The usual step is no pause."""
    steps = [b - a for a, b in pairwise(times)]
    usual = median(steps) if steps else 0.0
    shortest = max(SMALLEST_GAP, _MISSING_STEPS * usual)
    return [[a + usual - begin, b - a - usual] for a, b in pairwise(times) if b - a - usual > shortest]


def _sound_holes(sound: _Track, begin: float, end: float) -> list[list[float]]:
    """The pauses of a sound, also before its first packet and behind its last one."""
    edges = [[0.0, sound.start - begin], [sound.end - begin, end - sound.end]]
    inside = _holes(sorted(sound.seconds(sound.times)), begin)
    return sorted([*inside, *(edge for edge in edges if edge[1] > _INTERLEAVED)])


def codecs(container: InputContainer) -> Answer:
    """What the head of the file says of its tracks, with the names of
    :class:`streamer.media.capture.probe.Codecs`."""
    video = _video(container)
    return {
        "video": _codec(video),
        "pixels": video.codec_context.pix_fmt or "",
        "sounds": [_sound_codec(container, stream) for stream in container.streams.audio],
        "duration": (container.duration or 0) / av.time_base,
    }


def _codec(stream: VideoStream | AudioStream) -> str:
    """The codec's own name; several decoders may exist for it."""
    return stream.codec_context.codec.canonical_name


def _sound_codec(container: InputContainer, stream: AudioStream) -> str:
    """As :func:`_codec`. MP4 has one sign for the layers II and III of MPEG audio; the sound's first frame tells them
    apart."""
    if _codec(stream) != "mp3":
        return _codec(stream)
    head = next((bytes(packet)[:2] for packet in container.demux(stream) if packet.size), b"")
    return "mp2" if len(head) > 1 and head[1] >> 1 & 3 == _LAYER_II else "mp3"


def length(container: InputContainer) -> Answer:
    """The length that the file states, in seconds."""
    return {"length": (container.duration or 0) / av.time_base}


def _video(container: InputContainer) -> VideoStream:
    if not container.streams.video:
        raise ValueError("it has no picture")
    return container.streams.video[0]


def _packets(container: InputContainer, *, all_sounds: bool = False) -> Iterator[Packet[Stream]]:
    wanted = _media(container, all_sounds=all_sounds)
    while True:
        try:
            yield from (p for p in container.demux(*wanted) if p.pts is not None)
            return
        except BlockingIOError:  # FFmpeg must be called again after each 64 KiB of garbage
            continue


def _media(container: InputContainer, *, all_sounds: bool = False) -> list[Stream]:
    """The picture, and the first sound or all."""
    return [*container.streams.video[:1], *container.streams.audio[: None if all_sounds else 1]]


def _digest(packet: Packet[Stream]) -> str:
    return hashlib.sha256(bytes(packet)).hexdigest()


def _seconds(packet: Packet[Stream]) -> float:
    return float((packet.pts or 0) * packet.time_base)


def _rate(times: list[float], video: VideoStream) -> Fraction:
    """Frames a second: measured, and rounded to a customary rate if it is near one."""
    steps = [b - a for a, b in pairwise(times) if b > a]
    if not steps:
        return video.average_rate or Fraction(30)
    usual = median(steps)  # a file cut in its middle lacks frames at its end, and so has longer steps there
    measured = 1 / fmean(step for step in steps if 0.5 * usual < step < 1.5 * usual)
    nearest = min(_RATES, key=lambda rate: abs(rate - measured))
    return nearest if abs(nearest - measured) <= _NEAR * nearest else Fraction(measured).limit_denominator(1001)


def _longest(times: list[float]) -> float | None:
    """The longest distance between neighbours; None if there are fewer than two."""
    return max((b - a for a, b in pairwise(times)), default=None)


QUESTIONS: dict[str, Callable[[InputContainer], Answer]] = {
    "facts": facts,
    "keyframes": keyframes,
    "digests": digests,
    "span": span,
    "recording": recording,
    "length": length,
    "codecs": codecs,
}


def main(question: str, file: str) -> int:
    try:
        with av.open(file) as container:
            answer = QUESTIONS[question](container)
    except (OSError, ValueError, av.FFmpegError) as error:
        print(getattr(error, "strerror", None) or error, file=sys.stderr)
        return 1
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
