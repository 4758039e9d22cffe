"""The files that a new conference begins with: a commented config.toml and the sample timetables.

They lie in the top folder of the repository. A built wheel has copies of them in ``streamer/shipped/``
(``hatch_build.py``); an editable install reads the repository's own files.
"""

from __future__ import annotations

from pathlib import Path

CONFIG = "config.toml"
TIMETABLES = "schedules"


def shipped_folder() -> Path:
    """The folder that has the shipped files."""
    package = Path(__file__).parent
    packed = package / "shipped"
    return packed if packed.is_dir() else package.parent


def shipped_files() -> dict[str, bytes]:
    """The content of each shipped file by its path, relative to the folder of config.toml."""
    folder = shipped_folder()
    paths = [folder / CONFIG, *sorted((folder / TIMETABLES).glob("*.toml"))]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
