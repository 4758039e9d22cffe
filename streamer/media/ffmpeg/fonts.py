"""Finds fonts for text in pictures: the package's own, and for scripts these lack, what the machine has.

The files are put into the package when it is built; without them text is drawn with what is found, or left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

BUNDLED = Path(__file__).parents[1] / "fonts"
SYSTEM = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
_FURTHER = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJK-Bold.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "unifont.ttf",
)
"""Fonts with many scripts that distributions ship, in the order in which they are tried."""


def main_font(*, bold: bool = False) -> Path | None:
    """DejaVu Sans, the package's or the machine's."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    for path in (BUNDLED / name, *(folder / "truetype" / "dejavu" / name for folder in SYSTEM)):
        if path.is_file():
            return path
    return None


@cache
def further_fonts() -> tuple[Path, ...]:
    """Fonts of this machine for what DejaVu Sans has no letters for; looked for once, as they lie scattered."""
    return tuple(_further())


def _further() -> Iterator[Path]:
    there = {path.name: path for folder in SYSTEM if folder.is_dir() for path in folder.rglob("*.tt[cf]")}
    return (there[name] for name in _FURTHER if name in there)
