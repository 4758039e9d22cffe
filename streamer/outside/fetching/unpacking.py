"""Unpacks compressed answers up to a limit."""

from __future__ import annotations

import zlib

_ZLIB_OR_GZIP = 47
_BARE = -15


class CannotUnpack(ValueError):
    """The answer's bytes do not match its encoding; the message is a sentence for a person."""


class TooMuch(ValueError):
    """The answer exceeds its limit."""


class Unpacker:
    """Takes an answer's bytes in pieces. ``encoding`` is the server's Content-Encoding, ``most`` limits the result."""

    def __init__(self, encoding: str, most: int) -> None:
        self._encoding = encoding.strip().lower()
        if self._encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise CannotUnpack(f"the answer is packed as “{self._encoding[:40]}”, which was not requested")
        self._most = most
        self._inflate = zlib.decompressobj(_ZLIB_OR_GZIP)
        self._received = 0
        self.content = bytearray()

    @property
    def is_packed(self) -> bool:
        return self._encoding not in ("", "identity")

    def add(self, piece: bytes) -> None:
        """Raises TooMuch or CannotUnpack."""
        if not self.is_packed:
            self.content += piece
        else:
            first = not self._received
            self._received += len(piece)
            self._unpack(piece, first=first)
        if len(self.content) > self._most or self._received > self._most:
            raise TooMuch

    def end(self) -> bytes:
        """The whole. Raises CannotUnpack where the end is missing."""
        if self.is_packed and self._received and not self._inflate.eof:
            raise CannotUnpack("the answer broke off")
        return bytes(self.content)

    def _unpack(self, piece: bytes, *, first: bool) -> None:
        while piece and len(self.content) <= self._most:
            if self._inflate.eof:  # several packed parts, one behind the other
                self._inflate = zlib.decompressobj(_ZLIB_OR_GZIP)
            room = self._most + 1 - len(self.content)
            try:
                self.content += self._inflate.decompress(piece, room)
            except zlib.error:
                if not first or self._encoding != "deflate":
                    raise CannotUnpack("the answer is packed wrongly") from None
                first = False
                self._inflate = zlib.decompressobj(_BARE)
                continue
            piece = self._inflate.unused_data or self._inflate.unconsumed_tail
