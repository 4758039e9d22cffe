"""The package that people install: built from its sdist as pip builds it, whole, and free of the build's own things."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MADE = {
    "streamer/media/fonts/DejaVuSans-Bold.ttf",
    "streamer/media/fonts/DejaVuSans.ttf",
    "streamer/media/fonts/LICENSES.txt",
    "streamer/web/static/vendor/LICENSES.txt",
    "streamer/web/static/vendor/built.json",
    "streamer/web/static/vendor/hls.js",
    "streamer/web/static/vendor/hls.worker.js",
    "streamer/web/static/vendor/socket.io.js",
}


def run(*arguments: str, cwd: Path, **environment: str) -> str:
    env = {**os.environ, **environment}
    done = subprocess.run(arguments, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("package")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(place), cwd=ROOT)
    (sdist,) = place.glob("*.tar.gz")
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    run(*pip, "--wheel-dir", str(place), str(sdist), cwd=place)
    (wheel,) = place.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def test_everything_of_the_package_is_in_the_wheel(names: set[str]) -> None:
    tracked = set(run("git", "ls-files", "streamer", cwd=ROOT).splitlines()) if (ROOT / ".git").exists() else set()
    sources = {str(file.relative_to(ROOT)) for file in (ROOT / "streamer").rglob("*.py")}
    assert (tracked | sources | MADE) - names == set()


def test_nothing_else_is_in_it(names: set[str]) -> None:
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"streamer"}
    assert not [name for name in names if "node_modules" in name or "__pycache__" in name or name.endswith(".map")]


def test_it_needs_no_node_and_says_its_licence(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (path,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = Parser().parsestr(archive.read(path).decode())
    requires = metadata.get_all("Requires-Dist") or []
    assert not [name for name in requires if "node" in name or "hatch" in name]
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "Apache License" in archive.read(path.replace("METADATA", "licenses/LICENSE")).decode()


def test_what_it_ships_names_no_place_of_the_build(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    places = [os.fsencode(place) for place in (ROOT, wheel.parent, Path.home()) if place != Path("/")]
    assert not [name for name in archive.namelist() if any(place in archive.read(name) for place in places)]


def test_it_runs_from_where_it_is_put(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    ask = "import streamer.cli, sys; print(streamer.__file__); sys.argv = ['streamer', '--help']; streamer.cli.main()"
    answer = run(sys.executable, "-c", ask, cwd=tmp_path, PYTHONPATH=str(tmp_path / "site"))
    assert answer.startswith(str(tmp_path / "site"))
    assert "timetable" in answer
