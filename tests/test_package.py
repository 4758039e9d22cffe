"""The package that people install: built from its sdist as pip builds it, whole, and free of the build's own things."""

from __future__ import annotations

import itertools
import os
import re
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


STREAMER = (sys.executable, "-c", "from streamer.cli import main; main()")


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
def site(wheel: Path) -> Path:
    """The installed package, away from the repository."""
    zipfile.ZipFile(wheel).extractall(wheel.parent / "site")
    return wheel.parent / "site"


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the user's home as well."""
    monkeypatch.delenv("STREAMER_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


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


def test_it_runs_from_where_it_is_put(site: Path, empty: Path) -> None:
    ask = "import streamer.cli, sys; print(streamer.__file__); sys.argv = ['streamer', '--help']; streamer.cli.main()"
    answer = run(sys.executable, "-c", ask, cwd=empty, PYTHONPATH=str(site))
    assert answer.startswith(str(site))
    assert "timetable" in answer


def test_it_writes_the_repository_s_files_and_overwrites_none(site: Path, empty: Path) -> None:
    shipped = ["config.toml", *(f"schedules/{path.name}" for path in (ROOT / "schedules").iterdir())]
    said = run(*STREAMER, "init", cwd=empty, PYTHONPATH=str(site))
    assert {name: (empty / name).read_bytes() for name in shipped} == {n: (ROOT / n).read_bytes() for n in shipped}
    assert re.findall(r"^  (streamer \w+)", said, re.MULTILINE) == ["streamer run", "streamer check", "streamer run"]
    (empty / "config.toml").write_text("# mine")
    (empty / "schedules" / "dngc-2025.toml").unlink()
    said = run(*STREAMER, "init", cwd=empty, PYTHONPATH=str(site))
    assert said.startswith("kept config.toml\nwrote schedules/dngc-2025.toml\nkept schedules/three-rooms.toml\n")
    assert (empty / "config.toml").read_text() == "# mine"
    assert (empty / "schedules" / "dngc-2025.toml").is_file()


def test_without_any_file_it_rehearses_the_shipped_day(site: Path, empty: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = (*STREAMER, "run", "--rehearse", "--listen", "127.0.0.1:0")
    with subprocess.Popen(command, cwd=empty, env=environment, stdout=subprocess.PIPE, text=True) as service:
        try:
            assert service.stdout is not None
            said = "".join(itertools.takewhile(lambda line: "next session" not in line, service.stdout))
            assert said.startswith("No config.toml is here, so this is the shipped day; make one with: streamer init")
            assert "rehearsal of " in said
            ended = run(*STREAMER, "stop", "--rehearsal", cwd=empty, PYTHONPATH=str(site))
            assert ended == f"ended process {service.pid}\n"
        finally:
            service.terminate()
    assert service.returncode == 0
    assert [path.name for path in empty.iterdir()] == ["data"]
