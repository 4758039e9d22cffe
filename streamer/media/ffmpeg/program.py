"""Which FFmpeg is used, and its capabilities: read from the program itself, never assumed from its version."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from streamer.core.base.errors import FFmpegMissing, MediaError

ANSWER_WITHIN = 20.0
NEEDED: Mapping[str, tuple[str, ...]] = {
    "encoders": ("libx264", "aac"),
    "muxers": ("segment", "tee", "fifo", "mpegts", "dash", "mp4"),
    "protocols": ("tcp", "udp", "srt", "concatf", "subfile"),
    "filters": ("scale", "fps", "aresample"),
    "devices": ("lavfi",),
}
"""The capabilities that the jobs need."""

_VERSION = re.compile(r"ffmpeg version (\S+)")
_CODER = re.compile(r"^ [VASD.][F.][S.][X.][B.][D.] (?P<name>[\w.+-]+)\s", re.MULTILINE)
_MUXER = re.compile(r"^ [D ]?[E ][d ]? +(?P<name>[\w,.+-]+)\s", re.MULTILINE)
_FILTER = re.compile(r"^ [T.][S.][C.]? (?P<name>\w+)\s+\S*->", re.MULTILINE)
_PROTOCOL = re.compile(r"^  (?P<name>\w+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FFmpeg:
    """A working FFmpeg, and the names of its capabilities. ``protocols`` and ``devices``: for reading or writing."""

    path: str
    version: str
    encoders: frozenset[str]
    muxers: frozenset[str]
    protocols: frozenset[str]
    filters: frozenset[str]
    devices: frozenset[str]


def bundled() -> str | None:
    """The FFmpeg inside imageio-ffmpeg's wheel; looked for there alone, for the package also searches PATH."""
    binaries = Path(imageio_ffmpeg.__file__).parent / "binaries"
    return next((str(path) for path in sorted(binaries.glob("ffmpeg-*")) if shutil.which(str(path))), None)


async def find(configured: str | None = None, *, bundled: Callable[[], str | None] = bundled) -> FFmpeg:
    """The configured FFmpeg, or else the bundled one, or else the one on PATH. Raises FFmpegMissing.

    A configured one that does not work is an error: another one in its place would be a surprise.
    """
    if configured is not None:
        program = shutil.which(configured)
        if program is None:
            raise FFmpegMissing(
                "this program does not exist, or may not be executed",
                where=configured,
                hint="correct the path, or leave it out to use the bundled FFmpeg",
            )
        return await probe(program)
    failures = []
    for place, program in (("the bundled one", bundled()), ("the one on PATH", shutil.which("ffmpeg"))):
        if program is None:
            failures.append(f"{place}: there is none")
            continue
        try:
            return await probe(program)
        except FFmpegMissing as error:
            failures.append(f"{place}: {error.message}")
    raise FFmpegMissing(
        f"no FFmpeg was found ({'; '.join(failures)})",
        hint="run 'make setup' again, or install FFmpeg 6 or newer, or name one in the configuration",
    )


def missing(ffmpeg: FFmpeg) -> list[str]:
    """The missing capabilities, in words: ``encoder libx264``."""
    return [
        f"{kind.removesuffix('s')} {name}"
        for kind, names in NEEDED.items()
        for name in names
        if name not in getattr(ffmpeg, kind)
    ]


async def probe(path: str) -> FFmpeg:
    """Read the capabilities of the FFmpeg at ``path``. Raises FFmpegMissing if it doesn't run, or is not FFmpeg."""
    version = _VERSION.match(await _ask(path, "-version"))
    if version is None:
        raise FFmpegMissing("this is not FFmpeg", where=path, hint="name the program itself, not its folder")
    encoders, muxers, protocols, filters, devices = await asyncio.gather(
        *(_ask(path, "-hide_banner", f"-{kind}") for kind in ("encoders", "muxers", "protocols", "filters", "devices"))
    )
    return FFmpeg(
        path=path,
        version=version[1],
        encoders=_names(_CODER, encoders),
        muxers=_names(_MUXER, muxers),
        protocols=_names(_PROTOCOL, protocols),
        filters=_names(_FILTER, filters),
        devices=_names(_MUXER, devices),
    )


def _names(pattern: re.Pattern[str], listing: str) -> frozenset[str]:
    return frozenset(name for match in pattern.finditer(listing) for name in match["name"].split(","))


async def _ask(path: str, *arguments: str) -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            path,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise FFmpegMissing(
            f"it can't be started: {error.strerror}", where=path, hint="is it for this machine?"
        ) from error
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            output, complaint = await process.communicate()
    except TimeoutError:
        raise MediaError(f"it does not answer {' '.join(arguments)}", where=path, hint="run it by hand") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        words = (complaint or output).decode(errors="replace").strip().splitlines()
        raise FFmpegMissing(f"it does not work: {words[-1] if words else 'it says nothing'}", where=path)
    return output.decode(errors="replace")
