"""The tracks that a source sends, as FFmpeg describes its input before anything is copied or encoded."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureTrack:
    """A picture. ``width`` and ``height`` are 0 while they are unknown; ``sample_aspect`` is the shape of a pixel."""

    codec: str
    width: int = 0
    height: int = 0
    sample_aspect: str = "1:1"
    interlaced: bool = False

    @property
    def is_usable(self) -> bool:
        """Whether enough of it arrived to copy it."""
        return self.width > 0 and self.height > 0

    @property
    def shown_width(self) -> int:
        """The width in square pixels."""
        wide, _, high = self.sample_aspect.partition(":")
        return round(self.width * Fraction(int(wide), int(high)))

    def words(self) -> str:
        size = f"{self.codec} {self.width}x{self.height}"
        shape = f", pixels {self.sample_aspect}" if self.sample_aspect != "1:1" else ""
        return f"{size}{shape}{', interlaced' if self.interlaced else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundTrack:
    """A sound. ``rate`` in Hz and ``channels`` are 0 while they are unknown.

    ``elsewhere``: it belongs to another programme of the same stream than the picture.
    """

    codec: str
    rate: int = 0
    channels: int = 0
    language: str = ""
    elsewhere: bool = False

    @property
    def is_usable(self) -> bool:
        """Whether enough of it arrived to copy it."""
        return self.rate > 0 and self.channels > 0

    def words(self) -> str:
        if not self.is_usable:
            return f"{self.codec}, announced only"
        language = f", {self.language}" if self.language and self.language != "und" else ""
        return f"{self.codec} {self.rate} Hz, {self.channels} channel{'s' if self.channels > 1 else ''}{language}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTracks:
    """The first picture of a source and all its sounds, in order.

    ``is_raw``: they are generated on this machine. ``is_packed``: the picture is stored as in MP4, which RTMP and
    Matroska do, too, and not as in MPEG-TS.
    """

    picture: PictureTrack | None
    sounds: tuple[SoundTrack, ...] = ()
    is_raw: bool = False
    is_packed: bool = False

    def words(self) -> list[str]:
        """Each track in a few words, such as ``pcm_alaw 8000 Hz, 1 channel``."""
        picture = [self.picture.words()] if self.picture is not None else []
        return [*picture, *(sound.words() for sound in self.sounds)]
