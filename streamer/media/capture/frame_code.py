"""A counter drawn into the picture, to count frames without timestamps.

A band across the top holds 24 blocks, white for one: two that mark the band, 20 bits of the frame's number (lowest
first), and two that check it. FFmpeg draws it with plain boxes, which is cheap; it survives scaling and encoding,
and repeats after 2^20 frames, nine hours at 30 frames/s. Reading decodes video, so use it in tests,
benchmarks and child processes, never in the service.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from streamer.media.ffmpeg.filtergraph import filter_text

BITS = 20
BLOCKS = BITS + 4
BAND = 12
"""The band's height is the picture's divided by this."""

_MIDDLE = 128


def draw_code() -> str:
    """Filters that draw the number of each frame, counted from 0."""
    band = filter_text("drawbox", x=0, y=0, w="iw", h=f"ih/{BAND}", color="black", t="fill")
    ones = [_block(0, "1")]
    ones += [_block(2 + bit, f"mod(floor(n/{1 << bit}),2)") for bit in range(BITS)]
    ones += [_block(2 + BITS, "mod(n,3)-1"), _block(3 + BITS, "mod(n,5)-2")]
    return ",".join([band, *ones])


def _block(place: int, condition: str) -> str:
    """One white block, drawn where the condition is not zero."""
    left, right = f"floor(iw*{place}/{BLOCKS})", f"floor(iw*{place + 1}/{BLOCKS})"
    return filter_text(
        "drawbox", x=left, y=0, w=f"{right}-{left}", h=f"ih/{BAND}", color="white", t="fill", enable=condition
    )


def read_codes(file: str | Path) -> list[int]:
    """The numbers of a file's frames in display order; -1 for one that can't be read."""
    return [number for number, _ in read_timed_codes(file)]


def read_timed_codes(file: str | Path) -> Iterator[tuple[int, float]]:
    """The number and the presentation time (s) of each frame, in display order."""
    import av  # here: the service draws codes and must not load a decoder

    with av.open(str(file)) as container:
        for frame in container.decode(video=0):
            grey = frame.reformat(format="gray")
            plane = grey.planes[0]
            number = decode_code(bytes(plane), plane.line_size, grey.width, grey.height)
            yield number, float(frame.time)


def decode_code(grey: bytes, stride: int, width: int, height: int) -> int:
    """The number in a grey picture of ``stride`` bytes a line; -1 if its marks or checks are wrong."""
    line = grey[stride * (height // BAND // 2) :][:width]
    ones = [_is_white(line, place, width) for place in range(BLOCKS)]
    number = sum(1 << bit for bit in range(BITS) if ones[2 + bit])
    checks = [True, False, number % 3 != 1, number % 5 != 2]
    return number if [*ones[:2], *ones[-2:]] == checks else -1


def _is_white(line: bytes, place: int, width: int) -> bool:
    left, right = width * place // BLOCKS, width * (place + 1) // BLOCKS
    quarter = (right - left) // 4
    middle = line[left + quarter : right - quarter] or line[left:right]
    return sum(middle) > _MIDDLE * len(middle)
