"""What video and sound say about themselves in their own bytes: picture size, sampling frequency, channels.

Bytes of an elementary stream in, the first such header found out, as a short text. None where there is none or it
has no valid meaning; nothing here raises. Written after ITU-T H.262, H.264 and H.265, and ISO/IEC 13818-7 (ADTS).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_START = b"\0\0\1"
_LONGEST = 4096  # bytes; a parameter set that is longer is none
_LARGEST = 16_384  # pixels in a row or column
_H264_SPS, _HEVC_SPS = 7, 33
_WITH_CHROMA = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
_PROFILES = _WITH_CHROMA | {66, 77, 88}  # of H.264
_CHROMA = ("4:0:0", "4:2:0", "4:2:2", "4:4:4")
_FREQUENCIES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
_EIGHT_CHANNELS = 7


class _NoSense(ValueError):
    pass


@dataclass(slots=True)
class _Bits:
    """Reads bits, highest first. Raises _NoSense beyond the end."""

    value: int
    left: int

    @classmethod
    def of(cls, content: bytes) -> _Bits:
        return cls(value=int.from_bytes(content), left=8 * len(content))

    def take(self, count: int) -> int:
        if count > self.left:
            raise _NoSense
        self.left -= count
        return self.value >> self.left & ((1 << count) - 1)

    def golomb(self) -> int:
        """An unsigned exponential Golomb code, ue(v)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise _NoSense
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """A signed one, se(v)."""
        code = self.golomb()
        return (code + 1) // 2 if code % 2 else -code // 2


def h264(content: bytes) -> str | None:
    """Size as it is shown, cropped; with chroma and depth where they are not 4:2:0 in eight bits."""
    return _first(_h264(unit[1:]) for unit in _units(content) if _is_h264_sps(unit[0]))


def hevc(content: bytes) -> str | None:
    """As :func:`h264`."""
    return _first(_hevc(unit[2:]) for unit in _units(content) if unit[0] >> 1 & 0x3F == _HEVC_SPS)


def mpeg2video(content: bytes) -> str | None:
    """Size by the sequence header."""
    return _first(_mpeg2(unit[1:]) for unit in _units(content) if unit[0] == 0xB3)


def adts(content: bytes) -> str | None:
    """Sampling frequency and channels, as in ``48000/2``, of AAC in ADTS."""
    for place in range(max(0, min(len(content) - 6, _LONGEST))):
        head = content[place : place + 7]
        length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        follower = content[place + length : place + length + 2]
        if not (_begins_adts(head) and length >= 7 and (len(follower) < 2 or _begins_adts(follower))):
            continue
        index, channels = head[2] >> 2 & 15, (head[2] & 1) << 2 | head[3] >> 6
        if index < len(_FREQUENCIES):
            return f"{_FREQUENCIES[index]}/{channels + (channels == _EIGHT_CHANNELS)}"
    return None


def _begins_adts(head: bytes) -> bool:
    return head[0] == 0xFF and head[1] & 0xF6 == 0xF0


def _units(content: bytes) -> Iterator[bytes]:
    """What stands between start codes, never empty."""
    place = content.find(_START)
    while place >= 0:
        place += len(_START)
        following = content.find(_START, place)
        unit = content[place : following if following >= 0 else None][:_LONGEST]
        if unit:
            yield unit
        place = following


def _first(found: Iterator[str | None]) -> str | None:
    return next((text for text in found if text), None)


def _raw(unit: bytes) -> _Bits:
    """Without the bytes that keep a start code from appearing inside."""
    return _Bits.of(unit.replace(b"\0\0\3", b"\0\0"))


def _is_h264_sps(head: int) -> bool:
    """By its type, and as something that others refer to: a slice of MPEG-2 may have the type alone."""
    return head & 0x9F == _H264_SPS and bool(head & 0x60)


def _h264(unit: bytes) -> str | None:
    try:
        bits = _raw(unit)
        profile = bits.take(8)
        if profile not in _PROFILES:
            return None
        bits.take(16)  # constraints and level
        bits.golomb()  # id
        chroma, depth, planes = 1, 8, 0
        if profile in _WITH_CHROMA:
            chroma = bits.golomb()
            planes = bits.take(1) if chroma == 3 else 0
            depth = 8 + bits.golomb()
            bits.golomb()  # depth of chroma
            bits.take(1)
            if bits.take(1):
                _skip_scaling(bits, 12 if chroma == 3 else 8)
        _skip_order(bits)
        bits.golomb()  # reference frames
        bits.take(1)
        width, height = 16 * (bits.golomb() + 1), bits.golomb() + 1
        frames_only = bits.take(1)
        height *= 16 * (2 - frames_only)
        bits.take(1 if frames_only else 2)
        left, right, top, bottom = (bits.golomb() for _ in range(4)) if bits.take(1) else (0, 0, 0, 0)
    except _NoSense:
        return None
    across = 2 if chroma in (1, 2) and not planes else 1
    down = (2 if chroma == 1 and not planes else 1) * (2 - frames_only)
    return _size(width - across * (left + right), height - down * (top + bottom), chroma, depth)


def _skip_scaling(bits: _Bits, lists: int) -> None:
    for index in range(lists):
        last = following = 8
        for _ in range((16 if index < 6 else 64) if bits.take(1) else 0):
            if following:
                following = (last + bits.signed()) % 256
            last = following or last


def _skip_order(bits: _Bits) -> None:
    bits.golomb()  # of frame numbers
    kind = bits.golomb()
    if kind == 0:
        bits.golomb()
    elif kind == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        for _ in range(min(bits.golomb(), 255)):
            bits.signed()


def _hevc(unit: bytes) -> str | None:
    try:
        bits = _raw(unit)
        bits.take(4)
        layers = bits.take(3)
        bits.take(1 + 96)  # nesting; profile, tier and level
        present = [(bits.take(1), bits.take(1)) for _ in range(layers)]
        bits.take(2 * (8 - layers) if layers else 0)
        for profile, level in present:
            bits.take(88 * profile + 8 * level)
        bits.golomb()  # id
        chroma = bits.golomb()
        planes = bits.take(1) if chroma == 3 else 0
        width, height = bits.golomb(), bits.golomb()
        left, right, top, bottom = (bits.golomb() for _ in range(4)) if bits.take(1) else (0, 0, 0, 0)
        depth = 8 + bits.golomb()
    except _NoSense:
        return None
    across = 2 if chroma in (1, 2) and not planes else 1
    down = 2 if chroma == 1 and not planes else 1
    return _size(width - across * (left + right), height - down * (top + bottom), chroma, depth)


def _mpeg2(unit: bytes) -> str | None:
    try:
        bits = _Bits.of(unit)
        return _size(bits.take(12), bits.take(12), 1, 8)
    except _NoSense:
        return None


def _size(width: int, height: int, chroma: int, depth: int) -> str | None:
    if not (0 < width <= _LARGEST and 0 < height <= _LARGEST and chroma < len(_CHROMA) and depth <= 16):
        return None
    usual = chroma == 1 and depth == 8
    return f"{width}x{height}" if usual else f"{width}x{height} {_CHROMA[chroma]} {depth} bit"
