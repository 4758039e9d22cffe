"""Parses MPEG-TS as far as needed to identify its content: packets, tables, and the bytes of one stream.

Bytes in, values out; other bytes have no streams, and nothing here raises. It is for files that
FFmpeg has written; checksums are not verified. The standard is ISO/IEC 13818-1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

PACKET = 188
SYNC = 0x47

_IN_A_ROW = 4  # packets whose first bytes must be right before anything is taken for a transport stream
_PAT_PID, _PAT_TABLE, _PMT_TABLE = 0, 0, 2
_PRIVATE = 0x06
_VIDEO = {0x01: "mpeg1video", 0x02: "mpeg2video", 0x10: "mpeg4", 0x1B: "h264", 0x24: "hevc", 0x33: "vvc", 0xEA: "vc1"}
_AUDIO = {0x03: "mp2", 0x04: "mp2", 0x0F: "aac", 0x11: "latm", 0x81: "ac3", 0x82: "dts", 0x87: "eac3"}
_DESCRIBED = {0x6A: "ac3", 0x7A: "eac3", 0x7B: "dts", 0x7C: "latm"}
_REGISTRATION = 0x05
_REGISTERED = {b"AC-3": "ac3", b"EAC3": "eac3", b"Opus": "opus", b"BSSD": "s302m"}
_REGISTERED_VIDEO = {b"HEVC": "hevc", b"VC-1": "vc1", b"drac": "dirac"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """An elementary stream as the tables announce it; ``codec`` as FFmpeg calls it."""

    pid: int
    codec: str
    is_video: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """``begins``: a section or a PES packet begins in this payload."""

    pid: int
    begins: bool
    payload: bytes


def packets(content: bytes) -> Iterator[Packet]:
    """The whole packets that carry something, beginning again where the rhythm is found after a disturbance."""
    place: int | None = rhythm(content, 0)
    while place is not None and place + PACKET <= len(content):
        if content[place] != SYNC:
            place = rhythm(content, place)
            continue
        packet = content[place : place + PACKET]
        place += PACKET
        payload = payload_of(packet)
        if payload:
            pid = (packet[1] & 0x1F) << 8 | packet[2]
            yield Packet(pid=pid, begins=bool(packet[1] & 0x40), payload=payload)


def payload_of(packet: bytes) -> bytes:
    """What a packet carries behind its header and adaptation field."""
    return packet[4 + (1 + packet[4] if packet[3] & 0x20 else 0) :] if packet[3] & 0x10 else b""


def presented_at(payload: bytes) -> int | None:
    """The presentation time stamp (90 kHz) of a PES packet whose head ``payload`` begins with; None without one."""
    if len(payload) < 14 or not payload[7] & 0x80:
        return None
    a, b, c = payload[9] >> 1 & 0x07, int.from_bytes(payload[10:12]) >> 1, int.from_bytes(payload[12:14]) >> 1
    return a << 30 | b << 15 | c


def rhythm(content: bytes, place: int) -> int | None:
    """Where packets begin at or after ``place``; at the end of the content fewer of them are proof enough."""
    while (place := content.find(SYNC, place)) >= 0:
        if all(byte == SYNC for byte in content[place : place + _IN_A_ROW * PACKET : PACKET]):
            return place
        place += 1
    return None


def streams(content: bytes) -> list[Stream]:
    """What the first programme holds, in the order of its table; nothing where no table can be read."""
    for table in _sections(content, _PAT_PID, _PAT_TABLE):
        for entry in _split(table, 4):
            if entry[:2] != b"\0\0":  # that would be the network's table
                return _programme(content, (entry[2] & 0x1F) << 8 | entry[3])
    return []


def _programme(content: bytes, pid: int) -> list[Stream]:
    for table in _sections(content, pid, _PMT_TABLE):
        found = []
        place = 4 + _length(table, 2)
        while place + 5 <= len(table):
            described = _length(table, place + 3)
            stream = _stream(table[place], _length(table, place + 1, 0x1F), table[place + 5 : place + 5 + described])
            found += [stream] if stream else []
            place += 5 + described
        return found
    return []


def _stream(kind: int, pid: int, descriptors: bytes) -> Stream | None:
    if kind in _VIDEO:
        return Stream(pid=pid, codec=_VIDEO[kind], is_video=True)
    if kind in _AUDIO:
        return Stream(pid=pid, codec=_AUDIO[kind], is_video=False)
    while kind == _PRIVATE and len(descriptors) >= 2:
        tag, body = descriptors[0], descriptors[2 : 2 + descriptors[1]]
        descriptors = descriptors[2 + descriptors[1] :]
        if tag == _REGISTRATION and body[:4] in _REGISTERED_VIDEO:
            return Stream(pid=pid, codec=_REGISTERED_VIDEO[body[:4]], is_video=True)
        codec = _REGISTERED.get(body[:4]) if tag == _REGISTRATION else _DESCRIBED.get(tag)
        if codec:
            return Stream(pid=pid, codec=codec, is_video=False)
    return None


def _sections(content: bytes, pid: int, table: int) -> Iterator[bytes]:
    """The bodies of a table's sections, without their heads of eight bytes and their checksums."""
    held = b""
    for packet in packets(content):
        if packet.pid != pid:
            continue
        if packet.begins:
            held = packet.payload[1 + packet.payload[0] :]
        elif held:
            held += packet.payload
        if len(held) >= 3 and held[0] == table and len(held) >= 3 + _length(held, 1):
            yield held[8 : 3 + _length(held, 1) - 4]
            held = b""


def _split(table: bytes, size: int) -> list[bytes]:
    return [table[place : place + size] for place in range(0, len(table) - size + 1, size)]


def _length(table: bytes, place: int, high: int = 0x0F) -> int:
    """Two bytes of which the upper one has flags outside ``high``; 0 beyond the end."""
    return (table[place] & high) << 8 | table[place + 1] if place + 2 <= len(table) else 0


def elementary(content: bytes, pid: int, limit: int) -> bytes:
    """A stream's own bytes, from its first PES packet on, up to some more than ``limit``."""
    found = bytearray()
    inside = False
    for packet in packets(content):
        if packet.pid != pid:
            continue
        payload = packet.payload
        if packet.begins:
            inside = payload[:3] == b"\0\0\1" and len(payload) > 8
            payload = payload[9 + payload[8] :] if inside else b""
        if inside:
            found += payload
        if len(found) > limit:
            break
    return bytes(found)
